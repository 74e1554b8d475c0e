import { AwsError } from "../aws-error.ts";
import { boolean, integer, list, string, structure, type ValueOf } from "../shapes.ts";
import { invalidAction, invalidConfiguration, tooMany, validationError } from "./errors.ts";
import type { ListenerProtocol, LoadBalancer, StoredAction, TargetGroup } from "./model.ts";
import type { Elbv2State } from "./state.ts";
import { targetGroupAttributes } from "./target-group-attributes.ts";

export const forwardConfig = structure({
  TargetGroups: list(structure({ TargetGroupArn: string(), Weight: integer({ min: 0, max: 999 }) })),
  TargetGroupStickinessConfig: structure({ Enabled: boolean(), DurationSeconds: integer() }),
});

/** Where actions are to stand. */
export interface ActionSite {
  readonly loadBalancer: LoadBalancer;
  readonly protocol: ListenerProtocol;
  /** What stood there before: its client secret may be kept. */
  readonly before: readonly StoredAction[];
}

interface ForwardInput {
  readonly TargetGroupArn: string | undefined;
  readonly ForwardConfig: ValueOf<typeof forwardConfig> | undefined;
}

/** A forward action; one to a single group is answered in both of its forms. */
export function forwardAction(state: Elbv2State, input: ForwardInput, order: number, site: ActionSite): StoredAction {
  const tuples = input.ForwardConfig?.TargetGroups ?? [];
  const arns = tuples.map(({ TargetGroupArn: arn }) => {
    if (arn === undefined || arn === "") throw validationError("A target group ARN must be specified");
    return arn;
  });
  const single = input.TargetGroupArn;
  if (single !== undefined && arns.length > 0 && (arns.length > 1 || arns[0] !== single))
    throw validationError("A target group ARN and a forward configuration must name the same single target group");
  const named = single === undefined ? arns : [single];
  if (named.length === 0) throw validationError("A target group ARN must be specified");
  if (new Set(named).size < named.length) throw validationError("The same target group was specified multiple times");
  const limit = state.context.quotas.targetGroupsPerAction;
  if (named.length > limit)
    throw tooMany("TooManyTargetGroups", `You cannot specify more than '${limit}' target groups in a forward action`);
  const groups = named.map((arn) => state.getTargetGroup(arn));
  checkCompatible(groups, site);
  if (groups.length > 1 && groups.some(hasAppCookie)) {
    throw invalidConfiguration(
      "When configuring a rule with multiple target groups, none of them can have stickiness of type 'app_cookie' enabled",
    );
  }
  const stickiness = input.ForwardConfig?.TargetGroupStickinessConfig;
  const config = {
    TargetGroups: named.map((arn, index) => ({ TargetGroupArn: arn, Weight: tuples[index]?.Weight ?? 1 })),
    TargetGroupStickinessConfig: checkedStickiness(stickiness, site),
  };
  const wire = {
    Type: "forward",
    ...(named.length === 1 ? { TargetGroupArn: named[0] } : {}),
    Order: order,
    ForwardConfig: config,
  };
  return { wire, targetGroupArns: named };
}

function checkedStickiness(
  stickiness: { readonly Enabled: boolean | undefined; readonly DurationSeconds: number | undefined } | undefined,
  { loadBalancer }: ActionSite,
): Record<string, unknown> {
  const duration = stickiness?.DurationSeconds;
  if (duration !== undefined && (duration < 1 || duration > 604800))
    throw validationError(`Target group stickiness duration '${duration}' must be between '1-604800' inclusive`);
  if (stickiness?.Enabled !== true) return { Enabled: false, DurationSeconds: duration };
  if (loadBalancer.type === "network")
    throw invalidAction("Target group stickiness is not supported on network load balancers");
  if (duration === undefined)
    throw validationError("You must specify a duration when target group stickiness is enabled");
  return { Enabled: true, DurationSeconds: duration };
}

/** Target group protocols that a listener's protocol takes; application listeners also take functions. */
const compatible: Readonly<Record<ListenerProtocol, readonly string[]>> = {
  HTTP: ["HTTP", "HTTPS"],
  HTTPS: ["HTTP", "HTTPS"],
  TCP: ["TCP", "TCP_UDP"],
  TLS: ["TCP", "TLS"],
  UDP: ["UDP", "TCP_UDP"],
  TCP_UDP: ["TCP_UDP"],
  QUIC: ["QUIC", "TCP_QUIC"],
  TCP_QUIC: ["TCP_QUIC"],
};

/** Refuses target groups that the listener's protocol or the load balancer cannot reach. */
export function checkCompatible(
  groups: readonly TargetGroup[],
  { loadBalancer, protocol }: Omit<ActionSite, "before">,
): void {
  const unfit = groups.filter((group) => {
    if (group.targetType === "lambda") return loadBalancer.type !== "application";
    if (group.targetType === "alb" && protocol !== "TCP") return true;
    return !compatible[protocol].includes(group.protocol ?? "");
  });
  if (unfit.length > 0) {
    throw new AwsError(
      "IncompatibleProtocols",
      `The listener and the following target groups have incompatible protocols: ${unfit.map(({ arn }) => arn).join(", ")}`,
    );
  }
  for (const group of groups) {
    if (group.vpcId !== undefined && group.vpcId !== loadBalancer.vpcId)
      throw invalidConfiguration(`Target group '${group.arn}' is not in the VPC of the load balancer`);
    if (group.protocolVersion === "GRPC" && protocol !== "HTTPS")
      throw invalidConfiguration("Target groups with protocol version 'GRPC' are supported only on HTTPS listeners");
    if (group.ipAddressType === "ipv6" && loadBalancer.ipAddressType === "ipv4")
      throw invalidConfiguration("IPv6 target groups are supported only on dual-stack load balancers");
  }
}

function hasAppCookie(group: TargetGroup): boolean {
  const value = (key: string): string | undefined => targetGroupAttributes.value(key, group, group.attributes);
  return value("stickiness.enabled") === "true" && value("stickiness.type") === "app_cookie";
}
