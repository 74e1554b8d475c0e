import type { Endpoint, EndpointSlice, Node, Pod, ServicePort } from "../../api/builtin.ts";
import { objectKey } from "../../api/object.ts";
import type { Target } from "../../resources/elbv2/specs.ts";

/** A target that is a pod. */
export interface PodTarget {
  readonly target: Target;
  readonly pod: Pod;
}

export interface PodTargets {
  readonly targets: readonly PodTarget[];
  /** Pods that a slice names and the cache does not hold yet: worth another look soon. */
  readonly missingPods: readonly string[];
}

export interface PodTargetsInput {
  readonly port: ServicePort;
  readonly slices: readonly EndpointSlice[];
  readonly addressFamily: "ipv4" | "ipv6";
  readonly pod: (key: string) => Pod | undefined;
  readonly node: (name: string) => Node | undefined;
  /** Register pods on nodes of unknown state when no other pod is ready (gate `EndpointsFailOpen`). */
  readonly failOpen: boolean;
  /** Whether an address lies in the VPC; AWS finds the zone of such targets by itself. */
  readonly inVPC: (ip: string) => boolean;
}

/**
 * The pods behind a Service port that shall receive traffic. A pod counts when its endpoint is ready, or when its
 * containers are ready and only readiness gates are open: that is what lets gates wait for the load balancer.
 */
export function podTargets(input: PodTargetsInput): PodTargets {
  const ready = new Map<string, PodTarget>();
  const unknown = new Map<string, PodTarget>();
  const missingPods = new Set<string>();
  for (const { endpoint, port, namespace } of endpointsOf(input)) {
    const ip = endpoint.addresses[0];
    const reference = endpoint.targetRef;
    if (ip === undefined || reference?.kind !== "Pod" || reference.name === undefined) continue;
    const key = objectKey({ namespace: reference.namespace ?? namespace, name: reference.name });
    const pod = input.pod(key);
    if (pod === undefined) {
      missingPods.add(key);
      continue;
    }
    const target: Target = input.inVPC(ip) ? { id: ip, port } : { id: ip, port, availabilityZone: "all" };
    const verdict = judge(endpoint, pod, input.node);
    if (verdict !== "no") (verdict === "ready" ? ready : unknown).set(`${ip}:${port}`, { target, pod });
  }
  const chosen = ready.size === 0 && input.failOpen ? unknown : ready;
  return { targets: [...chosen.values()], missingPods: [...missingPods] };
}

interface PortEndpoint {
  readonly endpoint: Endpoint;
  readonly port: number;
  readonly namespace: string;
}

function* endpointsOf({ port, slices, addressFamily }: PodTargetsInput): Generator<PortEndpoint> {
  const addressType = addressFamily === "ipv6" ? "IPv6" : "IPv4";
  for (const slice of slices) {
    if (slice.addressType !== addressType) continue;
    for (const slicePort of slice.ports ?? []) {
      const named = port.name !== undefined && port.name !== "";
      if (slicePort.port === undefined || (named && slicePort.name !== port.name)) continue;
      for (const endpoint of slice.endpoints ?? []) {
        yield { endpoint, port: slicePort.port, namespace: slice.metadata.namespace ?? "" };
      }
    }
  }
}

function judge(endpoint: Endpoint, pod: Pod, nodeOf: (name: string) => Node | undefined): "ready" | "unknown" | "no" {
  if (endpoint.conditions?.ready !== false) return "ready";
  if (conditionStatus(pod.status?.conditions, "ContainersReady") !== "True") return "no";
  const node = pod.spec?.nodeName === undefined ? undefined : nodeOf(pod.spec.nodeName);
  if (node === undefined) return "no";
  switch (conditionStatus(node.status?.conditions, "Ready") ?? "absent") {
    case "True":
      return endpoint.conditions.terminating === true ? "no" : "ready";
    case "Unknown":
      return "unknown";
    default:
      return "no";
  }
}

/** The status of a condition by type; undefined when it is not there. */
export function conditionStatus(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): string | undefined {
  return conditions?.find((condition) => condition.type === type)?.status;
}
