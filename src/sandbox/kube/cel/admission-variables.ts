import { type CelType, celTypes, parseType } from "./types.ts";

const { string, timestamp, int, bool, dyn } = celTypes;
const strings = parseType("list<string>");
const stringMap = parseType("map<string, string>");

function object(name: string, fields: Readonly<Record<string, CelType>>): CelType {
  return { kind: "object", name, fields: new Map(Object.entries(fields)) };
}

const kind = object("kubernetes.GroupVersionKind", { group: string, version: string, kind: string });
const resource = object("kubernetes.GroupVersionResource", { group: string, version: string, resource: string });

const request = object("kubernetes.AdmissionRequest", {
  kind,
  resource,
  subResource: string,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo: object("kubernetes.UserInfo", {
    username: string,
    uid: string,
    groups: strings,
    extra: parseType("map<string, list<string>>"),
  }),
  dryRun: bool,
  options: dyn,
});

const namespaceObject = object("kubernetes.Namespace", {
  metadata: object("kubernetes.NamespaceMetadata", {
    name: string,
    generateName: string,
    namespace: string,
    labels: stringMap,
    annotations: stringMap,
    UID: string,
    creationTimestamp: timestamp,
    deletionGracePeriodSeconds: int,
    deletionTimestamp: timestamp,
    generation: int,
    resourceVersion: string,
    finalizers: strings,
  }),
  spec: object("kubernetes.NamespaceSpec", { finalizers: strings }),
  status: object("kubernetes.NamespaceStatus", {
    conditions: {
      kind: "list",
      item: object("kubernetes.NamespaceCondition", {
        status: string,
        type: string,
        lastTransitionTime: timestamp,
        message: string,
        reason: string,
      }),
    },
    phase: string,
  }),
});

/** The variables that expressions of webhooks and policies have, with their types. */
export function admissionVariables(has: {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** The types of the policy's own variables. Absent without any: then there is no `variables`. */
  readonly variables?: ReadonlyMap<string, CelType>;
}): ReadonlyMap<string, CelType> {
  const result = new Map([
    ["object", dyn],
    ["oldObject", dyn],
    ["namespaceObject", namespaceObject],
    ["request", request],
  ]);
  if (has.params) result.set("params", dyn);
  if (has.authorizer) {
    result.set("authorizer", parseType("kubernetes.authorization.Authorizer"));
    result.set("authorizer.requestResource", parseType("kubernetes.authorization.ResourceCheck"));
  }
  if (has.variables !== undefined) {
    result.set("variables", { kind: "object", name: "kubernetes.variables", fields: has.variables });
  }
  return result;
}

/** A type as the API server's own messages name it, which is not how those of the checker do. */
export function runtimeTypeText(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${runtimeTypeText(type.item)})`;
    case "map":
      return `map(${runtimeTypeText(type.key)}, ${runtimeTypeText(type.value)})`;
    case "opaque":
      return type.parameter === undefined ? type.name : `${type.name}(${runtimeTypeText(type.parameter)})`;
    case "type":
      return `type(${runtimeTypeText(type.of)})`;
    case "scalar":
      if (type === celTypes.null) return "null_type";
      if (type === timestamp) return "google.protobuf.Timestamp";
      return type === celTypes.duration ? "google.protobuf.Duration" : type.name;
    case "object":
      return type.name;
    default:
      return "dyn";
  }
}
