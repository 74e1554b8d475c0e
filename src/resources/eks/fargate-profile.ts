import type { CreateFargateProfileCommandInput, FargateProfile } from "@aws-sdk/client-eks";
import type { EksPort } from "../../aws/eks.ts";
import { hasCode } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { Clock } from "../../clock.ts";
import type {
  CallContext,
  DeleteResult,
  Difference,
  Observed,
  ResourceState,
  ResourceType,
} from "../../engine/resource-type.ts";
import type { Ownership, Resource } from "../../engine/stack.ts";
import { AppError, errorMessage } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";
import { literal } from "../elbv2/context.ts";
import {
  compareFargateProfiles,
  type FargateProfileSpec,
  type FargateProfileStatusCode,
  failedProfileField,
  fargateProfileType,
} from "./fargate-profile-spec.ts";
import type { FargateQueue, MovingProfile } from "./fargate-queue.ts";
import { PropagationPatience } from "./propagation.ts";

const propagationMs = 300_000;
const pollMs = 10_000;
const createAttempts = 3;
/** How long a profile that EKS has just accepted may be unknown to its reads. */
const visibleMs = 60_000;

const states: Readonly<Record<FargateProfileStatusCode, ResourceState>> = {
  CREATING: "pending",
  ACTIVE: "ready",
  DELETING: "deleting",
  CREATE_FAILED: "failed",
  DELETE_FAILED: "failed",
};

/**
 * Fargate profiles of one cluster. EKS works on one for minutes, and on no other of the cluster meanwhile: every method
 * returns at once, and who has to wait stands in `queue`.
 */
