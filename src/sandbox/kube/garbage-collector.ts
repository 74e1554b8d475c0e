import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from "./deletion.ts";
import { isFinished } from "./object-writer.ts";
import type { KubeObject } from "./resource-definition.ts";
import type { Collection, Storage, StoreEvent } from "./storage.ts";

interface Place {
  readonly collection: Collection;
  readonly namespace: string;
  readonly name: string;
}

/** Deletes an object of the collection; how is the caller's business. */
export type DeleteDependent = (collection: Collection, object: KubeObject, foreground: boolean) => void;

/**
 * Follows owner references: deletes what has no owner left, and works off the `foregroundDeletion` and `orphan`
 * finalizers. It runs right after the change that causes it, as a job of its own.
 */
export class GarbageCollector {
  readonly #storage: Storage;
  readonly #delete: DeleteDependent;
  readonly #live = new Map<string, Place>();
  readonly #dependents = new Map<string, Map<string, Place>>();
  readonly #queue = new Set<string>();
  #scheduled = false;

  constructor(storage: Storage, deleteDependent: DeleteDependent) {
    this.#storage = storage;
    this.#delete = deleteDependent;
    storage.listen((event, collection) => this.#observe(event, collection));
  }

  #observe({ type, object, previous }: StoreEvent, collection: Collection): void {
    const { uid = "", namespace = "", name, ownerReferences } = object.metadata;
    const place = { collection, namespace, name };
    const before = previous?.metadata.ownerReferences;
    if (before !== undefined && (type === "DELETED" || before !== ownerReferences)) {
      for (const owner of before) {
        this.#dependents.get(owner.uid)?.delete(uid);
        this.#enqueue(owner.uid);
      }
    }
    if (type === "DELETED") {
      this.#live.delete(uid);
      for (const dependent of this.#dependents.get(uid)?.keys() ?? []) this.#enqueue(dependent);
      return;
    }
    if (type === "ADDED") this.#live.set(uid, place);
    for (const owner of ownerReferences ?? []) {
      let dependents = this.#dependents.get(owner.uid);
      if (dependents === undefined) this.#dependents.set(owner.uid, (dependents = new Map()));
      dependents.set(uid, place);
      if (!this.#live.has(owner.uid)) this.#enqueue(uid);
    }
    if (isHeld(object)) this.#enqueue(uid);
  }

  #enqueue(uid: string): void {
    this.#queue.add(uid);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const next of this.#queue) {
        this.#queue.delete(next);
        this.#process(next);
      }
    });
  }

  #process(uid: string): void {
    const place = this.#live.get(uid);
    const object = place?.collection.get(place.namespace, place.name);
    if (place === undefined || object?.metadata.uid !== uid) return;
    const { finalizers = [], deletionTimestamp, ownerReferences = [] } = object.metadata;
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN_FINALIZER)) this.#orphanDependents(uid, place, object);
      else if (finalizers.includes(FOREGROUND_FINALIZER)) this.#deleteDependents(uid, place, object);
      return;
    }
    if (ownerReferences.length === 0) return;
    const [present, absent] = [
      ownerReferences.filter((owner) => this.#owns(owner.uid, object)),
      ownerReferences.filter((owner) => !this.#owns(owner.uid, object)),
    ];
    if (absent.length === 0) return;
    if (present.length > 0) {
      this.#storage.put(place.collection, { ...object, metadata: { ...object.metadata, ownerReferences: present } });
    } else {
      this.#delete(place.collection, object, false);
    }
  }

  /** An owner is in the same namespace or in none; references across namespaces count as absent. */
  #owns(ownerUid: string, dependent: KubeObject): boolean {
    const owner = this.#live.get(ownerUid);
    return owner !== undefined && (owner.namespace === "" || owner.namespace === (dependent.metadata.namespace ?? ""));
  }

  #orphanDependents(uid: string, place: Place, owner: KubeObject): void {
    for (const dependent of this.#dependentsOf(uid)) {
      const object = dependent.collection.get(dependent.namespace, dependent.name);
      if (object === undefined) continue;
      const left = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
      const { ownerReferences: _ownerReferences, ...metadata } = object.metadata;
      this.#storage.put(dependent.collection, {
        ...object,
        metadata: { ...metadata, ...(left.length === 0 ? {} : { ownerReferences: left }) },
      });
    }
    this.#release(place, owner, ORPHAN_FINALIZER);
  }

  #deleteDependents(uid: string, place: Place, owner: KubeObject): void {
    let blocked = false;
    for (const dependent of this.#dependentsOf(uid)) {
      const object = dependent.collection.get(dependent.namespace, dependent.name);
      const reference = object?.metadata.ownerReferences?.find((candidate) => candidate.uid === uid);
      if (object === undefined || reference === undefined) continue;
      if (object.metadata.deletionTimestamp === undefined) this.#delete(dependent.collection, object, true);
      const still = dependent.collection.get(dependent.namespace, dependent.name);
      if (still?.metadata.uid === object.metadata.uid && reference.blockOwnerDeletion === true) blocked = true;
    }
    if (!blocked) this.#release(place, owner, FOREGROUND_FINALIZER);
  }

  #dependentsOf(uid: string): Place[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  #release(place: Place, owner: KubeObject, finalizer: string): void {
    const finalizers = (owner.metadata.finalizers ?? []).filter((other) => other !== finalizer);
    const { finalizers: _finalizers, ...metadata } = owner.metadata;
    const next = { ...owner, metadata: { ...metadata, ...(finalizers.length === 0 ? {} : { finalizers }) } };
    if (isFinished({ storageKey: place.collection.key }, next)) this.#storage.remove(place.collection, next);
    else this.#storage.put(place.collection, next);
  }
}

function isHeld({ metadata }: KubeObject): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return metadata.finalizers?.some((name) => name === ORPHAN_FINALIZER || name === FOREGROUND_FINALIZER) === true;
}
