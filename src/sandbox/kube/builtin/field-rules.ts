/**
 * What the model classes of the Kubernetes client do not tell about fields, from the published OpenAPI of Kubernetes.
 * Keys are `Model.field` with the client's model names.
 */
export interface ListRule {
  readonly type: "set" | "map";
  readonly keys?: readonly string[];
  /** Strategic merge patch: the merge key, which is only the first of several list-map keys. */
  readonly mergeKey?: string;
  readonly strategy?: string;
}

const byName: ListRule = { type: "map", keys: ["name"], mergeKey: "name", strategy: "merge" };
const byType: ListRule = { type: "map", keys: ["type"], mergeKey: "type", strategy: "merge" };
const containerPorts: ListRule = {
  type: "map",
  keys: ["containerPort", "protocol"],
  mergeKey: "containerPort",
  strategy: "merge",
};
const byMountPath: ListRule = { type: "map", keys: ["mountPath"], mergeKey: "mountPath", strategy: "merge" };
const byDevicePath: ListRule = { type: "map", keys: ["devicePath"], mergeKey: "devicePath", strategy: "merge" };
const byIp: ListRule = { type: "map", keys: ["ip"], mergeKey: "ip", strategy: "merge" };

/** Lists that merge. Every other list is replaced as a whole. */
export const listRules: Readonly<Record<string, ListRule>> = {
  "V1ObjectMeta.finalizers": { type: "set", strategy: "merge" },
  "V1ObjectMeta.ownerReferences": { type: "map", keys: ["uid"], mergeKey: "uid", strategy: "merge" },
  "V1Container.env": byName,
  "V1Container.ports": containerPorts,
  "V1Container.volumeDevices": byDevicePath,
  "V1Container.volumeMounts": byMountPath,
  "V1EphemeralContainer.env": byName,
  "V1EphemeralContainer.ports": containerPorts,
  "V1EphemeralContainer.volumeDevices": byDevicePath,
  "V1EphemeralContainer.volumeMounts": byMountPath,
  "V1ContainerStatus.volumeMounts": byMountPath,
  "V1ContainerStatus.allocatedResourcesStatus": byName,
  "V1ResourceRequirements.claims": { type: "map", keys: ["name"] },
  "V1PodSpec.containers": byName,
  "V1PodSpec.initContainers": byName,
  "V1PodSpec.ephemeralContainers": byName,
  "V1PodSpec.hostAliases": byIp,
  "V1PodSpec.imagePullSecrets": byName,
  "V1PodSpec.resourceClaims": { ...byName, strategy: "merge,retainKeys" },
  "V1PodSpec.schedulingGates": byName,
  "V1PodSpec.topologySpreadConstraints": {
    type: "map",
    keys: ["topologyKey", "whenUnsatisfiable"],
    mergeKey: "topologyKey",
    strategy: "merge",
  },
  "V1PodSpec.volumes": { ...byName, strategy: "merge,retainKeys" },
  "V1PodStatus.conditions": byType,
  "V1PodStatus.podIPs": byIp,
  "V1PodStatus.resourceClaimStatuses": { ...byName, strategy: "merge,retainKeys" },
  "V1ServiceSpec.ports": { type: "map", keys: ["port", "protocol"], mergeKey: "port", strategy: "merge" },
  "V1ServiceStatus.conditions": byType,
  "V1ServiceAccount.secrets": byName,
  "V1NamespaceStatus.conditions": byType,
  "V1NodeSpec.podCIDRs": { type: "set", strategy: "merge" },
  "V1NodeStatus.addresses": byType,
  "V1NodeStatus.conditions": byType,
  "V1DeploymentStatus.conditions": byType,
  "V1ReplicaSetStatus.conditions": byType,
  "V1ReplicationControllerStatus.conditions": byType,
  "V1StatefulSetStatus.conditions": byType,
  "V1DaemonSetStatus.conditions": byType,
  "V1PodDisruptionBudgetStatus.conditions": byType,
  "V1PersistentVolumeClaimStatus.conditions": byType,
  "V2HorizontalPodAutoscalerStatus.conditions": byType,
  "V1CustomResourceDefinitionStatus.conditions": { type: "map", keys: ["type"] },
  "V1JSONSchemaProps.x-kubernetes-validations": { type: "map", keys: ["rule"], mergeKey: "rule", strategy: "merge" },
  "V1MutatingWebhookConfiguration.webhooks": byName,
  "V1ValidatingWebhookConfiguration.webhooks": byName,
  "V1MutatingWebhook.matchConditions": byName,
  "V1ValidatingWebhook.matchConditions": byName,
  "V1ValidatingAdmissionPolicySpec.matchConditions": byName,
  "V1ValidatingAdmissionPolicySpec.variables": byName,
  "V1ValidatingAdmissionPolicyStatus.conditions": { type: "map", keys: ["type"] },
  "V1ValidatingAdmissionPolicyBindingSpec.validationActions": { type: "set" },
  "V1MutatingAdmissionPolicySpec.matchConditions": byName,
  "V1Endpoint.addresses": { type: "set" },
  "V1ContainerRestartRuleOnExitCodes.values": { type: "set" },
  "V1NodeAllocatableResourceClaimStatus.containers": { type: "set" },
  "V1PodFailurePolicyOnExitCodesRequirement.values": { type: "set" },
  "V1ResourceStatus.resources": { type: "map", keys: ["resourceID"] },
  "V1UncountedTerminatedPods.failed": { type: "set" },
  "V1UncountedTerminatedPods.succeeded": { type: "set" },
  "V1AllocatedDeviceStatus.conditions": { type: "map", keys: ["type"] },
  "V1CSIDriverSpec.volumeLifecycleModes": { type: "set" },
  "V1CSINodeSpec.drivers": byName,
  "V1CertificateSigningRequestStatus.conditions": { type: "map", keys: ["type"] },
  "V1FlowSchemaStatus.conditions": byType,
  "V1NonResourcePolicyRule.nonResourceURLs": { type: "set" },
  "V1NonResourcePolicyRule.verbs": { type: "set" },
  "V1PriorityLevelConfigurationStatus.conditions": byType,
  "V1ResourceClaimStatus.devices": { type: "map", keys: ["driver", "device", "pool", "shareID"] },
  "V1ResourceClaimStatus.reservedFor": { type: "map", keys: ["uid"], mergeKey: "uid", strategy: "merge" },
  "V1ResourcePolicyRule.apiGroups": { type: "set" },
  "V1ResourcePolicyRule.namespaces": { type: "set" },
  "V1ResourcePolicyRule.resources": { type: "set" },
  "V1ResourcePolicyRule.verbs": { type: "set" },
  "V1ServiceCIDRStatus.conditions": byType,
};

