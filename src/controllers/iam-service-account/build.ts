import { adoptionFor, type Controls } from "../../api/annotations.ts";
import type { IamServiceAccount, IamServiceAccountSpec } from "../../api/iam-service-account.ts";
import type { Cluster } from "../../aws/facts/cluster.ts";
import { type Resource, ref, type Stack } from "../../engine/stack.ts";
import { podIdentityAssociationType } from "../../resources/eks/pod-identity-association.ts";
import type { PodIdentityAssociationSpec } from "../../resources/eks/specs.ts";
import type { StringOrRef } from "../../resources/elbv2/specs.ts";
import { oidcProviderType } from "../../resources/iam/oidc-provider.ts";
import { identityPolicyFault, policySize } from "../../resources/iam/policy-document.ts";
import { roleType } from "../../resources/iam/role.ts";
import type { OIDCProviderSpec, RoleSpec } from "../../resources/iam/specs.ts";
import { serviceAccountType } from "../../resources/kubernetes/service-account.ts";
import type { ServiceAccountSpec } from "../../resources/kubernetes/specs.ts";
import { type ClusterIdentity, clusterIdentity, ownershipOf, ownershipTagKeys } from "../cluster-identity.ts";
import { ProblemList } from "../problem-list.ts";
import { matchesGlob } from "./glob.ts";
import type { Guardrails } from "./guardrails.ts";
import { rolePolicies } from "./policies.ts";
import { roleName } from "./role-name.ts";
import { subjectsOf } from "./subjects.ts";
import {
  parseIssuer,
  podIdentityStatement,
  providerARN,
  type Subject,
  subjectText,
  trustPolicy,
  webIdentityStatement,
} from "./trust-policy.ts";

export type Mode = "IRSA" | "PodIdentity";

export interface IamServiceAccountInput {
  readonly object: IamServiceAccount;
  readonly cluster: Cluster;
  readonly controls: Controls;
  readonly guardrails: Guardrails;
  /** The operator's setting for objects without `spec.mode`. */
  readonly defaultMode: Mode;
  readonly oidcProviderPolicy: "CreateIfMissing" | "Never";
  /** Older objects of this kind in the namespace. */
  readonly olderInNamespace: number;
}

/** A Stack and what the report tells of how it came about. */
export interface IamServiceAccountBuild {
  readonly stack: Stack;
  readonly mode: Mode;
  /** Absent for an existing role that is only used. */
  readonly roleName?: string;
  readonly roleARN?: string;
  readonly serviceAccountName: string;
  readonly subjects: readonly string[];
  readonly oidc?: { readonly issuer: string; readonly providerARN: string; readonly audience: string };
  readonly trustPolicySize: number;
  readonly inlinePolicySize: number;
}

const roleID = "role";
const associationID = "association";
const tokenAudience = "sts.amazonaws.com";
const types = [oidcProviderType, roleType, podIdentityAssociationType, serviceAccountType];

