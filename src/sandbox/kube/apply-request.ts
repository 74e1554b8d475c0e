import { errorMessage } from "../../errors.ts";
import { parseGoYaml } from "./go-yaml.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import { withoutNulls } from "./object-decoding.ts";
import { completeSchema } from "./object-meta.ts";
import type { ServedResource } from "./registry.ts";
import type { WriteContext } from "./request-context.ts";
import type { KubeObject, Schema } from "./resource-definition.ts";
import { pruneUnknown } from "./schema/prune.ts";
import { goType } from "./server-side-apply/go-value.ts";
import { applyConfiguration, type FieldWriter } from "./server-side-apply/managed-fields.ts";
import { problemText, typeProblems } from "./server-side-apply/typed-validation.ts";
import { badRequest, conflict, StatusError } from "./status-error.ts";

/** The body of a server-side apply. */
export interface ApplyRequest {
  readonly config: KubeObject;
  /** Keys that a map of the body has twice, in the words of field validation. */
  readonly repeated: readonly string[];
  readonly force: boolean;
}

/** Reads a configuration, which is YAML, as JSON is too. */
export function readConfiguration(body: string, force: boolean): ApplyRequest {
  const { value, repeated } = parsed(body);
  if (value !== null && value !== undefined && !isObject(value)) {
    const actual = Array.isArray(value) ? "array" : typeof value === "number" ? "number" : goType(value);
    const why = `json: cannot unmarshal ${actual} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  return { config: (value ?? {}) as KubeObject, repeated, force };
}

function parsed(body: string): ReturnType<typeof parseGoYaml> {
  try {
    return parseGoYaml(body);
  } catch (error) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${errorMessage(error)}`);
  }
}

/**
 * What applying a configuration makes of `live`, with its managed fields: kind, names and types checked, conflicts
 * refused with 409 unless `force`.
 */
export function appliedTo(
  live: KubeObject | undefined,
  request: ApplyRequest,
  target: { readonly resource: ServedResource; readonly namespace: string | undefined; readonly name: string },
  writer: FieldWriter,
  context: WriteContext,
): KubeObject {
  const { config, force } = request;
  const schema = completeSchema(target.resource.definition.schema);
  checkConfiguration(config, writer, schema);
  const withMetadata = isObject(config.metadata) ? config : withoutMetadata(config);
  const merged = applyConfiguration(live, withMetadata, writer, force);
  reportRepeated(request, context);
  const { resource } = target;
  const result = pruneUnknown(merged, schema, []) as KubeObject;
  const metadata = withoutNulls(result.metadata);
  // Only what is created, or applied anew, has no version yet.
  if (live === undefined) delete metadata["resourceVersion"];
  const object = { ...result, apiVersion: resource.apiVersion, kind: resource.kind, metadata } as unknown as KubeObject;
  return { ...object, metadata: { ...object.metadata, ...checkedNames(object, live, target) } };
}

/** A configuration that names no metadata applies none. */
function withoutMetadata(config: KubeObject): KubeObject {
  const { metadata: _metadata, ...rest } = config;
  return { ...rest, metadata: {} } as unknown as KubeObject;
}

function checkConfiguration(
  config: KubeObject,
  { apiVersion, kind, versions, custom }: FieldWriter,
  schema: Schema,
): void {
  const described = kindText(text(config["apiVersion"]), text(config["kind"]));
  if (config["apiVersion"] !== apiVersion || config["kind"] !== kind)
    throw badRequest(`invalid object type: ${described}`);
  const metadata: JsonObject = isObject(config.metadata) ? config.metadata : {};
  const managed = metadata["managedFields"];
  if (Array.isArray(managed)) throw badRequest("metadata.managedFields must be nil");
  const type = versions.convert(config, apiVersion)?.type;
  const problems = type === undefined ? [] : typeProblems(config, type, false);
  const subject = `${text(metadata["namespace"])}/${text(metadata["name"])}; ${described}`;
  if (problems.length > 0) {
    throw new StatusError(500, "", `failed to create typed patch object (${subject}): ${problemText(problems)}`);
  }
  const unfit = custom ? undefined : conversionProblem(config, schema);
  if (unfit !== undefined) {
    const why = `unable to convert unstructured object to ${described}: ${unfit}`;
    throw new StatusError(500, "", `failed to convert new object (${subject}) to proper version: ${why}`);
  }
}

/** Why a value that merges well does not fit the Go type of a built-in kind. */
function conversionProblem(value: unknown, schema: Schema | undefined): string | undefined {
  if (value === null || value === undefined || schema === undefined) return undefined;
  if (schema["x-kubernetes-int-or-string"] === true) {
    const actual = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    return actual === "string" || actual === "number"
      ? undefined
      : `json: cannot unmarshal ${actual} into Go value of type int32`;
  }
  if (schema.type === "integer") {
    return Number.isInteger(value) ? undefined : `cannot convert float64 to ${schema.format ?? "int32"}`;
  }
  if (schema.type === "string" && schema.format === "byte" && typeof value === "string") {
    const at = base64Problem(value);
    return at === undefined ? undefined : `error decoding from json: illegal base64 data at input byte ${at}`;
  }
  const below = (member: unknown, type: Schema | undefined): string | undefined => conversionProblem(member, type);
  if (Array.isArray(value)) return firstOf(value.map((item) => below(item, schema.items)));
  if (!isObject(value)) return undefined;
  const extra = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  return firstOf(Object.entries(value).map(([name, member]) => below(member, schema.properties?.[name] ?? extra)));
}

/** Where a text stops being base64, in the way in which Go counts; undefined when it is. */
function base64Problem(text: string): number | undefined {
  const plain = text.replace(/[\r\n]/g, "");
  const wrong = plain.search(/[^A-Za-z0-9+/=]/);
  if (wrong >= 0) return wrong;
  const padding = plain.search(/=/);
  const data = padding < 0 ? plain : plain.slice(0, padding);
  const missing = (4 - (data.length % 4)) % 4;
  if (plain.length - data.length === missing && missing < 3) return undefined;
  return padding < 0 ? plain.length - (data.length % 4) : padding;
}

function firstOf(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

/** A kind as messages name it; an `apiVersion` that is none leaves nothing of it. */
function kindText(apiVersion: string, kind: string): string {
  const parts = apiVersion.split("/");
  if (parts.length > 2) return "/, Kind=";
  const [version, group] = parts.reverse();
  return `${group ?? ""}/${version ?? ""}, Kind=${kind}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function reportRepeated({ repeated }: ApplyRequest, { fieldValidation, warnings }: WriteContext): void {
  if (repeated.length === 0 || fieldValidation === "Ignore") return;
  if (fieldValidation === "Strict") {
    const list = repeated.map((problem) => `\n  ${problem}`).join("");
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:${list}`);
  }
  warnings.push(...repeated);
}

function checkedNames(
  object: KubeObject,
  live: KubeObject | undefined,
  {
    resource,
    namespace,
    name,
  }: { readonly resource: ServedResource; readonly namespace: string | undefined; readonly name: string },
): { readonly namespace?: string } {
  const given: JsonObject = { ...object.metadata };
  if (live === undefined && text(given["uid"]) !== "") {
    const why = `uid mismatch: the provided object specified uid ${text(given["uid"])}, and no existing object was found`;
    throw conflict(resource, name, why);
  }
  const stated = text(given["namespace"]);
  if (resource.definition.namespaced && stated !== "" && stated !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (text(given["name"]) === "") {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given["name"] !== name) {
    throw badRequest(`the name of the object (${text(given["name"])}) does not match the name on the URL (${name})`);
  }
  return namespace === undefined ? {} : { namespace };
}
