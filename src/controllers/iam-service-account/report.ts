import type { IamServiceAccount, IamServiceAccountStatus } from "../../api/iam-service-account.ts";
import type { Observed } from "../../engine/resource-type.ts";
import { podIdentityAssociationType } from "../../resources/eks/pod-identity-association.ts";
import { oidcProviderType } from "../../resources/iam/oidc-provider.ts";
import { roleType } from "../../resources/iam/role.ts";
import type { RoleSpec } from "../../resources/iam/specs.ts";
import { serviceAccountType } from "../../resources/kubernetes/service-account.ts";
import type { ServiceAccountSpec } from "../../resources/kubernetes/specs.ts";
import { type ConditionDraft, conditionsFrom } from "../reporting/conditions.ts";
import { partCondition } from "../reporting/part-condition.ts";
import { pendingChanges } from "../reporting/pending-changes.ts";
import { type PassResult, summaryConditions } from "../reporting/summary.ts";
import type { IamServiceAccountBuild } from "./build.ts";

export interface ReportInput {
  readonly object: IamServiceAccount;
  readonly pass: PassResult;
  /** Absent when the build itself failed, for want of facts. */
  readonly build?: IamServiceAccountBuild;
  readonly trustPolicyQuota: number;
  readonly now: number;
}

/** The whole status of an IamServiceAccount after a pass. Pure; equal input gives an equal status. */
export function iamServiceAccountStatus(input: ReportInput): IamServiceAccountStatus {
  const { object, pass, build, now } = input;
  const before = object.status ?? {};
  const conditions = conditionsFrom(conditionDrafts(input), {
    previous: before.conditions ?? [],
    generation: object.metadata.generation,
    now,
  });
  const plan = pass.reconciled === undefined ? [] : pendingChanges(pass.reconciled);
  const generation = object.metadata.generation;
  // A pass that did not get to AWS has nothing to say about it: what was known stays.
  const facts = build === undefined || pass.reconciled === undefined ? keptFacts(before) : freshFacts(input, build);
  return {
    ...facts,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions,
    ...(plan.length === 0 ? {} : { plan }),
  };
}

function keptFacts(before: IamServiceAccountStatus): IamServiceAccountStatus {
  const { conditions: _conditions, plan: _plan, observedGeneration: _generation, ...facts } = before;
  return facts;
}

function freshFacts(
  { object, pass, trustPolicyQuota }: ReportInput,
  build: IamServiceAccountBuild,
): IamServiceAccountStatus {
  const observed = pass.reconciled?.observed ?? [];
  const role = find<RoleSpec>(observed, roleType);
  const association = find(observed, podIdentityAssociationType);
  const account = find<ServiceAccountSpec>(observed, serviceAccountType);
  const roleARN = role?.outputs["arn"] ?? build.roleARN;
  const before = object.status;
  const adopted = before?.role?.adopted ?? wasAdopted(pass);
  const externalID = association?.outputs["externalID"];
  return {
    mode: build.mode,
    ...(roleARN === undefined ? {} : { roleARN }),
    ...(role === undefined
      ? before?.role === undefined || build.roleName === undefined
        ? {}
        : { role: before.role }
      : {
          role: {
            name: role.spec.name,
            arn: role.outputs["arn"] ?? "",
            id: role.outputs["id"] ?? "",
            path: role.spec.path,
            created: !adopted,
            adopted,
          },
        }),
    ...(build.oidc === undefined ? {} : { oidc: build.oidc }),
    ...(association === undefined
      ? {}
      : {
          association: {
            id: association.outputs["id"] ?? "",
            arn: association.outputs["arn"] ?? "",
            ...(externalID === undefined ? {} : { externalID }),
          },
        }),
    serviceAccount: { name: build.serviceAccountName, created: account?.spec.createdFor !== undefined },
    subjects: build.subjects,
    ...(build.roleName === undefined
      ? {}
      : {
          trustPolicySize: build.trustPolicySize,
          trustPolicyQuota,
          inlinePolicySize: build.inlinePolicySize,
        }),
    ...(role === undefined
      ? {}
      : {
          policies: {
            attached: role.spec.managedPolicyARNs.toSorted(),
            inline: Object.keys(role.spec.inlinePolicies).toSorted(),
          },
        }),
    ...managedFacts(pass, build, before),
  };
}

/** What we applied so far: the union with what was applied before, until a pass came to its end. */
function managedFacts(
  pass: PassResult,
  build: IamServiceAccountBuild,
  before: IamServiceAccountStatus | undefined,
): Pick<IamServiceAccountStatus, "managed"> {
  const wanted = build.stack.resources.find((resource) => resource.type === roleType)?.spec as RoleSpec | undefined;
  if (wanted === undefined || pass.mode !== "apply")
    return before?.managed === undefined ? {} : { managed: before.managed };
  const settled = pass.reconciled?.settled === true;
  const union = (now: readonly string[], earlier: readonly string[] | undefined): readonly string[] =>
    [...new Set([...now, ...(settled ? [] : (earlier ?? []))])].toSorted();
  const boundary = wanted.permissionsBoundaryARN ?? (settled ? undefined : before?.managed?.permissionsBoundaryARN);
  return {
    managed: {
      policyARNs: union(wanted.managedPolicyARNs, before?.managed?.policyARNs),
      inlineNames: union(Object.keys(wanted.inlinePolicies), before?.managed?.inlineNames),
      tagKeys: union(Object.keys(wanted.tags), before?.managed?.tagKeys),
      ...(boundary === undefined ? {} : { permissionsBoundaryARN: boundary }),
    },
  };
}

function wasAdopted(pass: PassResult): boolean {
  return (pass.reconciled?.applied ?? []).some(
    ({ change }) =>
      change.type === roleType &&
      change.action === "update" &&
      change.differences.some((difference) => difference.field === "ownership"),
  );
}

function conditionDrafts({ pass, build }: ReportInput): readonly ConditionDraft[] {
  const summary = summaryConditions(pass);
  const { reconciled } = pass;
  if (build === undefined || reconciled === undefined) return summary;
  const part = (type: string, resourceType: string, ready: string): ConditionDraft =>
    partCondition(type, { resourceType, ready, pass });
  const wants = (type: string): boolean => build.stack.resources.some((resource) => resource.type === type);
  return [
    ...summary,
    ...(wants(roleType) ? [part("RoleReady", roleType, "the role and its policies are as wanted")] : []),
    ...(wants(oidcProviderType)
      ? [part("IdentityProviderReady", oidcProviderType, "IAM knows the cluster's OIDC issuer")]
      : []),
    ...(wants(podIdentityAssociationType)
      ? [part("AssociationReady", podIdentityAssociationType, "EKS associates the role with the ServiceAccount")]
      : []),
    wants(serviceAccountType)
      ? part("ServiceAccountReady", serviceAccountType, "the ServiceAccount is as wanted")
      : {
          type: "ServiceAccountReady",
          status: "True",
          reason: "Ignored",
          message: "serviceAccount.mode is Ignore: the ServiceAccount is left alone",
        },
  ];
}

function find<Spec>(observed: readonly Observed[], type: string): Observed<Spec> | undefined {
  return observed.find((instance) => instance.type === type) as Observed<Spec> | undefined;
}
