import { type Aws, createAws } from "../../src/aws/clients.ts";
import { keysIn } from "../../src/cli/operator-host.ts";
import { environmentOf } from "../../src/cli/sandbox-host.ts";
import type { Clock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { inProcessHandler } from "../../src/sandbox/aws/in-process-handler.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";

/** An account of the sandbox, in simulated or in real time. */
export interface AwsView {
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  /** Settles like the promise; lets simulated time pass meanwhile. */
  drive<T>(promise: Promise<T>): Promise<T>;
}

/**
 * What the operator may have made in AWS, as lines of text in which ids, ARNs and times are replaced, so that two runs
 * compare equal when they ended in the same state.
 */
export async function awsState(world: AwsView): Promise<readonly string[]> {
  const lines = await world.drive(readAll(awsOf(world), world.sandbox.aws.clusterName));
  return lines.map(withoutIds).toSorted();
}

/** Deletes all load balancers, as a person might in the console. */
export async function deleteLoadBalancers(world: AwsView): Promise<void> {
  const { elbv2 } = awsOf(world);
  const { LoadBalancers = [] } = await world.drive(elbv2.describeLoadBalancers({}));
  for (const { LoadBalancerArn } of LoadBalancers) await world.drive(elbv2.deleteLoadBalancer({ LoadBalancerArn }));
}

/** Gives all target groups another health check path, by hand. */
export async function changeHealthChecks(world: AwsView, path: string): Promise<void> {
  const { elbv2 } = awsOf(world);
  const { TargetGroups = [] } = await world.drive(elbv2.describeTargetGroups({}));
  for (const { TargetGroupArn } of TargetGroups) {
    await world.drive(elbv2.modifyTargetGroup({ TargetGroupArn, HealthCheckPath: path }));
  }
}

/** AWS as somebody beside the operator reaches it. */
function awsOf(world: AwsView): Aws {
  const environment = environmentOf(world.sandbox, "http://127.0.0.1");
  return createAws({
    region: world.sandbox.aws.region,
    credentials: keysIn(environment) ?? (() => Promise.reject(new TypeError("the sandbox has keys"))),
    requestHandler: inProcessHandler(world.sandbox.aws.handle) as never,
    clock: world.clock,
    random: () => 0.5,
    log: silentLogger,
  });
}

async function readAll(aws: Aws, clusterName: string): Promise<readonly string[]> {
  const { elbv2, ec2, iam, eks } = aws;
  const lines: string[] = [];
  const add = (kind: string, item: object): void => void lines.push(`${kind} ${JSON.stringify(item)}`);

  const { LoadBalancers = [] } = await elbv2.describeLoadBalancers({});
  const { TargetGroups = [] } = await elbv2.describeTargetGroups({});
  const names = new Map<string, string>();
  const { SecurityGroups = [] } = await ec2.describeSecurityGroups({ Filters: [], MaxResults: 1000 });
  for (const { GroupId = "", GroupName = "" } of SecurityGroups) names.set(GroupId, `<${GroupName}>`);
  for (const { TargetGroupArn = "", TargetGroupName = "" } of TargetGroups)
    names.set(TargetGroupArn, `<${TargetGroupName}>`);
  const named = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value ?? null), (_key, inner: unknown) =>
      typeof inner === "string" ? (names.get(inner) ?? inner) : inner,
    );
  for (const item of LoadBalancers) {
    const {
      LoadBalancerArn = "",
      LoadBalancerName,
      Scheme,
      Type,
      SecurityGroups: groups,
      AvailabilityZones = [],
    } = item;
    const { Attributes } = await elbv2.describeLoadBalancerAttributes({ LoadBalancerArn });
    const subnets = AvailabilityZones.map(({ SubnetId = "" }) => SubnetId).toSorted();
    add("load balancer", { LoadBalancerName, Scheme, Type, groups: named(groups), subnets, Attributes });
    const { Listeners = [] } = await elbv2.describeListeners({ LoadBalancerArn });
    for (const { ListenerArn = "", Port, Protocol, Certificates, DefaultActions } of Listeners) {
      add("listener", { LoadBalancerName, Port, Protocol, Certificates, actions: named(DefaultActions) });
      const { Rules = [] } = await elbv2.describeRules({ ListenerArn });
      for (const { Priority, Conditions, Actions, IsDefault } of Rules)
        if (IsDefault !== true) add("rule", { LoadBalancerName, Port, Priority, Conditions, actions: named(Actions) });
    }
  }
  for (const { TargetGroupArn = "", TargetGroupName, Protocol, TargetType } of TargetGroups) {
    const { TargetHealthDescriptions = [] } = await elbv2.describeTargetHealth({ TargetGroupArn });
    const registered = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State !== "draining");
    const { Attributes } = await elbv2.describeTargetGroupAttributes({ TargetGroupArn });
    add("target group", { TargetGroupName, Protocol, TargetType, targets: registered.length, Attributes });
  }
  for (const { GroupName, IpPermissions = [], Tags = [] } of SecurityGroups) {
    const rules = IpPermissions.map((permission) => JSON.stringify(named(permission))).toSorted();
    add("security group", { GroupName, rules, tags: Tags.map(({ Key, Value }) => `${Key}=${Value}`).toSorted() });
  }
  const { Roles = [] } = await iam.listRoles({});
  for (const { RoleName = "" } of Roles) {
    // AWS makes these for itself, and nobody deletes them.
    if (RoleName.startsWith("AWSServiceRole")) continue;
    const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
    const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName });
    add("role", {
      RoleName,
      PolicyNames,
      attached: AttachedPolicies.map(({ PolicyArn = "" }) => PolicyArn).toSorted(),
    });
  }
  const { nodegroups = [] } = await eks.listNodegroups({ clusterName });
  for (const nodegroupName of nodegroups) {
    const { nodegroup } = await eks.describeNodegroup({ clusterName, nodegroupName });
    add("node group", { nodegroupName, scaling: nodegroup?.scalingConfig, labels: nodegroup?.labels });
  }
  return lines;
}

function withoutIds(line: string): string {
  return line
    .replaceAll(/\b(sg|subnet|i|eni|lt|vpc)-[0-9a-f]{17}\b/g, "<$1>")
    .replaceAll(/\b(k8s-[a-z0-9-]+)-[0-9a-f]{10}\b/g, "$1-<>")
    .replaceAll(/\b3[0-2][0-9]{3}\b/g, "<node port>")
    .replaceAll(/(listener|loadbalancer|targetgroup)\/[^"]+/g, "$1/<>");
}
