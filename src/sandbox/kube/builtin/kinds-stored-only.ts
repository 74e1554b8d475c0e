import type { KubeObject, ResourceDefinition } from "../resource-definition.ts";
import { validatePolicy, validatePolicyBinding } from "./admission-policy-validation.ts";
import { ageSince, humanDuration } from "./age.ts";
import { orNone, selectorText } from "./cell-text.ts";
import { type BuiltinKind, defineKind } from "./define-kind.ts";
import { listAt, numberAt, stringAt, valueAt } from "./fields.ts";
import { defaultPolicy, defaultPolicyBinding } from "./other-defaults.ts";

const cluster = { version: "v1", clusterScoped: true } as const;
const storage = { ...cluster, group: "storage.k8s.io" } as const;
const policies = {
  ...cluster,
  group: "admissionregistration.k8s.io",
  categories: ["api-extensions"],
  generation: true,
} as const;
const devices = { group: "resource.k8s.io", version: "v1" } as const;
const flowControl = { ...cluster, group: "flowcontrol.apiserver.k8s.io", status: true, generation: true } as const;

/**
 * Kinds that clusters have beside what workloads need. They are stored as they are given, so that manifests with them can be
 * applied: nothing validates them, fills in their defaults or acts on them, except for ValidatingAdmissionPolicies.
 */
