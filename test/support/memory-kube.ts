import { apiVersion, type Kind, type KubeObject, type ObjectName, objectKey } from "../../src/api/object.ts";
import { AppError } from "../../src/errors.ts";
import type { Draft, KubeClient } from "../../src/kube/client.ts";
import type { Lister } from "../../src/kube/lister.ts";

type Stored = KubeObject & { readonly [field: string]: unknown };

/**
 * Objects in memory behind the interfaces of the Kubernetes client and its caches, with just the rules that controllers
 * lean on: finalizers hold a deletion back, an apply takes away what the one before had set, status is written apart.
 */
export class MemoryKube implements KubeClient {
  readonly writes: string[] = [];
  /** Called before each merge patch: somebody else may be faster. */
  beforePatch: ((kind: Kind) => void) | undefined;
  readonly #objects = new Map<string, Stored>();
  readonly #applied = new Map<string, Draft>();
  #version = 0;

  /** Creates an object or changes its spec, labels and annotations, as `kubectl apply` does. */
  put<T extends KubeObject>(kind: Kind<T>, draft: Draft): T {
    const name = nameOf(draft);
    const old = this.#objects.get(keyOf(kind, name));
    const generation = (old?.metadata.generation ?? 0) + 1;
    return this.#store(kind, name, {
      ...old,
      ...draft,
      apiVersion: apiVersion(kind),
      kind: kind.kind,
      metadata: {
        creationTimestamp: "2026-01-01T00:00:00Z",
        uid: `uid-${kind.kind}-${name.name}`,
        ...old?.metadata,
        ...draft.metadata,
        name: name.name,
        generation,
        resourceVersion: "",
      } as KubeObject["metadata"],
    }) as unknown as T;
  }

  /** What a user's deletion does: at once without finalizers, else a mark. */
  remove(kind: Kind, name: ObjectName): void {
    const object = this.#objects.get(keyOf(kind, name));
    if (object === undefined) throw new Error(`no ${kind.kind} ${objectKey(name)}`);
    this.#store(kind, name, { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-01-02T00:00:00Z" } });
  }

  find<T extends KubeObject>(kind: Kind<T>, name: ObjectName): T | undefined {
    return this.#objects.get(keyOf(kind, name)) as T | undefined;
  }

  lister<T extends KubeObject>(kind: Kind<T>): Lister<T> {
    const prefix = `${kind.kind} `;
    return {
      synced: true,
      get: (key) => this.#objects.get(`${prefix}${key}`) as T | undefined,
      list: (namespace) =>
        [...this.#objects]
          .filter(
            ([key, object]) =>
              key.startsWith(prefix) && (namespace ?? object.metadata.namespace) === object.metadata.namespace,
          )
          .map(([, object]) => object as unknown as T),
      byIndex: (index) => {
        throw new Error(`no index ${index}`);
      },
    };
  }

  get<T extends KubeObject>(kind: Kind<T>, name: ObjectName): Promise<T | undefined> {
    return Promise.resolve(this.find(kind, name));
  }

  list<T extends KubeObject>(kind: Kind<T>, filter: { readonly namespace?: string }): Promise<readonly T[]> {
    return Promise.resolve([...this.lister(kind).list(filter.namespace)]);
  }

  create<T extends KubeObject>(kind: Kind<T>, object: Draft): Promise<T> {
    this.writes.push(`create ${kind.kind} ${objectKey(nameOf(object))}`);
    return Promise.resolve(this.put(kind, object));
  }

  apply<T extends KubeObject>(kind: Kind<T>, draft: Draft): Promise<T> {
    const name = nameOf(draft);
    const key = keyOf(kind, name);
    this.writes.push(`apply ${kind.kind} ${objectKey(name)}`);
    const old = this.#objects.get(key);
    const before = this.#applied.get(key);
    this.#applied.set(key, draft);
    const combined = (field: "annotations" | "labels"): Record<string, string> => {
      const kept = Object.entries(old?.metadata[field] ?? {}).filter(
        ([one]) => !(one in (before?.metadata[field] ?? {})),
      );
      return { ...Object.fromEntries(kept), ...draft.metadata[field] };
    };
    return Promise.resolve(
      this.put(kind, {
        ...draft,
        metadata: { ...draft.metadata, annotations: combined("annotations"), labels: combined("labels") },
      }),
    );
  }

  mergePatch<T extends KubeObject>(
    kind: Kind<T>,
    name: ObjectName,
    patch: object,
    options?: { readonly subresource?: "status" },
  ): Promise<T> {
    this.beforePatch?.(kind);
    const object = this.#objects.get(keyOf(kind, name));
    if (object === undefined) return Promise.reject(missing(kind, name));
    const version = (patch as Partial<KubeObject>).metadata?.resourceVersion;
    if (version !== undefined && version !== object.metadata.resourceVersion)
      return Promise.reject(new AppError("the object has been modified", { class: "conflict", code: "Conflict" }));
    const what = options?.subresource ?? "finalizers";
    this.writes.push(`${what} ${kind.kind} ${objectKey(name)}`);
    return Promise.resolve(this.#store(kind, name, merged(object, patch) as Stored) as unknown as T);
  }

  jsonPatch<T extends KubeObject>(): Promise<T> {
    return Promise.reject(new Error("not used"));
  }

  strategicPatch<T extends KubeObject>(): Promise<T> {
    return Promise.reject(new Error("not used"));
  }

  delete(kind: Kind, name: ObjectName): Promise<void> {
    this.writes.push(`delete ${kind.kind} ${objectKey(name)}`);
    this.#objects.delete(keyOf(kind, name));
    return Promise.resolve();
  }

  #store(kind: Kind, name: ObjectName, object: Stored): Stored {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    const gone = stored.metadata.deletionTimestamp !== undefined && (stored.metadata.finalizers ?? []).length === 0;
    if (gone) this.#objects.delete(keyOf(kind, name));
    else this.#objects.set(keyOf(kind, name), stored);
    return stored;
  }
}

function keyOf(kind: Kind, name: ObjectName): string {
  return `${kind.kind} ${objectKey({ ...(name.namespace === undefined ? {} : { namespace: name.namespace }), name: name.name })}`;
}

function nameOf({ metadata }: Draft): ObjectName {
  const { name = "", namespace } = metadata;
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}

function missing(kind: Kind, name: ObjectName): AppError {
  return new AppError(`${kind.kind} ${objectKey(name)} not found`, { class: "missing", code: "NotFound" });
}

/** JSON merge patch (RFC 7386). */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
