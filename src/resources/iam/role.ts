import type { Role } from "@aws-sdk/client-iam";
import { hasCode } from "../../aws/errors.ts";
import type { IamPort } from "../../aws/iam.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { CallContext, DeleteResult, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Ownership, Resource } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import type { Tags } from "../elbv2/specs.ts";
import { decodePolicy, samePolicy } from "./policy-document.ts";
import { readRolePolicies } from "./role-policies.ts";
import type { RoleSpec } from "./specs.ts";

export const roleType = "iam/Role";

/**
 * IAM roles. A new role costs one call, and one more for each policy; reading one costs three, and one more for each
 * inline policy. Never made anew: another role id would break what trusts the role from elsewhere.
 */
export function iamRole(iam: IamPort): ResourceType<RoleSpec> {
  return {
    type: roleType,
    iamActions: [
      "iam:GetRole",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
      "iam:GetRolePolicy",
      "iam:ListInstanceProfilesForRole",
      "iam:CreateRole",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:PutRolePermissionsBoundary",
      "iam:DeleteRolePermissionsBoundary",
      "iam:PutRolePolicy",
      "iam:DeleteRolePolicy",
      "iam:AttachRolePolicy",
      "iam:DetachRolePolicy",
      "iam:DeleteRole",
    ],
    dependsOn: ["iam/OIDCProvider"],
    parents: [],
    neverReplaced: "a role made anew would have another id, and whatever trusts it would stop working",

    async observe({ desired, names }, context) {
      const wanted = new Map(desired.map((resource) => [resource.spec.name, resource]));
      const all = [...new Set([...wanted.keys(), ...(names ?? [])])];
      const found = await Promise.all(
        all.map((name) => observeRole(iam, { name, resource: wanted.get(name), context })),
      );
      return found.filter((role) => role !== undefined);
    },

    compare: compareRoles,

    async create(resource, context) {
      const { spec } = resource;
      const call = options(context, spec.name);
      let role: Role | undefined;
      try {
        const answer = await iam.createRole(
          {
            RoleName: spec.name,
            Path: spec.path,
            Description: spec.description,
            AssumeRolePolicyDocument: spec.trustPolicy,
            MaxSessionDuration: spec.maxSessionDuration,
            ...(spec.permissionsBoundaryARN === undefined ? {} : { PermissionsBoundary: spec.permissionsBoundaryARN }),
            Tags: tagList(allTags(resource, context.ownership)),
          },
          call,
        );
        role = answer.Role;
      } catch (error) {
        // A repetition after a lost answer finds its own role; anything else of that name is not ours.
        const mine = hasCode(error, "EntityAlreadyExists")
          ? await observeRole(iam, { name: spec.name, resource, context })
          : undefined;
        if (mine !== undefined) {
          await updateRole(iam, { resource, observed: mine, differences: compareRoles(spec, mine.spec) }, context);
          return settled(resource, mine);
        }
        throw explained(error, spec.name, spec.adoptIfTagged);
      }
      for (const [name, document] of Object.entries(spec.inlinePolicies)) {
        await iam.putRolePolicy({ RoleName: spec.name, PolicyName: name, PolicyDocument: document }, call);
      }
      for (const arn of spec.managedPolicyARNs) await attach(iam, spec.name, arn, context);
      return settled(resource, {
        type: roleType,
        id: resource.id,
        spec,
        outputs: outputsOf(role, spec),
        state: "ready",
      });
    },

    async update(change, context) {
      await updateRole(iam, change, context);
      return settled(change.resource, change.observed);
    },

    delete: (observed, context) => deleteRole(iam, observed, context),
  };
}

function settled(resource: Resource<RoleSpec>, observed: Observed<RoleSpec>): Observed<RoleSpec> {
  const { spec } = resource;
  return {
    ...observed,
    // What AWS never changes stays as it was observed, so that a refused change is not forgotten.
    spec: { ...spec, name: observed.spec.name, path: observed.spec.path },
    state: "ready",
  };
}

