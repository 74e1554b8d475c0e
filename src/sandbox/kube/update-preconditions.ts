import type { ServedResource } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";
import { conflict, invalid, modified, StatusError } from "./status-error.ts";

/** Kinds that a PUT creates when missing (`AllowCreateOnUpdate`). */
const CREATED_BY_PUT = new Set([
  "/events",
  "/endpoints",
  "/limitranges",
  "/services",
  "coordination.k8s.io/leases",
  "node.k8s.io/runtimeclasses",
  "rbac.authorization.k8s.io/roles",
  "rbac.authorization.k8s.io/rolebindings",
  "rbac.authorization.k8s.io/clusterroles",
  "rbac.authorization.k8s.io/clusterrolebindings",
]);

/** Kinds that are never overwritten blindly (`AllowUnconditionalUpdate` is false), beside all custom resources. */
const CONDITIONAL = new Set([
  "coordination.k8s.io/leases",
  "apiextensions.k8s.io/customresourcedefinitions",
  "admissionregistration.k8s.io/mutatingwebhookconfigurations",
  "admissionregistration.k8s.io/validatingwebhookconfigurations",
  "admissionregistration.k8s.io/mutatingadmissionpolicies",
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings",
  "admissionregistration.k8s.io/validatingadmissionpolicies",
  "admissionregistration.k8s.io/validatingadmissionpolicybindings",
  "node.k8s.io/runtimeclasses",
  "policy/poddisruptionbudgets",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/volumeattachments",
]);

/** Where etcd has objects whose key is not their plural. */
const KEYS: Readonly<Record<string, string>> = {
  "/nodes": "minions",
  "/services": "services/specs",
  "/endpoints": "services/endpoints",
  "/replicationcontrollers": "controllers",
  "networking.k8s.io/ingresses": "ingress",
};

interface Target {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Whether a PUT of what is not there creates it. */
export function isCreatedByPut({ resource }: Target, subresource: string): boolean {
  return subresource === "" && !resource.custom && CREATED_BY_PUT.has(resource.storageKey);
}

/** The uid in the body of a PUT says which object is meant; one that is not there has none. */
export function checkUid(
  { resource, namespace, name }: Target,
  current: KubeObject | undefined,
  wanted: KubeObject,
): void {
  const { uid } = wanted.metadata;
  const present = current?.metadata.uid ?? "";
  if (uid === undefined || uid === "" || uid === present) return;
  const grouped = resource.custom || resource.storageKey.startsWith("apiextensions.k8s.io/");
  const plural = KEYS[resource.storageKey] ?? (grouped ? resource.storageKey : resource.resource);
  const key = ["/registry", plural, ...(namespace === undefined ? [] : [namespace]), name].join("/");
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${present}`;
  throw conflict(
    resource,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
}

/** The version in a change says which state it is meant for; some kinds are not changed without. */
export function checkVersion({ resource, name }: Target, current: KubeObject, wanted: KubeObject): void {
  const version = wanted.metadata.resourceVersion ?? "";
  if (version === "" || version === "0") {
    if (!resource.custom && !CONDITIONAL.has(resource.storageKey)) return;
    throw invalid({ ...resource, kind: resource.resource }, name, [
      {
        field: "metadata.resourceVersion",
        type: "FieldValueInvalid",
        detail: "Invalid value: 0: must be specified for an update",
      },
    ]);
  }
  if (!/^\d+$/.test(version)) {
    throw new StatusError(500, "", `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
  }
  if (version !== current.metadata.resourceVersion) throw modified(resource, name);
}
