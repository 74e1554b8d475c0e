import type { Tags } from "./tags.ts";
import { hasTags } from "./tags.ts";

/** Things by key, found by tags without going through all of them. */
export class TagIndex<Entry extends { readonly tags: Tags }> {
  readonly #entries = new Map<string, Entry>();
  readonly #byPair = new Map<string, Set<string>>();

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  values(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  set(key: string, entry: Entry): void {
    this.delete(key);
    this.#entries.set(key, entry);
    for (const pair of pairsOf(entry.tags)) {
      const keys = this.#byPair.get(pair);
      if (keys === undefined) this.#byPair.set(pair, new Set([key]));
      else keys.add(key);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    for (const pair of pairsOf(entry.tags)) {
      const keys = this.#byPair.get(pair);
      keys?.delete(key);
      if (keys?.size === 0) this.#byPair.delete(pair);
    }
  }

  /** Those that have all of `tags`. */
  withTags(tags: Tags): readonly Entry[] {
    const sets = pairsOf(tags).map((pair) => this.#byPair.get(pair));
    if (sets.length === 0) return [...this.#entries.values()];
    let smallest: ReadonlySet<string> | undefined;
    for (const set of sets) {
      if (set === undefined) return [];
      if (smallest === undefined || set.size < smallest.size) smallest = set;
    }
    return [...(smallest ?? [])].flatMap((key) => {
      const entry = this.#entries.get(key);
      return entry !== undefined && hasTags(entry.tags, tags) ? [entry] : [];
    });
  }
}

function pairsOf(tags: Tags): string[] {
  return Object.entries(tags).map(([key, value]) => `${key}=${value}`);
}