async function observeRole(
  iam: IamPort,
  {
    name,
    resource,
    context,
  }: { readonly name: string; readonly resource: Resource<RoleSpec> | undefined; readonly context: CallContext },
): Promise<Observed<RoleSpec> | undefined> {
  const call = options(context, name);
  let role: Role | undefined;
  try {
    role = (await iam.getRole({ RoleName: name }, call)).Role;
  } catch (error) {
    if (hasCode(error, "NoSuchEntity")) return undefined;
    throw error;
  }
  if (role === undefined) return undefined;
  const tags: Tags = Object.fromEntries((role.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
  const owned = Object.entries(context.ownership.tags).every(([key, value]) => tags[key] === value);
  const adopted =
    resource !== undefined && mayAdopt(resource, { name, arn: role.Arn, tags, ownership: context.ownership });
  if (!owned && !adopted) return undefined;
  const id = resource?.id ?? tags[context.ownership.idTag] ?? name;
  const policies = await readRolePolicies(iam, name, {
    call,
    inlineNames: Object.keys(resource?.spec.inlinePolicies ?? {}),
  });
  const spec: RoleSpec = {
    name,
    path: role.Path ?? "/",
    description: role.Description ?? "",
    trustPolicy: decodePolicy(role.AssumeRolePolicyDocument ?? ""),
    maxSessionDuration: role.MaxSessionDuration ?? 3600,
    ...(role.PermissionsBoundary?.PermissionsBoundaryArn === undefined
      ? {}
      : { permissionsBoundaryARN: role.PermissionsBoundary.PermissionsBoundaryArn }),
    inlinePolicies: policies.inline,
    managedPolicyARNs: policies.attached,
    tags: withoutOwnership(tags, owned ? context.ownership : undefined),
    exclusive: false,
    retired: { policyARNs: [], inlineNames: [], tagKeys: [] },
  };
  return { type: roleType, id, spec, outputs: outputsOf(role, spec), state: "ready" };
}

/** The user asks for it, AWS's side consents where that is demanded, and the role is nobody else's. */
function mayAdopt(
  { adopt, spec }: Resource<RoleSpec>,
  role: {
    readonly name: string;
    readonly arn: string | undefined;
    readonly tags: Tags;
    readonly ownership: Ownership;
  },
): boolean {
  if (adopt !== role.name && (adopt === undefined || adopt !== role.arn)) return false;
  if (Object.keys(role.ownership.tags).some((key) => key in role.tags)) return false;
  return spec.adoptIfTagged === undefined || spec.adoptIfTagged.includes(role.tags[adoptTag] ?? "");
}

const adoptTag = "fairlead.io/adopt";

/** The field in `tags` that stands for missing ownership tags on a role that is being adopted. */
const unownedMark = "fairlead:unowned";

function withoutOwnership(tags: Tags, ownership: Ownership | undefined): Tags {
  if (ownership === undefined) return { ...tags, [unownedMark]: "true" };
  const keys = new Set([...Object.keys(ownership.tags), ownership.idTag]);
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.has(key)));
}

/** Pure; see `ResourceType.compare`. */
export function compareRoles(desired: RoleSpec, observed: RoleSpec): readonly Difference[] {
  const differences: Difference[] = [];
  const differs = (field: string, from: unknown, to: unknown, extra: object = {}): void => {
    differences.push({ field, from, to, ...extra });
  };
  if (desired.name !== observed.name) differs("name", observed.name, desired.name, { replace: true });
  if (desired.path !== observed.path) differs("path", observed.path, desired.path, { replace: true });
  if (desired.description !== observed.description) differs("description", observed.description, desired.description);
  if (desired.maxSessionDuration !== observed.maxSessionDuration)
    differs("maxSessionDuration", observed.maxSessionDuration, desired.maxSessionDuration);
  if (!samePolicy(desired.trustPolicy, observed.trustPolicy))
    differs("trustPolicy", observed.trustPolicy, desired.trustPolicy);
  const boundary = desired.permissionsBoundaryARN;
  const retiredBoundary = desired.retired.permissionsBoundaryARN;
  if (
    boundary !== observed.permissionsBoundaryARN &&
    (boundary !== undefined || observed.permissionsBoundaryARN === retiredBoundary)
  )
    differs("permissionsBoundaryARN", observed.permissionsBoundaryARN, boundary);
  for (const [name, document] of Object.entries(desired.inlinePolicies)) {
    const present = observed.inlinePolicies[name];
    if (present === undefined || !samePolicy(document, present)) differs(`inlinePolicies.${name}`, present, document);
  }
  for (const name of Object.keys(observed.inlinePolicies)) {
    if (name in desired.inlinePolicies) continue;
    if (desired.exclusive || desired.retired.inlineNames.includes(name))
      differs(`inlinePolicies.${name}`, observed.inlinePolicies[name], undefined);
  }
  for (const arn of desired.managedPolicyARNs) {
    if (!observed.managedPolicyARNs.includes(arn)) differs(`managedPolicyARNs.${arn}`, undefined, arn);
  }
  for (const arn of observed.managedPolicyARNs) {
    if (desired.managedPolicyARNs.includes(arn)) continue;
    if (desired.exclusive || desired.retired.policyARNs.includes(arn))
      differs(`managedPolicyARNs.${arn}`, arn, undefined);
  }
  for (const [key, value] of Object.entries(desired.tags)) {
    if (observed.tags[key] !== value) differs(`tags.${key}`, observed.tags[key], value);
  }
  for (const key of desired.retired.tagKeys) {
    if (key in observed.tags && !(key in desired.tags)) differs(`tags.${key}`, observed.tags[key], undefined);
  }
  if (unownedMark in observed.tags) differs("ownership", "another owner's or nobody's", "this object's");
  return differences;
}