/** What an IamServiceAccount wants of AWS and Kubernetes. Pure. */
export function buildIamServiceAccount(input: IamServiceAccountInput): IamServiceAccountBuild {
  const { object, guardrails } = input;
  const spec = object.spec ?? {};
  const cluster = clusterIdentity(input.cluster);
  const problems = new ProblemList(object);
  const namespace = object.metadata.namespace ?? "";
  const mode = spec.mode ?? input.defaultMode;
  const serviceAccountName = spec.serviceAccount?.name ?? object.metadata.name;

  checkGuardrails(input, serviceAccountName, problems);
  const subjects = subjectsOf(spec, { namespace, name: serviceAccountName, guardrails, problems });
  const issuer = mode === "IRSA" ? issuerOf(input.cluster, problems) : undefined;
  const audience = spec.trust?.audience ?? tokenAudience;
  const oidc = issuer === undefined ? undefined : { issuer, providerARN: providerARN(cluster, issuer), audience };
  const provider = oidc === undefined ? undefined : providerResource(input, cluster, oidc);

  const policies = rolePolicies(spec.policies, { cluster, mode, guardrails, problems });
  const name =
    object.status?.role?.name ??
    spec.role?.name ??
    roleName(cluster, {
      namespace,
      name: object.metadata.name,
      prefix: guardrails.roleNamePrefix,
    });
  checkRole(spec, { name, guardrails, problems });
  const trust = trustOf(spec, { cluster, mode, subjects, oidc });
  const trustPolicySize = policySize(trust);
  if (trustPolicySize > guardrails.trustPolicyQuota) {
    problems.error(
      "QuotaExceeded",
      "spec.additionalSubjects",
      `the trust policy would have ${trustPolicySize} characters; the quota is ${guardrails.trustPolicyQuota}; name fewer subjects or use patterns`,
    );
  }
  const existing = spec.role?.arn;
  const role =
    existing === undefined
      ? roleResource(input, { cluster, name, trust, inline: policies.inline, managed: policies.managed, provider })
      : undefined;
  const roleARN: StringOrRef = existing ?? ref(roleType, roleID, "arn");
  const resources: Resource[] = [
    ...(provider === undefined || role === undefined ? [] : [provider]),
    ...(role === undefined ? [] : [role]),
    ...(mode === "PodIdentity"
      ? [associationResource(input, { namespace, serviceAccountName, roleARN, problems })]
      : []),
    ...serviceAccountResources(input, { namespace, name: serviceAccountName, mode, roleARN, audience }),
  ];
  return {
    stack: {
      ...emptyStack(object, input.cluster),
      resources,
      problems: problems.all,
    },
    mode,
    ...(existing === undefined ? { roleName: name } : { roleARN: existing }),
    serviceAccountName,
    subjects: subjects.map(subjectText),
    ...(oidc === undefined ? {} : { oidc }),
    trustPolicySize,
    inlinePolicySize: policies.inlineSize,
  };
}

/** The Stack of an object that goes: it finds by recorded and derived names what there is to delete. */
export function emptyStack(object: IamServiceAccount, facts: Pick<Cluster, "name" | "arn">, prefix = ""): Stack {
  const cluster = clusterIdentity(facts);
  const { namespace = "", name } = object.metadata;
  const derived = roleName(cluster, { namespace, name, prefix });
  const roleNames = [object.status?.role?.name, object.spec?.role?.name, derived].filter((one) => one !== undefined);
  const account = `${namespace}/${object.spec?.serviceAccount?.name ?? name}`;
  return {
    owner: { kind: "IamServiceAccount", namespace, name },
    ownership: ownershipOf(cluster, `IamServiceAccount/${namespace}/${name}`),
    types,
    names: {
      [roleType]: [...new Set(roleNames)],
      [podIdentityAssociationType]: [account],
      [serviceAccountType]: [account],
    },
    resources: [],
    problems: [],
  };
}

function checkGuardrails(input: IamServiceAccountInput, serviceAccount: string, problems: ProblemList): void {
  const { object, guardrails, olderInNamespace } = input;
  const key = `${object.metadata.namespace ?? ""}/${serviceAccount}`;
  if (guardrails.protectedServiceAccounts.includes(key)) {
    problems.error(
      "GuardrailViolation",
      "spec.serviceAccount.name",
      `ServiceAccount ${key} is protected by the operator's configuration`,
      serviceAccount,
    );
  }
  if (olderInNamespace >= guardrails.maxRolesPerNamespace) {
    problems.error(
      "GuardrailViolation",
      "metadata.namespace",
      `the namespace already has ${olderInNamespace} IamServiceAccounts; the operator's configuration allows ${guardrails.maxRolesPerNamespace}`,
    );
  }
}

function issuerOf(cluster: Cluster, problems: ProblemList): string | undefined {
  if (cluster.oidcIssuer === undefined) {
    problems.error(
      "OIDCIssuerMissing",
      "spec.mode",
      `cluster ${cluster.name} has no OIDC issuer, so mode IRSA is not possible; use PodIdentity`,
    );
    return undefined;
  }
  const issuer = parseIssuer(cluster.oidcIssuer);
  if (issuer === undefined)
    problems.error("UnsupportedIssuer", "spec.mode", `the OIDC issuer "${cluster.oidcIssuer}" is not an https URL`);
  return issuer;
}

