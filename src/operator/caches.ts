import {
  type ConfigMap,
  configMapKind,
  type EndpointSlice,
  endpointSliceKind,
  type Ingress,
  type IngressClass,
  ingressClassKind,
  ingressKind,
  type Namespace,
  type Node,
  namespaceKind,
  nodeKind,
  type Pod,
  podKind,
  type Service,
  type ServiceAccount,
  serviceAccountKind,
  serviceKind,
} from "../api/builtin.ts";
import { type FargateProfile, fargateProfileKind } from "../api/fargate-profile.ts";
import { type IamIdentityMapping, iamIdentityMappingKind } from "../api/iam-identity-mapping.ts";
import { type IamServiceAccount, iamServiceAccountKind } from "../api/iam-service-account.ts";
import { type IngressClassParams, ingressClassParamsKind } from "../api/ingress-class-params.ts";
import { type LoadBalancer, loadBalancerKind } from "../api/load-balancer.ts";
import { type NodeGroup, nodeGroupKind } from "../api/node-group.ts";
import type { Kind, KubeObject } from "../api/object.ts";
import { objectKey } from "../api/object.ts";
import { type TargetGroupBinding, targetGroupBindingKind } from "../api/target-group-binding.ts";
import { ingressIndexFunctions } from "../controllers/ingress/wake.ts";
import { serviceIndexFunctions } from "../controllers/service/wake.ts";
import { byService, byTargetGroup } from "../controllers/target-group-binding/wake.ts";
import { createInformer, type Informer, type InformerOptions } from "../kube/informer.ts";
import { awsAuthName } from "../resources/kubernetes/aws-auth-config-map.ts";
import { byStackLabels, stackLabelsIndex } from "../resources/kubernetes/target-group-binding.ts";
import { byRegisteredGroup, registeredIndex } from "./registrations.ts";

/** Every kind that the operator watches. */
export interface Caches {
  readonly ingresses: Informer<Ingress>;
  readonly ingressClasses: Informer<IngressClass>;
  readonly ingressClassParams: Informer<IngressClassParams>;
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly namespaces: Informer<Namespace>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  readonly bindings: Informer<TargetGroupBinding>;
  readonly loadBalancers: Informer<LoadBalancer>;
  readonly iamServiceAccounts: Informer<IamServiceAccount>;
  readonly nodeGroups: Informer<NodeGroup>;
  readonly fargateProfiles: Informer<FargateProfile>;
  readonly identityMappings: Informer<IamIdentityMapping>;
  /** The one ConfigMap of the AWS IAM Authenticator. */
  readonly awsAuth: Informer<ConfigMap>;
}

/** Names of the indexes that controllers ask by. */
export const indexes = {
  /** Objects by `namespace/service`. */
  service: "service",
  targetGroup: "targetGroup",
} as const;

type Common = Omit<InformerOptions<KubeObject>, "kind" | "indexes" | "transform" | "onEvent" | "namespace">;

export function createCaches(common: Common, watchNamespace: string | undefined): Caches {
  const one = <T extends KubeObject>(kind: Kind<T>, own: InformerOptions<T>["indexes"] = {}): Informer<T> =>
    createInformer<T>({
      ...common,
      kind,
      indexes: own,
      ...(kind.namespaced && watchNamespace !== undefined ? { namespace: watchNamespace } : {}),
    });
  return {
    ingresses: one(ingressKind, ingressIndexFunctions),
    ingressClasses: one(ingressClassKind),
    ingressClassParams: one(ingressClassParamsKind),
    services: one(serviceKind, serviceIndexFunctions),
    slices: one(endpointSliceKind, {
      [indexes.service]: ({ metadata }) => {
        const name = metadata.labels?.["kubernetes.io/service-name"];
        return name === undefined ? [] : [objectKey({ namespace: metadata.namespace ?? "", name })];
      },
    }),
    pods: one(podKind),
    nodes: one(nodeKind),
    namespaces: one(namespaceKind),
    serviceAccounts: one(serviceAccountKind),
    bindings: one(targetGroupBindingKind, {
      [indexes.service]: byService,
      [indexes.targetGroup]: byTargetGroup,
      [stackLabelsIndex]: byStackLabels,
    }),
    loadBalancers: one(loadBalancerKind, { [registeredIndex]: byRegisteredGroup }),
    iamServiceAccounts: one(iamServiceAccountKind),
    nodeGroups: one(nodeGroupKind),
    fargateProfiles: one(fargateProfileKind),
    identityMappings: one(iamIdentityMappingKind),
    awsAuth: createInformer<ConfigMap>({
      ...common,
      kind: configMapKind,
      namespace: awsAuthName.namespace,
      fieldSelector: `metadata.name=${awsAuthName.name}`,
    }),
  };
}

/** All informers, in the order in which they are best started: what others refer to first. */
export function allInformers(caches: Caches): readonly Informer<KubeObject>[] {
  return Object.values(caches) as readonly Informer<KubeObject>[];
}
