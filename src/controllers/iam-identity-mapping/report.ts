import type { IamIdentityMapping } from "../../api/iam-identity-mapping.ts";
import { errorMessage, isAppError } from "../../errors.ts";
import { accessEntryType } from "../../resources/eks/access-entry.ts";
import type { AccessEntryTypeCode } from "../../resources/eks/specs.ts";
import { awsAuthEntryType } from "../../resources/kubernetes/aws-auth-entry.ts";
import { type ConditionDraft, conditionsFrom } from "../reporting/conditions.ts";
import { partCondition } from "../reporting/part-condition.ts";
import { pendingChanges } from "../reporting/pending-changes.ts";
import { type PassResult, summaryConditions } from "../reporting/summary.ts";
import { type IamIdentityMappingBuild, principalText } from "./build.ts";

export type IamIdentityMappingStatus = NonNullable<IamIdentityMapping["status"]>;

export interface MappingReportInput {
  readonly object: IamIdentityMapping;
  readonly pass: PassResult;
  /** Absent when the build itself failed: the principal is not known, or AWS could not be asked. */
  readonly build?: IamIdentityMappingBuild;
  readonly now: number;
}

/** The whole status of an IamIdentityMapping after a pass. Pure; equal input gives an equal status. */
export function iamIdentityMappingStatus(input: MappingReportInput): IamIdentityMappingStatus {
  const { object, pass, build, now } = input;
  const before = object.status ?? {};
  const { generation } = object.metadata;
  const plan = pass.reconciled === undefined ? [] : pendingChanges(pass.reconciled);
  const { conditions: previous = [], plan: _plan, observedGeneration: _generation, ...known } = before;
  // A pass that did not get to AWS has nothing to say about it: what was known stays.
  const facts = build === undefined || pass.reconciled === undefined ? known : freshFacts(build, pass);
  return {
    ...facts,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: conditionsFrom(conditionDrafts(input), { previous, generation, now }),
    ...(plan.length === 0 ? {} : { plan }),
  };
}

const typeNames = {
  STANDARD: "Standard",
  EC2_LINUX: "EC2Linux",
  EC2_WINDOWS: "EC2Windows",
  FARGATE_LINUX: "FargateLinux",
  HYBRID_LINUX: "HybridLinux",
  EC2: "EC2",
  HYPERPOD_LINUX: "HyperPodLinux",
} as const satisfies Record<AccessEntryTypeCode, string>;

function freshFacts(build: IamIdentityMappingBuild, pass: PassResult): IamIdentityMappingStatus {
  const { principal, backend, authenticationMode } = build;
  const wanted = backend === "ConfigMap" ? awsAuthEntryType : accessEntryType;
  const outputs = pass.reconciled?.observed.find(({ type }) => type === wanted)?.outputs ?? {};
  const { arn, username, type } = outputs;
  const name = type === undefined ? undefined : (typeNames as Readonly<Record<string, string>>)[type];
  return {
    ...(backend === undefined ? {} : { backend }),
    authenticationMode,
    principalARN: principalText(principal),
    ...(principal.kind === "account" || principal.id === undefined ? {} : { principalID: principal.id }),
    ...(username === undefined || username === "" ? {} : { username }),
    ...(name === undefined ? {} : { type: name }),
    ...(arn === undefined || arn === "" ? {} : { accessEntryARN: arn }),
  };
}

function conditionDrafts({ pass, build }: MappingReportInput): readonly ConditionDraft[] {
  const summary = summaryConditions(pass);
  if (build === undefined) {
    const { error } = pass;
    if (!isAppError(error) || (error.code !== "InvalidPrincipal" && error.code !== "Ambiguous")) return summary;
    const draft = { type: "PrincipalResolved", status: "False", message: errorMessage(error) } as const;
    return [...summary, { ...draft, reason: error.code }];
  }
  const resolved: ConditionDraft = {
    type: "PrincipalResolved",
    status: "True",
    reason: "Synced",
    message: principalText(build.principal),
  };
  const { reconciled } = pass;
  const fault = pass.problems.find(({ severity }) => severity === "error");
  const verdict = summary[0];
  if (reconciled === undefined) {
    const unbound =
      fault === undefined || verdict === undefined
        ? []
        : [{ type: "Bound", status: "False", reason: verdict.reason, message: verdict.message } as const];
    return [...summary, resolved, ...unbound];
  }
  const resourceType = build.backend === "ConfigMap" ? awsAuthEntryType : accessEntryType;
  const ready =
    build.backend === "ConfigMap" ? "the aws-auth ConfigMap has the entry" : "the access entry is as wanted";
  const entry = build.stack.resources.find(({ type }) => type === accessEntryType)?.spec as
    | { readonly policies: readonly unknown[] }
    | undefined;
  return [
    ...summary,
    resolved,
    partCondition("Bound", { resourceType, ready, pass }),
    ...(entry === undefined || entry.policies.length === 0
      ? []
      : [partCondition("PoliciesAssociated", { resourceType, ready: "the access policies are as wanted", pass })]),
  ];
}
