import type { IamIdentityMapping } from "../../api/iam-identity-mapping.ts";
import { clusterAdminPolicy } from "../../resources/eks/access-entry.ts";
import type { AccessEntryTypeCode, AccessPolicySpec } from "../../resources/eks/specs.ts";
import { type AwsAuthEntry, canonicalPrincipal } from "../../resources/kubernetes/aws-auth-document.ts";
import type { ClusterIdentity } from "../cluster-identity.ts";

export type MappingSpec = IamIdentityMapping["spec"];
export type Backend = "AccessEntry" | "ConfigMap";

/** Who is let in, as IAM knows them. */
export type Principal =
  | { readonly kind: "role" | "user"; readonly arn: string; readonly id?: string }
  | { readonly kind: "account"; readonly accountID: string };

/** Why a backend cannot say what a mapping asks for. */
export interface Inexpressible {
  readonly field: string;
  readonly message: string;
  readonly value?: string;
}

export type Form<T> = { readonly form: T } | { readonly faults: readonly [Inexpressible, ...Inexpressible[]] };

export interface AccessEntryForm {
  readonly principalARN: string;
  readonly type: AccessEntryTypeCode;
  readonly username: string;
  readonly defaultUsername: boolean;
  readonly groups: readonly string[];
  readonly policies: readonly AccessPolicySpec[];
}

export const nodeUsernames = {
  ec2: "system:node:{{EC2PrivateDNSName}}",
  session: "system:node:{{SessionName}}",
} as const;

const typeCodes = {
  Standard: "STANDARD",
  EC2Linux: "EC2_LINUX",
  EC2Windows: "EC2_WINDOWS",
  FargateLinux: "FARGATE_LINUX",
  HybridLinux: "HYBRID_LINUX",
  EC2: "EC2",
  HyperPodLinux: "HYPERPOD_LINUX",
} as const satisfies Record<string, AccessEntryTypeCode>;

const nodeGroups = ["system:bootstrappers", "system:nodes"] as const;
const windowsGroup = "eks:kube-proxy-windows";
const fargateGroup = "system:node-proxier";
/** Node groups of `aws-auth` entries, which access entries of node types bring along. */
export const nodeGroupNames: readonly string[] = [...nodeGroups, windowsGroup, fargateGroup];

/** "Create access entries" of the EKS user guide. */
const reservedPrefix = /^(system|eks|aws|amazon|iam):/;
const sessionName = "{{SessionName}}";

/** The type that a mapping means: by `type`, or by the user name that nodes have in `aws-auth`. */
export function entryType(spec: MappingSpec): AccessEntryTypeCode {
  if (spec.type !== undefined && spec.type !== "Standard") return typeCodes[spec.type];
  const groups = spec.groups ?? [];
  if (spec.username === nodeUsernames.ec2) return groups.includes(windowsGroup) ? "EC2_WINDOWS" : "EC2_LINUX";
  if (spec.username === nodeUsernames.session && groups.includes("system:nodes")) return "FARGATE_LINUX";
  return "STANDARD";
}

/** A mapping as an access entry. */
export function accessEntryForm(
  spec: MappingSpec,
  { principal, cluster }: { readonly principal: Principal; readonly cluster: ClusterIdentity },
): Form<AccessEntryForm> {
  const faults: Inexpressible[] = [];
  const fault = (field: string, message: string, value?: string): void => {
    faults.push({ field, message, ...(value === undefined ? {} : { value }) });
  };
  if (principal.kind === "account") {
    return { faults: [{ field: "spec.principal.accountID", message: "an access entry lets in one role or user" }] };
  }
  const { arn } = principal;
  if (arn.includes(":role/aws-service-role/"))
    fault("spec.principal", "EKS takes no access entries of service-linked roles", arn);
  const type = entryType(spec);
  const policies = (spec.accessPolicies ?? []).map(({ policy, scope }) => ({
    arn: policyARN(policy, cluster),
    namespaces: scope.type === "Cluster" ? [] : (scope.namespaces ?? []).toSorted(),
  }));
  const base = { principalARN: arn, type };
  if (type !== "STANDARD") {
    if (!arn.includes(`:iam::${cluster.accountID}:role/`))
      fault("spec.principal", `an entry of type ${type} needs a role of the cluster's own account`, arn);
    if (policies.length > 0 && type !== "EC2")
      fault("spec.accessPolicies", `an entry of type ${type} takes no access policies`);
    const foreign = (spec.groups ?? []).find((group) => !nodeGroupNames.includes(group));
    if (foreign !== undefined) fault("spec.groups", `an entry of type ${type} takes no groups of its own`, foreign);
    const form = { ...base, username: "", defaultUsername: true, groups: [], policies };
    return result(form, faults);
  }
  const groups = (spec.groups ?? []).filter((group) => group !== "system:masters");
  for (const group of groups) {
    const prefix = reservedPrefix.exec(group)?.[0];
    if (prefix !== undefined)
      fault("spec.groups", `EKS takes no groups that begin with ${prefix} in access entries`, group);
  }
  const { username } = spec;
  if (username !== undefined) checkUsername(username, fault);
  const masters = groups.length < (spec.groups ?? []).length;
  const admin: AccessPolicySpec = { arn: policyARN(clusterAdminPolicy, cluster), namespaces: [] };
  const form = {
    ...base,
    username: username ?? defaultUsername(arn),
    defaultUsername: username === undefined,
    groups,
    // The group is what the policy is: EKS takes no groups that begin with system:.
    policies: masters ? [...policies.filter(({ arn: other }) => other !== admin.arn), admin] : policies,
  };
  return result(form, faults);
}