function checkRole(
  spec: IamServiceAccountSpec,
  {
    name,
    guardrails,
    problems,
  }: { readonly name: string; readonly guardrails: Guardrails; readonly problems: ProblemList },
): void {
  const role = spec.role;
  if (role?.arn !== undefined) {
    const { arn } = role;
    if (!guardrails.allowExistingRoles.some((glob) => matchesGlob(glob, arn)))
      problems.error(
        "GuardrailViolation",
        "spec.role.arn",
        "the operator's configuration does not allow this role",
        arn,
      );
    if (spec.policies !== undefined || spec.trust !== undefined)
      problems.error(
        "InvalidSpec",
        "spec.role.arn",
        "excludes policies and trust: an existing role is not changed",
        arn,
      );
    return;
  }
  if (!name.startsWith(guardrails.roleNamePrefix)) {
    problems.error(
      "GuardrailViolation",
      "spec.role.name",
      `must start with "${guardrails.roleNamePrefix}", as the operator's configuration says`,
      name,
    );
  }
  if (role?.path !== undefined && guardrails.rolePath !== "/" && !role.path.startsWith(guardrails.rolePath)) {
    problems.error(
      "GuardrailViolation",
      "spec.role.path",
      `must start with "${guardrails.rolePath}", as the operator's configuration says`,
      role.path,
    );
  }
  const required = guardrails.requiredPermissionsBoundaryARN;
  const boundary = role?.permissionsBoundaryARN;
  if (required !== undefined && boundary !== undefined && boundary !== required) {
    problems.error(
      "GuardrailViolation",
      "spec.role.permissionsBoundaryARN",
      `must be ${required}, as the operator's configuration says`,
      boundary,
    );
  }
}

function trustOf(
  spec: IamServiceAccountSpec,
  {
    cluster,
    mode,
    subjects,
    oidc,
  }: {
    readonly cluster: ClusterIdentity;
    readonly mode: Mode;
    readonly subjects: readonly Subject[];
    readonly oidc: { readonly issuer: string; readonly providerARN: string; readonly audience: string } | undefined;
  },
): string {
  if (mode === "IRSA") return trustPolicy(oidc === undefined ? [] : [webIdentityStatement(oidc, subjects)]);
  // Without session tags there is nothing by which a session of this ServiceAccount could be told.
  const scoped = spec.trust?.scopeToServiceAccount !== false && spec.podIdentity?.disableSessionTags !== true;
  return trustPolicy([podIdentityStatement(cluster, { subjects, scope: scoped ? "service-account" : "account" })]);
}

function providerResource(
  input: IamServiceAccountInput,
  cluster: ClusterIdentity,
  oidc: { readonly issuer: string; readonly providerARN: string; readonly audience: string },
): Resource<OIDCProviderSpec> {
  const clusterTags = { [ownershipTagKeys.cluster]: cluster.name, [ownershipTagKeys.clusterARN]: cluster.arn };
  return {
    type: oidcProviderType,
    id: oidc.providerARN,
    spec: {
      arn: oidc.providerARN,
      url: `https://${oidc.issuer}`,
      clientIDs: [oidc.audience],
      create: input.oidcProviderPolicy === "CreateIfMissing",
      tags: clusterTags,
    },
    shared: { ownership: { tags: clusterTags, idTag: ownershipTagKeys.resource } },
  };
}

function roleResource(
  input: IamServiceAccountInput,
  parts: {
    readonly cluster: ClusterIdentity;
    readonly name: string;
    readonly trust: string;
    readonly inline: Readonly<Record<string, string>>;
    readonly managed: readonly string[];
    readonly provider: Resource<OIDCProviderSpec> | undefined;
  },
): Resource<RoleSpec> {
  const { object, guardrails } = input;
  const { namespace = "", name, uid } = object.metadata;
  const { role, policies } = object.spec ?? {};
  const managed = object.status?.managed;
  const boundary = role?.permissionsBoundaryARN ?? guardrails.requiredPermissionsBoundaryARN;
  const adopt = adoptionFor(input.controls, roleType);
  const retiredBoundary = managed?.permissionsBoundaryARN;
  const tags = { ...role?.tags, [ownershipTagKeys.ownerUID]: uid };
  return {
    type: roleType,
    id: roleID,
    spec: {
      name: parts.name,
      path: object.status?.role?.path ?? role?.path ?? guardrails.rolePath,
      description:
        role?.description ??
        `For ServiceAccount ${namespace}/${object.spec?.serviceAccount?.name ?? name} of EKS cluster ${parts.cluster.name}`,
      trustPolicy: parts.trust,
      maxSessionDuration: role?.maxSessionDuration ?? 3600,
      ...(boundary === undefined ? {} : { permissionsBoundaryARN: boundary }),
      inlinePolicies: parts.inline,
      managedPolicyARNs: parts.managed,
      tags,
      exclusive: policies?.mode === "Exclusive",
      retired: {
        policyARNs: managed?.policyARNs ?? [],
        inlineNames: managed?.inlineNames ?? [],
        tagKeys: managed?.tagKeys ?? [],
        ...(retiredBoundary === undefined ? {} : { permissionsBoundaryARN: retiredBoundary }),
      },
      ...(guardrails.adoption === "IfTagged" ? { adoptIfTagged: [`${namespace}/${name}`, namespace] } : {}),
      ...(parts.provider === undefined ? {} : { after: [ref(oidcProviderType, parts.provider.id, "arn")] }),
    },
    ...(adopt === undefined ? {} : { adopt }),
  };
}

