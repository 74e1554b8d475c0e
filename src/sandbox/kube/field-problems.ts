import type { RepeatedMembers } from "./repeated-members.ts";

/**
 * What is said of members that are not known or come twice: of built-in kinds in the order of the text, of custom
 * resources first what comes twice, then what metadata and at last what the schema does not know.
 */
export function fieldProblems(
  repeated: RepeatedMembers | undefined,
  unknown: readonly string[],
  custom: boolean,
): readonly string[] {
  const twice = repeated?.repeated ?? [];
  if (custom) {
    const ofMetadata = unknown.filter((path) => path.startsWith("metadata."));
    const others = unknown.filter((path) => !path.startsWith("metadata."));
    return [
      ...twice.map(({ path }) => duplicateField(path)),
      ...[...ofMetadata.sort(), ...others.sort()].map(unknownField),
    ];
  }
  // Nobody looks into what is not known.
  const isKnown = (path: string): boolean =>
    !unknown.some((other) => path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`));
  const found = [
    ...twice.flatMap(({ path, at }) => (isKnown(path) ? [{ at, text: duplicateField(path) }] : [])),
    ...unknown.map((path) => ({ at: repeated?.places.get(path) ?? 0, text: unknownField(path) })),
  ];
  return found.sort((a, b) => a.at - b.at).map(({ text }) => text);
}

export function unknownField(path: string): string {
  return `unknown field ${JSON.stringify(path)}`;
}

export function duplicateField(path: string): string {
  return `duplicate field ${JSON.stringify(path)}`;
}
