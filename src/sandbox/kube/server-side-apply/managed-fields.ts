import { isObject, type JsonObject } from "../json-value.ts";
import type { KubeObject, Schema } from "../resource-definition.ts";
import { type StatusCause, StatusError } from "../status-error.ts";
import {
  difference,
  EMPTY_SET,
  type FieldSet,
  intersection,
  isEmptySet,
  members,
  pathText,
  setsEqual,
  union,
  withNamedParents,
  withoutSubtrees,
} from "./field-set.ts";
import { compareValues, fieldsOf, mergeValues, removeFields } from "./typed-value.ts";

interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

export interface FieldWriter {
  readonly manager: string;
  readonly apiVersion: string;
  /** Empty for the main resource. */
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  readonly schema: Schema;
  /** Top-level members that this endpoint does not write (`status` on the main resource and so on). */
  readonly ignored: readonly string[];
  readonly custom: boolean;
}

/** What no manager ever owns (apimachinery `managedfields/stripmeta`). */
const NEVER_OWNED: FieldSet = {
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:name": {},
    "f:namespace": {},
    "f:creationTimestamp": {},
    "f:selfLink": {},
    "f:uid": {},
    "f:clusterName": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:resourceVersion": {},
  },
};

/** Update managers beyond this number are folded into one, oldest first. */
const MAX_UPDATE_MANAGERS = 10;

/** `after` with `managedFields` brought up to date for a create, update or patch that is no apply. */
export function trackUpdate(before: KubeObject | undefined, after: KubeObject, writer: FieldWriter): KubeObject {
  const given = after.metadata.managedFields;
  if (given?.length === 1 && isObject(given[0]) && Object.keys(given[0]).length === 0) return withManagers(after, []);
  const fromRequest = writer.subresource === "" ? decode(given) : [];
  const managers = fromRequest.length > 0 ? fromRequest : decode(before?.metadata.managedFields);
  const baseline = before ?? (writer.custom ? {} : emptyBuiltin(after));
  const { added, modified, removed } = compareValues(withoutManaged(baseline), withoutManaged(after), writer.schema);
  const ignored = ignoredSet(writer);
  const touched = withoutSubtrees(strip(union(added, modified)), ignored);
  const changed = union(union(added, modified), removed);
  const own = managers.find((manager) => isSame(manager, "Update", writer));
  const others = managers
    .filter((manager) => manager !== own)
    .map((manager) => ({ ...manager, fields: difference(manager.fields, withoutSubtrees(changed, ignored)) }));
  const ownFields = union(difference(own?.fields ?? EMPTY_SET, removed), touched);
  const time = own === undefined || !isEmptySet(touched) ? writer.time : own.time;
  return withManagers(after, [
    ...others,
    {
      manager: writer.manager,
      operation: "Update",
      apiVersion: writer.apiVersion,
      subresource: writer.subresource,
      time,
      fields: ownFields,
    },
  ]);
}

/**
 * The result of applying `config` to `live` as `writer.manager`: the merge, without what the manager applied before and
 * no longer states. Throws 409 with the API server's text when other managers own what would change, unless `force`.
 */
