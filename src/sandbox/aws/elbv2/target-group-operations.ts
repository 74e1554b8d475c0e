import { canonicalJson } from "../../../json.ts";
import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { integer, list, oneOf, required, string } from "../shapes.ts";
import { associatedLoadBalancer } from "./associations.ts";
import { invalidConfiguration, resourceInUse, targetGroupNotFound, tooMany, validationError } from "./errors.ts";
import { healthCheckMembers, healthCheckOf, healthCheckToWire, protocols } from "./health-check.ts";
import type { TargetGroup, TargetGroupProtocol, TargetType } from "./model.ts";
import { checkTargetGroupName } from "./names.ts";
import { onePage, pageMembers } from "./paging.ts";
import type { Elbv2State } from "./state.ts";
import { mergedTags, tagList } from "./tags.ts";

/** CreateTargetGroup, DescribeTargetGroups, ModifyTargetGroup, DeleteTargetGroup. */
export function targetGroupOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateTargetGroup",
      mutating: true,
      bucket: "writes",
      input: {
        Name: required(string()),
        Protocol: oneOf(protocols),
        ProtocolVersion: string(),
        Port: integer({ min: 1, max: 65535 }),
        VpcId: string(),
        ...healthCheckMembers,
        TargetType: oneOf(["instance", "ip", "lambda", "alb"]),
        Tags: tagList,
        IpAddressType: oneOf(["ipv4", "ipv6"]),
        TargetControlPort: integer({ min: 1, max: 65535 }),
      },
      handle(input) {
        const { context } = state;
        const { Name: name } = input;
        checkTargetGroupName(name);
        const identity = checkedIdentity(state, input);
        const healthCheck = healthCheckOf(identity, input, undefined);
        const tags = mergedTags(new Map(), input.Tags);
        const existing = state.targetGroupsByName.get(name);
        if (existing !== undefined) {
          if (canonicalJson(settingsOf(existing)) !== canonicalJson(settingsOf({ ...identity, healthCheck }))) {
            const text = `A target group with the same name '${name}' exists, but with different settings`;
            throw new AwsError("DuplicateTargetGroupName", text);
          }
          return { TargetGroups: [targetGroupToWire(state, existing)] };
        }
        const limit = context.quotas.targetGroups;
        if (state.targetGroups.size >= limit)
          throw tooMany("TooManyTargetGroups", `The maximum number of target groups has been reached: '${limit}'`);
        const id = context.ids.hex(16);
        const group: TargetGroup = {
          ...identity,
          arn: state.arn(`targetgroup/${name}/${id}`),
          id,
          name,
          createdAt: context.clock.now(),
          healthCheck,
          tags,
          attributes: new Map(),
          targets: new Map(),
          usedBy: new Set(),
          loadBalancer: undefined,
          attachedAt: undefined,
          detachedAt: undefined,
        };
        state.targetGroups.set(group.arn, group);
        state.targetGroupsByName.set(name, group);
        return { TargetGroups: [targetGroupToWire(state, group)] };
      },
    }),
    defineOperation({
      name: "DescribeTargetGroups",
      mutating: false,
      bucket: "reads",
      input: {
        LoadBalancerArn: string(),
        TargetGroupArns: list(string(), { max: 20 }),
        Names: list(string(), { max: 20 }),
        ...pageMembers,
      },
      handle(input) {
        const { LoadBalancerArn: loadBalancerArn, TargetGroupArns: arns = [], Names: names = [] } = input;
        const selectors = [loadBalancerArn !== undefined, arns.length > 0, names.length > 0].filter(Boolean);
        if (selectors.length > 1) {
          throw validationError(
            "Only one of load balancer ARN, target group ARNs and target group names can be specified",
          );
        }
        const groups = select(state, loadBalancerArn, arns, names);
        const page = onePage(groups, ({ arn }) => arn, input, { state, scope: [loadBalancerArn, arns, names] });
        return {
          TargetGroups: page.items.map((group) => targetGroupToWire(state, group)),
          NextMarker: page.NextMarker,
        };
      },
    }),
    defineOperation({
      name: "ModifyTargetGroup",
      mutating: true,
      bucket: "writes",
      input: { TargetGroupArn: required(string()), ...healthCheckMembers },
      handle(input) {
        const group = state.getTargetGroup(input.TargetGroupArn);
        group.healthCheck = healthCheckOf(group, input, group.healthCheck);
        return { TargetGroups: [targetGroupToWire(state, group)] };
      },
    }),
    defineOperation({
      name: "DeleteTargetGroup",
      mutating: true,
      bucket: "writes",
      input: { TargetGroupArn: required(string()) },
      handle(input) {
        const group = state.targetGroups.get(input.TargetGroupArn);
        if (group === undefined) return {};
        if (associatedLoadBalancer(state, group) !== undefined)
          throw resourceInUse(`Target group '${group.arn}' is currently in use by a listener or a rule`);
        for (const { id } of group.targets.values()) state.albTargetOf.get(id)?.delete(group.arn);
        state.targetGroups.delete(group.arn);
        state.targetGroupsByName.delete(group.name);
        return {};
      },
    }),
  ];
}

