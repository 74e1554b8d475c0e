import { canonicalJson } from "../../../json.ts";
import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { boolean, document, list, required, string } from "../shapes.ts";
import type { LaunchTemplateView } from "../surroundings-account.ts";
import { dataView, mergedData, newData } from "./launch-template-data.ts";
import { applyFilters, filters, pageOf, paging, refuseDryRun, tagSet, tagSpecifications } from "./parameters.ts";
import type { Ec2State, LaunchTemplate, LaunchTemplateVersion } from "./state.ts";
import { tagsForCreate } from "./tags.ts";

/** AWS's default quotas. */
const maximumTemplates = 5000;
const maximumVersions = 10_000;

const reference = { DryRun: boolean(), LaunchTemplateId: string(), LaunchTemplateName: string() } as const;

export function launchTemplateOperations(state: Ec2State, context: SandboxContext): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateLaunchTemplate",
      mutating: true,
      bucket: "writes",
      input: {
        DryRun: boolean(),
        ClientToken: string({ maxLength: 128 }),
        LaunchTemplateName: required(string()),
        VersionDescription: string({ maxLength: 255 }),
        LaunchTemplateData: required(document()),
        ...tagSpecifications,
      },
      handle(input) {
        const name = input.LaunchTemplateName;
        if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name))
          throw new AwsError(
            "InvalidLaunchTemplateName.MalformedException",
            `A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the ` +
              `following characters: - ( ) . / _.`,
          );
        const { ClientToken: token, DryRun, ...rest } = input;
        const fingerprint = canonicalJson(rest);
        const earlier = token === undefined ? undefined : templateByToken(state, token);
        if (earlier !== undefined) {
          if (earlier.clientToken?.fingerprint !== fingerprint)
            throw new AwsError("IdempotentParameterMismatch", "The client token is associated with another request");
          return { launchTemplate: templateView(earlier) };
        }
        const data = newData(input.LaunchTemplateData);
        const tags = tagsForCreate(input.TagSpecification, "launch-template");
        if (templateByName(state, name) !== undefined)
          throw new AwsError(
            "InvalidLaunchTemplateName.AlreadyExistsException",
            "Launch template name already in use.",
          );
        if (state.launchTemplates.size >= maximumTemplates)
          throw new AwsError("LaunchTemplateLimitExceeded", "The maximum number of launch templates has been reached.");
        refuseDryRun(DryRun);
        const now = context.clock.now();
        const template: LaunchTemplate = {
          launchTemplateId: `lt-${context.ids.hex(17)}`,
          launchTemplateName: name,
          createdAt: now,
          tags,
          versions: new Map([
            [1, { versionNumber: 1, versionDescription: input.VersionDescription, createdAt: now, data }],
          ]),
          defaultVersionNumber: 1,
          latestVersionNumber: 1,
          clientToken: token === undefined ? undefined : { token, fingerprint },
          versionTokens: new Map(),
        };
        state.launchTemplates.set(template.launchTemplateId, template);
        return { launchTemplate: templateView(template) };
      },
    }),
    defineOperation({
      name: "CreateLaunchTemplateVersion",
      mutating: true,
      bucket: "launchTemplateVersions",
      input: {
        ...reference,
        ClientToken: string({ maxLength: 128 }),
        SourceVersion: string(),
        VersionDescription: string({ maxLength: 255 }),
        LaunchTemplateData: required(document()),
        ResolveAlias: boolean(),
      },
      handle(input) {
        const template = referenced(state, input);
        const { ClientToken: token, DryRun, ...rest } = input;
        const fingerprint = canonicalJson(rest);
        const repeated = token === undefined ? undefined : template.versionTokens.get(token);
        if (repeated !== undefined) {
          if (repeated.fingerprint !== fingerprint)
            throw new AwsError("IdempotentParameterMismatch", "The client token is associated with another request");
          return { launchTemplateVersion: versionView(template, repeated.version) };
        }
        const given = newData(input.LaunchTemplateData);
        const data =
          input.SourceVersion === undefined
            ? given
            : mergedData(existingVersion(template, input.SourceVersion).data, given);
        if (template.versions.size >= maximumVersions)
          throw new AwsError(
            "VersionLimitExceeded",
            "The maximum number of launch template versions has been reached.",
          );
        refuseDryRun(DryRun);
        const version: LaunchTemplateVersion = {
          versionNumber: ++template.latestVersionNumber,
          versionDescription: input.VersionDescription,
          createdAt: context.clock.now(),
          data,
        };
        template.versions.set(version.versionNumber, version);
        if (token !== undefined) template.versionTokens.set(token, { fingerprint, version });
        return { launchTemplateVersion: versionView(template, version) };
      },
    }),
    defineOperation({
      name: "ModifyLaunchTemplate",
      mutating: true,
      bucket: "launchTemplateVersions",
      input: { ...reference, ClientToken: string(), SetDefaultVersion: string() },
      handle(input) {
        const template = referenced(state, input);
        if (input.SetDefaultVersion !== undefined) {
          const version = existingVersion(template, input.SetDefaultVersion);
          refuseDryRun(input.DryRun);
          template.defaultVersionNumber = version.versionNumber;
        }
        return { launchTemplate: templateView(template) };
      },
    }),
    defineOperation({
      name: "DeleteLaunchTemplate",
      mutating: true,
      bucket: "writes",
      input: reference,
      handle(input) {
        const template = referenced(state, input);
        refuseDryRun(input.DryRun);
        state.launchTemplates.delete(template.launchTemplateId);
        return { launchTemplate: templateView(template) };
      },
    }),
    deleteVersions(state),
    defineOperation({
      name: "DescribeLaunchTemplates",
      mutating: false,
      bucket: "reads",
      input: {
        ...filters,
        ...paging(1, 200),
        LaunchTemplateId: list(string(), { max: 200 }),
        LaunchTemplateName: list(string(), { max: 200 }),
      },
      handle(input) {
        const ids = input.LaunchTemplateId ?? [];
        const names = input.LaunchTemplateName ?? [];
        const named = [
          ...ids.map((id) => referenced(state, { LaunchTemplateId: id, LaunchTemplateName: undefined })),
          ...names.map((name) => referenced(state, { LaunchTemplateId: undefined, LaunchTemplateName: name })),
        ];
        const found = ids.length + names.length === 0 ? state.launchTemplates.values() : named;
        const items = applyFilters(found, input.Filter, {
          "launch-template-name": (template: LaunchTemplate) => [template.launchTemplateName],
          "create-time": (template) => [new Date(template.createdAt).toISOString()],
        });
        const page = pageOf(items, (template) => template.launchTemplateId, input);
        return { launchTemplates: page.items.map(templateView), nextToken: page.nextToken };
      },
    }),
    describeVersions(state),
  ];
}

