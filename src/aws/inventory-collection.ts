import { canonicalJson } from "../json.ts";
import { TagIndex } from "./tag-index.ts";
import type { Tags } from "./tags.ts";

export interface Entry<Item> {
  /** ARN, or id. */
  readonly key: string;
  readonly name: string;
  readonly item: Item;
  readonly tags: Tags;
}

export interface InventoryChange {
  readonly kind: "load-balancer" | "target-group" | "security-group";
  readonly key: string;
  readonly change: "appeared" | "vanished" | "changed";
  /** Of the last known state: what owned it. */
  readonly tags: Tags;
}

/**
 * AWS may show an older state for some seconds after a write ("eventual consistency" of each service's guide): so long our
 * own writes win over a listing.
 */
export const settlingMs = 30_000;

/** One kind of resource in the inventory: a listing of AWS's, corrected by our own writes. */
export class InventoryCollection<Item> {
  readonly #kind: InventoryChange["kind"];
  readonly #index = new TagIndex<Entry<Item>>();
  readonly #keysByName = new Map<string, Set<string>>();
  /** Monotonic times of our own writes, deletions included. */
  readonly #writtenAt = new Map<string, number>();
  /** Written by us and not listed since: AWS words our own write differently, which is no change by somebody else. */
  readonly #unconfirmed = new Set<string>();

  constructor(kind: InventoryChange["kind"]) {
    this.#kind = kind;
  }

  get(key: string): Entry<Item> | undefined {
    return this.#index.get(key);
  }

  withTags(tags: Tags): readonly Entry<Item>[] {
    return this.#index.withTags(tags);
  }

  named(name: string): readonly Entry<Item>[] {
    return [...(this.#keysByName.get(name) ?? [])].flatMap((key) => this.#index.get(key) ?? []);
  }

  all(): readonly Entry<Item>[] {
    return [...this.#index.values()];
  }

  /** Our own write, or a fresher answer of AWS's about one resource. */
  put(entry: Entry<Item>, now: number): void {
    this.#writtenAt.set(entry.key, now);
    this.#unconfirmed.add(entry.key);
    this.#set(entry);
  }

  remove(key: string, now: number): void {
    this.#writtenAt.set(key, now);
    this.#delete(key);
  }

  /** What we wrote so lately that AWS may not show it yet; undefined when it was removed, or longer ago. */
  settling(key: string, now: number): Entry<Item> | undefined {
    const isRecent = now - (this.#writtenAt.get(key) ?? Number.NEGATIVE_INFINITY) < settlingMs;
    return isRecent ? this.#index.get(key) : undefined;
  }

  /** Takes over a whole listing that was begun at `begunAt`, and tells what differs from what was known. */
  replace(entries: readonly Entry<Item>[], begunAt: number): readonly InventoryChange[] {
    const changes: InventoryChange[] = [];
    const own = (key: string): boolean => begunAt - (this.#writtenAt.get(key) ?? Number.NEGATIVE_INFINITY) < settlingMs;
    const listed = new Set(entries.map(({ key }) => key));
    for (const entry of entries) {
      if (own(entry.key)) continue;
      const isConfirmation = this.#unconfirmed.delete(entry.key);
      const known = this.#index.get(entry.key);
      if (known !== undefined && canonicalJson(known) === canonicalJson(entry)) continue;
      this.#set(entry);
      if (isConfirmation && known !== undefined) continue;
      const change = known === undefined ? "appeared" : "changed";
      changes.push({ kind: this.#kind, key: entry.key, change, tags: entry.tags });
    }
    for (const known of this.all()) {
      if (listed.has(known.key) || own(known.key)) continue;
      this.#delete(known.key);
      changes.push({ kind: this.#kind, key: known.key, change: "vanished", tags: known.tags });
    }
    for (const [key, at] of this.#writtenAt) if (begunAt - at >= settlingMs) this.#writtenAt.delete(key);
    return changes;
  }

  #set(entry: Entry<Item>): void {
    this.#delete(entry.key);
    this.#index.set(entry.key, entry);
    const keys = this.#keysByName.get(entry.name);
    if (keys === undefined) this.#keysByName.set(entry.name, new Set([entry.key]));
    else keys.add(entry.key);
  }

  #delete(key: string): void {
    const known = this.#index.get(key);
    if (known === undefined) return;
    this.#index.delete(key);
    const keys = this.#keysByName.get(known.name);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByName.delete(known.name);
  }
}