/** A mapping as an entry of `aws-auth`. */
export function configMapForm(spec: MappingSpec, principal: Principal): Form<AwsAuthEntry> {
  const faults: Inexpressible[] = [];
  if ((spec.accessPolicies ?? []).length > 0)
    faults.push({ field: "spec.accessPolicies", message: "the aws-auth ConfigMap has no access policies; use groups" });
  if (principal.kind === "account") {
    return result({ key: "mapAccounts", principal: principal.accountID, username: "", groups: [] }, faults);
  }
  const type = entryType(spec);
  const node = type === "STANDARD" ? undefined : nodeEntry(type);
  if (type !== "STANDARD" && node === undefined)
    faults.push({ field: "spec.type", message: `the aws-auth ConfigMap cannot let in nodes of type ${type}` });
  if (node === undefined && spec.username === undefined && (spec.groups ?? []).length === 0)
    faults.push({ field: "spec", message: "an entry of the aws-auth ConfigMap needs a username or groups" });
  const own = { username: spec.username ?? nameOf(principal.arn), groups: spec.groups ?? [] };
  const explicit = spec.username !== undefined || spec.groups !== undefined;
  return result(
    {
      key: principal.kind === "role" ? "mapRoles" : "mapUsers",
      principal: canonicalPrincipal(principal.arn),
      ...(node === undefined || explicit ? own : node),
    },
    faults,
  );
}

/** The user name that EKS gives entries without one. */
export function defaultUsername(principalARN: string): string {
  const role = /^arn:([^:]+):iam::(\d{12}):role\//.exec(principalARN);
  if (role === null) return principalARN;
  return `arn:${role[1] ?? ""}:sts::${role[2] ?? ""}:assumed-role/${nameOf(principalARN)}/${sessionName}`;
}

function checkUsername(username: string, fault: (field: string, message: string, value?: string) => void): void {
  const prefix = reservedPrefix.exec(username)?.[0];
  if (prefix !== undefined)
    fault("spec.username", `EKS takes no user names that begin with ${prefix} in access entries`, username);
  const template = (username.match(/\{\{[^}]*\}\}/g) ?? []).find((one) => one !== sessionName);
  if (template !== undefined) fault("spec.username", `access entries know no template ${template}`, username);
  const session = username.indexOf(sessionName);
  if (session >= 0 && !username.slice(0, session).includes(":"))
    fault("spec.username", `${sessionName} must come after a colon`, username);
}

function nodeEntry(type: AccessEntryTypeCode): Pick<AwsAuthEntry, "username" | "groups"> | undefined {
  if (type === "EC2_LINUX") return { username: nodeUsernames.ec2, groups: nodeGroups };
  if (type === "EC2_WINDOWS") return { username: nodeUsernames.ec2, groups: [...nodeGroups, windowsGroup] };
  if (type === "FARGATE_LINUX") return { username: nodeUsernames.session, groups: [...nodeGroups, fargateGroup] };
  return undefined;
}

export function policyARN(policy: string, { partition }: Pick<ClusterIdentity, "partition">): string {
  return policy.startsWith("arn:") ? policy : `arn:${partition}:eks::aws:cluster-access-policy/${policy}`;
}

function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

function result<T>(form: T, faults: readonly Inexpressible[]): Form<T> {
  const [first, ...rest] = faults;
  return first === undefined ? { form } : { faults: [first, ...rest] };
}
