import type { Kind, KubeObject, ObjectName } from "../api/object.ts";

export interface KubeCallOptions {
  readonly signal?: AbortSignal;
}

/** One operation of a JSON Patch (RFC 6902). */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/**
 * Writes to, and single reads from, the Kubernetes API. Objects are raw JSON: fields that we do not know survive.
 * Only patches are sent for objects that we did not create, never a whole object. All methods reject with an AppError
 * (`missing`, `conflict`, `invalid`, `denied`, `transient`) whose `code` is the API's `reason`.
 */
export interface KubeClient {
  /** Undefined when there is no such object. */
  get<T extends KubeObject>(kind: Kind<T>, name: ObjectName, options?: KubeCallOptions): Promise<T | undefined>;
  /** All objects, read in pages; caches use informers instead. */
  list<T extends KubeObject>(
    kind: Kind<T>,
    filter: { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string },
    options?: KubeCallOptions,
  ): Promise<readonly T[]>;
  create<T extends KubeObject>(kind: Kind<T>, object: DraftOf<T>, options?: KubeCallOptions): Promise<T>;
  /** Server-side apply as field manager `fairlead`. `force` takes fields over from other managers. */
  apply<T extends KubeObject>(
    kind: Kind<T>,
    object: Draft,
    options?: KubeCallOptions & { readonly force?: boolean; readonly subresource?: "status" },
  ): Promise<T>;
  mergePatch<T extends KubeObject>(
    kind: Kind<T>,
    name: ObjectName,
    patch: object,
    options?: KubeCallOptions & { readonly subresource?: "status" },
  ): Promise<T>;
  jsonPatch<T extends KubeObject>(
    kind: Kind<T>,
    name: ObjectName,
    patch: readonly JsonPatchOperation[],
    options?: KubeCallOptions & { readonly subresource?: "status" },
  ): Promise<T>;
  /** Strategic merge patch; built-in kinds only (pod conditions). */
  strategicPatch<T extends KubeObject>(
    kind: Kind<T>,
    name: ObjectName,
    patch: object,
    options?: KubeCallOptions & { readonly subresource?: "status" },
  ): Promise<T>;
  /** Resolves also when the object is already gone. `uid` guards against deleting a successor of the same name. */
  delete(kind: Kind, name: ObjectName, options?: KubeCallOptions & { readonly uid?: string }): Promise<void>;
}

/** An object before the API server has given it uid and resource version. */
export interface Draft {
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: KubeObject["metadata"]["ownerReferences"];
  };
  readonly [field: string]: unknown;
}
export type DraftOf<T extends KubeObject> = Draft & Partial<Omit<T, "metadata" | "apiVersion" | "kind">>;
