import { isObject, type JsonObject } from "../json-value.ts";
import { type FieldSet, isEmptySet, parseFieldSet, union } from "./field-set.ts";

/** Who wrote, how and where: what tells one entry of `managedFields` from another. */
export interface ManagerKey {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  /** Empty for the main resource. */
  readonly subresource: string;
}

/** One entry of `managedFields`. */
export interface Manager extends ManagerKey {
  /** RFC 3339, whole seconds. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** The entries of an object; undefined when one of them is not valid, which makes all of them void. */
export function decodeManagers(entries: readonly unknown[] | undefined): Manager[] | undefined {
  const result = new Map<string, Manager>();
  for (const entry of entries ?? []) {
    const manager = isObject(entry) ? decode(entry) : undefined;
    if (manager === undefined) return undefined;
    result.set(identity(manager), manager);
  }
  return [...result.values()];
}

function decode(entry: JsonObject): Manager | undefined {
  const { operation, fieldsV1 } = entry;
  if (operation !== "Apply" && operation !== "Update") return undefined;
  const fields = parseFieldSet(fieldsV1 ?? {});
  const apiVersion = textOf(entry["apiVersion"]);
  if (apiVersion === "" || entry["fieldsType"] !== "FieldsV1" || fields === undefined) return undefined;
  return {
    manager: textOf(entry["manager"]),
    operation,
    apiVersion,
    subresource: textOf(entry["subresource"]),
    time: typeof entry["time"] === "string" ? entry["time"] : undefined,
    fields,
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Entries with equal identities are one. Whoever applies is the same in every version. */
export function identity({ manager, operation, apiVersion, subresource }: ManagerKey): string {
  return JSON.stringify({
    ...(manager === "" ? {} : { manager }),
    operation,
    ...(operation === "Apply" ? {} : { apiVersion }),
    ...(subresource === "" ? {} : { subresource }),
  });
}

/** Whether a client asks for all ownership to be forgotten (`[{}]`; for built-in kinds also `[]`). */
export function asksForReset(entries: readonly unknown[] | undefined, custom: boolean): boolean {
  if (entries?.length === 0) return !custom;
  const [only] = entries ?? [];
  return entries?.length === 1 && isObject(only) && Object.keys(only).length === 0;
}

/** `managedFields` as the server writes them. */
export function encodeManagers(managers: readonly Manager[]): JsonObject[] {
  return [...managers].sort(compareManagers).map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
    ...(manager === "" ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: fields,
    ...(subresource === "" ? {} : { subresource }),
  }));
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

/** Update managers beyond this number are folded into one for each version, oldest first. */
const MAX_UPDATE_MANAGERS = 10;

export function capped(managers: readonly Manager[]): Manager[] {
  const updates = managers.filter(({ operation }) => operation === "Update");
  let count = updates.length;
  const result = new Map(managers.map((manager) => [identity(manager), manager]));
  const oldest = updates
    .map((manager) => ({ manager, key: identity(manager) }))
    .sort((a, b) => compareText(a.manager.time ?? "", b.manager.time ?? "") || compareText(a.key, b.key));
  const firstOf = new Map<string, string>();
  for (const { manager, key } of oldest) {
    if (count <= MAX_UPDATE_MANAGERS) break;
    const { apiVersion } = manager;
    const first = firstOf.get(apiVersion);
    if (first === undefined) {
      firstOf.set(apiVersion, key);
      continue;
    }
    const name: ManagerKey = { manager: "ancient-changes", operation: "Update", apiVersion, subresource: "" };
    const bucket = identity(name);
    const present = result.get(bucket) ?? result.get(first);
    if (!result.has(bucket)) result.delete(first);
    result.delete(key);
    count--;
    const fields = present === undefined ? manager.fields : union(present.fields, manager.fields);
    // The later of the two times.
    result.set(bucket, { ...name, time: manager.time, fields });
  }
  return [...result.values()];
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Entries that own nothing are none. */
export function withoutIdle(managers: readonly Manager[]): Manager[] {
  return managers.filter(({ fields }) => !isEmptySet(fields));
}