export const storedOnlyKinds: readonly ResourceDefinition[] = [
  defineKind({
    ...cluster,
    group: "node.k8s.io",
    kind: "RuntimeClass",
    model: "V1RuntimeClass",
    plural: "runtimeclasses",
    columns: [["Name"], ["Handler"], ["Age"]],
    cells: (object, now) => [object.metadata.name, stringAt(object, "handler") ?? "", age(object, now)],
  }),
  defineKind({
    ...storage,
    kind: "CSIDriver",
    model: "V1CSIDriver",
    plural: "csidrivers",
    generation: true,
    columns: [
      ["Name"],
      ["AttachRequired", "boolean"],
      ["PodInfoOnMount", "boolean"],
      ["StorageCapacity", "boolean"],
      ["TokenRequests"],
      ["RequiresRepublish", "boolean"],
      ["Modes"],
      ["Age"],
    ],
    cells: csiDriverCells,
  }),
  defineKind({
    ...storage,
    kind: "CSINode",
    model: "V1CSINode",
    plural: "csinodes",
    columns: [["Name"], ["Drivers", "integer"], ["Age"]],
    cells: (object, now) => [object.metadata.name, listAt(object, "spec", "drivers").length, age(object, now)],
  }),
  defineKind({
    group: "storage.k8s.io",
    version: "v1",
    kind: "CSIStorageCapacity",
    model: "V1CSIStorageCapacity",
    plural: "csistoragecapacities",
    // The API server has no table of its own for these.
    columns: [["Name"], ["Created At", "date"]],
    cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? null],
  }),
  defineKind({
    ...storage,
    kind: "VolumeAttachment",
    model: "V1VolumeAttachment",
    plural: "volumeattachments",
    status: true,
    columns: [["Name"], ["Attacher"], ["PV"], ["Node"], ["Attached", "boolean"], ["Age"]],
    formats: { Attacher: "name" },
    cells: (object, now) => [
      object.metadata.name,
      stringAt(object, "spec", "attacher") ?? "",
      stringAt(object, "spec", "source", "persistentVolumeName") ?? "",
      stringAt(object, "spec", "nodeName") ?? "",
      valueAt(object, "status", "attached") === true,
      age(object, now),
    ],
  }),
  defineKind({
    ...storage,
    kind: "VolumeAttributesClass",
    model: "V1VolumeAttributesClass",
    plural: "volumeattributesclasses",
    shortNames: ["vac"],
    columns: [["Name"], ["DriverName"], ["Age"]],
    cells: (object, now) => [object.metadata.name, stringAt(object, "driverName") ?? "", age(object, now)],
  }),
  ...admissionPolicies("Validating", "validations"),
  ...admissionPolicies("Mutating", "mutations"),
  defineKind({
    ...cluster,
    group: "networking.k8s.io",
    kind: "IPAddress",
    model: "V1IPAddress",
    plural: "ipaddresses",
    shortNames: ["ip"],
    columns: [["Name"], ["ParentRef"]],
    cells: (object) => [object.metadata.name, parentText(object)],
  }),
  defineKind({
    ...cluster,
    group: "networking.k8s.io",
    kind: "ServiceCIDR",
    model: "V1ServiceCIDR",
    plural: "servicecidrs",
    status: true,
    columns: [["Name"], ["CIDRs"], ["Age"]],
    cells: (object, now) => [object.metadata.name, listAt(object, "spec", "cidrs").join(","), age(object, now)],
  }),
  defineKind({
    ...cluster,
    group: "certificates.k8s.io",
    kind: "CertificateSigningRequest",
    model: "V1CertificateSigningRequest",
    plural: "certificatesigningrequests",
    shortNames: ["csr"],
    status: true,
    columns: [["Name"], ["Age"], ["SignerName"], ["Requestor"], ["RequestedDuration"], ["Condition"]],
    cells: signingRequestCells,
    selectableFields: (object) => ({ "spec.signerName": stringAt(object, "spec", "signerName") ?? "" }),
  }),
  defineKind({
    ...devices,
    clusterScoped: true,
    generation: true,
    kind: "DeviceClass",
    model: "V1DeviceClass",
    plural: "deviceclasses",
  }),
  defineKind({
    ...devices,
    kind: "ResourceClaim",
    model: "ResourceV1ResourceClaim",
    plural: "resourceclaims",
    status: true,
    columns: [["Name"], ["State"], ["Age"]],
    cells: (object, now) => [object.metadata.name, claimState(object), age(object, now)],
  }),
  defineKind({
    ...devices,
    kind: "ResourceClaimTemplate",
    model: "V1ResourceClaimTemplate",
    plural: "resourceclaimtemplates",
  }),
  defineKind({
    ...devices,
    clusterScoped: true,
    generation: true,
    kind: "ResourceSlice",
    model: "V1ResourceSlice",
    plural: "resourceslices",
    columns: [["Name"], ["Node"], ["Driver"], ["Pool"], ["Age"]],
    cells: (object, now) => [
      object.metadata.name,
      stringAt(object, "spec", "nodeName") ?? "",
      stringAt(object, "spec", "driver") ?? "",
      stringAt(object, "spec", "pool", "name") ?? "",
      age(object, now),
    ],
  }),
  defineKind({
    ...flowControl,
    kind: "FlowSchema",
    model: "V1FlowSchema",
    plural: "flowschemas",
    columns: [["Name"], ["PriorityLevel"], ["MatchingPrecedence"], ["DistinguisherMethod"], ["Age"], ["MissingPL"]],
    cells: (object, now) => [
      object.metadata.name,
      stringAt(object, "spec", "priorityLevelConfiguration", "name") ?? "",
      numberAt(object, "spec", "matchingPrecedence") ?? 0,
      orNone(stringAt(object, "spec", "distinguisherMethod", "type")),
      age(object, now),
      conditionStatus(object, "Dangling") ?? "?",
    ],
  }),
  defineKind({
    ...flowControl,
    kind: "PriorityLevelConfiguration",
    model: "V1PriorityLevelConfiguration",
    plural: "prioritylevelconfigurations",
    columns: [
      ["Name"],
      ["Type"],
      ["NominalConcurrencyShares"],
      ["Queues"],
      ["HandSize"],
      ["QueueLengthLimit"],
      ["Age"],
    ],
    cells: (object, now) => {
      const limited = valueAt(object, "spec", "limited");
      const queuing = (field: string): unknown => numberAt(limited, "limitResponse", "queuing", field) ?? "<none>";
      return [
        object.metadata.name,
        stringAt(object, "spec", "type") ?? "",
        limited === undefined ? "<none>" : (numberAt(limited, "nominalConcurrencyShares") ?? 0),
        queuing("queues"),
        queuing("handSize"),
        queuing("queueLengthLimit"),
        age(object, now),
      ];
    },
  }),
];

function age(object: KubeObject, now: number): string {
  return ageSince(object.metadata.creationTimestamp, now);
}

