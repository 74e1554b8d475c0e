import { isObject, type JsonObject } from "./json-value.ts";
import type { FieldError } from "./resource-definition.ts";
import { badRequest, invalid } from "./status-error.ts";

export type Propagation = "Background" | "Foreground" | "Orphan";

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: Propagation;
  /** What came before `propagationPolicy`. */
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

const POLICIES = new Set(["Foreground", "Background", "Orphan"]);

/** Reads `DeleteOptions` of the body or, only when there is none, of the query; refuses what the API server refuses. */
export function readDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = body === undefined ? fromQuery(query) : fromBody(body);
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents, dryRun } = given;
  const field = "propagationPolicy";
  const shown = JSON.stringify(propagationPolicy);
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const detail = `Invalid value: ${shown}: orphanDependents and deletionPropagation cannot be both set`;
    errors.push({ field, type: "FieldValueInvalid", detail });
  }
  if (propagationPolicy !== undefined && !POLICIES.has(propagationPolicy as string)) {
    const detail = `Unsupported value: ${shown}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    errors.push({ field, type: "FieldValueNotSupported", detail });
  }
  errors.push(...dryRunErrors(dryRun as readonly string[] | undefined));
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", resource: "", kind: "DeleteOptions" }, "", errors);
  return { ...given, dryRun: dryRun !== undefined && (dryRun as readonly string[]).length > 0 } as DeleteOptions;
}

/** The only dry run there is goes through all stages. */
export function dryRunErrors(dryRun: readonly string[] | undefined): FieldError[] {
  if (dryRun === undefined || dryRun.every((stage) => stage === "All")) return [];
  const detail = `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`;
  return [{ field: "dryRun", type: "FieldValueNotSupported", detail }];
}

function fromQuery(query: URLSearchParams): JsonObject {
  const result: JsonObject = {};
  const grace = query.get("gracePeriodSeconds");
  if (grace !== null) {
    if (!/^[-+]?\d+$/.test(grace))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
    result["gracePeriodSeconds"] = Number(grace);
  }
  const orphan = query.get("orphanDependents");
  if (orphan !== null) result["orphanDependents"] = orphan !== "0" && orphan.toLowerCase() !== "false";
  const policy = query.get("propagationPolicy");
  if (policy !== null) result["propagationPolicy"] = policy;
  if (query.has("dryRun")) result["dryRun"] = query.getAll("dryRun");
  return result;
}

const TYPES: readonly (readonly [string, (value: unknown) => boolean, string])[] = [
  ["gracePeriodSeconds", (value) => typeof value === "number", "int64"],
  ["preconditions", isObject, "v1.Preconditions"],
  ["orphanDependents", (value) => typeof value === "boolean", "bool"],
  ["propagationPolicy", (value) => typeof value === "string", "v1.DeletionPropagation"],
  ["dryRun", Array.isArray, "[]string"],
];

function fromBody(body: unknown): JsonObject {
  if (!isObject(body)) return {};
  const { kind, apiVersion } = body;
  if (typeof kind === "string" && kind !== "" && kind !== "DeleteOptions") {
    const version = typeof apiVersion === "string" ? apiVersion : "";
    throw badRequest(`no kind "${kind}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`);
  }
  const result: JsonObject = {};
  for (const [name, fits, type] of TYPES) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (!fits(value)) {
      const actual = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
      throw badRequest(`json: cannot unmarshal ${actual} into Go struct field DeleteOptions.${name} of type ${type}`);
    }
    result[name] = value;
  }
  return result;
}
