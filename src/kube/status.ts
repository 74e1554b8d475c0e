import { isDeepStrictEqual } from "node:util";
import { type Condition, type Kind, type KubeObject, objectKey, parseObjectKey } from "../api/object.ts";
import { isAppError } from "../errors.ts";
import type { KubeCallOptions, KubeClient } from "./client.ts";

export type ConditionInput = Omit<Condition, "lastTransitionTime">;

/**
 * The conditions with `next` set. `lastTransitionTime` moves only with `status` (Kubernetes API conventions); the order
 * of the others stays. Returns the same array when nothing changed.
 */
export function setCondition(
  conditions: readonly Condition[],
  next: ConditionInput,
  nowMs: number,
): readonly Condition[] {
  const old = conditions.find((condition) => condition.type === next.type);
  const lastTransitionTime =
    old !== undefined && old.status === next.status ? old.lastTransitionTime : secondsTimestamp(nowMs);
  const changed = { ...next, lastTransitionTime };
  if (old === undefined) return [...conditions, changed];
  if (isDeepStrictEqual(old, changed)) return conditions;
  return conditions.map((condition) => (condition === old ? changed : condition));
}

export function removeCondition(conditions: readonly Condition[], type: string): readonly Condition[] {
  return conditions.some((condition) => condition.type === type)
    ? conditions.filter((condition) => condition.type !== type)
    : conditions;
}

/**
 * How an object stands, in the terms of kstatus: `ready`; `reconciling` when work goes on or is waited for; `stalled` when
 * nothing more happens until somebody changes something; `unready` when it is tried again by itself.
 */
export interface Standing {
  readonly state: "ready" | "reconciling" | "unready" | "stalled";
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

/** `Ready`, `Reconciling` and `Stalled` for a standing; never are the last two both True. */
export function setStanding(conditions: readonly Condition[], standing: Standing, nowMs: number): readonly Condition[] {
  const { state, reason, message, observedGeneration } = standing;
  const generation = observedGeneration === undefined ? {} : { observedGeneration };
  const truth = (type: string, holds: boolean): ConditionInput => ({
    type,
    status: holds ? "True" : "False",
    reason,
    message,
    ...generation,
  });
  // Work that was given up says why; work that goes on says what it waits for.
  const rows = [
    truth("Ready", state === "ready"),
    truth("Reconciling", state === "reconciling" || state === "unready"),
    truth("Stalled", state === "stalled"),
  ];
  return rows.reduce((all, row) => setCondition(all, row, nowMs), conditions);
}

/**
 * Writes the status of an object if it differs from what `object` (from a cache) shows; only the fields that differ are
 * sent, as a JSON merge patch on the status subresource. Returns whether anything was sent; an object that is gone
 * needs no status.
 */
export async function writeStatus<T extends KubeObject>(
  client: KubeClient,
  kind: Kind<T>,
  object: T,
  status: object,
  options: KubeCallOptions = {},
): Promise<boolean> {
  const { status: current } = object as { readonly status?: object };
  const patch = mergePatchBetween(current ?? {}, status);
  if (patch === undefined) return false;
  try {
    const name = parseObjectKey(objectKey(object.metadata));
    await client.mergePatch(kind, name, { status: patch }, { ...options, subresource: "status" });
    return true;
  } catch (error) {
    if (isAppError(error) && error.class === "missing") return false;
    throw error;
  }
}

/**
 * The JSON merge patch (RFC 7386) that turns `from` into `to`: changed members, null for members that go, arrays whole.
 * Undefined members count as absent. Undefined when there is nothing to change.
 */
export function mergePatchBetween(from: object, to: object): object | undefined {
  const patch: Record<string, unknown> = {};
  const before = from as Readonly<Record<string, unknown>>;
  const after = to as Readonly<Record<string, unknown>>;
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = before[field];
    const next = after[field];
    if (next === undefined || next === null) {
      if (old !== undefined && old !== null) patch[field] = null;
    } else if (isPlainObject(old) && isPlainObject(next)) {
      const inner = mergePatchBetween(old, next);
      if (inner !== undefined) patch[field] = inner;
    } else if (!isDeepStrictEqual(old, plain(next))) {
      patch[field] = next;
    }
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** RFC 3339 in whole seconds, as `metav1.Time` is written. */
export function secondsTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As the value will look when it comes back from the server: without undefined members. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
