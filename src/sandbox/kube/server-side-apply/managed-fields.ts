import { isObject } from "../json-value.ts";
import type { KubeObject } from "../resource-definition.ts";
import { ApplyConflict } from "./conflict.ts";
import { difference, type FieldSet, isEmptySet, setOf, union } from "./field-set.ts";
import { allowedByLastApplied, withLastApplied } from "./last-applied.ts";
import {
  asksForReset,
  capped,
  decodeManagers,
  encodeManagers,
  identity,
  type Manager,
  type ManagerKey,
} from "./manager-entries.ts";
import { appliedObject, updatedManagers } from "./updater.ts";
import { ConversionError, type Versions } from "./versions.ts";

/** Who writes, and where. */
export interface FieldWriter {
  readonly manager: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for the main resource. */
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  readonly versions: Versions;
  /** What this endpoint does not write. */
  readonly ignored: (apiVersion: string) => FieldSet;
  readonly custom: boolean;
}

const METADATA_FIELDS =
  "name namespace creationTimestamp selfLink uid clusterName generation managedFields resourceVersion";
/** What no manager ever owns (apimachinery `managedfields/stripmeta`). */
const NEVER_OWNED: FieldSet = setOf(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...METADATA_FIELDS.split(" ").map((name) => ["f:metadata", `f:${name}`]),
);

/**
 * `after` with `managedFields` brought up to date for a create, update or patch that is no apply. `after` is what the
 * client wants, with defaults and before the server's own changes; so these belong to nobody. `given` are the managed
 * fields that the client has sent.
 */
export function trackUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  writer: FieldWriter,
  given: readonly unknown[] | undefined,
): KubeObject {
  const managers = managersOfUpdate(before, given, writer);
  // An object that nobody has tracked so far is tracked from the first apply on.
  if (managers.length === 0 && before !== undefined) return withManagers(after, []);
  try {
    return withManagers(after, recordedUpdate(before ?? emptyObject(writer), after, managers, writer));
  } catch (error) {
    // Who owns what cannot be told; the write counts more.
    if (error instanceof ConversionError) return withManagers(after, []);
    throw error;
  }
}

/** A client that sends back no managed fields, or none that are valid, leaves them as they are. */
function managersOfUpdate(
  before: KubeObject | undefined,
  given: readonly unknown[] | undefined,
  writer: FieldWriter,
): readonly Manager[] {
  const stored = decodeManagers(before?.metadata.managedFields) ?? [];
  if (writer.subresource !== "") return stored;
  if (asksForReset(given, writer.custom)) return [];
  const managers = decodeManagers(given) ?? [];
  return managers.length === 0 ? stored : managers;
}

function recordedUpdate(
  before: KubeObject,
  after: KubeObject,
  managers: readonly Manager[],
  writer: FieldWriter,
): Manager[] {
  const key = keyOf(writer, "Update");
  const current = "current-operation";
  const updated = updatedManagers(
    withoutManaged(before),
    withoutManaged(after),
    managers,
    { ...key, manager: current },
    writer,
  );
  const change = updated.find(({ manager, operation }) => manager === current && operation === "Update");
  const others = updated.filter((manager) => manager !== change);
  const fields = change === undefined ? {} : difference(change.fields, NEVER_OWNED);
  if (isEmptySet(fields)) return capped(others);
  const previous = others.find((manager) => identity(manager) === identity(key));
  const own: Manager = { ...key, time: writer.time, fields: union(previous?.fields ?? {}, fields) };
  return capped([...others.filter((manager) => manager !== previous), own]);
}

/**
 * The result of applying `config` to `live` as `writer.manager`, with its managed fields. Throws 409 with the API
 * server's text when other managers own what would change, unless `force`.
 */
export function applyConfiguration(
  live: KubeObject | undefined,
  config: KubeObject,
  writer: FieldWriter,
  force: boolean,
): KubeObject {
  const base = live ?? emptyObject(writer);
  const managers = managersForApply(base, writer);
  let result: KubeObject;
  try {
    result = applied(base, config, managers, writer, force);
  } catch (error) {
    if (!(error instanceof ApplyConflict) || writer.manager !== "kubectl") throw error;
    const left = error.without(allowedByLastApplied(base, writer));
    if (left.length > 0) throw new ApplyConflict(left);
    result = applied(base, config, managers, writer, true);
  }
  return writer.manager === "kubectl" ? withLastApplied(result, config) : result;
}

function applied(
  live: KubeObject,
  config: KubeObject,
  managers: readonly Manager[],
  writer: FieldWriter,
  force: boolean,
): KubeObject {
  const key = keyOf(writer, "Apply");
  const result = appliedObject(withoutManaged(live), config, managers, key, { ...writer, force });
  const entries = result.managers.flatMap((manager): Manager[] => {
    if (identity(manager) !== identity(key)) return [manager];
    const fields = difference(manager.fields, NEVER_OWNED);
    if (isEmptySet(fields)) return [];
    return [{ ...manager, fields, time: result.object === undefined ? manager.time : writer.time }];
  });
  return withManagers(result.object ?? live, entries);
}

/** What was there before anyone tracked fields counts as written by `before-first-apply`. */
function managersForApply(live: KubeObject, writer: FieldWriter): readonly Manager[] {
  const managers = decodeManagers(live.metadata.managedFields) ?? [];
  if (managers.length > 0) return managers;
  return recordedUpdate(emptyObject(writer), live, [], { ...writer, manager: "before-first-apply" });
}

function keyOf({ manager, apiVersion, subresource }: FieldWriter, operation: ManagerKey["operation"]): ManagerKey {
  return { manager: manager === "" ? "unknown" : manager, operation, apiVersion, subresource };
}

function emptyObject({ apiVersion, kind, versions }: FieldWriter): KubeObject {
  return { apiVersion, kind, metadata: {}, ...versions.empty(apiVersion) } as KubeObject;
}

function withoutManaged(object: KubeObject): KubeObject {
  if (!isObject(object.metadata) || object.metadata.managedFields === undefined) return object;
  const { managedFields: _managedFields, ...rest } = object.metadata;
  return { ...object, metadata: rest };
}

function withManagers(object: KubeObject, managers: readonly Manager[]): KubeObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  if (managers.length === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: encodeManagers(managers) } };
}

/**
 * `next` with the times of `current` when nothing else is different: to write what is there already does not touch an
 * object.
 */
export function withOldTimes(
  current: KubeObject,
  next: KubeObject,
  isEqual: (next: KubeObject) => boolean,
): KubeObject {
  const [before, after] = [current.metadata.managedFields ?? [], next.metadata.managedFields ?? []];
  if (before.length !== after.length || after.length === 0) return next;
  const managedFields = after.map((entry, index) => {
    const { time: _time, ...rest } = isObject(entry) ? entry : {};
    const old = before[index];
    return isObject(old) && old["time"] !== undefined ? { ...rest, time: old["time"] } : rest;
  });
  const candidate = { ...next, metadata: { ...next.metadata, managedFields } };
  return isEqual(candidate) ? candidate : next;
}
