import type { TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws } from "../../aws/clients.ts";
import { hasCode } from "../../aws/errors.ts";
import type { Outcome } from "../../kube/controller.ts";
import type { WorkQueue } from "../../kube/work-queue.ts";
import type { Target } from "../../resources/elbv2/specs.ts";
import { registeredTargets } from "../../resources/elbv2/targets.ts";
import type { AwsParts } from "../aws-parts.ts";
import type { ControllerModule } from "../module.ts";

/** After a registration the first verdict of a health check is some way off; then looks grow rarer. */
const firstLookMs = 10_000;
/** Groups that serve already are looked at when a rollout is likely over: the look is for reports alone. */
const laterLookMs = 60_000;
const laterPauseMs = 30_000;
const longestPauseMs = 300_000;

/** The stack tags of target groups, and whose reconcile tells of their targets. */
export interface HealthListeners {
  readonly "ingress.k8s.aws/stack"?: (groupKey: string) => void;
  readonly "service.k8s.aws/stack"?: (serviceKey: string) => void;
}

/** Looks at target health by need, and tells the owners of what changed. Keys are target group ARNs. */
export interface TargetHealthModule extends ControllerModule {
  /** Targets of this group were registered or deregistered. */
  changed(targetGroupARN: string): void;
}

/**
 * Reads the health of groups whose targets are new or not healthy, so that reports tell how many take traffic. A group
 * that is well is left in peace until its targets change: the full check of its binding looks again.
 */
export function targetHealthModule(
  { aws, awsParts }: { readonly aws: Aws; readonly awsParts: AwsParts },
  listeners: HealthListeners,
): TargetHealthModule {
  const { inventory } = awsParts;
  const pauses = new Map<string, number>();
  let queue: WorkQueue | undefined;

  function isProvisioning(tags: Readonly<Record<string, string>>): boolean {
    const stack = Object.entries(tags).filter(([key]) => key.endsWith("/stack") || key === "elbv2.k8s.aws/cluster");
    const balancers = inventory.loadBalancers.withTags(Object.fromEntries(stack));
    return balancers.length > 0 && balancers.every(({ item }) => item.State?.Code === "provisioning");
  }

  /** The health that was read last is that of just the targets that are registered now, and all are well. */
  function isAllKnown(arn: string): boolean {
    const health = inventory.details.get(arn, "health");
    if (health === undefined || !health.every(isSettled)) return false;
    const names = (list: readonly Target[]): string =>
      list
        .map(({ id, port }) => `${id}:${port}`)
        .toSorted()
        .join();
    return names(registeredTargets(health)) === names(awsParts.targets.get(arn) ?? []);
  }

  function known(arn: string): boolean {
    const health = inventory.details.get(arn, "health") ?? [];
    return health.length > 0 && health.every(isSettled);
  }

  function tell(tags: Readonly<Record<string, string>>): void {
    for (const [tag, listen] of Object.entries(listeners) as [string, (key: string) => void][]) {
      const owner = tags[tag];
      if (owner !== undefined) listen(owner);
    }
  }

  function again(arn: string): Outcome {
    const afterMs = pauses.get(arn) ?? firstLookMs;
    pauses.set(arn, Math.min(afterMs * 2, longestPauseMs));
    return { kind: "wait", afterMs, reason: "targets that are not healthy yet" };
  }

  return {
    name: "targetHealth",
    concurrency: 5,
    watch(own) {
      queue = own;
    },
    changed(arn) {
      if (isAllKnown(arn)) return;
      const isServing = known(arn);
      if (isServing) pauses.set(arn, laterPauseMs);
      else pauses.delete(arn);
      queue?.addAfter(arn, isServing ? laterLookMs : firstLookMs, "resync");
    },
    async reconcile(arn, { signal }) {
      const entry = inventory.targetGroups.get(arn);
      if (entry === undefined) {
        pauses.delete(arn);
        return { kind: "done" };
      }
      if (isProvisioning(entry.tags)) return { kind: "wait", afterMs: firstLookMs, reason: "the load balancer" };
      const before = summary(inventory.details.get(arn, "health"));
      let health: readonly TargetHealthDescription[];
      try {
        const options = { signal, lane: "health" as const, resource: arn };
        health =
          (await aws.elbv2.describeTargetHealth({ TargetGroupArn: arn }, options)).TargetHealthDescriptions ?? [];
      } catch (error) {
        if (hasCode(error, "TargetGroupNotFound")) return { kind: "done" };
        throw error;
      }
      inventory.details.set(arn, "health", health);
      if (summary(health) !== before) tell(entry.tags);
      if (health.every(isSettled)) {
        pauses.delete(arn);
        return { kind: "done" };
      }
      return again(arn);
    },
  };
}

function isSettled({ TargetHealth }: TargetHealthDescription): boolean {
  return (
    TargetHealth?.State === "healthy" || TargetHealth?.State === "draining" || TargetHealth?.State === "unavailable"
  );
}

function summary(health: readonly TargetHealthDescription[] | undefined): string {
  return (health ?? [])
    .map(({ Target, TargetHealth }) => `${Target?.Id ?? ""}:${Target?.Port ?? ""} ${TargetHealth?.State ?? ""}`)
    .toSorted()
    .join();
}