/**
 * Widening comes before narrowing, so that pods never lose what they keep: the boundary and new policies, then the trust
 * policy, then removals. Untagging never names a key that is wanted.
 */
async function updateRole(
  iam: IamPort,
  change: {
    readonly resource: Resource<RoleSpec>;
    readonly observed: Observed<RoleSpec>;
    readonly differences: readonly Difference[];
  },
  context: CallContext,
): Promise<void> {
  const { spec } = change.resource;
  const fields = new Set(change.differences.map((difference) => difference.field));
  const RoleName = change.observed.spec.name;
  const call = options(context, RoleName);
  const inFamily = (family: string): readonly Difference[] =>
    change.differences.filter((difference) => difference.field.startsWith(`${family}.`));

  const tags = inFamily("tags");
  if (fields.has("ownership") || tags.some((tag) => tag.to !== undefined)) {
    const wanted = fields.has("ownership")
      ? allTags(change.resource, context.ownership)
      : Object.fromEntries(tags.flatMap((tag) => (tag.to === undefined ? [] : [[tag.field.slice(5), textOf(tag.to)]])));
    await iam.tagRole({ RoleName, Tags: tagList(wanted) }, call);
  }
  const untag = tags.filter((tag) => tag.to === undefined).map((tag) => tag.field.slice(5));
  if (untag.length > 0) await iam.untagRole({ RoleName, TagKeys: untag }, call);

  if (fields.has("permissionsBoundaryARN") && spec.permissionsBoundaryARN !== undefined)
    await iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: spec.permissionsBoundaryARN }, call);
  if (fields.has("description") || fields.has("maxSessionDuration")) {
    // Both always: what is left out goes back to its default.
    await iam.updateRole(
      { RoleName, Description: spec.description, MaxSessionDuration: spec.maxSessionDuration },
      call,
    );
  }
  for (const policy of inFamily("inlinePolicies")) {
    if (policy.to === undefined) continue;
    const PolicyName = policy.field.slice("inlinePolicies.".length);
    await iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument: textOf(policy.to) }, call);
  }
  for (const policy of inFamily("managedPolicyARNs")) {
    if (policy.to !== undefined) await attach(iam, RoleName, textOf(policy.to), context);
  }
  if (fields.has("trustPolicy")) {
    try {
      await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: spec.trustPolicy }, call);
    } catch (error) {
      throw explained(error, RoleName);
    }
  }
  for (const policy of inFamily("inlinePolicies")) {
    if (policy.to !== undefined) continue;
    await ignoreMissing(
      iam.deleteRolePolicy({ RoleName, PolicyName: policy.field.slice("inlinePolicies.".length) }, call),
    );
  }
  for (const policy of inFamily("managedPolicyARNs")) {
    if (policy.to === undefined)
      await ignoreMissing(iam.detachRolePolicy({ RoleName, PolicyArn: textOf(policy.from) }, call));
  }
  if (fields.has("permissionsBoundaryARN") && spec.permissionsBoundaryARN === undefined)
    await ignoreMissing(iam.deleteRolePermissionsBoundary({ RoleName }, call));
}

