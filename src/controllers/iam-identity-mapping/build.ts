import { adoptionFor, type Controls } from "../../api/annotations.ts";
import type { IamIdentityMapping } from "../../api/iam-identity-mapping.ts";
import type { Cluster } from "../../aws/facts/cluster.ts";
import type { Resource, Stack } from "../../engine/stack.ts";
import { accessEntryType, clusterAdminPolicy, principalIDTag } from "../../resources/eks/access-entry.ts";
import type { AccessEntrySpec } from "../../resources/eks/specs.ts";
import { samePrincipal } from "../../resources/kubernetes/aws-auth-document.ts";
import { type AwsAuthEntrySpec, awsAuthEntryID, awsAuthEntryType } from "../../resources/kubernetes/aws-auth-entry.ts";
import { type ClusterIdentity, clusterIdentity, ownershipOf, ownershipTagKeys } from "../cluster-identity.ts";
import { matchesGlob } from "../iam-service-account/glob.ts";
import { ProblemList } from "../problem-list.ts";
import {
  type AccessEntryForm,
  accessEntryForm,
  type Backend,
  configMapForm,
  entryType,
  type Inexpressible,
  nodeGroupNames,
  nodeUsernames,
  type Principal,
} from "./backend.ts";
import { isSystemName, type MappingGuardrails } from "./guardrails.ts";

export interface IamIdentityMappingInput {
  readonly object: IamIdentityMapping;
  readonly cluster: Cluster;
  readonly controls: Controls;
  readonly guardrails: MappingGuardrails;
  readonly principal: Principal;
  /** The operator's own IAM principal, when it could be found out. */
  readonly self?: string;
  /** The oldest other mapping of the same principal, when it is older than this one. */
  readonly older?: string;
}

/** A Stack and what the report tells of how it came about. */
export interface IamIdentityMappingBuild {
  readonly stack: Stack;
  readonly principal: Principal;
  readonly authenticationMode: string;
  /** Absent when no backend can be used. */
  readonly backend?: Backend;
}

const entryID = "entry";
/** EKS: a cluster that does not say is an old one, which knows only the ConfigMap. */
const oldestMode = "CONFIG_MAP";

/** What an IamIdentityMapping wants of EKS and `aws-auth`. Pure. */
export function buildIamIdentityMapping(input: IamIdentityMappingInput): IamIdentityMappingBuild {
  const { object, principal } = input;
  const problems = new ProblemList(object);
  const cluster = clusterIdentity(input.cluster);
  const authenticationMode = input.cluster.authenticationMode ?? oldestMode;
  checkPrincipal(input, problems);
  checkRights(input, problems);
  const chosen = chooseBackend(input, { cluster, authenticationMode, problems });
  const base = emptyStack(object, input.cluster, [principal]);
  const resources = chosen === undefined ? [] : [chosen.resource];
  if (chosen?.backend === "ConfigMap" && object.spec.tags !== undefined)
    problems.warning("InvalidSpec", "spec.tags", "entries of the aws-auth ConfigMap have no tags");
  return {
    stack: { ...base, resources, problems: problems.all },
    principal,
    authenticationMode,
    ...(chosen === undefined ? {} : { backend: chosen.backend }),
  };
}

/** The Stack of an object that goes: it finds by recorded and resolved principals what there is to delete. */
export function emptyStack(
  object: IamIdentityMapping,
  facts: Pick<Cluster, "name" | "arn" | "authenticationMode">,
  principals: readonly Principal[],
): Stack {
  const { name } = object.metadata;
  const resolved = principals.flatMap((principal) => (principal.kind === "account" ? [] : [principal.arn]));
  const known = [object.status?.principalARN, object.spec.principal.arn, ...resolved];
  const names = known.filter((arn) => arn?.startsWith("arn:") === true).filter((arn) => arn !== undefined);
  const entries = (facts.authenticationMode ?? oldestMode) !== oldestMode;
  return {
    owner: { kind: "IamIdentityMapping", namespace: "", name },
    ownership: ownershipOf(clusterIdentity(facts), `IamIdentityMapping/${name}`),
    types: [...(entries ? [accessEntryType] : []), awsAuthEntryType],
    names: { [accessEntryType]: [...new Set(names)] },
    resources: [],
    problems: [],
  };
}

/** The principal of a mapping as text: an ARN, or an account id. */
export function principalText(principal: Principal): string {
  return principal.kind === "account" ? principal.accountID : principal.arn;
}

function checkPrincipal({ principal, guardrails, self, older }: IamIdentityMappingInput, problems: ProblemList): void {
  const text = principalText(principal);
  if (self !== undefined && samePrincipal(self, text)) {
    problems.error(
      "GuardrailViolation",
      "spec.principal",
      "is the operator's own identity, which no mapping may change",
      text,
    );
  } else if (guardrails.protectedPrincipals.some((glob) => matchesGlob(glob, text))) {
    problems.error("GuardrailViolation", "spec.principal", "is protected by the operator's configuration", text);
  }
  if (older !== undefined) {
    problems.error(
      "NameConflict",
      "spec.principal",
      `${text} is mapped by the older IamIdentityMapping ${older}; put all rights of a principal into one mapping`,
      text,
    );
  }
}

