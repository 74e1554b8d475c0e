import { type Clock, type Random, sleep } from "../../clock.ts";
import { isAppError } from "../../errors.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import type { ClusterApi, ClusterResource, ObjectView } from "./cluster-api.ts";

/** Told of each change; `old` or `current` is undefined at the beginning and the end of an object's life. */
export type ChangeListener = (current: KubeObject | undefined, old: KubeObject | undefined) => void;

export interface CacheOptions {
  readonly api: ClusterApi;
  readonly clock: Clock;
  /** For the pauses after failures. */
  readonly random: Random;
  /** Whole objects when absent. */
  readonly view?: ObjectView;
}

const gone = new Set(["Expired", "Gone", "Http410"]);

/**
 * All objects of one resource, kept current by list and watch. Own writes are told to the cache at once (`observe`,
 * `forget`), so that a controller never acts a second time on what it has just done.
 */
export class ObjectCache {
  readonly resource: ClusterResource;
  readonly #api: ClusterApi;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #view: ObjectView;
  readonly #objects = new Map<string, KubeObject>();
  readonly #forgotten = new Set<string>();
  readonly #listeners: ChangeListener[] = [];

  constructor(resource: ClusterResource, options: CacheOptions) {
    this.#api = options.api;
    this.resource = resource;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#view = options.view ?? "object";
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<KubeObject> {
    return this.#objects.values();
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Takes in a version of an object; older versions than the one known are ignored. */
  observe(object: KubeObject): void {
    const { uid } = object.metadata;
    if (uid !== undefined && this.#forgotten.has(uid)) return;
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known !== undefined && known.metadata.uid === uid && !isNewer(object, known)) return;
    this.#objects.set(key, object);
    for (const listener of this.#listeners) listener(object, known);
  }

  /** Takes out an object that is gone. */
  forget(object: KubeObject): void {
    const { uid } = object.metadata;
    if (uid !== undefined) this.#forgotten.add(uid);
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known === undefined || known.metadata.uid !== uid) return;
    this.#objects.delete(key);
    for (const listener of this.#listeners) listener(undefined, known);
  }

  /** Lists once, then follows changes until `signal` aborts. `listed` is called after the first list. */
  async run(signal: AbortSignal, listed: () => void): Promise<void> {
    let first = true;
    for (let failures = 0; !signal.aborted; ) {
      try {
        let version = await this.#list();
        if (first) listed();
        first = false;
        for (;;) {
          version = await this.#follow(version, signal);
          failures = 0;
          if (signal.aborted) return;
        }
      } catch (error) {
        if (signal.aborted) return;
        // An expired resource version needs a new list at once; anything else a pause.
        if (isAppError(error) && gone.has(error.code)) continue;
        failures++;
        const delay = Math.min(30_000, 200 * 2 ** failures) * (0.5 + this.#random() / 2);
        await sleep(this.#clock, delay, signal).catch(() => undefined);
      }
    }
  }

  #take(object: KubeObject): void {
    // The bulk of most metadata, which nobody reads here.
    if (this.#view === "metadata") delete object.metadata.managedFields;
    this.observe(object);
  }

  async #list(): Promise<string> {
    const { items, resourceVersion } = await this.#api.list(this.resource, { view: this.#view });
    const present = new Set(items.map((item) => item.metadata.uid));
    for (const known of this.#objects.values()) if (!present.has(known.metadata.uid)) this.forget(known);
    for (const item of items) this.#take(item);
    return resourceVersion;
  }

  async #follow(version: string, signal: AbortSignal): Promise<string> {
    let last = version;
    for await (const { type, object } of this.#api.watch(this.resource, version, signal, this.#view)) {
      // After an error only a new list tells where things stand.
      if (type === "ERROR") return this.#list();
      last = object.metadata.resourceVersion ?? last;
      if (type === "DELETED") {
        this.forget(object);
        this.#forgotten.delete(object.metadata.uid ?? "");
      } else if (type !== "BOOKMARK") this.#take(object);
    }
    // A server that ends watches at once must not make this a busy loop.
    if (last === version) await sleep(this.#clock, 100, signal).catch(() => undefined);
    return last;
  }
}

/** `namespace/name`, or `name` alone for what has no namespace. */
export function keyOf(object: { readonly metadata: { readonly namespace?: string; readonly name: string } }): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Resource versions are opaque by contract, but every server counts them up; equal ones are the same object. */
function isNewer(object: KubeObject, known: KubeObject): boolean {
  const [a, b] = [object.metadata.resourceVersion ?? "", known.metadata.resourceVersion ?? ""];
  if (a === b) return false;
  return a.length === b.length ? a > b : a.length > b.length;
}