function admissionPolicies(prefix: "Validating" | "Mutating", parts: string): readonly ResourceDefinition[] {
  // The API server still stores the mutating ones in the form of their beta version.
  const stored: Partial<BuiltinKind> =
    prefix === "Mutating" ? { storedIn: [policies.group, "v1beta1"] } : { status: true };
  const counted = `${parts.charAt(0).toUpperCase()}${parts.slice(1)}`;
  const { status: _status, ...binding } = stored;
  return [
    defineKind({
      ...policies,
      ...stored,
      kind: `${prefix}AdmissionPolicy`,
      model: `V1${prefix}AdmissionPolicy`,
      plural: `${prefix.toLowerCase()}admissionpolicies`,
      ...(prefix === "Validating" ? { defaults: defaultPolicy, validate: validatePolicy } : {}),
      columns: [["Name"], [counted, "integer"], ["ParamKind"], ["Age"]],
      cells: (object, now) => {
        const kind = stringAt(object, "spec", "paramKind", "kind");
        const version = stringAt(object, "spec", "paramKind", "apiVersion") ?? "";
        const paramKind = kind === undefined ? "<unset>" : `${version}/${kind}`;
        return [object.metadata.name, listAt(object, "spec", parts).length, paramKind, age(object, now)];
      },
    }),
    defineKind({
      ...policies,
      ...binding,
      kind: `${prefix}AdmissionPolicyBinding`,
      model: `V1${prefix}AdmissionPolicyBinding`,
      plural: `${prefix.toLowerCase()}admissionpolicybindings`,
      ...(prefix === "Validating" ? { defaults: defaultPolicyBinding, validate: validatePolicyBinding } : {}),
      columns: [["Name"], ["PolicyName"], ["ParamRef"], ["Age"]],
      cells: (object, now) => [
        object.metadata.name,
        stringAt(object, "spec", "policyName") ?? "",
        paramRefText(object),
        age(object, now),
      ],
    }),
  ];
}

function paramRefText(binding: KubeObject): string {
  const reference = valueAt(binding, "spec", "paramRef");
  const name = stringAt(reference, "name") ?? "";
  if (name !== "") return `${stringAt(reference, "namespace") || "*"}/${name}`;
  const selector = valueAt(reference, "selector");
  return selector === undefined ? "<unset>" : selectorText(selector);
}

function csiDriverCells(driver: KubeObject, now: number): readonly unknown[] {
  const flag = (field: string, otherwise: boolean): unknown => valueAt(driver, "spec", field) ?? otherwise;
  const tokens = valueAt(driver, "spec", "tokenRequests");
  return [
    driver.metadata.name,
    flag("attachRequired", true),
    flag("podInfoOnMount", false),
    flag("storageCapacity", false),
    tokens === undefined
      ? "<unset>"
      : listAt(tokens)
          .map((token) => stringAt(token, "audience") ?? "")
          .join(","),
    flag("requiresRepublish", false),
    orNone(listAt(driver, "spec", "volumeLifecycleModes").join(",")),
    age(driver, now),
  ];
}

/** As `services/default/web`: what the address was given to. */
function parentText(address: KubeObject): string {
  const reference = valueAt(address, "spec", "parentRef");
  if (reference === undefined) return "<none>";
  const [group, resource, namespace, name] = ["group", "resource", "namespace", "name"].map(
    (field) => stringAt(reference, field) ?? "",
  );
  const kind = (group === "" ? resource : `${resource}.${group}`) ?? "";
  return [kind.toLowerCase(), ...(namespace === "" ? [] : [namespace]), name].join("/");
}

function signingRequestCells(request: KubeObject, now: number): readonly unknown[] {
  const seconds = numberAt(request, "spec", "expirationSeconds");
  const conditions = listAt(request, "status", "conditions").map((condition) => stringAt(condition, "type") ?? "");
  const answer = conditions.includes("Denied") ? "Denied" : conditions.includes("Approved") ? "Approved" : "Pending";
  const issued = stringAt(request, "status", "certificate") === undefined ? [] : ["Issued"];
  const failed = conditions.includes("Failed") ? ["Failed"] : [];
  return [
    request.metadata.name,
    age(request, now),
    orNone(stringAt(request, "spec", "signerName")),
    stringAt(request, "spec", "username") ?? "",
    seconds === undefined ? "<none>" : humanDuration(seconds * 1000),
    [answer, ...failed, ...issued].join(","),
  ];
}

function claimState(claim: KubeObject): string {
  const states: string[] = [];
  if (claim.metadata.deletionTimestamp !== undefined) states.push("deleted");
  if (valueAt(claim, "status", "allocation") !== undefined) states.push("allocated");
  else if (claim.metadata.deletionTimestamp === undefined) states.push("pending");
  if (listAt(claim, "status", "reservedFor").length > 0) states.push("reserved");
  return states.join(",");
}

function conditionStatus(object: KubeObject, type: string): string | undefined {
  return stringAt(
    listAt(object, "status", "conditions").find((condition) => stringAt(condition, "type") === type),
    "status",
  );
}