/** Rights that make an administrator need the leave of whoever runs the operator. */
function checkRights(input: IamIdentityMappingInput, problems: ProblemList): void {
  const { object, guardrails } = input;
  if (guardrails.allowClusterAdmin) return;
  const { spec } = object;
  const refuse = (field: string, value: string): void => {
    problems.error(
      "GuardrailViolation",
      field,
      `${value} gives the rights of an administrator or of the control plane; the operator's configuration allows none (allowClusterAdmin)`,
      value,
    );
  };
  for (const { policy } of spec.accessPolicies ?? []) {
    if (policy === clusterAdminPolicy || policy.endsWith(`/${clusterAdminPolicy}`))
      refuse("spec.accessPolicies", policy);
  }
  const node = entryType(spec) !== "STANDARD";
  for (const group of spec.groups ?? []) {
    if (isSystemName(group) && !(node && nodeGroupNames.includes(group))) refuse("spec.groups", group);
  }
  const { username } = spec;
  const names: readonly string[] = Object.values(nodeUsernames);
  if (username !== undefined && isSystemName(username) && !(node && names.includes(username)))
    refuse("spec.username", username);
}

interface Chosen {
  readonly backend: Backend;
  readonly resource: Resource;
}

function chooseBackend(
  input: IamIdentityMappingInput,
  {
    cluster,
    authenticationMode,
    problems,
  }: { readonly cluster: ClusterIdentity; readonly authenticationMode: string; readonly problems: ProblemList },
): Chosen | undefined {
  const { object, principal } = input;
  const { spec, status } = object;
  const wanted = spec.backend ?? "Auto";
  const entry = accessEntryForm(spec, { principal, cluster });
  const config = configMapForm(spec, principal);
  const mismatch = (advice: string): undefined => {
    problems.error(
      "ModeMismatch",
      "spec.backend",
      `the cluster's authentication mode is ${authenticationMode}; ${advice}`,
      wanted,
    );
    return undefined;
  };
  if (wanted === "AccessEntry" && authenticationMode === oldestMode)
    return mismatch("access entries need API_AND_CONFIG_MAP or API");
  if (wanted === "ConfigMap" && authenticationMode === "API")
    return mismatch("the aws-auth ConfigMap is not read; use AccessEntry");
  const asEntry = (): Chosen | undefined => {
    if ("faults" in entry) return inexpressible("AccessEntry", entry.faults, problems);
    return { backend: "AccessEntry", resource: accessEntryResource(input, entry.form) };
  };
  const asConfig = (): Chosen | undefined => {
    if ("faults" in config) return inexpressible("ConfigMap", config.faults, problems);
    return { backend: "ConfigMap", resource: awsAuthResource(input, config.form) };
  };
  if (wanted === "ConfigMap" || authenticationMode === oldestMode) return asConfig();
  if (wanted === "AccessEntry" || authenticationMode === "API") return asEntry();
  // What was written to the ConfigMap before the cluster had access entries stays there until the user moves it.
  const stays = status?.backend === "ConfigMap" && "form" in config;
  return stays || ("faults" in entry && "form" in config) ? asConfig() : asEntry();
}

function inexpressible(backend: Backend, faults: readonly Inexpressible[], problems: ProblemList): undefined {
  const where = backend === "AccessEntry" ? "an access entry" : "the aws-auth ConfigMap";
  for (const { field, message, value } of faults)
    problems.error("NotExpressible", field, `${message}; ${where} cannot express this mapping`, value);
  return undefined;
}

function accessEntryResource(input: IamIdentityMappingInput, form: AccessEntryForm): Resource<AccessEntrySpec> {
  const { object, principal, controls } = input;
  const id = principal.kind === "account" ? undefined : principal.id;
  const adopt = adoptionFor(controls, accessEntryType);
  return {
    type: accessEntryType,
    id: entryID,
    spec: {
      ...form,
      tags: {
        ...object.spec.tags,
        [ownershipTagKeys.ownerUID]: object.metadata.uid,
        ...(id === undefined ? {} : { [principalIDTag]: id }),
      },
    },
    ...(adopt === undefined ? {} : { adopt }),
  };
}

function awsAuthResource(
  { object, controls }: IamIdentityMappingInput,
  form: Omit<AwsAuthEntrySpec, "owner">,
): Resource<AwsAuthEntrySpec> {
  const adopt = adoptionFor(controls, awsAuthEntryType);
  return {
    type: awsAuthEntryType,
    id: awsAuthEntryID,
    spec: { ...form, owner: `IamIdentityMapping/${object.metadata.name}` },
    ...(adopt === undefined ? {} : { adopt }),
  };
}
