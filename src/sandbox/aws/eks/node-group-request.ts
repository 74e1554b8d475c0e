import type { Json } from "../../../json.ts";
import { trustNamesService } from "../iam/trust-evaluation.ts";
import type { SandboxContext } from "../service.ts";
import { boolean, integer, list, map, oneOf, required, string, structure } from "../shapes.ts";
import type { LaunchTemplateView } from "../surroundings-account.ts";
import { type EksErrorMembers, eksError } from "./errors.ts";
import type { Cluster, Scaling, Taint } from "./state.ts";

/** AWS's default quotas. */
const maximumNodesPerGroup = 450;
const maximumTaints = 50;
const maximumLabels = 50;

export const amiTypes = [
  "AL2_x86_64",
  "AL2_x86_64_GPU",
  "AL2_ARM_64",
  "CUSTOM",
  "BOTTLEROCKET_ARM_64",
  "BOTTLEROCKET_x86_64",
  "BOTTLEROCKET_ARM_64_FIPS",
  "BOTTLEROCKET_x86_64_FIPS",
  "BOTTLEROCKET_ARM_64_NVIDIA",
  "BOTTLEROCKET_x86_64_NVIDIA",
  "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
  "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
  "WINDOWS_CORE_2019_x86_64",
  "WINDOWS_FULL_2019_x86_64",
  "WINDOWS_CORE_2022_x86_64",
  "WINDOWS_FULL_2022_x86_64",
  "WINDOWS_CORE_2025_x86_64",
  "WINDOWS_FULL_2025_x86_64",
  "AL2023_x86_64_STANDARD",
  "AL2023_ARM_64_STANDARD",
  "AL2023_x86_64_NEURON",
  "AL2023_x86_64_NVIDIA",
  "AL2023_ARM_64_NVIDIA",
] as const;

