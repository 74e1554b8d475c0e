import type { SandboxContext } from "../service.ts";
import { eksError } from "./errors.ts";
import type { AccessEntry, Cluster } from "./state.ts";

export const accessEntryTypes = [
  "STANDARD",
  "EC2_LINUX",
  "EC2_WINDOWS",
  "FARGATE_LINUX",
  "EC2",
  "HYBRID_LINUX",
  "HYPERPOD_LINUX",
] as const;

const accessPolicyNames: readonly string[] = [
  "AmazonEKSClusterAdminPolicy",
  "AmazonEKSAdminPolicy",
  "AmazonEKSAdminViewPolicy",
  "AmazonEKSEditPolicy",
  "AmazonEKSViewPolicy",
  "AmazonEKSSecretReaderPolicy",
  "AmazonEKSAutoNodePolicy",
  "AmazonEKSBlockStoragePolicy",
  "AmazonEKSBlockStorageClusterPolicy",
  "AmazonEKSComputePolicy",
  "AmazonEKSComputeClusterPolicy",
  "AmazonEKSLoadBalancingPolicy",
  "AmazonEKSLoadBalancingClusterPolicy",
  "AmazonEKSNetworkingPolicy",
  "AmazonEKSNetworkingClusterPolicy",
  "AmazonEKSHybridPolicy",
];

export function accessPolicies(partition: string): readonly { readonly name: string; readonly arn: string }[] {
  return accessPolicyNames.map((name) => ({ name, arn: `arn:${partition}:eks::aws:cluster-access-policy/${name}` }));
}

/** The user name that EKS gives an entry that names none. */
export function defaultUsername(type: string, principalArn: string): string {
  if (type === "EC2_LINUX" || type === "EC2_WINDOWS" || type === "EC2") return "system:node:{{EC2PrivateDNSName}}";
  if (type !== "STANDARD") return "system:node:{{SessionName}}";
  const role = /^arn:([a-z-]+):iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(principalArn);
  if (role === null) return principalArn;
  const [, partition = "", account = "", name = ""] = role;
  return `arn:${partition}:sts::${account}:assumed-role/${name}/{{SessionName}}`;
}

/** `access-entry/<cluster>/role/<account>/<name>/<uuid>` */
export function accessEntryResource(cluster: Cluster, principalArn: string, uuid: string): string {
  const [, account = "", kind = "", path = ""] =
    /^arn:[a-z-]+:iam::(\d{12}):(role|user)\/(.+)$/.exec(principalArn) ?? [];
  return `access-entry/${cluster.name}/${kind}/${account}/${path.slice(path.lastIndexOf("/") + 1)}/${uuid}`;
}

/** Lets the nodes of a role in, unless somebody has done so already. */
export function addAccessEntry(
  context: SandboxContext,
  cluster: Cluster,
  request: {
    readonly principalArn: string;
    readonly type: "EC2_LINUX" | "EC2_WINDOWS" | "FARGATE_LINUX";
    readonly madeByEks: boolean;
  },
): void {
  const { principalArn, type, madeByEks } = request;
  if (cluster.accessEntries.has(principalArn)) return;
  const now = context.clock.now();
  const resource = accessEntryResource(cluster, principalArn, context.ids.uuid());
  const entry: AccessEntry = {
    principalArn,
    arn: `arn:${context.partition}:eks:${context.region}:${context.accountId}:${resource}`,
    type,
    createdAt: now,
    modifiedAt: now,
    username: defaultUsername(type, principalArn),
    groups: ["system:nodes"],
    policies: new Map(),
    tags: new Map(),
    madeByEks,
  };
  cluster.accessEntries.set(principalArn, entry);
}

/** Takes an entry of EKS's own away once no node group and no Fargate profile uses the role. */
export function removeEksAccessEntry(cluster: Cluster, principalArn: string): void {
  const used =
    cluster.nodeGroups.values().some((group) => group.nodeRole === principalArn) ||
    cluster.fargateProfiles.values().some((profile) => profile.podExecutionRoleArn === principalArn);
  if (!used && cluster.accessEntries.get(principalArn)?.madeByEks === true) cluster.accessEntries.delete(principalArn);
}

/** Access entries need a cluster that reads them. */
export function checkAuthenticationMode(cluster: Cluster): void {
  if (cluster.authenticationMode === "CONFIG_MAP")
    throw eksError(
      "InvalidRequestException",
      "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
      { clusterName: cluster.name },
    );
}

export function checkUsername(username: string): void {
  if (/^(system|eks|aws|amazon|iam):/.test(username))
    throw eksError(
      "InvalidParameterException",
      `The username ${username} is invalid, it cannot start with system:, eks:, aws:, amazon: or iam:`,
    );
  const session = username.indexOf("{{SessionName}}");
  if (session >= 0 && !username.slice(0, session).includes(":"))
    throw eksError("InvalidParameterException", "{{SessionName}} in a username must come after a colon");
}

export function checkGroups(groups: readonly string[]): void {
  for (const group of groups) {
    const prefix = /^(system|eks|aws|amazon|iam):/.exec(group)?.[0];
    if (prefix !== undefined)
      throw eksError(
        "InvalidParameterException",
        `The kubernetes group name ${group} is invalid, it cannot start with ${prefix}`,
      );
  }
}
