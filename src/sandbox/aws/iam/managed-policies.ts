import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { boolean, oneOf, required, string } from "../shapes.ts";
import * as parameters from "./parameters.ts";
import {
  checkIdentityPolicy,
  deleteConflict,
  encodedDocument,
  entityAlreadyExists,
  limitExceeded,
  noSuchEntity,
  pageOf,
  replaceTags,
  tagList,
  untag,
  withTags,
} from "./parameters.ts";
import { policySize } from "./policy-document.ts";
import { checkPolicyArn } from "./role-policies.ts";
import type { IamState, ManagedPolicy, PolicyVersion } from "./state.ts";

/** Default quotas. */
const maximumPolicies = 1500;
const maximumVersions = 5;
const maximumSize = 6144;

const policy = { PolicyArn: required(parameters.arn) } as const;
const version = { ...policy, VersionId: required(string({ pattern: /^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$/ })) } as const;

export function managedPolicyOperations(state: IamState, context: SandboxContext): readonly Operation[] {
  return [
    defineOperation({
      name: "CreatePolicy",
      mutating: true,
      bucket: "writes",
      input: {
        PolicyName: required(parameters.policyName),
        Path: parameters.path,
        PolicyDocument: required(parameters.policyText),
        Description: parameters.description,
        Tags: parameters.tags,
      },
      handle(input) {
        const tags = withTags(new Map(), input.Tags ?? [], "TagsPerPolicy");
        checkDocument(input.PolicyDocument);
        const own = ownPolicies(state);
        if (own.some((other) => other.name.toLowerCase() === input.PolicyName.toLowerCase()))
          throw entityAlreadyExists(
            `A policy called ${input.PolicyName} already exists. Duplicate names are not allowed.`,
          );
        if (own.length >= maximumPolicies) throw limitExceeded("PoliciesPerAccount", maximumPolicies);
        const now = context.clock.now();
        const path = input.Path ?? "/";
        const created: ManagedPolicy = {
          name: input.PolicyName,
          path,
          policyId: `ANPA${context.ids.upper(17)}`,
          arn: state.arn(`policy${path}${input.PolicyName}`),
          description: input.Description,
          createdAt: now,
          updatedAt: now,
          defaultVersionId: "v1",
          nextVersion: 2,
          versions: new Map([["v1", { versionId: "v1", document: input.PolicyDocument, createdAt: now }]]),
          tags,
        };
        state.policies.set(created.arn, created);
        return { Policy: policyView(state, created, { withTags: true }) };
      },
    }),
    defineOperation({
      name: "GetPolicy",
      mutating: false,
      bucket: "reads",
      input: policy,
      handle: (input) => ({ Policy: policyView(state, existingPolicy(state, input.PolicyArn), { withTags: true }) }),
    }),
    defineOperation({
      name: "ListPolicies",
      mutating: false,
      bucket: "reads",
      input: {
        ...parameters.paging,
        Scope: oneOf(["All", "AWS", "Local"]),
        OnlyAttached: boolean(),
        PathPrefix: parameters.pathPrefix,
        PolicyUsageFilter: oneOf(["PermissionsPolicy", "PermissionsBoundary"]),
      },
      handle(input) {
        const scope = input.Scope ?? "All";
        const found = [...state.policies.values()].filter(
          (item) =>
            (scope === "All" || (scope === "AWS") === isAwsOwned(item)) &&
            item.path.startsWith(input.PathPrefix ?? "/") &&
            (input.OnlyAttached !== true || state.attachments(item.arn) > 0),
        );
        const page = pageOf(found, (item) => item.arn, input);
        return { Policies: page.items.map((item) => policyView(state, item, { withTags: false })), ...page.end };
      },
    }),
    defineOperation({
      name: "CreatePolicyVersion",
      mutating: true,
      bucket: "writes",
      input: { ...policy, PolicyDocument: required(parameters.policyText), SetAsDefault: boolean() },
      handle(input) {
        const holder = changeablePolicy(state, input.PolicyArn);
        checkDocument(input.PolicyDocument);
        if (holder.versions.size >= maximumVersions)
          throw new AwsError(
            "LimitExceeded",
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an " +
              "existing version.",
            { status: 409 },
          );
        const now = context.clock.now();
        const created: PolicyVersion = {
          versionId: `v${holder.nextVersion++}`,
          document: input.PolicyDocument,
          createdAt: now,
        };
        holder.versions.set(created.versionId, created);
        if (input.SetAsDefault === true) holder.defaultVersionId = created.versionId;
        holder.updatedAt = now;
        return { PolicyVersion: versionView(holder, created, { withDocument: false }) };
      },
    }),
    defineOperation({
      name: "GetPolicyVersion",
      mutating: false,
      bucket: "reads",
      input: version,
      handle(input) {
        const holder = existingPolicy(state, input.PolicyArn);
        return { PolicyVersion: versionView(holder, existingVersion(holder, input.VersionId), { withDocument: true }) };
      },
    }),
    defineOperation({
      name: "ListPolicyVersions",
      mutating: false,
      bucket: "reads",
      input: { ...policy, ...parameters.paging },
      handle(input) {
        const holder = existingPolicy(state, input.PolicyArn);
        const page = pageOf([...holder.versions.values()], (item) => item.versionId.padStart(8, "0"), input);
        return { Versions: page.items.map((item) => versionView(holder, item, { withDocument: false })), ...page.end };
      },
    }),
    defineOperation({
      name: "SetDefaultPolicyVersion",
      mutating: true,
      bucket: "writes",
      input: version,
      handle(input) {
        const holder = changeablePolicy(state, input.PolicyArn);
        holder.defaultVersionId = existingVersion(holder, input.VersionId).versionId;
        return undefined;
      },
    }),
    defineOperation({
      name: "DeletePolicyVersion",
      mutating: true,
      bucket: "writes",
      input: version,
      handle(input) {
        const holder = changeablePolicy(state, input.PolicyArn);
        const found = existingVersion(holder, input.VersionId);
        if (found.versionId === holder.defaultVersionId)
          throw deleteConflict("Cannot delete the default version of a policy.");
        holder.versions.delete(found.versionId);
        return undefined;
      },
    }),
    defineOperation({
      name: "DeletePolicy",
      mutating: true,
      bucket: "writes",
      input: policy,
      handle(input) {
        const holder = changeablePolicy(state, input.PolicyArn);
        if (state.attachments(holder.arn) + state.boundaryUses(holder.arn) > 0)
          throw deleteConflict("Cannot delete a policy attached to entities.");
        if (holder.versions.size > 1)
          throw deleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's " +
              "versions. The default version is deleted with the policy.",
          );
        state.policies.delete(holder.arn);
        return undefined;
      },
    }),
    defineOperation({
      name: "ListEntitiesForPolicy",
      mutating: false,
      bucket: "reads",
      input: {
        ...policy,
        ...parameters.paging,
        EntityFilter: oneOf(["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]),
        PathPrefix: parameters.pathPrefix,
        PolicyUsageFilter: oneOf(["PermissionsPolicy", "PermissionsBoundary"]),
      },
      handle(input) {
        const holder = existingPolicy(state, input.PolicyArn);
        const rolesWanted = input.EntityFilter === undefined || input.EntityFilter === "Role";
        const roles = [...state.roles.values()].filter(
          (role) => rolesWanted && role.attachedPolicyArns.has(holder.arn),
        );
        const page = pageOf(roles, (role) => role.name, input);
        return {
          PolicyGroups: [],
          PolicyUsers: [],
          PolicyRoles: page.items.map((role) => ({ RoleName: role.name, RoleId: role.roleId })),
          ...page.end,
        };
      },
    }),
    defineOperation({
      name: "TagPolicy",
      mutating: true,
      bucket: "writes",
      input: { ...policy, Tags: required(parameters.tags) },
      handle(input) {
        const holder = changeablePolicy(state, input.PolicyArn);
        replaceTags(holder.tags, withTags(holder.tags, input.Tags, "TagsPerPolicy"));
        return undefined;
      },
    }),
    defineOperation({
      name: "UntagPolicy",
      mutating: true,
      bucket: "writes",
      input: { ...policy, TagKeys: required(parameters.tagKeys) },
      handle(input) {
        untag(changeablePolicy(state, input.PolicyArn).tags, input.TagKeys);
        return undefined;
      },
    }),
    defineOperation({
      name: "ListPolicyTags",
      mutating: false,
      bucket: "reads",
      input: { ...policy, ...parameters.paging },
      handle(input) {
        const page = pageOf(tagList(existingPolicy(state, input.PolicyArn).tags), (tag) => tag.Key, input);
        return { Tags: page.items, ...page.end };
      },
    }),
  ];
}

function checkDocument(text: string): void {
  checkIdentityPolicy(text);
  if (policySize(text) > maximumSize) throw limitExceeded("PolicySize", maximumSize);
}

function ownPolicies(state: IamState): readonly ManagedPolicy[] {
  return [...state.policies.values()].filter((item) => !isAwsOwned(item));
}

function isAwsOwned(item: ManagedPolicy): boolean {
  return item.arn.includes(":iam::aws:");
}

function existingPolicy(state: IamState, arn: string): ManagedPolicy {
  checkPolicyArn(arn);
  const found = state.policies.get(arn);
  if (found === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  return found;
}

function changeablePolicy(state: IamState, arn: string): ManagedPolicy {
  const found = existingPolicy(state, arn);
  if (isAwsOwned(found))
    throw new AwsError("AccessDenied", `Cannot modify the AWS managed policy ${arn}.`, { status: 403 });
  return found;
}

function existingVersion(holder: ManagedPolicy, versionId: string): PolicyVersion {
  const found = holder.versions.get(versionId);
  if (found === undefined)
    throw noSuchEntity(`Policy ${holder.arn} version ${versionId} does not exist or is not attachable.`);
  return found;
}

export function policyView(state: IamState, item: ManagedPolicy, options: { readonly withTags: boolean }) {
  return {
    PolicyName: item.name,
    PolicyId: item.policyId,
    Arn: item.arn,
    Path: item.path,
    DefaultVersionId: item.defaultVersionId,
    AttachmentCount: state.attachments(item.arn),
    PermissionsBoundaryUsageCount: state.boundaryUses(item.arn),
    IsAttachable: true,
    Description: options.withTags ? item.description : undefined,
    CreateDate: new Date(item.createdAt),
    UpdateDate: new Date(item.updatedAt),
    Tags: options.withTags ? tagList(item.tags) : undefined,
  };
}

function versionView(holder: ManagedPolicy, item: PolicyVersion, options: { readonly withDocument: boolean }) {
  return {
    VersionId: item.versionId,
    IsDefaultVersion: item.versionId === holder.defaultVersionId,
    CreateDate: new Date(item.createdAt),
    Document: options.withDocument ? encodedDocument(item.document) : undefined,
  };
}
