import { isObject } from "../json-value.ts";
import type { KubeObject } from "../resource-definition.ts";
import { ApplyConflict, type FieldConflict } from "./conflict.ts";
import {
  difference,
  EMPTY_SET,
  type FieldSet,
  intersection,
  isEmptySet,
  members,
  union,
  withNamedParents,
  withoutSubtrees,
} from "./field-set.ts";
import { identity, type Manager, type ManagerKey, withoutIdle } from "./manager-entries.ts";
import { mergeValues } from "./merge-values.ts";
import { reconciledWithSchema } from "./schema-changes.ts";
import { problemText, typeProblems } from "./typed-validation.ts";
import { type Comparison, compareValues, fieldsOf, removeFields } from "./typed-value.ts";
import { ConversionError, type TypedObject, type Versions } from "./versions.ts";

/** The rules of structured-merge-diff's `merge.Updater`, for the writes of one request. */
export interface UpdateScope {
  readonly versions: Versions;
  readonly apiVersion: string;
  /** What this endpoint does not write: nobody comes to own it here, and it does not count as changed. */
  readonly ignored: (apiVersion: string) => FieldSet;
}

/** Who owns what after `self` has made `next` of `live`. The entry of `self` holds only what this write has set. */
export function updatedManagers(
  live: KubeObject,
  next: KubeObject,
  managers: readonly Manager[],
  self: ManagerKey,
  scope: UpdateScope,
): Manager[] {
  const current = reconciled(live, managers, scope);
  const { others, comparison } = shareChanges(live, next, current, undefined, scope, true);
  const { added, modified } = comparison;
  const fields = withoutSubtrees(union(modified, added), scope.ignored(scope.apiVersion));
  return isEmptySet(fields) ? others : [...others, { ...self, time: undefined, fields }];
}

/**
 * The result of applying `config` to `live`, and who owns what then. The object is undefined when nothing is to change.
 * Throws `ApplyConflict` when others own what would change, unless `force`.
 */
export function appliedObject(
  live: KubeObject,
  config: KubeObject,
  managers: readonly Manager[],
  self: ManagerKey,
  scope: UpdateScope & { readonly force: boolean },
): { readonly object: KubeObject | undefined; readonly managers: Manager[] } {
  const current = reconciled(live, managers, scope);
  const typed = scope.versions.convert(live, scope.apiVersion);
  if (typed === undefined) throw new TypeError(`version ${scope.apiVersion} is not served`);
  const key = identity(self);
  const last = current.find((manager) => identity(manager) === key);
  const stated = withoutSubtrees(fieldsOf(config, typed.type), scope.ignored(scope.apiVersion));
  const own: Manager = { ...self, time: last?.time, fields: stated };
  const next = [...current.filter((manager) => manager !== last), own];
  const merged = mergeValues(live, config, typed.type) as KubeObject;
  const pruned = last === undefined || isEmptySet(last.fields) ? merged : prune(merged, next, last, scope);
  const { others } = shareChanges(live, pruned, next, key, scope, scope.force);
  return { object: sameValue(live, pruned) ? undefined : pruned, managers: withoutIdle([...others, own]) };
}

function reconciled(live: KubeObject, managers: readonly Manager[], scope: UpdateScope): Manager[] {
  return managers.flatMap((manager) => {
    const typed = inVersion(live, manager.apiVersion, scope, "");
    return typed === undefined ? [] : [{ ...manager, fields: reconciledWithSchema(manager.fields, typed.type) }];
  });
}

/** An object in a version that somebody has written; throws when this version has no place for all of it. */
function inVersion(
  object: KubeObject,
  apiVersion: string,
  { versions, apiVersion: own }: UpdateScope,
  why: string,
): TypedObject | undefined {
  const typed = versions.convert(object, apiVersion);
  if (typed === undefined || apiVersion === own) return typed;
  const problems = typeProblems(typed.object, typed.type, false);
  if (problems.length > 0) throw new ConversionError(`${why}${problemText(problems)}`);
  return typed;
}