export function applyConfiguration(
  live: KubeObject | undefined,
  config: KubeObject,
  writer: FieldWriter,
  force: boolean,
): KubeObject {
  const ignored = ignoredSet(writer);
  const applied = withoutSubtrees(strip(fieldsOf(config, writer.schema)), ignored);
  const managers = managersForApply(live, writer);
  const own = managers.find((manager) => isSame(manager, "Apply", writer));
  const others = managers.filter((manager) => manager !== own);
  const stated = ignoreMembers(config, writer);
  let merged = (live === undefined ? stated : mergeValues(live, stated, writer.schema)) as KubeObject;
  if (own !== undefined) {
    const owned = others.reduce((sum, manager) => union(sum, manager.fields), applied);
    const keep = withNamedParentsOf(owned);
    const drop = difference(withNamedParents(own.fields), keep);
    merged = removeFields(merged, drop, keep, writer.schema) as KubeObject;
  }
  const { added, modified, removed } = compareValues(withoutManaged(live ?? {}), withoutManaged(merged), writer.schema);
  const changing = withoutSubtrees(union(added, modified), ignored);
  const conflicts = others
    .map((manager) => ({ manager, fields: intersection(manager.fields, changing) }))
    .filter(({ fields }) => !isEmptySet(fields));
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);
  const remaining = others.map((manager) => ({
    ...manager,
    fields: difference(difference(manager.fields, changing), removed),
  }));
  const unchanged = own !== undefined && setsEqual(own.fields, applied) && isEmptySet(changing) && isEmptySet(removed);
  return withManagers(merged, [
    ...remaining,
    {
      manager: writer.manager,
      operation: "Apply",
      apiVersion: writer.apiVersion,
      subresource: writer.subresource,
      time: unchanged ? own.time : writer.time,
      fields: applied,
    },
  ]);
}

/** An owned field keeps all of its parents; a parent that nobody owns by itself still holds what is owned. */
function withNamedParentsOf(set: FieldSet): FieldSet {
  return withNamedParents(set);
}

/** An object written before anyone tracked its fields counts as written by `before-first-apply`. */
function managersForApply(live: KubeObject | undefined, writer: FieldWriter): Manager[] {
  const managers = decode(live?.metadata.managedFields);
  if (live === undefined || managers.length > 0) return managers;
  const fields = withoutSubtrees(strip(fieldsOf(withoutManaged(live), writer.schema)), ignoredSet(writer));
  if (isEmptySet(fields)) return [];
  return [
    {
      manager: "before-first-apply",
      operation: "Update",
      apiVersion: writer.apiVersion,
      subresource: "",
      time: writer.time,
      fields,
    },
  ];
}

