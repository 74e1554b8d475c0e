import type { AdmissionSubject } from "../admission.ts";
import { isObject, type JsonObject } from "../json-value.ts";
import type { KubeObject } from "../resource-definition.ts";
import { type StatusDetails, StatusError } from "../status-error.ts";
import { type Invocation, requestKind } from "./rules.ts";

/** The answer of a webhook, after its form has been checked. */
export interface Response {
  readonly allowed: boolean;
  readonly status: JsonObject | undefined;
  /** Decoded from base64; empty without one. */
  readonly patch: string;
  readonly patchType: string;
  readonly warnings: readonly string[];
}

type Version = "v1" | "v1beta1";

const OPTIONS = {
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
  CONNECT: "ConnectOptions",
} as const;

/** The version of AdmissionReview to speak: the first that the webhook lists and the API server knows. */
export function reviewVersion(versions: readonly string[] | undefined): Version | undefined {
  return versions?.find((version) => version === "v1" || version === "v1beta1");
}

/** What a webhook is asked. */
export function admissionReview(
  uid: string,
  version: Version,
  subject: AdmissionSubject,
  invocation: Invocation,
): JsonObject {
  const { resource, operation, context, name, namespace, subresource } = subject;
  const isNamespace = resource.storageKey === "/namespaces";
  const inNamespace = namespace ?? (isNamespace && name !== "" ? name : undefined);
  const { group, version: served, plural } = resource.definition;
  const seen = invocation.resource.definition;
  return {
    kind: "AdmissionReview",
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      kind: invocation.kind,
      resource: { group: seen.group, version: seen.version, resource: seen.plural },
      ...(subresource === "" ? {} : { subResource: subresource }),
      requestKind: requestKind(subject),
      requestResource: { group, version: served, resource: plural },
      ...(subresource === "" ? {} : { requestSubResource: subresource }),
      ...(name === "" ? {} : { name }),
      ...(inNamespace === undefined ? {} : { namespace: inNamespace }),
      operation,
      userInfo: context.user,
      object: shown(subject.object, subject, invocation),
      oldObject: shown(subject.oldObject, subject, invocation),
      dryRun: context.dryRun,
      options: { kind: OPTIONS[operation], apiVersion: "meta.k8s.io/v1", ...subject.options },
    },
  };
}

/** An object in the version in which a webhook wants to see it. */
export function shown(
  object: KubeObject | undefined,
  { resource, kind }: AdmissionSubject,
  invocation: Invocation,
): KubeObject | null {
  if (object === undefined) return null;
  const { name, ...metadata } = object.metadata;
  const named = name === "" ? { ...object, metadata: metadata as KubeObject["metadata"] } : object;
  if (kind !== undefined || invocation.resource === resource) return named;
  return invocation.resource.fromStorage(resource.toStorage(named));
}

/** Checks the form of a webhook's answer (`VerifyAdmissionResponse`). Throws an Error with the API server's text. */
export function checkedResponse(answer: unknown, uid: string, version: Version, mutating: boolean): Response {
  const review = isObject(answer) ? answer : {};
  const response = review["response"];
  if (!isObject(response)) throw new Error("webhook response was absent");
  const patch = decodedPatch(response["patch"]);
  const patchType = response["patchType"];
  if (version === "v1") {
    if ((response["uid"] ?? "") !== uid) {
      throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response["uid"] ?? "")}`);
    }
    const given = kindText(review);
    const wanted = kindText({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" });
    if (given !== wanted) throw new Error(`expected webhook response of ${wanted}, got ${given}`);
    if (mutating) checkPatchAndType(patch, patchType);
    else {
      if (patch !== "") throw new Error("validating webhook may not return response.patch");
      if (typeof patchType === "string") throw new Error("validating webhook may not return response.patchType");
    }
  }
  return {
    allowed: response["allowed"] === true,
    status: isObject(response["status"]) ? response["status"] : undefined,
    patch: mutating ? patch : "",
    patchType: version === "v1" && typeof patchType === "string" ? patchType : "JSONPatch",
    warnings: Array.isArray(response["warnings"]) ? (response["warnings"] as string[]) : [],
  };
}

function checkPatchAndType(patch: string, patchType: unknown): void {
  if (patch !== "" && typeof patchType !== "string") {
    throw new Error("webhook returned response.patch but not response.patchType");
  }
  if (patch === "" && typeof patchType === "string") {
    throw new Error("webhook returned response.patchType but not response.patch");
  }
  if (patchType === "") throw new Error(`webhook returned invalid response.patchType of ""`);
}

/** What the API server's client says of an answer that is no AdmissionReview. Throws an Error. */
export function checkReview(answer: unknown, version: Version): void {
  const { apiVersion = "", kind = "", response } = isObject(answer) ? answer : {};
  const group = "admission.k8s.io/";
  if (typeof apiVersion === "string" && typeof kind === "string" && (apiVersion !== "" || kind !== "")) {
    const known = kind === "AdmissionReview" && (apiVersion === `${group}v1` || apiVersion === `${group}v1beta1`);
    if (!known) {
      const where = JSON.stringify(apiVersion);
      throw new Error(
        `no kind ${JSON.stringify(kind)} is registered for version ${where} in scheme "pkg/runtime/scheme.go:111"`,
      );
    }
    const given = apiVersion.slice(group.length);
    if (given !== version) {
      throw new Error(`converting (${given}.AdmissionReview) to (${version}.AdmissionReview): unknown conversion`);
    }
  }
  if (!isObject(response)) return;
  for (const [member, type] of Object.entries(RESPONSE_TYPES)) {
    const value = response[member];
    if (value === undefined || value === null || typeof value === type) continue;
    const goType = type === "boolean" ? "bool" : type;
    const actual = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    throw new Error(
      `json: cannot unmarshal ${actual} into Go struct field AdmissionResponse.response.${member} of type ${goType}`,
    );
  }
  const { patch } = response;
  if (typeof patch === "string") {
    const bad = /[^A-Za-z0-9+/=\r\n]/.exec(patch);
    if (bad !== null) throw new Error(`illegal base64 data at input byte ${bad.index}`);
  }
}

const RESPONSE_TYPES = { uid: "string", allowed: "boolean", patch: "string", patchType: "string" } as const;

function decodedPatch(patch: unknown): string {
  return typeof patch === "string" ? Buffer.from(patch, "base64").toString() : "";
}

function kindText({ apiVersion, kind }: JsonObject): string {
  const text = typeof apiVersion === "string" ? apiVersion : "";
  const name = typeof kind === "string" ? kind : "";
  const version = text.includes("/") || text === "" ? text : `/${text}`;
  return `${version === "" ? "/" : version}, Kind=${name}`;
}

/** The refusal of a webhook as the client gets it: its own status, with the name of the webhook in the message. */
export function denied(name: string, { status = {} }: Response): StatusError {
  const text = (member: string): string => {
    const value = status[member];
    return typeof value === "string" ? value : "";
  };
  const prefix = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = text("message") || text("reason");
  const given = status["code"];
  const code = typeof given === "number" && given >= 400 ? given : 400;
  const details = status["details"];
  const message = why === "" ? `${prefix} without explanation` : `${prefix}: ${why}`;
  return new StatusError(code, text("reason"), message, isObject(details) ? { details: details as StatusDetails } : {});
}
