import ipaddr from "ipaddr.js";
import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { integer, list, oneOf, required, string, structure, type ValueOf } from "../shapes.ts";
import { associatedLoadBalancer, checkTargetTotal } from "./associations.ts";
import { tooMany, validationError } from "./errors.ts";
import type { Target, TargetGroup } from "./model.ts";
import type { Elbv2State } from "./state.ts";
import { targetGroupAttributes } from "./target-group-attributes.ts";
import { sweepTargets, targetHealthToWire, unregisteredToWire } from "./target-health.ts";

const target = structure({
  Id: required(string({ minLength: 1 })),
  Port: integer({ min: 1, max: 65535 }),
  AvailabilityZone: string(),
  QuicServerId: string(),
});

const targetList = list(target);

type TargetInput = ValueOf<typeof target>;

/** RegisterTargets, DeregisterTargets, DescribeTargetHealth. */
export function targetOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "RegisterTargets",
      mutating: true,
      bucket: "registration",
      input: { TargetGroupArn: required(string()), Targets: required(targetList) },
      handle(input) {
        const group = state.getTargetGroup(input.TargetGroupArn);
        sweepTargets(state, group);
        if (input.Targets.length === 0) throw validationError("At least one target must be specified");
        for (const one of input.Targets) checkTarget(state, group, one);
        checkRoom(state, group, input.Targets);
        const now = state.context.clock.now();
        for (const one of input.Targets) register(state, group, one, now);
        return {};
      },
    }),
    defineOperation({
      name: "DeregisterTargets",
      mutating: true,
      bucket: "registration",
      input: { TargetGroupArn: required(string()), Targets: required(targetList) },
      handle(input) {
        const group = state.getTargetGroup(input.TargetGroupArn);
        sweepTargets(state, group);
        if (input.Targets.length === 0) throw validationError("At least one target must be specified");
        for (const one of input.Targets) checkForm(group, one.Id);
        for (const one of input.Targets) deregister(state, group, one);
        return {};
      },
    }),
    defineOperation({
      name: "DescribeTargetHealth",
      mutating: false,
      bucket: "reads",
      input: {
        TargetGroupArn: required(string()),
        Targets: targetList,
        Include: list(oneOf(["AnomalyDetection", "All"])),
      },
      handle(input) {
        const group = state.getTargetGroup(input.TargetGroupArn);
        sweepTargets(state, group);
        const anomaly = (input.Include ?? []).length > 0;
        const asked = input.Targets;
        if (asked === undefined || asked.length === 0) {
          const all = [...group.targets.values()];
          return { TargetHealthDescriptions: all.map((one) => targetHealthToWire(state, group, one, anomaly)) };
        }
        for (const one of asked) checkForm(group, one.Id);
        return {
          TargetHealthDescriptions: asked.map((one) => {
            const port = portOf(group, one);
            const found = group.targets.get(targetKey(one.Id, port));
            return found === undefined
              ? unregisteredToWire(one.Id, port)
              : targetHealthToWire(state, group, found, anomaly);
          }),
        };
      },
    }),
  ];
}

function targetKey(id: string, port: number | undefined): string {
  return `${id}:${port ?? ""}`;
}

/** Without a port of its own a target has the group's. */
function portOf(group: TargetGroup, one: TargetInput): number | undefined {
  return group.targetType === "lambda" ? undefined : (one.Port ?? group.port);
}

function invalidTarget(message: string): AwsError {
  return new AwsError("InvalidTarget", message);
}

/** Refuses ids that cannot name a target of the group's type. */
function checkForm(group: TargetGroup, id: string): void {
  switch (group.targetType) {
    case "instance":
      if (!/^i-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)) throw invalidTarget(`The instance ID '${id}' is not valid`);
      return;
    case "ip": {
      const family = group.ipAddressType === "ipv6" ? "IPv6" : "IPv4";
      const valid = family === "IPv6" ? ipaddr.IPv6.isValid(id) : ipaddr.IPv4.isValidFourPartDecimal(id);
      if (!valid) throw invalidTarget(`The IP address '${id}' is not a valid ${family} address`);
      return;
    }
    case "lambda":
      if (!/^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:/.test(id))
        throw invalidTarget(`The function ARN '${id}' is not valid`);
      return;
    case "alb":
      if (!/:loadbalancer\/app\//.test(id)) throw invalidTarget(`The load balancer ARN '${id}' is not valid`);
      return;
  }
}

function checkTarget(state: Elbv2State, group: TargetGroup, one: TargetInput): void {
  checkForm(group, one.Id);
  if (one.AvailabilityZone !== undefined && group.targetType !== "ip" && group.targetType !== "lambda") {
    throw validationError(
      `You cannot specify an Availability Zone for target groups with target type '${group.targetType}'`,
    );
  }
  checkQuic(group, one);
  switch (group.targetType) {
    case "instance":
      checkInstance(state, group, one.Id);
      return;
    case "ip":
      checkAddress(state, group, one);
      return;
    case "lambda":
      if (one.Port !== undefined)
        throw validationError("Port cannot be specified for target groups with target type 'lambda'");
      return;
    case "alb":
      checkLoadBalancerTarget(state, group, one);
      return;
  }
}

function checkQuic(group: TargetGroup, one: TargetInput): void {
  const quic = group.protocol === "QUIC" || group.protocol === "TCP_QUIC";
  if (!quic && one.QuicServerId !== undefined)
    throw validationError(`A QUIC server ID cannot be specified for ${group.protocol ?? "function"} target groups`);
  if (quic && !/^0x[0-9a-f]{16}$/.test(one.QuicServerId ?? ""))
    throw validationError("A QUIC server ID of the form '0x' and 16 lower-case hexadecimal digits must be specified");
  for (const other of group.targets.values()) {
    if (quic && other.quicServerId === one.QuicServerId && other.id !== one.Id)
      throw validationError(`The QUIC server ID '${one.QuicServerId ?? ""}' is already in use`);
  }
}