/** A template as EKS asks for it. */
export function launchTemplateFor(
  state: Ec2State,
  reference: { readonly id?: string; readonly name?: string; readonly version?: string },
): LaunchTemplateView | undefined {
  const template =
    reference.id === undefined ? templateByName(state, reference.name ?? "") : state.launchTemplates.get(reference.id);
  if (template === undefined) return undefined;
  const version = versionOf(template, reference.version ?? "$Default");
  return {
    id: template.launchTemplateId,
    name: template.launchTemplateName,
    version: version?.versionNumber,
    data: version?.data ?? {},
  };
}

function deleteVersions(state: Ec2State): Operation {
  return defineOperation({
    name: "DeleteLaunchTemplateVersions",
    mutating: true,
    bucket: "writes",
    input: { ...reference, LaunchTemplateVersion: required(list(string(), { min: 1, max: 200 })) },
    handle(input) {
      const template = referenced(state, input);
      if (input.LaunchTemplateVersion.some((text) => Number(text) === template.defaultVersionNumber))
        throw new AwsError(
          "InvalidParameterValue",
          "You cannot delete the default version of a launch template. Set another version as the default first.",
        );
      refuseDryRun(input.DryRun);
      const view = (versionNumber: string) => ({
        launchTemplateId: template.launchTemplateId,
        launchTemplateName: template.launchTemplateName,
        versionNumber,
      });
      const wanted = input.LaunchTemplateVersion.map((text) => ({
        text,
        version: template.versions.get(Number(text)),
      }));
      for (const { version } of wanted) if (version !== undefined) template.versions.delete(version.versionNumber);
      return {
        successfullyDeletedLaunchTemplateVersionSet: wanted
          .filter(({ version }) => version !== undefined)
          .map(({ text }) => view(text)),
        unsuccessfullyDeletedLaunchTemplateVersionSet: wanted
          .filter(({ version }) => version === undefined)
          .map(({ text }) => ({
            ...view(text),
            responseError: {
              code: "launchTemplateVersionDoesNotExist",
              message: `The launch template version ${text} does not exist.`,
            },
          })),
      };
    },
  });
}

