import type { Clock } from "../../clock.ts";
import { deepFreeze } from "./json-value.ts";
import type { KubeObject } from "./resource-definition.ts";
import { expired } from "./status-error.ts";

/** One committed change. `previous` is what stood there before; on DELETED, `object` is the last state with the new version. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly version: number;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
}

export type StoreListener = (event: StoreEvent, collection: Collection) => void;

/** How long an old version can still be listed or continued from: etcd's compaction interval. */
const COMPACTION_INTERVAL_MS = 5 * 60_000;
/** Events kept per collection for watches that start in the past. */
const MAX_HISTORY = 50_000;
const MIN_HISTORY = 2_000;

/** All objects of one resource, whatever versions serve it, with the recent past for watches. */
export class Collection {
  readonly key: string;
  readonly #namespaces = new Map<string, Map<string, KubeObject>>();
  readonly #sortedNames = new Map<string, string[]>();
  #sortedNamespaces: string[] | undefined;
  #history: StoreEvent[] = [];
  /** Versions up to here can no longer be watched from. */
  #forgotten: number;
  readonly #watchers = new Map<(event: StoreEvent) => void, (() => void) | undefined>();
  #size = 0;

  constructor(key: string, version: number) {
    this.key = key;
    this.#forgotten = version;
  }

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** All objects in etcd's order (by `namespace/name`), of one namespace when given. */
  *objects(namespace?: string): IterableIterator<KubeObject> {
    const namespaces = namespace === undefined ? this.#orderedNamespaces() : [namespace];
    for (const space of namespaces) {
      const byName = this.#namespaces.get(space);
      if (byName === undefined) continue;
      for (const name of this.#orderedNames(space, byName)) {
        const object = byName.get(name);
        if (object !== undefined) yield object;
      }
    }
  }

  /** The same as an array, which stays as it is when objects come and go. */
  list(namespace?: string): KubeObject[] {
    return [...this.objects(namespace)];
  }

