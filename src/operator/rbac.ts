import {
  configMapKind,
  endpointSliceKind,
  ingressClassKind,
  ingressKind,
  namespaceKind,
  nodeKind,
  podKind,
  serviceAccountKind,
  serviceKind,
} from "../api/builtin.ts";
import { fargateProfileKind } from "../api/fargate-profile.ts";
import { iamIdentityMappingKind } from "../api/iam-identity-mapping.ts";
import { iamServiceAccountKind } from "../api/iam-service-account.ts";
import { ingressClassParamsKind } from "../api/ingress-class-params.ts";
import { loadBalancerKind } from "../api/load-balancer.ts";
import { nodeGroupKind } from "../api/node-group.ts";
import type { Kind } from "../api/object.ts";
import { targetGroupBindingKind } from "../api/target-group-binding.ts";
import { eventKind } from "../kube/events.ts";
import { leaseKind } from "../kube/lease.ts";
import { awsAuthName } from "../resources/kubernetes/aws-auth-config-map.ts";
import { secretKind } from "./facts/watched-secrets.ts";

/** Verbs of Kubernetes RBAC that the operator uses. Server-side apply of a new object needs `create` beside `patch`. */
export type Verb = "get" | "list" | "watch" | "create" | "patch" | "delete";

interface Access {
  readonly kind: Kind;
  readonly subresource?: "status";
  readonly verbs: readonly Verb[];
  /** Only objects with these names; lists and watches then select one of them. */
  readonly names?: readonly string[];
}

const cached: readonly Verb[] = ["list", "watch"];
/** Finalizers are patched; after a conflict the object is read again. */
const finalized: readonly Verb[] = ["get", "list", "watch", "patch"];

/** Everything that the operator does in the cluster, one entry for each resource. */
const accesses: readonly Access[] = [
  { kind: ingressKind, verbs: finalized },
  { kind: ingressKind, subresource: "status", verbs: ["patch"] },
  { kind: ingressClassKind, verbs: cached },
  { kind: ingressClassParamsKind, verbs: cached },
  { kind: serviceKind, verbs: finalized },
  { kind: serviceKind, subresource: "status", verbs: ["patch"] },
  { kind: endpointSliceKind, verbs: cached },
  { kind: podKind, verbs: cached },
  // Readiness gates of pods that are targets.
  { kind: podKind, subresource: "status", verbs: ["patch"] },
  { kind: nodeKind, verbs: cached },
  { kind: namespaceKind, verbs: cached },
  // Those that Ingresses with OIDC authentication name, one by one.
  { kind: secretKind, verbs: ["get", "list", "watch"] },
  { kind: eventKind, verbs: ["create", "patch"] },
  { kind: serviceAccountKind, verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  { kind: targetGroupBindingKind, verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  { kind: targetGroupBindingKind, subresource: "status", verbs: ["patch"] },
  { kind: loadBalancerKind, verbs: ["list", "watch", "create", "patch", "delete"] },
  { kind: loadBalancerKind, subresource: "status", verbs: ["patch"] },
  { kind: iamServiceAccountKind, verbs: finalized },
  { kind: iamServiceAccountKind, subresource: "status", verbs: ["patch"] },
  { kind: iamIdentityMappingKind, verbs: finalized },
  { kind: iamIdentityMappingKind, subresource: "status", verbs: ["patch"] },
  // The ConfigMap of the AWS IAM Authenticator, and the copy of what it held before.
  { kind: configMapKind, names: [awsAuthName.name], verbs: ["list", "watch"] },
  // What bindings registered in target groups that clusters share; RBAC cannot name ConfigMaps by prefix.
  { kind: configMapKind, verbs: ["get", "create", "patch", "delete"] },
  { kind: nodeGroupKind, verbs: finalized },
  { kind: nodeGroupKind, subresource: "status", verbs: ["patch"] },
  { kind: fargateProfileKind, verbs: finalized },
  { kind: fargateProfileKind, subresource: "status", verbs: ["patch"] },
];

/** A rule of an RBAC Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly Verb[];
}

/** What the operator may do in all namespaces: least privilege, with resources of the same group and verbs in one rule. */
export function clusterRules(): readonly PolicyRule[] {
  const groups = Map.groupBy(
    accesses,
    ({ kind, verbs, names = [] }) => `${kind.group} ${verbs.join(",")} ${names.join(",")}`,
  );
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const resources = members.map(({ kind, subresource }) =>
      subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`,
    );
    const named = first.names === undefined ? {} : { resourceNames: first.names };
    return [{ apiGroups: [first.kind.group], resources, ...named, verbs: first.verbs }];
  });
}

/** What the operator may do in its own namespace, to elect a leader with the Lease of this name. */
export function leaderElectionRules(leaseName: string): readonly PolicyRule[] {
  const base = { apiGroups: [leaseKind.group], resources: [leaseKind.plural] };
  return [
    // A name cannot be given for creates: it is not known when they are authorised.
    { ...base, verbs: ["create"] },
    { ...base, resourceNames: [leaseName], verbs: ["get", "patch"] },
  ];
}