/** Takes what the change sets or removes from everyone but the manager with the identity `self`. */
function shareChanges(
  live: KubeObject,
  next: KubeObject,
  managers: readonly Manager[],
  self: string | undefined,
  scope: UpdateScope,
  force: boolean,
): { readonly others: Manager[]; readonly comparison: Comparison } {
  const byVersion = new Map<string, Comparison | undefined>();
  const comparisonIn = (apiVersion: string): Comparison | undefined => {
    if (!byVersion.has(apiVersion)) byVersion.set(apiVersion, comparison(live, next, apiVersion, scope));
    return byVersion.get(apiVersion);
  };
  const conflicts: FieldConflict[] = [];
  const others: Manager[] = [];
  for (const manager of managers) {
    if (identity(manager) === self) continue;
    const changes = comparisonIn(manager.apiVersion);
    if (changes === undefined) continue;
    const taken = intersection(manager.fields, union(changes.modified, changes.added));
    for (const path of members(taken)) conflicts.push({ manager, path });
    const fields = difference(difference(manager.fields, taken), changes.removed);
    if (!isEmptySet(fields)) others.push({ ...manager, fields });
  }
  if (!force && conflicts.length > 0) throw new ApplyConflict(conflicts);
  return { others, comparison: comparisonIn(scope.apiVersion) ?? NO_CHANGES };
}

const NO_CHANGES: Comparison = { added: EMPTY_SET, modified: EMPTY_SET, removed: EMPTY_SET };

function comparison(
  live: KubeObject,
  next: KubeObject,
  apiVersion: string,
  scope: UpdateScope,
): Comparison | undefined {
  const { versions } = scope;
  const ignored = scope.ignored(apiVersion);
  const before = inVersion(live, apiVersion, scope, "failed to convert old object: ");
  const after = inVersion(next, apiVersion, scope, "failed to convert new object: ");
  if (before === undefined || after === undefined) return undefined;
  const empty = versions.empty(apiVersion);
  const { added, modified, removed } = compareValues(
    filled(before.object, empty),
    filled(after.object, empty),
    after.type,
  );
  return {
    added: withoutSubtrees(added, ignored),
    modified: withoutSubtrees(modified, ignored),
    removed: withoutSubtrees(removed, ignored),
  };
}

/** Structures of built-in kinds always are there, even with nothing set in them. */
function filled(value: object, empty: object): object {
  const result: Record<string, unknown> = { ...value };
  for (const [name, zero] of Object.entries(empty)) {
    const member = result[name];
    if (member === undefined || member === null) result[name] = zero;
    else if (isObject(zero) && isObject(member)) result[name] = filled(member, zero);
  }
  return result;
}

/** `merged` without what the manager has applied the last time, does not apply now, and nobody else owns. */
function prune(merged: KubeObject, managers: readonly Manager[], last: Manager, scope: UpdateScope): KubeObject {
  const { versions } = scope;
  const before = versions.convert(merged, last.apiVersion);
  if (before === undefined) return merged;
  const lastFields = withNamedParents(last.fields, before.type);
  let pruned = removeFields(before.object, lastFields, before.type) as KubeObject;
  const owned = new Map<string, FieldSet>();
  for (const { apiVersion, fields } of managers)
    owned.set(apiVersion, union(owned.get(apiVersion) ?? EMPTY_SET, fields));
  const order = [...owned.keys()].sort((a, b) => Number(b === last.apiVersion) - Number(a === last.apiVersion));
  for (const apiVersion of order) {
    pruned = withOwned(merged, pruned, apiVersion, owned.get(apiVersion) ?? EMPTY_SET, versions);
  }
  const left = versions.convert(pruned, last.apiVersion);
  if (left === undefined) return merged;
  const gone = difference(
    withNamedParents(fieldsOf(before.object, before.type), before.type),
    withNamedParents(fieldsOf(left.object, left.type), left.type),
  );
  const result = removeFields(before.object, intersection(gone, lastFields), before.type) as KubeObject;
  return versions.convert(result, scope.apiVersion)?.object ?? result;
}

/** `pruned` with what somebody owns put back from `merged`. */
function withOwned(
  merged: KubeObject,
  pruned: KubeObject,
  apiVersion: string,
  owned: FieldSet,
  versions: Versions,
): KubeObject {
  const [whole, part] = [versions.convert(merged, apiVersion), versions.convert(pruned, apiVersion)];
  if (whole === undefined || part === undefined) return pruned;
  const { type } = whole;
  const present = withNamedParents(fieldsOf(whole.object, type), type);
  const kept = union(withNamedParents(fieldsOf(part.object, type), type), withNamedParents(owned, type));
  return removeFields(whole.object, difference(present, kept), type) as KubeObject;
}

/** Null counts as a value here, unlike elsewhere. */
function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && sameValue(a[name], b[name]));
}