function conflictError(conflicts: readonly { readonly manager: Manager; readonly fields: FieldSet }[]): StatusError {
  const found = conflicts.flatMap(({ manager, fields }) =>
    [...members(fields)].map((path) => ({ manager: managerText(manager), path: pathText(path) })),
  );
  found.sort((a, b) => (a.manager === b.manager ? 0 : a.manager < b.manager ? -1 : 1));
  const causes: StatusCause[] = found.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${manager}`,
    field: path,
  }));
  const [first] = found;
  let message = `Apply failed with 1 conflict: conflict with ${first?.manager ?? ""}: ${first?.path ?? ""}`;
  if (found.length > 1) {
    const lines = [...new Set(found.map(({ manager }) => manager))].flatMap((manager) => [
      `conflicts with ${manager}:`,
      ...found.filter((conflict) => conflict.manager === manager).map(({ path }) => `- ${path}`),
    ]);
    message = `Apply failed with ${found.length} conflicts: ${lines.join("\n")}`;
  }
  return new StatusError(409, "Conflict", message, { details: { causes } });
}

function managerText({ manager, operation, apiVersion, subresource, time }: Manager): string {
  const name = subresource === "" ? `"${manager}"` : `"${manager}" with subresource "${subresource}"`;
  if (operation === "Apply") return name;
  return time === undefined ? `${name} using ${apiVersion}` : `${name} using ${apiVersion} at ${time}`;
}

function isSame(manager: Manager, operation: Manager["operation"], writer: FieldWriter): boolean {
  return (
    manager.operation === operation &&
    manager.manager === writer.manager &&
    manager.subresource === writer.subresource &&
    (operation === "Apply" || manager.apiVersion === writer.apiVersion)
  );
}

function strip(set: FieldSet): FieldSet {
  const metadata = set["f:metadata"];
  if (metadata === undefined && set["f:apiVersion"] === undefined && set["f:kind"] === undefined) return set;
  return difference(set, NEVER_OWNED);
}

function ignoredSet(writer: FieldWriter): FieldSet {
  return Object.fromEntries(writer.ignored.map((name) => [`f:${name}`, EMPTY_SET]));
}

function ignoreMembers(config: KubeObject, writer: FieldWriter): KubeObject {
  if (!writer.ignored.some((name) => config[name] !== undefined && name !== "metadata")) return config;
  return Object.fromEntries(
    Object.entries(config).filter(([name]) => name === "metadata" || !writer.ignored.includes(name)),
  ) as KubeObject;
}

function withoutManaged(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  if (!isObject(metadata) || metadata["managedFields"] === undefined) return object;
  const { managedFields: _managedFields, ...rest } = metadata;
  return { ...object, metadata: rest };
}

/**
 * Built-in kinds are structs with parts that are always there, so a create does not count those parts as added
 * (no `"."` in `f:spec`).
 */
function emptyBuiltin(object: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const name of ["metadata", "spec", "status"]) if (isObject(object[name])) result[name] = {};
  const spec = object["spec"];
  if (!isObject(spec)) return result;
  const emptySpec: JsonObject = Array.isArray(spec["containers"]) ? { containers: [] } : {};
  for (const name of ["strategy", "updateStrategy"]) if (isObject(spec[name])) emptySpec[name] = {};
  if (isObject(spec["template"])) emptySpec["template"] = EMPTY_TEMPLATE;
  if (isObject(spec["jobTemplate"])) emptySpec["jobTemplate"] = { metadata: {}, spec: { template: EMPTY_TEMPLATE } };
  result["spec"] = emptySpec;
  const status = object["status"];
  if (isObject(status) && isObject(status["loadBalancer"])) result["status"] = { loadBalancer: {} };
  return result;
}

const EMPTY_TEMPLATE: JsonObject = { metadata: {}, spec: { containers: [] } };

function decode(entries: readonly unknown[] | undefined): Manager[] {
  const result: Manager[] = [];
  for (const entry of entries ?? []) {
    if (!isObject(entry) || !isObject(entry["fieldsV1"])) continue;
    result.push({
      manager: textOf(entry["manager"]),
      operation: entry["operation"] === "Apply" ? "Apply" : "Update",
      apiVersion: textOf(entry["apiVersion"]),
      subresource: textOf(entry["subresource"]),
      time: typeof entry["time"] === "string" ? entry["time"] : undefined,
      fields: entry["fieldsV1"] as FieldSet,
    });
  }
  return result;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function withManagers(object: KubeObject, managers: readonly Manager[]): KubeObject {
  const kept = capped(managers.filter(({ fields }) => !isEmptySet(fields)));
  kept.sort(compareManagers);
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  if (kept.length === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: kept.map(encode) } };
}

function encode({ manager, operation, apiVersion, subresource, time, fields }: Manager): JsonObject {
  return {
    ...(manager === "" ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: fields,
    ...(subresource === "" ? {} : { subresource }),
  };
}

function compareManagers(a: Manager, b: Manager): number {
  const left = [a.operation, a.time ?? "", a.manager, a.apiVersion, a.subresource];
  const right = [b.operation, b.time ?? "", b.manager, b.apiVersion, b.subresource];
  for (const [index, text] of left.entries()) {
    const other = right[index] ?? "";
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}

function capped(managers: readonly Manager[]): Manager[] {
  const updates = managers.filter(({ operation }) => operation === "Update").sort(compareManagers);
  const excess = updates.length - MAX_UPDATE_MANAGERS;
  if (excess <= 0) return [...managers];
  const folded = updates.slice(0, excess + 1);
  const fields = folded.reduce((sum, manager) => union(sum, manager.fields), EMPTY_SET);
  const last = folded.at(-1);
  const ancient: Manager = {
    manager: "ancient-changes",
    operation: "Update",
    apiVersion: last?.apiVersion ?? "",
    subresource: "",
    time: last?.time,
    fields,
  };
  return [...managers.filter((manager) => !folded.includes(manager)), ancient];
}
