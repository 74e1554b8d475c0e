import type { Problem } from "../../engine/stack.ts";

/** The annotations that a kind of object understands; what is not listed is told to the user. */
export interface AnnotationRegistry {
  /** Prefixes that are ours: a key under one of them that is not known is a mistake. */
  readonly prefixes: readonly string[];
  /** Full keys. */
  readonly known: ReadonlySet<string>;
  /** Beginnings of keys that end in a name of the user's choice, such as `alb.ingress.kubernetes.io/actions.`. */
  readonly families: readonly string[];
  /** Keys that belong on another kind of object, with that kind. */
  readonly elsewhere: ReadonlyMap<string, string>;
  /** Keys that LBC understands and this program does not, with what to do instead. */
  readonly unsupported?: ReadonlyMap<string, string>;
}

/** A warning for every key that has no effect on this object, with the nearest known key where one is near. */
export function unknownAnnotations(
  object: Problem["object"],
  annotations: Readonly<Record<string, string>>,
  registry: AnnotationRegistry,
): readonly Problem[] {
  return Object.keys(annotations)
    .filter((key) => isForeign(key, registry))
    .sort()
    .map((key) => ({
      object,
      reason: registry.unsupported?.has(key) === true ? "Unsupported" : "UnknownAnnotation",
      field: `metadata.annotations[${key}]`,
      value: annotations[key] ?? "",
      message: `annotation ${key} ${explain(key, registry)}`,
      severity: "warning" as const,
    }));
}

/** The known key at the smallest edit distance, if that is at most 3. */
export function nearestKey(key: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = 4;
  for (const candidate of known) {
    if (Math.abs(candidate.length - key.length) >= least) continue;
    const distance = editDistance(key, candidate);
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

function isForeign(key: string, registry: AnnotationRegistry): boolean {
  if (registry.known.has(key)) return false;
  if (registry.families.some((family) => key.startsWith(family) && key.length > family.length)) return false;
  if (registry.elsewhere.has(key) || registry.prefixes.some((prefix) => key.startsWith(prefix))) return true;
  return nearestKey(key, registry.known) !== undefined;
}

function explain(key: string, registry: AnnotationRegistry): string {
  const advice = registry.unsupported?.get(key);
  if (advice !== undefined) return `is not supported and has no effect: ${advice}`;
  const kind = registry.elsewhere.get(key);
  if (kind !== undefined) return `has no effect here: it belongs on ${kind}`;
  const nearest = nearestKey(key, [...registry.known, ...registry.families]);
  return nearest === undefined
    ? "is not known and has no effect"
    : `is not known and has no effect; did you mean ${nearest}?`;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
