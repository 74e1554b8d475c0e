import type { TargetCondition } from "../target-health-source.ts";
import { associatedLoadBalancer } from "./associations.ts";
import type { Target, TargetGroup } from "./model.ts";
import type { Elbv2State } from "./state.ts";

interface Health {
  readonly State: string;
  readonly Reason?: string;
  readonly Description?: string;
}

/** Drops targets that have finished draining, and instances that are gone. */
export function sweepTargets(state: Elbv2State, group: TargetGroup): void {
  const now = state.context.clock.now();
  const { network } = state.context.surroundings;
  for (const [key, target] of group.targets) {
    const drained = target.drainedAt !== undefined && target.drainedAt <= now;
    const instance = group.targetType === "instance" ? network.instance(target.id) : undefined;
    const gone = group.targetType === "instance" && (instance === undefined || instance.state === "terminated");
    if (drained || gone) group.targets.delete(key);
  }
}

export function targetHealthToWire(
  state: Elbv2State,
  group: TargetGroup,
  target: Target,
  withAnomaly: boolean,
): Record<string, unknown> {
  return {
    Target: { Id: target.id, Port: target.port, AvailabilityZone: target.zone, QuicServerId: target.quicServerId },
    HealthCheckPort: checkPort(group, target),
    TargetHealth: healthOf(state, group, target),
    AnomalyDetection: withAnomaly ? { Result: "normal", MitigationInEffect: "no" } : undefined,
  };
}

export function unregisteredToWire(id: string, port: number | undefined): Record<string, unknown> {
  return {
    Target: { Id: id, Port: port },
    TargetHealth: {
      State: "unused",
      Reason: "Target.NotRegistered",
      Description: "Target is not registered to the target group",
    } satisfies Health,
  };
}

function checkPort(group: TargetGroup, target: Target): string | undefined {
  const { port } = group.healthCheck;
  return port === "traffic-port" ? String(target.port ?? "") : port;
}

/** State of one target now. Source: ELBv2 API reference, TargetHealth. */
function healthOf(state: Elbv2State, group: TargetGroup, target: Target): Health {
  const { context } = state;
  if (target.drainedAt !== undefined) {
    return {
      State: "draining",
      Reason: "Target.DeregistrationInProgress",
      Description: "Target deregistration is in progress",
    };
  }
  const loadBalancer = group.usedBy.size > 0 ? associatedLoadBalancer(state, group) : undefined;
  if (loadBalancer === undefined) {
    return notInUse("Target group is not configured to receive traffic from the load balancer");
  }
  const instance = group.targetType === "instance" ? context.surroundings.network.instance(target.id) : undefined;
  if (instance !== undefined && instance.state !== "running" && instance.state !== "pending") {
    return {
      State: "unused",
      Reason: "Target.InvalidState",
      Description: `Target is in the ${instance.state} state`,
    };
  }
  const zone = zoneOf(state, group, target);
  if (zone !== undefined && !loadBalancer.zones.some((placement) => placement.zone === zone))
    return notInUse("Target is in an Availability Zone that is not enabled for the load balancer");
  if (!group.healthCheck.enabled) {
    return {
      State: "unavailable",
      Reason: "Target.HealthCheckDisabled",
      Description: "Health checks are disabled",
    };
  }
  const { timings } = context;
  const isNetwork = loadBalancer.type === "network";
  const inServiceAt = Math.max(target.registeredAt, group.attachedAt ?? 0);
  const checkedFrom = inServiceAt + (isNetwork ? timings.nlbRegistrationMs : timings.albRegistrationMs);
  if (context.clock.now() < checkedFrom) {
    return {
      State: "initial",
      Reason: "Elb.RegistrationInProgress",
      Description: "Target registration is in progress",
    };
  }
  const firstHealthMs = isNetwork ? timings.nlbFirstHealthMs : timings.albFirstHealthMs;
  return verdict(state, group, target, { checkedFrom, firstHealthMs, isNetwork });
}

/** Zone of a target as far as it is bound to one: not `all`, not functions and load balancers. */
function zoneOf(state: Elbv2State, group: TargetGroup, target: Target): string | undefined {
  const { network } = state.context.surroundings;
  if (group.targetType === "instance") return network.instance(target.id)?.zone;
  if (group.targetType !== "ip") return undefined;
  if (target.zone !== undefined) return target.zone === "all" ? undefined : target.zone;
  return network.subnetOfAddress(group.vpcId ?? "", target.id)?.zone;
}

interface CheckPhase {
  readonly checkedFrom: number;
  readonly firstHealthMs: number;
  readonly isNetwork: boolean;
}

/** Moves the target's verdict on to what the health checks since the last look have found. */
function verdict(state: Elbv2State, group: TargetGroup, target: Target, phase: CheckPhase): Health {
  const { context } = state;
  const now = context.clock.now();
  const condition = context.targetHealth()(target.id, Number(checkPort(group, target) ?? 0));
  const unchanged = target.seen?.healthy === condition.healthy;
  const since = condition.since ?? (unchanged ? (target.seen?.since ?? now) : target.seen === undefined ? 0 : now);
  target.seen = { healthy: condition.healthy, since };
  const { intervalSeconds, healthyThreshold, unhealthyThreshold } = group.healthCheck;
  const interval = intervalSeconds * 1000 * context.timings.userIntervalFactor;
  const from = Math.max(phase.checkedFrom, since);
  if (target.verdict === "initial") {
    const firstMs = phase.isNetwork ? phase.firstHealthMs : Math.min(phase.firstHealthMs, interval);
    if (condition.healthy && now >= from + firstMs) target.verdict = "healthy";
    if (!condition.healthy && now >= from + unhealthyThreshold * interval) target.verdict = "unhealthy";
  } else if (condition.healthy && target.verdict === "unhealthy") {
    if (now >= from + healthyThreshold * interval) target.verdict = "healthy";
  } else if (!condition.healthy && target.verdict === "healthy") {
    if (now >= from + unhealthyThreshold * interval) target.verdict = "unhealthy";
  }
  switch (target.verdict) {
    case "initial":
      return {
        State: "initial",
        Reason: "Elb.InitialHealthChecking",
        Description: "Initial health checks in progress",
      };
    case "healthy":
      return { State: "healthy" };
    case "unhealthy":
      return unhealthy(condition);
  }
}

function unhealthy({ reason = "Target.FailedHealthChecks", responseCode }: TargetCondition): Health {
  const descriptions = {
    "Target.ResponseCodeMismatch": `Health checks failed with these codes: [${responseCode ?? 503}]`,
    "Target.Timeout": "Request timed out",
    "Target.FailedHealthChecks": "Health checks failed",
    "Elb.InternalError": "Health checks failed due to an internal error",
  };
  return { State: "unhealthy", Reason: reason, Description: descriptions[reason] };
}

function notInUse(description: string): Health {
  return { State: "unused", Reason: "Target.NotInUse", Description: description };
}