function associationResource(
  input: IamServiceAccountInput,
  {
    namespace,
    serviceAccountName,
    roleARN,
    problems,
  }: {
    readonly namespace: string;
    readonly serviceAccountName: string;
    readonly roleARN: StringOrRef;
    readonly problems: ProblemList;
  },
): Resource<PodIdentityAssociationSpec> {
  const settings = input.object.spec?.podIdentity;
  const disableSessionTags = settings?.disableSessionTags ?? false;
  const sessionPolicy = settings?.sessionPolicy;
  if (sessionPolicy !== undefined) {
    const fault = identityPolicyFault(sessionPolicy);
    if (fault !== undefined) problems.error("InvalidPolicy", "spec.podIdentity.sessionPolicy", fault);
    if (!disableSessionTags)
      problems.error("InvalidSpec", "spec.podIdentity.sessionPolicy", "needs disableSessionTags: true");
  }
  const adopt = input.controls.adopt.find((one) => one.type === podIdentityAssociationType)?.name;
  return {
    type: podIdentityAssociationType,
    id: associationID,
    spec: {
      namespace,
      serviceAccount: serviceAccountName,
      roleARN,
      targetRoleARN: settings?.targetRoleARN ?? "",
      disableSessionTags,
      policy: sessionPolicy === undefined ? "" : JSON.stringify(sessionPolicy),
      tags: { ...settings?.tags, [ownershipTagKeys.ownerUID]: input.object.metadata.uid },
    },
    ...(adopt === undefined ? {} : { adopt }),
  };
}

/** The annotations of "IAM roles for service accounts"; in mode PodIdentity there are none, and ours are taken away. */
function serviceAccountResources(
  input: IamServiceAccountInput,
  parts: {
    readonly namespace: string;
    readonly name: string;
    readonly mode: Mode;
    readonly roleARN: StringOrRef;
    readonly audience: string;
  },
): readonly Resource<ServiceAccountSpec>[] {
  const spec = input.object.spec ?? {};
  const account = spec.serviceAccount;
  const accountMode = account?.mode ?? "Create";
  if (accountMode === "Ignore") return [];
  const { tokenExpirationSeconds, stsRegionalEndpoints } = spec.irsa ?? {};
  const irsa: Readonly<Record<string, StringOrRef>> = {
    "eks.amazonaws.com/role-arn": parts.roleARN,
    ...(parts.audience === tokenAudience ? {} : { "eks.amazonaws.com/audience": parts.audience }),
    ...(tokenExpirationSeconds === undefined
      ? {}
      : { "eks.amazonaws.com/token-expiration": String(tokenExpirationSeconds) }),
    ...(stsRegionalEndpoints === undefined
      ? {}
      : { "eks.amazonaws.com/sts-regional-endpoints": String(stsRegionalEndpoints) }),
  };
  const { namespace, name } = parts;
  return [
    {
      type: serviceAccountType,
      id: `${namespace}/${name}`,
      spec: {
        namespace,
        name,
        annotations: { ...account?.annotations, ...(parts.mode === "IRSA" ? irsa : {}) },
        labels: { ...account?.labels },
        create: accountMode === "Create",
        owner: `IamServiceAccount/${input.object.metadata.namespace ?? ""}/${input.object.metadata.name}`,
        createdFor: input.object.metadata.uid,
        force: account?.force ?? false,
      },
    },
  ];
}
