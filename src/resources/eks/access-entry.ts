import type { AccessEntry, AssociatedAccessPolicy } from "@aws-sdk/client-eks";
import type { EksPort } from "../../aws/eks.ts";
import { hasCode } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { Clock } from "../../clock.ts";
import type { CallContext, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { AppError, errorMessage, isAppError } from "../../errors.ts";
import { PropagationPatience } from "./propagation.ts";
import type { AccessEntrySpec, AccessEntryTypeCode, AccessPolicySpec } from "./specs.ts";

export const accessEntryType = "eks/AccessEntry";

/** IAM's unique id of the principal at creation: EKS keeps it, and lets in no successor of the same ARN. */
export const principalIDTag = "fairlead.io/principal-id";

export const clusterAdminPolicy = "AmazonEKSClusterAdminPolicy";

const ownerTag = "fairlead.io/owner";
const clusterTag = "fairlead.io/cluster-arn";
const propagationMs = 120_000;
const visibleMs = 5000;

/** Access entries of one cluster, each with its policies; names of a Stack are principal ARNs. */
export function eksAccessEntry(
  eks: EksPort,
  { clusterName, clock }: { readonly clusterName: string; readonly clock: Clock },
): ResourceType<AccessEntrySpec> {
  const patience = new PropagationPatience(clock, propagationMs, /invalid principal/i);

  async function find(
    principalArn: string,
    call: CallOptions,
  ): Promise<{ readonly entry: AccessEntry; readonly policies: readonly AccessPolicySpec[] } | undefined> {
    try {
      const { accessEntry } = await eks.describeAccessEntry({ clusterName, principalArn }, call);
      if (accessEntry === undefined) return undefined;
      return { entry: accessEntry, policies: await policiesOf(principalArn, call) };
    } catch (error) {
      if (hasCode(error, "ResourceNotFound", "NotFound") || aboutMode(error)) return undefined;
      throw error;
    }
  }

  async function policiesOf(principalArn: string, call: CallOptions): Promise<readonly AccessPolicySpec[]> {
    const found: AssociatedAccessPolicy[] = [];
    let nextToken: string | undefined;
    do {
      const page = await eks.listAssociatedAccessPolicies(
        { clusterName, principalArn, ...(nextToken === undefined ? {} : { nextToken }) },
        call,
      );
      found.push(...(page.associatedAccessPolicies ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return found.map(({ policyArn = "", accessScope }) => ({
      arn: policyArn,
      namespaces: accessScope?.type === "namespace" ? (accessScope.namespaces ?? []).toSorted() : [],
    }));
  }

  async function observeOne(
    principalARN: string,
    resource: Resource<AccessEntrySpec> | undefined,
    context: CallContext,
  ): Promise<Observed<AccessEntrySpec> | undefined> {
    const found = await find(principalARN, callOptions(context, principalARN));
    if (found === undefined) return undefined;
    const { entry, policies } = found;
    const { tags: ownershipTags, idTag } = context.ownership;
    const tags = entry.tags ?? {};
    const owned = Object.entries(ownershipTags).every(([key, value]) => tags[key] === value);
    if (!owned && !mayAdopt(entry, resource, context)) return undefined;
    const ownershipKeys = new Set([...Object.keys(ownershipTags), idTag]);
    return observedOf(resource?.id ?? tags[idTag] ?? principalARN, entry, {
      principalARN,
      type: (entry.type ?? "STANDARD") as AccessEntryTypeCode,
      username: entry.username ?? "",
      defaultUsername: false,
      groups: entry.kubernetesGroups ?? [],
      policies,
      tags: owned ? Object.fromEntries(Object.entries(tags).filter(([key]) => !ownershipKeys.has(key))) : {},
    });
  }

  async function createEntry(resource: Resource<AccessEntrySpec>, context: CallContext): Promise<AccessEntry> {
    const { spec } = resource;
    const standard = spec.type === "STANDARD";
    const answer = await eks.createAccessEntry(
      {
        clusterName,
        principalArn: spec.principalARN,
        type: spec.type,
        ...(standard ? { kubernetesGroups: [...spec.groups] } : {}),
        ...(standard && !spec.defaultUsername ? { username: spec.username } : {}),
        tags: allTags(resource, context),
      },
      callOptions(context, spec.principalARN),
    );
    patience.clear(spec.principalARN);
    return answer.accessEntry ?? {};
  }

  async function writePolicies(
    spec: AccessEntrySpec,
    before: readonly AccessPolicySpec[],
    call: CallOptions,
  ): Promise<void> {
    const principalArn = spec.principalARN;
    for (const policy of spec.policies) {
      const old = before.find(({ arn }) => arn === policy.arn);
      if (old !== undefined && scopeText(old) === scopeText(policy)) continue;
      if (old !== undefined && isClusterAdmin(old)) await assertNotLastAdmin(principalArn, old.arn, call);
      // An upsert: a new scope takes effect without a moment of no access.
      await eks.associateAccessPolicy(
        {
          clusterName,
          principalArn,
          policyArn: policy.arn,
          accessScope:
            policy.namespaces.length === 0
              ? { type: "cluster" }
              : { type: "namespace", namespaces: [...policy.namespaces] },
        },
        call,
      );
    }
    for (const old of before) {
      if (spec.policies.some(({ arn }) => arn === old.arn)) continue;
      if (isClusterAdmin(old)) await assertNotLastAdmin(principalArn, old.arn, call);
      try {
        await eks.disassociateAccessPolicy({ clusterName, principalArn, policyArn: old.arn }, call);
      } catch (error) {
        if (!hasCode(error, "ResourceNotFound", "NotFound")) throw error;
      }
    }
  }

  /** Somebody must be left who can mend the cluster. */
  async function assertNotLastAdmin(principalArn: string, policyArn: string, call: CallOptions): Promise<void> {
    const { accessEntries = [] } = await eks.listAccessEntries({ clusterName, associatedPolicyArn: policyArn }, call);
    if (accessEntries.some((other) => other !== principalArn)) return;
    throw new AppError(
      `${principalArn} is the last principal with ${clusterAdminPolicy}; give it to another one first, or keep the entry with the annotation fairlead.io/deletion-policy: retain`,
      { class: "conflict", code: "DeletionBlocked" },
    );
  }

  async function removeEntry(principalArn: string, call: CallOptions): Promise<void> {
    try {
      await eks.deleteAccessEntry({ clusterName, principalArn }, call);
    } catch (error) {
      if (!hasCode(error, "ResourceNotFound", "NotFound")) throw error;
    }
  }

  /** EKS's error in our words: what is not there yet, what cannot be, what is not ours. */
  async function judged(error: unknown, principalARN: string, call: CallOptions): Promise<unknown> {
    if (aboutMode(error)) return modeMismatch(error);
    if (hasCode(error, "ResourceNotFound", "NotFound")) return notVisible(principalARN, error);
    const judgement = patience.judge(principalARN, error);
    if (judgement !== error) return judgement;
    if (hasCode(error, "InvalidParameter") && /principal/i.test(errorMessage(error))) {
      return new AppError(
        `EKS does not accept the principal ${principalARN}: ${errorMessage(error)}; it must be an existing IAM role or user, by its full ARN with path`,
        { class: "invalid", code: "InvalidPrincipal", cause: error },
      );
    }
    if (!hasCode(error, "ResourceInUse")) return error;
    const other = await find(principalARN, call);
    return other === undefined ? notVisible(principalARN, error) : taken(principalARN, other.entry, error);
  }

  return {
    type: accessEntryType,
    iamActions: [
      "eks:DescribeAccessEntry",
      "eks:ListAccessEntries",
      "eks:ListAssociatedAccessPolicies",
      "eks:CreateAccessEntry",
      "eks:UpdateAccessEntry",
      "eks:DeleteAccessEntry",
      "eks:AssociateAccessPolicy",
      "eks:DisassociateAccessPolicy",
      "eks:TagResource",
    ],
    dependsOn: ["iam/Role"],
    parents: [],

    async observe({ desired, names }, context) {
      const wanted = new Map(desired.map((resource) => [resource.spec.principalARN, resource]));
      const principals = [...new Set([...wanted.keys(), ...(names ?? [])])];
      const found = await Promise.all(principals.map((one) => observeOne(one, wanted.get(one), context)));
      return found.filter((entry) => entry !== undefined);
    },

    compare: compareAccessEntries,

    async create(resource, context) {
      const { principalARN } = resource.spec;
      const call = callOptions(context, principalARN);
      try {
        const entry = await createEntry(resource, context);
        await writePolicies(resource.spec, [], call);
        return observedOf(resource.id, entry, resource.spec);
      } catch (error) {
        if (hasCode(error, "ResourceInUse")) {
          const mine = await observeOne(principalARN, resource, context);
          // Made by a call whose answer was lost; the next pass compares it.
          if (mine !== undefined) throw notVisible(principalARN, error);
        }
        throw await judged(error, principalARN, call);
      }
    },

    async update({ resource, observed, differences }, context) {
      const { spec } = resource;
      const call = callOptions(context, spec.principalARN);
      const touched = (...fields: readonly string[]): boolean =>
        differences.some(({ field }) => fields.some((one) => field === one || field.startsWith(`${one}.`)));
      try {
        if (needsNewEntry(differences)) {
          await removeEntry(spec.principalARN, call);
          const entry = await createEntry(resource, context);
          await writePolicies(spec, [], call);
          return observedOf(resource.id, entry, spec);
        }
        if (touched("tags")) {
          await eks.tagResource({ resourceArn: observed.outputs["arn"] ?? "", tags: allTags(resource, context) }, call);
        }
        if (touched("username", "groups")) {
          await eks.updateAccessEntry(
            {
              clusterName,
              principalArn: spec.principalARN,
              // An empty list clears it; leaving it out would keep the old one.
              kubernetesGroups: [...spec.groups],
              username: spec.username,
            },
            call,
          );
        }
        if (touched("policies")) await writePolicies(spec, observed.spec.policies, call);
      } catch (error) {
        throw await judged(error, spec.principalARN, call);
      }
      return { ...observed, spec, outputs: { ...observed.outputs, username: spec.username } };
    },

    async delete({ spec }, context) {
      const call = callOptions(context, spec.principalARN);
      const admin = spec.policies.find(isClusterAdmin);
      if (admin !== undefined) await assertNotLastAdmin(spec.principalARN, admin.arn, call);
      await removeEntry(spec.principalARN, call);
      return { kind: "deleted" };
    },
  };
}

/** Pure; see `ResourceType.compare`. */
export function compareAccessEntries(desired: AccessEntrySpec, observed: AccessEntrySpec): readonly Difference[] {
  const differences: Difference[] = [];
  const differs = (field: string, from: unknown, to: unknown): void => {
    if (JSON.stringify(from) !== JSON.stringify(to)) differences.push({ field, from, to });
  };
  if (desired.principalARN !== observed.principalARN)
    differences.push({ field: "principalARN", from: observed.principalARN, to: desired.principalARN, replace: true });
  differs("type", observed.type, desired.type);
  if (desired.type === "STANDARD") {
    differs("username", observed.username, desired.username);
    differs("groups", observed.groups.toSorted(), desired.groups.toSorted());
  }
  for (const policy of desired.policies) {
    const old = observed.policies.find(({ arn }) => arn === policy.arn);
    differs(`policies.${shortName(policy.arn)}`, old === undefined ? undefined : scopeText(old), scopeText(policy));
  }
  for (const old of observed.policies) {
    if (desired.policies.some(({ arn }) => arn === old.arn)) continue;
    differs(`policies.${shortName(old.arn)}`, scopeText(old), undefined);
  }
  for (const [key, value] of Object.entries(desired.tags)) differs(`tags.${key}`, observed.tags[key], value);
  return differences;
}

/** The type cannot be changed, and an entry of a principal that was deleted and made anew lets nobody in. */
function needsNewEntry(differences: readonly Difference[]): boolean {
  return differences.some(
    ({ field, from }) => field === "type" || (field === `tags.${principalIDTag}` && from !== undefined),
  );
}

function isClusterAdmin({ arn, namespaces }: AccessPolicySpec): boolean {
  return shortName(arn) === clusterAdminPolicy && namespaces.length === 0;
}

function shortName(policyARN: string): string {
  return policyARN.slice(policyARN.lastIndexOf("/") + 1);
}

function scopeText({ namespaces }: AccessPolicySpec): string {
  return namespaces.length === 0 ? "cluster" : `namespaces ${namespaces.toSorted().join(", ")}`;
}

/**
 * Entries of nodes are never taken over (EKS makes and deletes them itself), nor those of other clusters' operators. One
 * that an object of this cluster left behind may be.
 */
function mayAdopt(
  entry: AccessEntry,
  resource: Resource<AccessEntrySpec> | undefined,
  { ownership }: CallContext,
): boolean {
  if (resource?.adopt === undefined || (entry.type !== undefined && entry.type !== "STANDARD")) return false;
  const { tags = {} } = entry;
  if (tags[ownerTag] !== undefined && tags[clusterTag] !== ownership.tags[clusterTag]) return false;
  return [entry.principalArn, entry.accessEntryArn].includes(resource.adopt);
}

function allTags(resource: Resource<AccessEntrySpec>, { ownership }: CallContext): Record<string, string> {
  return { ...resource.spec.tags, ...ownership.tags, [ownership.idTag]: resource.id };
}

function aboutMode(error: unknown): boolean {
  return isAppError(error) && error.code === "InvalidRequest" && /authentication mode/i.test(error.message);
}

function modeMismatch(cause: unknown): AppError {
  return new AppError("the cluster's authentication mode does not allow access entries; set backend: ConfigMap", {
    class: "conflict",
    code: "ModeMismatch",
    cause,
  });
}

function notVisible(principalARN: string, cause: unknown): AppError {
  return new AppError(`EKS does not show the access entry of ${principalARN} yet`, {
    class: "waiting",
    code: "Waiting",
    retryAfterMs: visibleMs,
    cause,
  });
}

function taken(principalARN: string, entry: AccessEntry, cause: unknown): AppError {
  const owner = entry.tags?.[ownerTag];
  const advice =
    entry.type !== undefined && entry.type !== "STANDARD"
      ? `it is of type ${entry.type} and lets nodes in, so it is never taken over`
      : `${owner === undefined ? "" : `it belongs to ${owner}; `}to take it over set the annotation fairlead.io/adopt: ${accessEntryType}=${principalARN}`;
  return new AppError(`${principalARN} already has an access entry that is not this object's; ${advice}`, {
    class: "conflict",
    code: "NameConflict",
    cause,
  });
}

function observedOf(id: string, entry: AccessEntry, spec: AccessEntrySpec): Observed<AccessEntrySpec> {
  return {
    type: accessEntryType,
    id,
    spec,
    outputs: {
      arn: entry.accessEntryArn ?? "",
      type: entry.type ?? spec.type,
      username: entry.username ?? spec.username,
    },
    state: "ready",
  };
}

function callOptions(context: CallContext, principalARN: string): CallOptions {
  return { signal: context.signal, resource: `access entry of ${principalARN}` };
}