/** Lists that server-side apply replaces as a whole while strategic merge patches merge them by this key. */
export const patchOnlyMergeKeys: Readonly<Record<string, string>> = {
  "V1JobStatus.conditions": "type",
  "V1PodStatus.hostIPs": "ip",
};

/** Patch strategies of fields that are no lists. */
export const fieldStrategies: Readonly<Record<string, string>> = {
  "V1DeploymentSpec.strategy": "retainKeys",
  "V1PodDisruptionBudgetSpec.selector": "replace",
};

/** Fields that are merged by their own fields although the structure is one that is owned as a whole elsewhere. */
export const granularFields: ReadonlySet<string> = new Set([
  "V1PersistentVolumeClaimStatus.allocatedResourceStatuses",
  "V1PersistentVolumeSpec.claimRef",
]);

/** Lists of which Kubernetes does not say how they merge. */
export const listsWithoutType: ReadonlySet<string> = new Set([
  "V1APIResource.verbs",
  "V1CertificateSigningRequestSpec.extra",
  "V1SubjectAccessReviewSpec.extra",
  "V1UserInfo.extra",
]);

/** Structures and maps that server-side apply owns as a whole. */
export const atomicModels: ReadonlySet<string> = new Set([
  "V1LabelSelector",
  "V1LocalObjectReference",
  "V1ObjectReference",
  "V1SecretReference",
  "V1SecretKeySelector",
  "V1ConfigMapKeySelector",
  "V1FileKeySelector",
  "V1ObjectFieldSelector",
  "V1ResourceFieldSelector",
  "V1TypedLocalObjectReference",
  "V1NodeSelector",
  "V1NodeSelectorTerm",
  "V1TopologySelectorTerm",
  "V1CrossVersionObjectReference",
  "V1RoleRef",
  "RbacV1Subject",
  "V1ScopeSelector",
  "V1OwnerReference",
  "CoreV1EndpointPort",
  "DiscoveryV1EndpointPort",
  "V1EndpointAddress",
  "V1ServiceBackendPort",
  "V1MatchResources",
  "V1NamedRuleWithOperations",
  "V1ParamKind",
  "V1ParamRef",
  "V1Variable",
]);

export const atomicMaps: ReadonlySet<string> = new Set([
  "V1ServiceSpec.selector",
  "V1PodSpec.nodeSelector",
  "V1ReplicationControllerSpec.selector",
  "V1Scheduling.nodeSelector",
]);

/** Fields, single or as the values of a map, that hold quantities such as `500m` or `2Gi`. */
export const quantityFields: ReadonlySet<string> = new Set([
  "V1ContainerStatus.allocatedResources",
  "V1EmptyDirVolumeSource.sizeLimit",
  "V1LimitRangeItem.default",
  "V1LimitRangeItem.defaultRequest",
  "V1LimitRangeItem.max",
  "V1LimitRangeItem.maxLimitRequestRatio",
  "V1LimitRangeItem.min",
  "V1NodeStatus.allocatable",
  "V1NodeStatus.capacity",
  "V1PersistentVolumeClaimStatus.allocatedResources",
  "V1PersistentVolumeClaimStatus.capacity",
  "V1PersistentVolumeSpec.capacity",
  "V1PodSpec.overhead",
  "V1PodStatus.allocatedResources",
  "V1ResourceFieldSelector.divisor",
  "V1ResourceQuotaSpec.hard",
  "V1ResourceQuotaStatus.hard",
  "V1ResourceQuotaStatus.used",
  "V1ResourceRequirements.limits",
  "V1ResourceRequirements.requests",
  "V1VolumeResourceRequirements.limits",
  "V1VolumeResourceRequirements.requests",
  "V1NodeAllocatableResourceClaimStatus.resources",
  "V2HPAScalingRules.tolerance",
  "V2MetricTarget.averageValue",
  "V2MetricTarget.value",
  "V2MetricValueStatus.averageValue",
  "V2MetricValueStatus.value",
  "V1CSIStorageCapacity.capacity",
  "V1CSIStorageCapacity.maximumVolumeSize",
  "V1CapacityRequestPolicy.default",
  "V1CapacityRequestPolicy.validValues",
  "V1CapacityRequestPolicyRange.max",
  "V1CapacityRequestPolicyRange.min",
  "V1CapacityRequestPolicyRange.step",
  "V1CapacityRequirements.requests",
  "V1Counter.value",
  "V1DeviceCapacity.value",
  "V1DeviceRequestAllocationResult.consumedCapacity",
  "V1NodeAllocatableResourceMapping.allocationMultiplier",
  "V1Overhead.podFixed",
]);