export const taintShape = structure({
  key: string({ minLength: 1, maxLength: 63 }),
  value: string({ minLength: 0, maxLength: 63 }),
  effect: oneOf(["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]),
});
export const labelsShape = map(string({ minLength: 1, maxLength: 63 }));
export const scalingShape = structure({
  minSize: integer({ min: 0 }),
  maxSize: integer({ min: 1 }),
  desiredSize: integer({ min: 0 }),
});
export const updateConfigShape = structure({
  maxUnavailable: integer({ min: 1 }),
  maxUnavailablePercentage: integer({ min: 1, max: 100 }),
  updateStrategy: oneOf(["DEFAULT", "MINIMAL"]),
});
export const nodeRepairShape = structure({
  enabled: boolean(),
  maxUnhealthyNodeThresholdCount: integer({ min: 1 }),
  maxUnhealthyNodeThresholdPercentage: integer({ min: 1, max: 100 }),
  maxParallelNodesRepairedCount: integer({ min: 1 }),
  maxParallelNodesRepairedPercentage: integer({ min: 1, max: 100 }),
  nodeRepairConfigOverrides: list(
    structure({
      nodeMonitoringCondition: string(),
      nodeUnhealthyReason: string(),
      minRepairWaitTimeMins: integer({ min: 1 }),
      repairAction: oneOf(["Replace", "Reboot", "NoAction"]),
    }),
  ),
});
export const warmPoolShape = structure({
  enabled: boolean(),
  minSize: integer({ min: 0 }),
  maxGroupPreparedCapacity: integer({ min: 0 }),
  poolState: oneOf(["STOPPED", "RUNNING", "HIBERNATED"]),
  reuseOnScaleIn: boolean(),
});
export const launchTemplateShape = structure({ id: string(), name: string(), version: string() });

export const createMembers = {
  name: required(string({ minLength: 1, maxLength: 100 })),
  nodegroupName: required(string({ minLength: 1, maxLength: 63, pattern: /^[0-9A-Za-z][A-Za-z0-9_-]*$/ })),
  nodeRole: required(string()),
  subnets: required(list(string())),
  scalingConfig: scalingShape,
  diskSize: integer({ min: 1 }),
  instanceTypes: list(string()),
  amiType: oneOf(amiTypes),
  remoteAccess: structure({ ec2SshKey: string(), sourceSecurityGroups: list(string()) }),
  labels: labelsShape,
  taints: list(taintShape),
  tags: map(string({ maxLength: 256 }), { max: 50 }),
  clientRequestToken: string(),
  launchTemplate: launchTemplateShape,
  updateConfig: updateConfigShape,
  nodeRepairConfig: nodeRepairShape,
  warmPoolConfig: warmPoolShape,
  capacityType: oneOf(["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"]),
  version: string(),
  releaseVersion: string(),
} as const;

type Refuse = (message: string) => never;

export function refuseWith(members: EksErrorMembers): Refuse {
  return (message) => {
    throw eksError("InvalidParameterException", message, members);
  };
}

/** Scaling numbers of a create call; none at all means AWS's 1, 2, 2. */
export function newScaling(
  given:
    | {
        readonly minSize: number | undefined;
        readonly maxSize: number | undefined;
        readonly desiredSize: number | undefined;
      }
    | undefined,
  members: EksErrorMembers,
): Scaling {
  const minSize = given?.minSize ?? 1;
  const maxSize = given?.maxSize ?? Math.max(2, minSize);
  const desiredSize = given?.desiredSize ?? (given === undefined ? 2 : Math.min(Math.max(minSize, 1), maxSize));
  const scaling = { minSize, maxSize, desiredSize };
  checkScaling(scaling, members);
  return scaling;
}

export function checkScaling({ minSize, maxSize, desiredSize }: Scaling, members: EksErrorMembers): void {
  const refuse = refuseWith(members);
  if (minSize > maxSize) refuse(`Minimum capacity ${minSize} can't be greater than maximum size ${maxSize}`);
  if (minSize > desiredSize) refuse(`Minimum capacity ${minSize} can't be greater than desired size ${desiredSize}`);
  if (desiredSize > maxSize) refuse(`Desired capacity ${desiredSize} can't be greater than max size ${maxSize}`);
  if (maxSize > maximumNodesPerGroup)
    throw eksError(
      "ResourceLimitExceededException",
      `Nodes per nodegroup limit of ${maximumNodesPerGroup} exceeded.`,
      members,
    );
}

export function checkLabels(labels: ReadonlyMap<string, string>, members: EksErrorMembers): void {
  const refuse = refuseWith(members);
  if (labels.size > maximumLabels) refuse(`Number of labels exceeds the limit of ${maximumLabels}`);
  for (const key of labels.keys()) {
    const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
    if (/(^|\.)(kubernetes\.io|k8s\.io)$/.test(domain) || domain === "eks.amazonaws.com")
      refuse("Label cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]");
    if (key.length < 1 || key.length > 63) refuse(`Label key ${key} must have a length between 1 and 63`);
  }
}

export function checkedTaints(
  given: readonly {
    readonly key: string | undefined;
    readonly value: string | undefined;
    readonly effect: Taint["effect"] | undefined;
  }[],
  members: EksErrorMembers,
): readonly Taint[] {
  const refuse = refuseWith(members);
  if (given.length > maximumTaints) refuse(`Number of taints exceeds the limit of ${maximumTaints}`);
  const seen = new Set<string>();
  return given.map(({ key, value, effect }) => {
    if (key === undefined || effect === undefined) return refuse("Taint key and effect must be provided");
    const identity = `${key} ${effect}`;
    if (seen.has(identity)) refuse(`Duplicate taint with key ${key} and effect ${effect}`);
    seen.add(identity);
    return { key, value, effect };
  });
}

/** The update settings as EKS stores them: one of the two numbers, 1 node unless given. */
export function checkedUpdateConfig(
  given:
    | {
        readonly maxUnavailable: number | undefined;
        readonly maxUnavailablePercentage: number | undefined;
        readonly updateStrategy: string | undefined;
      }
    | undefined,
  members: EksErrorMembers,
): Readonly<Record<string, unknown>> {
  const refuse = refuseWith(members);
  if (given?.maxUnavailable !== undefined && given.maxUnavailablePercentage !== undefined)
    refuse("Only one of maxUnavailable and maxUnavailablePercentage can be specified in the update config");
  if ((given?.maxUnavailable ?? 1) > 100) refuse("maxUnavailable in the update config cannot be greater than 100");
  const amount =
    given?.maxUnavailablePercentage === undefined
      ? { maxUnavailable: given?.maxUnavailable ?? 1 }
      : { maxUnavailablePercentage: given.maxUnavailablePercentage };
  return { ...amount, updateStrategy: given?.updateStrategy ?? "DEFAULT" };
}

export function checkNodeRepair(given: ReturnType<typeof nodeRepairShape.decode>, members: EksErrorMembers): void {
  const refuse = refuseWith(members);
  if (given?.maxUnhealthyNodeThresholdCount !== undefined && given.maxUnhealthyNodeThresholdPercentage !== undefined)
    refuse("Only one of maxUnhealthyNodeThresholdCount and maxUnhealthyNodeThresholdPercentage can be specified");
  if (given?.maxParallelNodesRepairedCount !== undefined && given.maxParallelNodesRepairedPercentage !== undefined)
    refuse("Only one of maxParallelNodesRepairedCount and maxParallelNodesRepairedPercentage can be specified");
}

/** The node role must exist, as far as EKS knows yet, and trust EC2. */
export function checkNodeRole(context: SandboxContext, arn: string, members: EksErrorMembers): void {
  const refuse = refuseWith(members);
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(arn)) refuse(`The role ARN ${arn} is not valid`);
  const role = context.surroundings.roles.role(arn);
  if (role === undefined)
    return refuse(
      `Role with arn: ${arn}, could not be assumed because it does not exist or the trusted entity is not correct`,
    );
  const service = context.partition === "aws-cn" ? "ec2.amazonaws.com.cn" : "ec2.amazonaws.com";
  if (!trustNamesService(role.trustPolicy as Json, service, "sts:AssumeRole"))
    refuse(
      `Following required service principals [${service}] were not found in the trust relationships of nodeRole ${arn}`,
    );
}

export function checkSubnets(
  context: SandboxContext,
  cluster: Cluster,
  subnets: readonly string[],
  members: EksErrorMembers,
): void {
  const refuse = refuseWith(members);
  if (subnets.length === 0) refuse("Subnets must be specified");
  for (const id of subnets) {
    const subnet = context.surroundings.network.subnet(id);
    if (subnet === undefined)
      return refuse(`The subnet ID '${id}' does not exist (Service: AmazonEC2; Error Code: InvalidSubnetID.NotFound)`);
    if (subnet.vpcId !== cluster.vpcId) refuse(`Subnet ${id} is not in the same VPC as the cluster`);
  }
}

const prohibited: readonly (readonly [string, string])[] = [
  ["IamInstanceProfile", "IAM instance profile"],
  ["InstanceInitiatedShutdownBehavior", "instance initiated shutdown behavior"],
  ["HibernationOptions", "hibernation options"],
];

/** The launch template that a request names, with its version resolved and its content checked. */
export function resolvedLaunchTemplate(
  context: SandboxContext,
  given: { readonly id: string | undefined; readonly name: string | undefined; readonly version: string | undefined },
  members: EksErrorMembers,
): LaunchTemplateView & { readonly version: number } {
  const refuse = refuseWith(members);
  if ((given.id === undefined) === (given.name === undefined))
    refuse("Either provide launch template ID or launch template name in the request.");
  const found = context.surroundings.compute.launchTemplate({
    ...(given.id === undefined ? {} : { id: given.id }),
    ...(given.name === undefined ? {} : { name: given.name }),
    ...(given.version === undefined ? {} : { version: given.version }),
  });
  const named = given.id ?? given.name ?? "";
  if (found === undefined) return refuse(`Launch template ${named} could not be found.`);
  const { version, data } = found;
  if (version === undefined) return refuse(`Launch template ${named} has no version ${given.version ?? ""}.`);
  for (const [field, text] of prohibited)
    if (data[field] !== undefined) refuse(`Launch template ${found.name} should not specify an ${text}.`);
  const market = data["InstanceMarketOptions"] as { readonly MarketType?: string } | undefined;
  if (market !== undefined && market.MarketType !== "capacity-block")
    refuse(`Launch template ${found.name} should not specify instance market options.`);
  const interfaces = (data["NetworkInterface"] ?? []) as readonly Readonly<Record<string, unknown>>[];
  if (interfaces.some((item) => item["SubnetId"] !== undefined))
    refuse(`Launch template ${found.name} should not specify a subnet in its network interfaces.`);
  return { ...found, version };
}
