import type { KubeObject } from "../kube/resource-definition.ts";
import type { Condition } from "./pod-state.ts";

export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** A machine that is to be a Node of the cluster, as EC2 and the node group describe it. */
export interface SandboxNode {
  /** Node name, on EKS the instance's private DNS name. */
  readonly name: string;
  readonly instanceId: string;
  readonly instanceType: string;
  readonly region: string;
  /** Availability zone, such as `us-west-2a`. */
  readonly zone: string;
  readonly internalIp: string;
  readonly externalIp?: string;
  /** CIDR of the instance's subnet, from which its Pods get addresses (the VPC CNI's way). */
  readonly subnetCidr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  /** How many Pods fit; 110 when absent. */
  readonly maxPods?: number;
}

/** Says which Nodes this program has made, so that it removes no others. */
export const managedAnnotation = "fairlead.io/sandbox-subnet";
const defaultMaxPods = 110;

/** The Node object, with the labels and fields that the AWS cloud provider and kubelet give it. */
export function nodeObject(node: SandboxNode): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: node.name, labels: nodeLabels(node), annotations: { [managedAnnotation]: node.subnetCidr } },
    spec: {
      providerID: `aws:///${node.zone}/${node.instanceId}`,
      ...(node.taints.length === 0 ? {} : { taints: node.taints }),
    },
  };
}

export function nodeLabels(node: SandboxNode): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/instance-type": node.instanceType,
    "beta.kubernetes.io/os": "linux",
    "failure-domain.beta.kubernetes.io/region": node.region,
    "failure-domain.beta.kubernetes.io/zone": node.zone,
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": node.name,
    "kubernetes.io/os": "linux",
    "node.kubernetes.io/instance-type": node.instanceType,
    "topology.kubernetes.io/region": node.region,
    "topology.kubernetes.io/zone": node.zone,
    ...node.labels,
  };
}

/** A Node's status as kubelet reports it. `now` is RFC 3339. */
export function nodeStatus(node: SandboxNode, ready: boolean, now: string): Record<string, unknown> {
  const capacity = {
    cpu: "2",
    memory: "7910Mi",
    "ephemeral-storage": "80Gi",
    pods: String(node.maxPods ?? defaultMaxPods),
  };
  const condition = (
    type: string,
    status: string,
    reason: string,
    message: string,
  ): Condition & Record<string, string> => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    addresses: [
      { type: "InternalIP", address: node.internalIp },
      ...(node.externalIp === undefined ? [] : [{ type: "ExternalIP", address: node.externalIp }]),
      { type: "InternalDNS", address: node.name },
      { type: "Hostname", address: node.name },
    ],
    capacity,
    allocatable: { ...capacity, cpu: "1930m", memory: "7220Mi" },
    conditions: [
      condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
      condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
      condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
      ready
        ? condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")
        : condition(
            "Ready",
            "False",
            "KubeletNotReady",
            "container runtime network not ready: cni plugin not initialized",
          ),
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    nodeInfo: {
      architecture: "amd64",
      bootID: node.instanceId,
      containerRuntimeVersion: "containerd://1.7.27",
      kernelVersion: "6.1.134-150.224.amzn2023.x86_64",
      kubeProxyVersion: "v1.33.0",
      kubeletVersion: "v1.33.0-eks-sandbox",
      machineID: node.instanceId,
      operatingSystem: "linux",
      osImage: "Amazon Linux 2023",
      systemUUID: node.instanceId,
    },
  };
}
