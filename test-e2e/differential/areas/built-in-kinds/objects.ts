import { parseAllDocuments } from "yaml";

export interface Sample {
  readonly apiVersion: string;
  readonly plural: string;
  readonly object: { readonly metadata: { readonly name: string } } & Readonly<Record<string, unknown>>;
  readonly clusterScoped: boolean;
}

const plurals: Readonly<Record<string, string>> = {
  EndpointSlice: "endpointslices",
  Endpoints: "endpoints",
  Ingress: "ingresses",
  IngressClass: "ingressclasses",
  NetworkPolicy: "networkpolicies",
  PriorityClass: "priorityclasses",
  StorageClass: "storageclasses",
};

const clusterScoped = new Set([
  "ClusterRole",
  "ClusterRoleBinding",
  "IngressClass",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "StorageClass",
]);

/** Objects as YAML; where to send them follows from the kind. */
export function samples(text: string): readonly Sample[] {
  return parseAllDocuments(text).map((document) => {
    const object = document.toJS() as Sample["object"] & { readonly apiVersion: string; readonly kind: string };
    const { apiVersion, kind } = object;
    return {
      apiVersion,
      plural: plurals[kind] ?? `${kind.toLowerCase()}s`,
      object,
      clusterScoped: clusterScoped.has(kind),
    };
  });
}