function describeVersions(state: Ec2State): Operation {
  return defineOperation({
    name: "DescribeLaunchTemplateVersions",
    mutating: false,
    bucket: "reads",
    input: {
      ...reference,
      ...filters,
      ...paging(1, 200),
      LaunchTemplateVersion: list(string(), { max: 200 }),
      MinVersion: string(),
      MaxVersion: string(),
      ResolveAlias: boolean(),
    },
    handle(input) {
      const wanted = input.LaunchTemplateVersion ?? [];
      const one = input.LaunchTemplateId !== undefined || input.LaunchTemplateName !== undefined;
      if (!one && !(wanted.length > 0 && wanted.every((text) => text === "$Latest" || text === "$Default")))
        throw new AwsError(
          "MissingParameter",
          "Either a launch template ID or a launch template name, or versions $Latest or $Default, must be specified",
        );
      const templates = one ? [referenced(state, input)] : [...state.launchTemplates.values()];
      const found = templates.flatMap((template) =>
        wanted.length === 0
          ? [...template.versions.values()].map((version) => ({ template, version, tags: template.tags }))
          : [...new Set(wanted.map((text) => existingVersion(template, text)))].map((version) => ({
              template,
              version,
              tags: template.tags,
            })),
      );
      const minimum = Number(input.MinVersion ?? 0);
      const maximum = Number(input.MaxVersion ?? Number.MAX_SAFE_INTEGER);
      const items = applyFilters(
        found.filter(({ version }) => version.versionNumber >= minimum && version.versionNumber <= maximum),
        input.Filter,
        {
          "is-default-version": ({ template, version }: (typeof found)[number]) => [
            String(version.versionNumber === template.defaultVersionNumber),
          ],
          "image-id": ({ version }) => [textOf(version.data["ImageId"])],
          "instance-type": ({ version }) => [textOf(version.data["InstanceType"])],
        },
      );
      const page = pageOf(
        items,
        ({ template, version }) => `${template.launchTemplateId} ${String(version.versionNumber).padStart(8, "0")}`,
        input,
      );
      return {
        launchTemplateVersionSet: page.items.map(({ template, version }) => versionView(template, version)),
        nextToken: page.nextToken,
      };
    },
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function referenced(
  state: Ec2State,
  input: { readonly LaunchTemplateId: string | undefined; readonly LaunchTemplateName: string | undefined },
): LaunchTemplate {
  const { LaunchTemplateId: id, LaunchTemplateName: name } = input;
  if (id !== undefined && name !== undefined)
    throw new AwsError(
      "InvalidParameterCombination",
      "You must specify either a launch template ID or a launch template name, not both",
    );
  if (id !== undefined) {
    if (!/^lt-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
      throw new AwsError("InvalidLaunchTemplateId.Malformed", `The launch template ID '${id}' is malformed`);
    const template = state.launchTemplates.get(id);
    if (template === undefined)
      throw new AwsError(
        "InvalidLaunchTemplateId.NotFound",
        `The specified launch template, with template ID ${id}, does not exist.`,
      );
    return template;
  }
  if (name === undefined)
    throw new AwsError("MissingParameter", "The request must contain a launch template ID or a launch template name");
  const template = templateByName(state, name);
  if (template === undefined)
    throw new AwsError(
      "InvalidLaunchTemplateName.NotFoundException",
      `The specified launch template, with template name ${name}, does not exist.`,
    );
  return template;
}

function existingVersion(template: LaunchTemplate, text: string): LaunchTemplateVersion {
  const version = versionOf(template, text);
  if (version === undefined)
    throw new AwsError(
      "InvalidLaunchTemplateId.VersionNotFound",
      `Could not find the specified version ${text} for the launch template with ID ${template.launchTemplateId}.`,
    );
  return version;
}

function versionOf(template: LaunchTemplate, text: string): LaunchTemplateVersion | undefined {
  if (text === "$Default") return template.versions.get(template.defaultVersionNumber);
  if (text === "$Latest") return template.versions.get(Math.max(...template.versions.keys()));
  return template.versions.get(Number(text));
}

function templateByName(state: Ec2State, name: string): LaunchTemplate | undefined {
  return state.launchTemplates.values().find((template) => template.launchTemplateName === name);
}

function templateByToken(state: Ec2State, token: string): LaunchTemplate | undefined {
  return state.launchTemplates.values().find((template) => template.clientToken?.token === token);
}

function templateView(template: LaunchTemplate) {
  return {
    launchTemplateId: template.launchTemplateId,
    launchTemplateName: template.launchTemplateName,
    createTime: new Date(template.createdAt),
    defaultVersionNumber: template.defaultVersionNumber,
    latestVersionNumber: template.latestVersionNumber,
    tagSet: tagSet(template.tags),
  };
}

function versionView(template: LaunchTemplate, version: LaunchTemplateVersion) {
  return {
    launchTemplateId: template.launchTemplateId,
    launchTemplateName: template.launchTemplateName,
    versionNumber: version.versionNumber,
    versionDescription: version.versionDescription,
    createTime: new Date(version.createdAt),
    defaultVersion: version.versionNumber === template.defaultVersionNumber,
    launchTemplateData: dataView(version.data),
  };
}
