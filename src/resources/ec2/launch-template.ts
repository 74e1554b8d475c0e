import type { LaunchTemplate, LaunchTemplateVersion, RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { Ec2Port } from "../../aws/ec2.ts";
import { hasCode } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { CallContext, Observed, ResourceType } from "../../engine/resource-type.ts";
import { AppError } from "../../errors.ts";
import type { Tags } from "../elbv2/specs.ts";

export const launchTemplateType = "ec2/LaunchTemplate";

/**
 * `ec2/LaunchTemplate`: immutable versions, each described by the hash of its data. Outputs: `id`, `name`, and for each
 * version that is there `version:<hash>`, its number: a reference to a hash is open until that version exists.
 */
export interface LaunchTemplateSpec {
  readonly name: string;
  readonly data: RequestLaunchTemplateData;
  /** At most 255 characters; the description of the version. */
  readonly hash: string;
  readonly tags: Tags;
}

/** The output that holds the number of the version with this hash. */
export function versionOutput(hash: string): string {
  return `version:${hash}`;
}

const versionsKept = 10;

export function ec2LaunchTemplate(ec2: Ec2Port): ResourceType<LaunchTemplateSpec> {
  async function owned(context: CallContext): Promise<readonly Observed<LaunchTemplateSpec>[]> {
    const call = callOptions(context, "owned launch templates");
    const Filters = Object.entries(context.ownership.tags).map(([key, value]) => ({
      Name: `tag:${key}`,
      Values: [value],
    }));
    const templates: LaunchTemplate[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ec2.describeLaunchTemplates(
        { Filters, ...(NextToken === undefined ? {} : { NextToken }) },
        call,
      );
      templates.push(...(page.LaunchTemplates ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return Promise.all(
      templates.map(async (template) => {
        const id = template.Tags?.find((tag) => tag.Key === context.ownership.idTag)?.Value ?? "";
        return observedOf(id, template, await versionsOf(ec2, template.LaunchTemplateId ?? "", call));
      }),
    );
  }

  return {
    type: launchTemplateType,
    iamActions: [
      "ec2:DescribeLaunchTemplates",
      "ec2:DescribeLaunchTemplateVersions",
      "ec2:CreateLaunchTemplate",
      "ec2:CreateLaunchTemplateVersion",
      "ec2:DeleteLaunchTemplateVersions",
      "ec2:DeleteLaunchTemplate",
      "ec2:CreateTags",
      "ec2:RunInstances",
    ],
    dependsOn: [],
    parents: [],
    neverReplaced: "a node group keeps the launch template that it was made with",

    observe: (_query, context) => owned(context),

    compare(desired, observed) {
      return [
        ...(desired.name === observed.name
          ? []
          : [{ field: "name", from: observed.name, to: desired.name, replace: true }]),
        ...(desired.hash === observed.hash ? [] : [{ field: "data", from: observed.hash, to: desired.hash }]),
      ];
    },

    async create(resource, context) {
      const { spec } = resource;
      const { tags, idTag } = context.ownership;
      const allTags = { ...spec.tags, ...tags, [idTag]: resource.id };
      try {
        const answer = await ec2.createLaunchTemplate(
          {
            LaunchTemplateName: spec.name,
            VersionDescription: spec.hash,
            LaunchTemplateData: spec.data,
            TagSpecifications: [
              {
                ResourceType: "launch-template",
                Tags: Object.entries(allTags).map(([Key, Value]) => ({ Key, Value })),
              },
            ],
          },
          callOptions(context, spec.name),
        );
        return observedOf(resource.id, answer.LaunchTemplate ?? {}, [
          { VersionNumber: 1, VersionDescription: spec.hash },
        ]);
      } catch (error) {
        if (
          !hasCode(error, "InvalidLaunchTemplateName.AlreadyExistsException", "InvalidLaunchTemplateName.AlreadyExists")
        )
          throw error;
        // A repetition after a lost answer finds its own template.
        const mine = (await owned(context)).find((template) => template.spec.name === spec.name);
        if (mine !== undefined) return { ...mine, id: resource.id };
        throw new AppError(
          `launch template ${spec.name} exists and does not bear this object's ownership tags; delete it or give the node group another name`,
          { class: "conflict", code: "NameConflict", cause: error },
        );
      }
    },

    async update({ resource, observed }, context) {
      const { spec } = resource;
      const call = callOptions(context, spec.name);
      const LaunchTemplateId = observed.outputs["id"] ?? "";
      const answer = await ec2.createLaunchTemplateVersion(
        {
          LaunchTemplateId,
          VersionDescription: spec.hash,
          LaunchTemplateData: spec.data,
        },
        call,
      );
      const version = answer.LaunchTemplateVersion?.VersionNumber;
      await prune(ec2, LaunchTemplateId, call);
      return {
        ...observed,
        spec,
        outputs: {
          ...observed.outputs,
          ...(version === undefined ? {} : { [versionOutput(spec.hash)]: String(version) }),
        },
      };
    },

    async delete(observed, context) {
      try {
        await ec2.deleteLaunchTemplate(
          { LaunchTemplateId: observed.outputs["id"] ?? "" },
          callOptions(context, observed.spec.name),
        );
      } catch (error) {
        if (!hasCode(error, "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException"))
          throw error;
      }
      return { kind: "deleted" };
    },
  };
}

async function versionsOf(
  ec2: Ec2Port,
  LaunchTemplateId: string,
  call: CallOptions,
): Promise<readonly LaunchTemplateVersion[]> {
  const versions: LaunchTemplateVersion[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ec2.describeLaunchTemplateVersions(
      { LaunchTemplateId, ...(NextToken === undefined ? {} : { NextToken }) },
      call,
    );
    versions.push(...(page.LaunchTemplateVersions ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return versions.toSorted((a, b) => (a.VersionNumber ?? 0) - (b.VersionNumber ?? 0));
}

/** EKS works on a copy of its own, so old versions are only history; the default version cannot be deleted. */
async function prune(ec2: Ec2Port, LaunchTemplateId: string, call: CallOptions): Promise<void> {
  const versions = await versionsOf(ec2, LaunchTemplateId, call);
  const old = versions.slice(0, -versionsKept).filter((version) => version.DefaultVersion !== true);
  if (old.length === 0) return;
  await ec2.deleteLaunchTemplateVersions(
    { LaunchTemplateId, Versions: old.map((version) => String(version.VersionNumber)) },
    call,
  );
}

function observedOf(
  id: string,
  template: LaunchTemplate,
  versions: readonly LaunchTemplateVersion[],
): Observed<LaunchTemplateSpec> {
  const name = template.LaunchTemplateName ?? "";
  const outputs = versions.map((version) => [
    versionOutput(version.VersionDescription ?? ""),
    String(version.VersionNumber ?? ""),
  ]);
  return {
    type: launchTemplateType,
    id,
    spec: { name, data: {}, hash: versions.at(-1)?.VersionDescription ?? "", tags: {} },
    outputs: { id: template.LaunchTemplateId ?? "", name, ...Object.fromEntries(outputs) },
    state: "ready",
  };
}

function callOptions(context: CallContext, resource: string): CallOptions {
  return { signal: context.signal, resource: `launch template ${resource}` };
}
