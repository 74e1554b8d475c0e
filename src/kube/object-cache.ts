import { type KubeObject, objectKey } from "../api/object.ts";

export type IndexFunctions<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

const none: ReadonlySet<string> = new Set();

/** Objects by key, and by the values of index functions. Index functions must depend on nothing but the object. */
export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #functions: ReadonlyMap<string, (object: T) => readonly string[]>;
  /** Keys by index and value. */
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #namespaces = new Map<string, Set<string>>();

  constructor(functions: IndexFunctions<T> = {}) {
    this.#functions = new Map(Object.entries(functions));
    for (const name of this.#functions.keys()) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  *list(namespace?: string): Generator<T> {
    if (namespace === undefined) {
      yield* this.#objects.values();
      return;
    }
    for (const key of this.#namespaces.get(namespace) ?? none) {
      const object = this.#objects.get(key);
      if (object !== undefined) yield object;
    }
  }

  byIndex(index: string, value: string): readonly T[] {
    const keys = this.#indexes.get(index);
    if (keys === undefined) throw new TypeError(`no index "${index}" was declared`);
    return [...(keys.get(value) ?? none)].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Returns what was there before. */
  put(object: T): T | undefined {
    const key = objectKey(object.metadata);
    const old = this.#objects.get(key);
    // Evaluated first: an index function that throws must leave the cache as it was.
    const values = this.#valuesOf(object);
    if (old !== undefined) this.#unindex(key, old);
    this.#objects.set(key, object);
    for (const [index, value] of values) enter(this.#indexes.get(index), value, key);
    const { namespace } = object.metadata;
    if (namespace !== undefined) enter(this.#namespaces, namespace, key);
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#unindex(key, old);
    this.#objects.delete(key);
    return old;
  }

  #unindex(key: string, object: T): void {
    for (const [index, value] of this.#valuesOf(object)) leave(this.#indexes.get(index), value, key);
    const { namespace } = object.metadata;
    if (namespace !== undefined) leave(this.#namespaces, namespace, key);
  }

  #valuesOf(object: T): readonly (readonly [index: string, value: string])[] {
    return [...this.#functions].flatMap(([index, valuesOf]) =>
      valuesOf(object).map((value) => [index, value] as const),
    );
  }
}

function enter(index: Map<string, Set<string>> | undefined, value: string, key: string): void {
  const keys = index?.get(value);
  if (keys === undefined) index?.set(value, new Set([key]));
  else keys.add(key);
}

function leave(index: Map<string, Set<string>> | undefined, value: string, key: string): void {
  const keys = index?.get(value);
  keys?.delete(key);
  if (keys?.size === 0) index?.delete(value);
}