  /** The objects as they were at `version`, or undefined when that is no longer known. */
  objectsAt(version: number, namespace?: string): Iterable<KubeObject> | undefined {
    if (version < this.#forgotten) return undefined;
    const undone = new Map<string, KubeObject | undefined>();
    for (let index = this.#history.length - 1; index >= 0; index--) {
      const event = this.#history[index];
      if (event === undefined || event.version <= version) break;
      undone.set(orderKey(event.object), event.previous);
    }
    if (undone.size === 0) return this.objects(namespace);
    const result = new Map<string, KubeObject>();
    for (const object of this.objects(namespace)) result.set(orderKey(object), object);
    for (const [key, object] of undone) {
      if (object === undefined) result.delete(key);
      else if (namespace === undefined || object.metadata.namespace === namespace) result.set(key, object);
    }
    return [...result.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, object]) => object);
  }

  /** Events after `version`, oldest first. Throws 410 when they are no longer all known. */
  eventsSince(version: number): readonly StoreEvent[] {
    if (version < this.#forgotten) throw expired(`too old resource version: ${version} (${this.#forgotten})`);
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#history[middle]?.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return this.#history.slice(low);
  }

  /** Calls `watcher` for each later event until the returned function is called, or `ended` when there will be no more. */
  watch(watcher: (event: StoreEvent) => void, ended?: () => void): () => void {
    this.#watchers.set(watcher, ended);
    return () => void this.#watchers.delete(watcher);
  }

  endWatches(): void {
    const ends = [...this.#watchers.values()];
    for (const ended of ends) ended?.();
  }

  /** For the Storage only: puts the event into force. */
  commit(event: StoreEvent): void {
    const { namespace = "", name } = event.object.metadata;
    let byName = this.#namespaces.get(namespace);
    if (byName === undefined) {
      byName = new Map();
      this.#namespaces.set(namespace, byName);
      this.#sortedNamespaces = undefined;
    }
    if (event.type === "DELETED") {
      byName.delete(name);
      if (byName.size === 0) {
        this.#namespaces.delete(namespace);
        this.#sortedNamespaces = undefined;
      }
      this.#size--;
    } else {
      if (event.type === "ADDED") this.#size++;
      byName.set(name, event.object);
    }
    if (event.type !== "MODIFIED") this.#sortedNames.delete(namespace);
    this.#history.push(event);
    for (const watcher of this.#watchers.keys()) watcher(event);
  }

  /** Drops what nobody can ask for any more. */
  forget(upTo: number, keepRecent: boolean): void {
    let drop = this.#history.findIndex((event) => event.version > upTo);
    if (drop === -1) drop = this.#history.length;
    if (keepRecent)
      drop = Math.max(Math.min(drop, this.#history.length - MIN_HISTORY), this.#history.length - MAX_HISTORY);
    if (drop <= 0 && keepRecent) return;
    const last = this.#history[drop - 1];
    this.#history = this.#history.slice(Math.max(0, drop));
    this.#forgotten = keepRecent ? (last?.version ?? this.#forgotten) : Math.max(upTo, this.#forgotten);
  }

  #orderedNamespaces(): readonly string[] {
    this.#sortedNamespaces ??= [...this.#namespaces.keys()].sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
    return this.#sortedNamespaces;
  }

  #orderedNames(namespace: string, byName: ReadonlyMap<string, KubeObject>): readonly string[] {
    let names = this.#sortedNames.get(namespace);
    if (names === undefined) {
      names = [...byName.keys()].sort();
      this.#sortedNames.set(namespace, names);
    }
    return names;
  }
}

/** Where an object stands in etcd's order within its collection. */
export function orderKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** The one store behind the API: objects are frozen and shared, every change has its place in one global order. */
export class Storage {
  readonly #clock: Clock;
  readonly #collections = new Map<string, Collection>();
  readonly #listeners: StoreListener[] = [];
  #version = 1;
  #compacted = 0;
  #mark: { readonly at: number; readonly version: number };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#mark = { at: clock.now(), version: 1 };
  }

  /** The version of the latest change. */
  get version(): number {
    return this.#version;
  }

  /** Versions below this can be neither listed exactly nor continued from. */
  get compacted(): number {
    this.#compactByTime();
    return this.#compacted;
  }

  collection(key: string): Collection {
    let collection = this.#collections.get(key);
    if (collection === undefined) {
      collection = new Collection(key, this.#compacted);
      this.#collections.set(key, collection);
    }
    return collection;
  }

  collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  /** Hears every change of every collection, after it is in force. */
  listen(listener: StoreListener): void {
    this.#listeners.push(listener);
  }

  /** Creates or replaces an object; returns it as stored. */
  put(collection: Collection, object: KubeObject): KubeObject {
    const previous = collection.get(object.metadata.namespace ?? "", object.metadata.name);
    return this.#commit(collection, previous === undefined ? "ADDED" : "MODIFIED", object, previous);
  }

  /**
   * Removes an object. Watches see what was stored last, with the version of the removal; the answer to who removes it is `last`
   * with the version that was stored, as etcd's transaction and event have it.
   */
  remove(collection: Collection, last: KubeObject): KubeObject {
    const previous = collection.get(last.metadata.namespace ?? "", last.metadata.name);
    this.#commit(collection, "DELETED", previous ?? last, previous);
    if (previous === undefined) return last;
    return { ...last, metadata: { ...last.metadata, resourceVersion: previous.metadata.resourceVersion ?? "" } };
  }

  /** Ends the watches of a kind that is no longer served. */
  endWatches(key: string): void {
    this.#collections.get(key)?.endWatches();
  }

  /** Forgets all history, as etcd's compaction does: watches and continuations from older versions get 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#mark = { at: this.#clock.now(), version: this.#version };
    for (const collection of this.#collections.values()) collection.forget(this.#version, false);
  }

  #commit(
    collection: Collection,
    type: StoreEvent["type"],
    object: KubeObject,
    previous: KubeObject | undefined,
  ): KubeObject {
    this.#compactByTime();
    const version = ++this.#version;
    const stored = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    const event: StoreEvent = { type, version, object: stored, previous };
    collection.commit(event);
    for (const listener of this.#listeners) listener(event, collection);
    return stored;
  }

  #compactByTime(): void {
    const now = this.#clock.now();
    if (now - this.#mark.at < COMPACTION_INTERVAL_MS) return;
    this.#compacted = Math.max(this.#compacted, this.#mark.version);
    this.#mark = { at: now, version: this.#version };
    for (const collection of this.#collections.values()) collection.forget(this.#compacted, true);
  }
}
