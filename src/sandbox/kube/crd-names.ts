import type { CrdNames } from "./crd-definitions.ts";

/** Names that other definitions of the group hold: of resources and of kinds. */
export interface TakenNames {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** What a definition may be called, name by name, and the last conflict (apiextensions `naming_controller.go`). */
export function acceptableNames(
  wanted: CrdNames,
  held: Partial<CrdNames>,
  { resources, kinds }: TakenNames,
): { readonly names: Partial<CrdNames>; readonly conflict: { reason: string; message: string } | undefined } {
  const names: Record<string, unknown> = { ...held };
  let conflict: { reason: string; message: string } | undefined;
  const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;
  const claim = (member: "plural" | "singular" | "kind" | "listKind", taken: ReadonlySet<string>): void => {
    const name = wanted[member] ?? "";
    if (name === (held[member] ?? "") || !taken.has(name)) names[member] = name;
    else conflict = { reason: `${member.charAt(0).toUpperCase()}${member.slice(1)}Conflict`, message: inUse(name) };
  };
  claim("plural", resources);
  claim("singular", resources);
  const shortNames = wanted.shortNames ?? [];
  const refused = shortNames.filter((name) => held.shortNames?.includes(name) !== true && resources.has(name));
  if (refused.length > 0) {
    const texts = refused.map(inUse);
    const message = texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
    conflict = { reason: "ShortNamesConflict", message };
  } else if (wanted.shortNames === undefined) delete names["shortNames"];
  else names["shortNames"] = shortNames;
  claim("kind", kinds);
  claim("listKind", kinds);
  if (wanted.categories === undefined) delete names["categories"];
  else names["categories"] = wanted.categories;
  return { names: names as Partial<CrdNames>, conflict };
}
