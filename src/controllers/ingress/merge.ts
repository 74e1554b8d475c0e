import { canonicalJson } from "../../json.ts";
import { readOf } from "./group-error.ts";
import type { MemberView } from "./member-view.ts";

/** A value and the member that set it. */
export interface Setting<T> {
  readonly value: T;
  readonly member: MemberView;
}

/**
 * A setting that all members must agree on. `members` come by seniority; the first that sets it decides, and members
 * that want something else are told, and go on without it.
 */
export function exclusive<T>(
  members: readonly MemberView[],
  name: string,
  read: (member: MemberView) => T | undefined,
  normal: (value: T) => unknown = (value) => value,
): Setting<T> | undefined {
  let winner: Setting<T> | undefined;
  for (const member of members) {
    const value = readOf(member, read);
    if (value === undefined) continue;
    if (winner === undefined) winner = { value, member };
    else if (canonicalJson(normal(value)) !== canonicalJson(normal(winner.value)))
      conflict(member, name, value, winner);
  }
  return winner;
}

/** Maps merged key by key; the senior member's value stands. */
export function mergedMap(
  members: readonly MemberView[],
  name: string,
  read: (member: MemberView) => Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const merged = new Map<string, Setting<string>>();
  for (const member of members) {
    for (const [key, value] of Object.entries(readOf(member, read) ?? {})) {
      const winner = merged.get(key);
      if (winner === undefined) merged.set(key, { value, member });
      else if (winner.value !== value) conflict(member, `${name} ${key}`, value, winner);
    }
  }
  const entries = [...merged].map(([key, { value }]) => [key, value] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Several members may each give an absolute value; the others are told which one is in force. */
function conflict(member: MemberView, name: string, value: unknown, winner: Setting<unknown>): void {
  member.report({
    reason: "ConflictingSettings",
    field: name,
    value: text(value),
    message: `conflicting ${name}: ${text(value)} here, ${text(winner.value)} on Ingress ${winner.member.key}, which is in force for the group`,
    severity: "error",
  });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
