import { canonicalJson } from "../../json.ts";
import { fieldsAt, listAt, numberAt, objectsAt, stringAt, valueAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { isPodReady, nodeNameOf } from "./pod-state.ts";

export const maxEndpoints = 100;

export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** The endpoints that share resolved ports: the contents of one or more slices. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hostname?: string;
  readonly targetRef: { readonly kind: "Pod"; readonly namespace: string; readonly name: string; readonly uid: string };
}

export interface SlicePlan {
  /** Contents of new slices. */
  readonly create: readonly EndpointGroup[];
  readonly update: readonly { readonly slice: KubeObject; readonly group: EndpointGroup }[];
  readonly delete: readonly KubeObject[];
}

/** The Pods' endpoints by the ports to which the Service's target ports resolve in them. */
export function endpointGroups(
  service: KubeObject,
  pods: readonly KubeObject[],
  zoneOf: (node: string) => string | undefined,
): readonly EndpointGroup[] {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Endpoint[] }>();
  const publish = valueAt(service, "spec", "publishNotReadyAddresses") === true;
  for (const pod of pods) {
    const address = stringAt(pod, "status", "podIP");
    if (address === undefined || address === "") continue;
    const ports = resolvePorts(service, pod);
    const key = canonicalJson(ports);
    let group = groups.get(key);
    if (group === undefined) {
      group = { ports, endpoints: [] };
      groups.set(key, group);
    }
    group.endpoints.push(endpointOf(service, pod, address, publish, zoneOf));
  }
  return [...groups.values()];
}

function endpointOf(
  service: KubeObject,
  pod: KubeObject,
  address: string,
  publish: boolean,
  zoneOf: (node: string) => string | undefined,
): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const nodeName = nodeNameOf(pod);
  const zone = nodeName === undefined ? undefined : zoneOf(nodeName);
  const hostname = stringAt(pod, "spec", "hostname");
  const named = hostname !== undefined && stringAt(pod, "spec", "subdomain") === service.metadata.name;
  return {
    addresses: [address],
    conditions: { ready: publish || (serving && !terminating), serving: publish || serving, terminating },
    ...(named ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: {
      kind: "Pod",
      namespace: pod.metadata.namespace ?? "",
      name: pod.metadata.name,
      uid: pod.metadata.uid ?? "",
    },
    ...(zone === undefined ? {} : { zone }),
  };
}

/** Target ports as numbers; a named port that the Pod does not have is left out, as Kubernetes does. */
export function resolvePorts(service: KubeObject, pod: KubeObject): readonly EndpointPort[] {
  const resolved: EndpointPort[] = [];
  for (const port of objectsAt(service, "spec", "ports")) {
    const protocol = stringAt(port, "protocol") ?? "TCP";
    const target = port["targetPort"] ?? port["port"];
    const number = typeof target === "number" ? target : namedPort(pod, String(target as string), protocol);
    if (number === undefined) continue;
    const appProtocol = stringAt(port, "appProtocol");
    resolved.push({
      name: stringAt(port, "name") ?? "",
      port: number,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    });
  }
  return resolved;
}

function namedPort(pod: KubeObject, name: string, protocol: string): number | undefined {
  for (const container of [...listAt(pod, "spec", "containers"), ...listAt(pod, "spec", "initContainers")]) {
    for (const port of listAt(container, "ports")) {
      if (stringAt(port, "name") === name && (stringAt(port, "protocol") ?? "TCP") === protocol) {
        return numberAt(port, "containerPort");
      }
    }
  }
  return undefined;
}

/**
 * Brings slices to the wanted groups with few writes: endpoints stay in the slice that has them, new ones fill slices that change
 * anyway or have room, emptied slices go. Without any endpoint one empty slice remains, which tells clients that the Service is known.
 */
export function planSlices(groups: readonly EndpointGroup[], existing: readonly KubeObject[]): SlicePlan {
  const create: EndpointGroup[] = [];
  const update: { slice: KubeObject; group: EndpointGroup }[] = [];
  const unclaimed = new Set(existing);
  const wanted = groups.length === 0 ? [{ ports: [], endpoints: [] }] : groups;
  for (const group of wanted) {
    const key = canonicalJson(group.ports);
    const own = existing.filter((slice) => canonicalJson(portsOf(slice)) === key);
    const left = new Map(group.endpoints.map((endpoint) => [endpoint.targetRef.uid, endpoint]));
    const kept = own.map((slice) => {
      unclaimed.delete(slice);
      const endpoints: Endpoint[] = [];
      for (const endpoint of listAt(slice, "endpoints")) {
        const uid = stringAt(endpoint, "targetRef", "uid") ?? "";
        const next = left.get(uid);
        if (next === undefined) continue;
        left.delete(uid);
        endpoints.push(next);
      }
      return { slice, endpoints, changed: canonicalJson(endpoints) !== canonicalJson(listAt(slice, "endpoints")) };
    });
    const fill = [...left.values()];
    for (const target of [...kept].sort((a, b) => Number(b.changed) - Number(a.changed))) {
      const room = maxEndpoints - target.endpoints.length;
      if (fill.length === 0 || room <= 0) continue;
      target.endpoints.push(...fill.splice(0, room));
      target.changed = true;
    }
    for (const { slice, endpoints, changed } of kept) {
      if (endpoints.length === 0 && (group.endpoints.length > 0 || own.indexOf(slice) > 0)) unclaimed.add(slice);
      else if (changed) update.push({ slice, group: { ports: group.ports, endpoints } });
    }
    while (fill.length > 0) create.push({ ports: group.ports, endpoints: fill.splice(0, maxEndpoints) });
    if (group.endpoints.length === 0 && own.length === 0) create.push(group);
  }
  // Slices that would go take new contents instead.
  const spare = [...unclaimed];
  const reused = spare.splice(0, create.length);
  for (const [index, slice] of reused.entries()) {
    const group = create[index];
    if (group !== undefined) update.push({ slice, group });
  }
  return { create: create.slice(reused.length), update, delete: spare };
}

function portsOf(slice: KubeObject): readonly EndpointPort[] {
  return listAt(slice, "ports").map((port) => {
    const appProtocol = stringAt(port, "appProtocol");
    return {
      name: stringAt(port, "name") ?? "",
      port: numberAt(port, "port") ?? 0,
      protocol: stringAt(port, "protocol") ?? "TCP",
      ...(appProtocol === undefined ? {} : { appProtocol }),
    };
  });
}

/** Labels that the slices of a Service bear beside the Service's own. */
export function sliceLabels(service: KubeObject): Record<string, string> {
  const headless = stringAt(fieldsAt(service, "spec"), "clusterIP") === "None";
  return {
    ...service.metadata.labels,
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    "kubernetes.io/service-name": service.metadata.name,
    ...(headless ? { "service.kubernetes.io/headless": "" } : {}),
  };
}