export function eksFargateProfile(
  eks: EksPort,
  { clusterName, clock, queue }: { readonly clusterName: string; readonly clock: Clock; readonly queue: FargateQueue },
): ResourceType<FargateProfileSpec> {
  const patience = new PropagationPatience(clock, propagationMs);
  const failedCreates = new Map<string, { readonly spec: string; readonly attempts: number }>();
  const accepted = new Map<string, { readonly profile: FargateProfile; readonly at: number }>();

  async function describe(name: string, call: CallOptions): Promise<FargateProfile | undefined> {
    try {
      const answer = await eks.describeFargateProfile({ clusterName, fargateProfileName: name }, call);
      accepted.delete(name);
      const status = answer.fargateProfile?.status;
      if (status !== "CREATING" && status !== "DELETING") queue.settled(name);
      return answer.fargateProfile;
    } catch (error) {
      if (!hasCode(error, "ResourceNotFound", "NotFound")) throw error;
      const recent = accepted.get(name);
      if (recent !== undefined && clock.monotonic() - recent.at < visibleMs) return recent.profile;
      accepted.delete(name);
      queue.settled(name);
      return undefined;
    }
  }

  function observedIfOurs(
    profile: FargateProfile,
    resource: Resource<FargateProfileSpec> | undefined,
    { ownership }: CallContext,
  ): Observed<FargateProfileSpec> | undefined {
    const tags = profile.tags ?? {};
    const owned = Object.entries(ownership.tags).every(([key, value]) => tags[key] === value);
    const named = [profile.fargateProfileName, profile.fargateProfileArn].includes(resource?.adopt);
    // What bears another owner's tags is not handed over by a name alone.
    const adopted = resource?.adopt !== undefined && named && !Object.keys(ownership.tags).some((key) => key in tags);
    if (!owned && !adopted) return undefined;
    const id = resource?.id ?? tags[ownership.idTag] ?? profile.fargateProfileName ?? "";
    return observedProfile(profile, { id, ownership: owned ? ownership : undefined });
  }

  async function observeOne(
    name: string,
    resource: Resource<FargateProfileSpec> | undefined,
    context: CallContext,
  ): Promise<Observed<FargateProfileSpec> | undefined> {
    // Who is not wanted any more needs no place among those to be created.
    if (resource === undefined && queue.action(name) === "create") queue.leave(name);
    const profile = await describe(name, callOptions(context, name));
    return profile === undefined ? undefined : observedIfOurs(profile, resource, context);
  }

  /** The profile of the cluster, anybody's, that EKS is at work on. */
  async function inMotion(context: CallContext): Promise<MovingProfile | undefined> {
    let nextToken: string | undefined;
    do {
      const page = await eks.listFargateProfiles(
        { clusterName, ...(nextToken === undefined ? {} : { nextToken }) },
        { signal: context.signal, resource: `cluster ${clusterName}` },
      );
      for (const name of page.fargateProfileNames ?? []) {
        const status = (await describe(name, callOptions(context, name)))?.status;
        if (status === "CREATING" || status === "DELETING") return { name, status };
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return undefined;
  }

  /** `deleted` when it is gone already; throws `Queued` when it is not its turn. */
  async function startDeletion(name: string, context: CallContext): Promise<"gone" | "started"> {
    return queue.turn(name, "delete", {
      inMotion: () => inMotion(context),
      work: async () => {
        try {
          await eks.deleteFargateProfile({ clusterName, fargateProfileName: name }, callOptions(context, name));
          return "started";
        } catch (error) {
          if (hasCode(error, "ResourceNotFound", "NotFound")) return "gone";
          throw isBusy(error) ? queue.queued(name) : error;
        }
      },
    });
  }

  async function remake(
    resource: Resource<FargateProfileSpec>,
    observed: Observed<FargateProfileSpec>,
    context: CallContext,
  ): Promise<Observed<FargateProfileSpec>> {
    const { name } = observed.spec;
    const { retiredTagKeys: _retired, tags: _tags, ...content } = resource.spec;
    const spec = canonicalJson(content);
    const before = failedCreates.get(name);
    const attempts = before?.spec === spec ? before.attempts : 0;
    if (attempts >= createAttempts) {
      throw new AppError(`${observed.reason ?? "the Fargate profile failed"}; given up after ${attempts} attempts`, {
        class: "conflict",
        code: "CreateFailed",
      });
    }
    await startDeletion(name, context);
    failedCreates.set(name, { spec, attempts: attempts + 1 });
    return { ...observed, state: "deleting", reason: "a profile that failed is deleted, to be made again" };
  }

  async function taken(
    resource: Resource<FargateProfileSpec>,
    context: CallContext,
    cause: unknown,
  ): Promise<Observed<FargateProfileSpec>> {
    const { name } = resource.spec;
    const found = await describe(name, callOptions(context, name));
    const mine = found === undefined ? undefined : observedIfOurs(found, resource, context);
    if (mine !== undefined) return mine;
    if (found !== undefined) {
      throw new AppError(
        `Fargate profile ${name} exists and does not bear this object's ownership tags; to take it over set the annotation fairlead.io/adopt: ${fargateProfileType}=${name}`,
        { class: "conflict", code: "NameConflict", cause },
      );
    }
    if (isBusy(cause)) throw queue.queued(name);
    throw new AppError(`EKS has accepted Fargate profile ${name} and does not show it yet`, {
      class: "waiting",
      code: "PropagationPending",
      retryAfterMs: 5000,
      cause,
    });
  }

  return {
    type: fargateProfileType,
    iamActions: [
      "eks:ListFargateProfiles",
      "eks:DescribeFargateProfile",
      "eks:CreateFargateProfile",
      "eks:DeleteFargateProfile",
      "eks:TagResource",
      "eks:UntagResource",
      "iam:PassRole",
      "iam:CreateServiceLinkedRole",
    ],
    dependsOn: ["iam/Role"],
    parents: [],
    pollMs,
    neverReplaced:
      "make a second FargateProfile with the new values, restart the pods, and delete this one when they have moved",

    async observe({ desired, names }, context) {
      const wanted = new Map(desired.map((resource) => [resource.spec.name, resource]));
      const all = [...new Set([...wanted.keys(), ...(names ?? [])])];
      const found = await Promise.all(all.map((name) => observeOne(name, wanted.get(name), context)));
      return found.filter((profile) => profile !== undefined);
    },

    compare: compareFargateProfiles,

    async create(resource, context) {
      const { name } = resource.spec;
      const request = createRequest(resource, clusterName, context.ownership);
      const patienceKey = `${name} ${request.podExecutionRoleArn ?? ""}`;
      return queue.turn(name, "create", {
        inMotion: () => inMotion(context).then((moving) => (moving?.name === name ? undefined : moving)),
        work: async () => {
          try {
            const answer = await eks.createFargateProfile(request, callOptions(context, name));
            const profile = answer.fargateProfile ?? { fargateProfileName: name, status: "CREATING" };
            accepted.set(name, { profile, at: clock.monotonic() });
            patience.clear(patienceKey);
            return observedProfile(profile, { id: resource.id, ownership: context.ownership });
          } catch (error) {
            if (isBusy(error) || /already exists/i.test(errorMessage(error))) return taken(resource, context, error);
            throw patience.judge(patienceKey, error);
          }
        },
      });
    },

    async update({ resource, observed, differences }, context) {
      const { name } = observed.spec;
      if (differences.some(({ field }) => field === failedProfileField)) return remake(resource, observed, context);
      failedCreates.delete(name);
      const call = callOptions(context, name);
      await changeTags(eks, { resource, observed, differences, ownership: context.ownership, call });
      const removed = new Set(differences.filter(({ to }) => to === undefined).map(({ field }) => field));
      const tags = { ...observed.spec.tags, ...resource.spec.tags };
      const kept = Object.entries(tags).filter(([key]) => !removed.has(`tags.${key}`));
      return { ...observed, spec: { ...observed.spec, tags: Object.fromEntries(kept) } };
    },

    async delete(observed, context): Promise<DeleteResult> {
      const { name } = observed.spec;
      const found = await describe(name, callOptions(context, name));
      const waiting = {
        kind: "waiting",
        reason: `EKS is deleting Fargate profile ${name}`,
        retryAfterMs: pollMs,
      } as const;
      if (found === undefined) {
        queue.leave(name);
        return { kind: "deleted" };
      }
      if (found.status === "DELETING") return waiting;
      return (await startDeletion(name, context)) === "gone" ? { kind: "deleted" } : waiting;
    },
  };
}

/** EKS is at work on this or another profile of the cluster. */
function isBusy(error: unknown): boolean {
  return (
    hasCode(error, "ResourceInUse") || (hasCode(error, "InvalidRequest") && /in status/i.test(errorMessage(error)))
  );
}

/**
 * The whole create request. It needs no idempotency token: the name is one, and a token that is derived from the spec
 * would bring back the answer for a profile of the same spec that has been deleted since.
 */
function createRequest(
  { id, spec }: Resource<FargateProfileSpec>,
  clusterName: string,
  ownership: Ownership,
): CreateFargateProfileCommandInput {
  const { name, podExecutionRoleARN, subnetIDs } = spec;
  if (podExecutionRoleARN === undefined || subnetIDs === undefined) {
    throw new AppError(
      `there is no Fargate profile ${name} to take over; remove the annotation fairlead.io/adopt to have one made`,
      { class: "missing", code: "ResourceNotFound" },
    );
  }
  return {
    clusterName,
    fargateProfileName: name,
    podExecutionRoleArn: literal(podExecutionRoleARN),
    subnets: [...subnetIDs],
    selectors: spec.selectors.map(({ namespace, labels }) => ({
      namespace,
      ...(Object.keys(labels).length === 0 ? {} : { labels: { ...labels } }),
    })),
    tags: { ...spec.tags, ...ownership.tags, [ownership.idTag]: id },
  };
}

/** What EKS describes, in the words of the desired spec ("DescribeFargateProfile"). */
function observedProfile(
  profile: FargateProfile,
  { id, ownership }: { readonly id: string; readonly ownership: Ownership | undefined },
): Observed<FargateProfileSpec> {
  const status = (profile.status as FargateProfileStatusCode | undefined) ?? "CREATING";
  const issues = (profile.health?.issues ?? []).map((issue) => ({
    code: issue.code ?? "Unknown",
    message: issue.message ?? "",
    resourceIDs: issue.resourceIds ?? [],
  }));
  const ours = new Set(ownership === undefined ? [] : [...Object.keys(ownership.tags), ownership.idTag]);
  const name = profile.fargateProfileName ?? "";
  const told = issues.map(({ code, message }) => `${code}: ${message}`).join("; ");
  return {
    type: fargateProfileType,
    id,
    spec: {
      name,
      podExecutionRoleARN: profile.podExecutionRoleArn ?? "",
      subnetIDs: profile.subnets ?? [],
      selectors: (profile.selectors ?? []).map((one) => ({ namespace: one.namespace ?? "", labels: one.labels ?? {} })),
      tags: Object.fromEntries(
        Object.entries(profile.tags ?? {}).filter(([key]) => !key.startsWith("aws:") && !ours.has(key)),
      ),
      retiredTagKeys: [],
      live: { status, issues },
    },
    outputs: { arn: profile.fargateProfileArn ?? "", name },
    state: states[status],
    ...(status === "ACTIVE"
      ? {}
      : { reason: `Fargate profile ${name} is ${status}${told === "" ? "" : ` (${told})`}` }),
  };
}

async function changeTags(
  eks: EksPort,
  change: {
    readonly resource: Resource<FargateProfileSpec>;
    readonly observed: Observed<FargateProfileSpec>;
    readonly differences: readonly Difference[];
    readonly ownership: Ownership;
    readonly call: CallOptions;
  },
): Promise<void> {
  const { resource, observed, ownership, call } = change;
  const differences = change.differences.filter(({ field }) => field.startsWith("tags."));
  const resourceArn = observed.outputs["arn"] ?? "";
  if (differences.some(({ to }) => to !== undefined)) {
    const tags = { ...resource.spec.tags, ...ownership.tags, [ownership.idTag]: resource.id };
    await eks.tagResource({ resourceArn, tags }, call);
  }
  const tagKeys = differences.filter(({ to }) => to === undefined).map(({ field }) => field.slice("tags.".length));
  if (tagKeys.length > 0) await eks.untagResource({ resourceArn, tagKeys }, call);
}

function callOptions(context: CallContext, name: string): CallOptions {
  return { signal: context.signal, resource: `Fargate profile ${name}` };
}
