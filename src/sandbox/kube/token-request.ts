import type { HttpResponse } from "../../http.ts";
import { jsonAnswer } from "./http-answer.ts";
import { isObject, type JsonObject, valueAt } from "./json-value.ts";
import { timestamp, type WriteTarget } from "./object-writer.ts";
import { partBody } from "./part-body.ts";
import { reviewedPart } from "./part-review.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { type EndpointDependencies, type ResourceCall, writeTarget } from "./resource-endpoint.ts";
import { badRequest, conflict, invalid, methodNotAllowed, notFound, type StatusError } from "./status-error.ts";
import { ISSUER, issueToken } from "./tokens.ts";

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const KIND = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" } as const;
/** What a token can be bound to, and so end with. */
const BOUND = new Set(["Pod", "Node", "Secret"]);

/** Answers a `TokenRequest`: a token that speaks for the service account. */
export async function tokenAnswer(deps: EndpointDependencies, call: ResourceCall): Promise<HttpResponse> {
  if (call.info.verb !== "create") throw methodNotAllowed(call.resource);
  const target: WriteTarget = { ...writeTarget(call), subresource: "" };
  const { body: sent, metadata } = partBody(call, KIND);
  const given = metadata["name"] ?? "";
  if (given !== "" && given !== target.name) {
    const detail = `Invalid value: ${JSON.stringify(given)}: must match the service account name if specified`;
    throw refused(target.name, { field: "metadata.name", type: "FieldValueInvalid", detail });
  }
  const account = deps.writer.get(target);
  const uid = account.metadata.uid ?? "";
  if ((metadata["uid"] ?? uid) !== uid) {
    const why = `the UID in the token request (${String(metadata["uid"])}) does not match the UID of the service account (${uid})`;
    throw conflict({ ...KIND, resource: KIND.kind }, target.name, why);
  }
  const body = await reviewedPart(deps, call, KIND, {
    body: {
      ...sent,
      spec: { expirationSeconds: DEFAULT_SECONDS, boundObjectRef: null, ...(sent["spec"] as JsonObject | undefined) },
      status: { token: "", expirationTimestamp: null },
    },
    name: target.name,
    completed: (object) => ({
      ...object,
      metadata: { ...object.metadata, name: target.name, uid, creationTimestamp: timestamp(deps.clock) },
    }),
  });
  const spec = isObject(body["spec"]) ? body["spec"] : {};
  const seconds = lifetime(spec);
  checkBound(deps, target, spec["boundObjectRef"]);
  const asked = Array.isArray(spec["audiences"]) ? (spec["audiences"] as string[]) : [];
  const audiences = asked.length > 0 ? asked : [ISSUER];
  const now = deps.clock.now();
  const expires = now + seconds * 1000;
  const owner = { namespace: target.namespace ?? "", name: target.name, uid };
  const token = issueToken({ ...owner, audiences, issuedAt: now, expires });
  return jsonAnswer(
    201,
    {
      kind: KIND.kind,
      apiVersion: `${KIND.group}/${KIND.version}`,
      metadata: {
        name: target.name,
        namespace: target.namespace,
        uid,
        creationTimestamp: timestamp(deps.clock),
        managedFields: [
          {
            manager: call.context.fieldManager,
            operation: "Update",
            apiVersion: `${KIND.group}/${KIND.version}`,
            time: timestamp(deps.clock),
            fieldsType: "FieldsV1",
            fieldsV1: ownedFields(asked, spec["boundObjectRef"]),
            subresource: "token",
          },
        ],
      },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec["boundObjectRef"] ?? null },
      status: { token, expirationTimestamp: `${new Date(expires).toISOString().slice(0, 19)}Z` },
    },
    call.context.warnings,
  );
}

function lifetime(spec: JsonObject): number {
  const seconds = typeof spec["expirationSeconds"] === "number" ? spec["expirationSeconds"] : DEFAULT_SECONDS;
  const problem =
    seconds < MIN_SECONDS
      ? "may not specify a duration less than 10 minutes"
      : seconds > MAX_SECONDS
        ? "may not specify a duration larger than 2^32 seconds"
        : undefined;
  if (problem === undefined) return seconds;
  const detail = `Invalid value: ${seconds}: ${problem}`;
  throw refused("", { field: "spec.expirationSeconds", type: "FieldValueInvalid", detail });
}

function checkBound({ storage }: EndpointDependencies, target: WriteTarget, reference: unknown): void {
  if (!isObject(reference)) return;
  const text = (name: string): string => (typeof reference[name] === "string" ? reference[name] : "");
  const [kind, name, uid, apiVersion] = [text("kind"), text("name"), text("uid"), text("apiVersion")];
  if (apiVersion.includes("/") || !BOUND.has(kind)) {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    throw badRequest(`cannot bind token to object of type ${group ?? ""}/${version ?? ""}, Kind=${kind}`);
  }
  const plural = `${kind.toLowerCase()}s`;
  const namespace = kind === "Node" ? "" : (target.namespace ?? "");
  const found: KubeObject | undefined = storage.collection(`/${plural}`).get(namespace, name);
  if (found === undefined) throw notFound({ group: "", resource: plural, kind }, name);
  if (kind === "Pod" && valueAt(found, ".spec.serviceAccountName") !== target.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(target.name)} to pod running with different serviceaccount name.`,
    );
  }
  if (uid === "" || uid === found.metadata.uid) return;
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  throw conflict({ group: "", resource: kind, kind }, name, why);
}

function ownedFields(audiences: readonly string[], reference: unknown): JsonObject {
  const members = isObject(reference) ? Object.keys(reference).map((name) => [`f:${name}`, {}]) : [];
  return {
    "f:spec": {
      ...(audiences.length === 0 ? {} : { "f:audiences": {} }),
      ...(members.length === 0 ? {} : { "f:boundObjectRef": { ".": {}, ...Object.fromEntries(members) } }),
      "f:expirationSeconds": {},
    },
  };
}

function refused(name: string, error: FieldError): StatusError {
  return invalid({ ...KIND, resource: "" }, name, [error]);
}