/** `DeleteRole` refuses a role with policies or in an instance profile: policies go first, a profile stops it. */
async function deleteRole(iam: IamPort, observed: Observed<RoleSpec>, context: CallContext): Promise<DeleteResult> {
  const RoleName = observed.spec.name;
  const call = options(context, RoleName);
  const policies = await readRolePolicies(iam, RoleName, { call, inlineNames: [] }).catch((error: unknown) => {
    if (hasCode(error, "NoSuchEntity")) return undefined;
    throw error;
  });
  if (policies === undefined) return { kind: "deleted" };
  for (const PolicyArn of policies.attached) await ignoreMissing(iam.detachRolePolicy({ RoleName, PolicyArn }, call));
  for (const PolicyName of policies.names) await ignoreMissing(iam.deleteRolePolicy({ RoleName, PolicyName }, call));
  try {
    await ignoreMissing(iam.deleteRole({ RoleName }, call));
  } catch (error) {
    if (!hasCode(error, "DeleteConflict")) throw error;
    return { kind: "waiting", reason: await deleteConflict(iam, RoleName, call), retryAfterMs: 15_000 };
  }
  return { kind: "deleted" };
}

async function deleteConflict(iam: IamPort, RoleName: string, call: CallOptions): Promise<string> {
  const answer = await iam.listInstanceProfilesForRole({ RoleName }, call);
  const profiles = (answer.InstanceProfiles ?? []).map((profile) => profile.InstanceProfileName ?? "");
  return profiles.length === 0
    ? `role ${RoleName} got another policy while it was being deleted`
    : `role ${RoleName} is still in the instance profile ${profiles.join(", ")}`;
}

async function attach(iam: IamPort, RoleName: string, PolicyArn: string, context: CallContext): Promise<void> {
  try {
    await iam.attachRolePolicy({ RoleName, PolicyArn }, options(context, RoleName));
  } catch (error) {
    if (hasCode(error, "NoSuchEntity") && error instanceof Error && error.message.includes(PolicyArn)) {
      throw new AppError(`managed policy ${PolicyArn} does not exist`, {
        class: "invalid",
        code: "PolicyNotFound",
        cause: error,
      });
    }
    throw error;
  }
}

/** IAM's own refusals with what to do about them. */
function explained(error: unknown, name: string, adoptIfTagged?: readonly string[]): unknown {
  if (hasCode(error, "EntityAlreadyExists")) {
    const consent = adoptIfTagged === undefined ? "" : `, and tag the role with ${adoptTag}=${adoptIfTagged[0] ?? ""}`;
    return new AppError(
      `role ${name} exists and does not bear this object's ownership tags; to take it over set the annotation fairlead.io/adopt: iam/Role=${name}${consent}`,
      { class: "conflict", code: "NameConflict", cause: error },
    );
  }
  // A principal that was made seconds ago is not known everywhere yet.
  if (
    hasCode(error, "MalformedPolicyDocument") &&
    error instanceof Error &&
    error.message.includes("Invalid principal")
  ) {
    return new AppError(`the trust policy of role ${name} names a principal that IAM does not know (yet)`, {
      class: "transient",
      code: "PropagationPending",
      retryAfterMs: 10_000,
      cause: error,
    });
  }
  return error;
}

/** The value of a difference of a field that holds text. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

async function ignoreMissing(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!hasCode(error, "NoSuchEntity")) throw error;
  }
}

function allTags(resource: Resource<RoleSpec>, ownership: Ownership): Tags {
  return { ...resource.spec.tags, ...ownership.tags, [ownership.idTag]: resource.id };
}

function tagList(tags: Tags): { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Right after its creation a role's ARN has been seen to hold its unique id instead. */
function outputsOf(role: Role | undefined, spec: RoleSpec): Readonly<Record<string, string>> {
  const arn = role?.Arn;
  if (role === undefined || arn === undefined || !arn.startsWith("arn:")) {
    throw new AppError(`IAM has not told the ARN of role ${spec.name} yet`, {
      class: "waiting",
      code: "PropagationPending",
      retryAfterMs: 2000,
    });
  }
  return { arn, name: spec.name, id: role.RoleId ?? "" };
}

function options(context: CallContext, resource: string): CallOptions {
  return { signal: context.signal, resource: `role ${resource}` };
}