function checkInstance(state: Elbv2State, group: TargetGroup, id: string): void {
  const instance = state.context.surroundings.network.instance(id);
  if (instance === undefined || instance.state === "terminated")
    throw invalidTarget(`The following targets do not exist: '${id}'`);
  if (instance.state !== "running")
    throw invalidTarget(`The following targets are not in a running state and cannot be registered: '${id}'`);
  if (instance.vpcId !== group.vpcId) {
    throw invalidTarget(`The following targets are not in the target group VPC '${group.vpcId ?? ""}': '${id}'`);
  }
}

const outsideRanges = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];

function checkAddress(state: Elbv2State, group: TargetGroup, one: TargetInput): void {
  const vpc = state.context.surroundings.network.vpc(group.vpcId ?? "");
  const ranges = group.ipAddressType === "ipv6" ? vpc?.ipv6Cidrs : vpc?.cidrs;
  if ((ranges ?? []).some((range) => isInside(one.Id, range))) return;
  if (group.ipAddressType === "ipv6" || !outsideRanges.some((range) => isInside(one.Id, range))) {
    throw invalidTarget(
      `The IP address '${one.Id}' is not within the VPC or the address ranges that can be registered`,
    );
  }
  if (one.AvailabilityZone === undefined)
    throw validationError(`You must specify an Availability Zone for the IP address '${one.Id}' outside the VPC`);
}

function checkLoadBalancerTarget(state: Elbv2State, group: TargetGroup, one: TargetInput): void {
  const loadBalancer = state.loadBalancers.get(one.Id);
  if (loadBalancer === undefined) throw invalidTarget(`The load balancer '${one.Id}' does not exist`);
  if (loadBalancer.vpcId !== group.vpcId)
    throw invalidTarget(`The load balancer '${one.Id}' is not in the target group VPC '${group.vpcId ?? ""}'`);
  const port = one.Port ?? group.port;
  if (![...loadBalancer.listeners.values()].some((listener) => listener.port === port))
    throw invalidTarget(`The load balancer '${one.Id}' has no listener on port '${port ?? ""}'`);
  const groups = state.albTargetOf.get(one.Id);
  if (groups !== undefined && !groups.has(group.arn) && groups.size >= 2)
    throw tooMany("TooManyTargets", `The load balancer '${one.Id}' is already a target of two load balancers`);
}

function checkRoom(state: Elbv2State, group: TargetGroup, targets: readonly TargetInput[]): void {
  const fresh = new Map<string, TargetInput>();
  for (const one of targets) {
    const key = targetKey(one.Id, portOf(group, one));
    if (!group.targets.has(key)) fresh.set(key, one);
  }
  const { quotas } = state.context;
  const limit = group.targetType === "alb" || group.targetType === "lambda" ? 1 : quotas.targetsPerTargetGroup;
  if (group.targets.size + fresh.size > limit) {
    throw tooMany(
      "TooManyTargets",
      `The maximum number of targets per target group '${limit}' has been reached on target group '${group.arn}'`,
    );
  }
  const perId = new Map<string, number>();
  for (const { id } of group.targets.values()) perId.set(id, (perId.get(id) ?? 0) + 1);
  for (const { Id: id } of fresh.values()) {
    const count = (perId.get(id) ?? 0) + 1;
    perId.set(id, count);
    if (count > quotas.registrationsPerTarget)
      throw tooMany("TooManyRegistrationsForTargetId", `The target '${id}' has been registered too many times`);
  }
  const loadBalancer = associatedLoadBalancer(state, group);
  if (loadBalancer !== undefined) checkTargetTotal(state, loadBalancer, fresh.size);
}

function register(state: Elbv2State, group: TargetGroup, one: TargetInput, now: number): void {
  const port = portOf(group, one);
  const key = targetKey(one.Id, port);
  const present = group.targets.get(key);
  if (present !== undefined && present.drainedAt === undefined) return;
  const fresh: Target = {
    id: one.Id,
    port,
    zone: one.AvailabilityZone,
    quicServerId: one.QuicServerId,
    registeredAt: now,
    drainedAt: undefined,
    verdict: "initial",
    seen: undefined,
  };
  group.targets.set(key, fresh);
  if (group.targetType === "alb") {
    const groups = state.albTargetOf.get(one.Id) ?? new Set();
    groups.add(group.arn);
    state.albTargetOf.set(one.Id, groups);
  }
}

function deregister(state: Elbv2State, group: TargetGroup, one: TargetInput): void {
  const key = targetKey(one.Id, portOf(group, one));
  const present = group.targets.get(key);
  if (present === undefined || present.drainedAt !== undefined) return;
  if (group.targetType === "alb") state.albTargetOf.get(one.Id)?.delete(group.arn);
  const delay = targetGroupAttributes.value("deregistration_delay.timeout_seconds", group, group.attributes);
  const drainMs = Number(delay ?? 0) * 1000 * state.context.timings.userIntervalFactor;
  if (group.usedBy.size === 0 || drainMs <= 0) group.targets.delete(key);
  else present.drainedAt = state.context.clock.now() + drainMs;
}

function isInside(address: string, cidr: string): boolean {
  const parsed = ipaddr.parse(address);
  const [range, bits] = ipaddr.parseCIDR(cidr);
  return parsed.kind() === range.kind() && parsed.match(range, bits);
}
