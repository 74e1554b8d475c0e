import type { Kind, KubeObject, ObjectMeta } from "../api/object.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
/** Annotation of the VPC resource controller: the branch network interfaces of a pod with security groups of its own. */
const podNetworkInterface = "vpc.amazonaws.com/pod-eni";

type Fields = Readonly<Record<string, unknown>>;

/**
 * What the caches keep of an object: all but what no part of Fairlead reads. Each kind loses its managed fields and the
 * copy that `kubectl apply` keeps; kinds of which a cluster has many keep only the named fields.
 */
export function trimmed<T extends KubeObject>(kind: Kind<T>): (object: T) => T {
  const keep = kind.group === "" || kind.group === "discovery.k8s.io" ? keepers[kind.kind] : undefined;
  return (object) => (keep === undefined ? trimMeta(object) : keep(object)) as T;
}

/** By kind: the object with what is kept. */
const keepers: Readonly<Record<string, (object: KubeObject) => KubeObject>> = {
  Pod(object) {
    const { spec, status, metadata } = object as KubeObject & { spec?: Fields; status?: Fields };
    const meta = pick(metadata, [
      "name",
      "namespace",
      "uid",
      "resourceVersion",
      "creationTimestamp",
      "deletionTimestamp",
    ]);
    const networkInterface = metadata.annotations?.[podNetworkInterface];
    return {
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: {
        ...meta,
        ...(networkInterface === undefined ? {} : { annotations: { [podNetworkInterface]: networkInterface } }),
      } as unknown as ObjectMeta,
      spec: {
        ...pick(spec, ["nodeName", "readinessGates", "hostNetwork"]),
        ...containers(spec, "containers"),
        ...containers(spec, "initContainers"),
      },
      status: pick(status, ["phase", "podIP", "podIPs", "conditions"]),
    } as KubeObject;
  },
  Node(object) {
    const { spec, status } = object as KubeObject & { spec?: Fields; status?: Fields };
    return {
      ...pick(object, ["apiVersion", "kind"]),
      metadata: leanMeta(object.metadata),
      spec: pick(spec, ["providerID", "unschedulable", "taints"]),
      status: {
        ...pick(status, ["addresses"]),
        conditions: ((status?.["conditions"] ?? []) as readonly Fields[])
          // The heartbeat of a condition changes every few minutes and says nothing.
          .map((condition) => pick(condition, ["type", "status", "reason", "message", "lastTransitionTime"])),
      },
    } as unknown as KubeObject;
  },
  EndpointSlice(object) {
    const { endpoints } = object as KubeObject & { endpoints?: readonly Fields[] };
    return {
      ...trimMeta(object),
      endpoints: (endpoints ?? []).map((endpoint) =>
        pick(endpoint, ["addresses", "conditions", "targetRef", "nodeName", "zone"]),
      ),
    } as KubeObject;
  },
  Namespace: (object) => trimMeta(object),
  Service: (object) => trimMeta(object),
};

function containers(spec: Fields | undefined, field: string): Fields {
  const list = spec?.[field] as readonly Fields[] | undefined;
  if (list === undefined) return {};
  return {
    [field]: list.map((container) => ({
      ...pick(container, ["name", "restartPolicy"]),
      ...("ports" in container
        ? {
            ports: (container["ports"] as readonly Fields[]).map((port) =>
              pick(port, ["name", "containerPort", "protocol"]),
            ),
          }
        : {}),
    })),
  };
}

function trimMeta(object: KubeObject): KubeObject {
  return { ...object, metadata: leanMeta(object.metadata) };
}

function leanMeta(metadata: ObjectMeta): ObjectMeta {
  const {
    managedFields: _managed,
    selfLink: _self,
    annotations,
    ...rest
  } = metadata as ObjectMeta & {
    managedFields?: unknown;
    selfLink?: unknown;
  };
  if (annotations === undefined) return rest;
  const { [lastApplied]: _applied, ...others } = annotations;
  return { ...rest, annotations: others };
}

function pick(value: object | undefined, fields: readonly string[]): Fields {
  const source = (value ?? {}) as Fields;
  return Object.fromEntries(
    fields.filter((field) => source[field] !== undefined).map((field) => [field, source[field]]),
  );
}