export function targetGroupToWire(state: Elbv2State, group: TargetGroup): Record<string, unknown> {
  const loadBalancer = associatedLoadBalancer(state, group);
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    Port: group.port,
    VpcId: group.vpcId,
    ...healthCheckToWire(group.healthCheck),
    LoadBalancerArns: loadBalancer === undefined ? [] : [loadBalancer.arn],
    TargetType: group.targetType,
    ProtocolVersion: group.protocolVersion,
    IpAddressType: group.ipAddressType,
    TargetControlPort: group.controlPort,
  };
}

type Identity = Pick<
  TargetGroup,
  "protocol" | "protocolVersion" | "port" | "vpcId" | "targetType" | "ipAddressType" | "controlPort"
>;

function settingsOf(group: Identity & Pick<TargetGroup, "healthCheck">): Record<string, unknown> {
  const { protocol, protocolVersion, port, vpcId, targetType, ipAddressType, controlPort, healthCheck } = group;
  return { protocol, protocolVersion, port, vpcId, targetType, ipAddressType, controlPort, healthCheck };
}

interface IdentityInput {
  readonly Protocol: (typeof protocols)[number] | undefined;
  readonly ProtocolVersion: string | undefined;
  readonly Port: number | undefined;
  readonly VpcId: string | undefined;
  readonly TargetType: TargetType | undefined;
  readonly IpAddressType: "ipv4" | "ipv6" | undefined;
  readonly TargetControlPort: number | undefined;
}

function checkedIdentity(state: Elbv2State, input: IdentityInput): Identity {
  const targetType = input.TargetType ?? "instance";
  if (targetType === "lambda") return functionIdentity(input);
  const { Protocol: protocol, Port: port, VpcId: vpcId } = input;
  if (protocol === undefined) throw validationError("A protocol must be specified");
  if (protocol === "GENEVE")
    throw invalidConfiguration("Target groups with the GENEVE protocol are not supported by this sandbox");
  if (port === undefined) throw validationError("A port must be specified");
  if (vpcId === undefined || vpcId === "") throw validationError("A VPC ID must be specified");
  if (state.context.surroundings.network.vpc(vpcId) === undefined)
    throw validationError(`The VPC ID '${vpcId}' is not found`);
  if (targetType === "alb" && protocol !== "TCP")
    throw validationError(`Protocol '${protocol}' must be 'TCP' for target groups with target type 'alb'`);
  const ipAddressType = input.IpAddressType ?? "ipv4";
  if (ipAddressType === "ipv6" && targetType === "alb")
    throw invalidConfiguration("IP address type 'ipv6' is not supported for target groups with target type 'alb'");
  const application = protocol === "HTTP" || protocol === "HTTPS";
  if (input.TargetControlPort !== undefined && !application) {
    throw invalidConfiguration(
      `A target control port is not supported for target groups with the ${protocol} protocol`,
    );
  }
  return {
    targetType,
    protocol,
    protocolVersion: checkedProtocolVersion(protocol, input.ProtocolVersion),
    port,
    vpcId,
    ipAddressType,
    controlPort: input.TargetControlPort,
  };
}

function functionIdentity(input: IdentityInput): Identity {
  const forbidden: readonly [string, unknown][] = [
    ["Protocol", input.Protocol],
    ["Protocol version", input.ProtocolVersion],
    ["Port", input.Port],
    ["VPC ID", input.VpcId],
    ["IP address type", input.IpAddressType],
    ["Target control port", input.TargetControlPort],
  ];
  for (const [what, value] of forbidden) {
    if (value !== undefined)
      throw validationError(`${what} cannot be specified for target groups with target type 'lambda'`);
  }
  return {
    targetType: "lambda",
    protocol: undefined,
    protocolVersion: undefined,
    port: undefined,
    vpcId: undefined,
    ipAddressType: undefined,
    controlPort: undefined,
  };
}

function checkedProtocolVersion(
  protocol: TargetGroupProtocol,
  version: string | undefined,
): TargetGroup["protocolVersion"] {
  const application = protocol === "HTTP" || protocol === "HTTPS";
  if (!application) {
    if (version !== undefined) {
      throw invalidConfiguration(
        `A protocol version cannot be specified for target groups with the ${protocol} protocol`,
      );
    }
    return undefined;
  }
  const found = (["HTTP1", "HTTP2", "GRPC"] as const).find((known) => known === (version ?? "HTTP1"));
  if (found === undefined)
    throw validationError(`Protocol version '${version ?? ""}' must be one of 'HTTP1, HTTP2, GRPC'`);
  return found;
}

function select(
  state: Elbv2State,
  loadBalancerArn: string | undefined,
  arns: readonly string[],
  names: readonly string[],
): readonly TargetGroup[] {
  if (loadBalancerArn !== undefined) {
    const loadBalancer = state.getLoadBalancer(loadBalancerArn);
    return [...loadBalancer.targetGroupUse.keys()].flatMap((arn) => state.targetGroups.get(arn) ?? []);
  }
  if (arns.length === 0 && names.length === 0)
    return [...state.targetGroups.values()].filter((group) => state.isVisible(group));
  const index = arns.length > 0 ? state.targetGroups : state.targetGroupsByName;
  const found = new Set<TargetGroup>();
  for (const key of arns.length > 0 ? arns : names) {
    const group = index.get(key);
    if (group === undefined || !state.isVisible(group)) throw targetGroupNotFound();
    found.add(group);
  }
  return [...found];
}
