import type { Clock } from "../../clock.ts";
import { type CrdNames, crdSpec, definitionsOf } from "./crd-definitions.ts";
import { acceptableNames, type TakenNames } from "./crd-names.ts";
import { CRD_FINALIZER } from "./deletion.ts";
import { deepEqual, isObject, type JsonObject } from "./json-value.ts";
import { isFinished, timestamp } from "./object-writer.ts";
import type { Registry } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";
import type { Collection, Storage } from "./storage.ts";

export const CRD_KEY = "apiextensions.k8s.io/customresourcedefinitions";

/** Deletes an object of a custom kind; how is the caller's business. */
export type DeleteInstance = (collection: Collection, object: KubeObject) => void;

/**
 * The controllers behind CustomResourceDefinitions: names are accepted, then the kind is established and served; a
 * deleted definition takes its objects with it.
 */
export class CrdLifecycle {
  readonly #clock: Clock;
  readonly #storage: Storage;
  readonly #registry: Registry;
  readonly #crds: Collection;
  readonly #delete: DeleteInstance;
  #scheduled = false;

  constructor(clock: Clock, storage: Storage, registry: Registry, deleteInstance: DeleteInstance) {
    this.#clock = clock;
    this.#storage = storage;
    this.#registry = registry;
    this.#crds = storage.collection(CRD_KEY);
    this.#delete = deleteInstance;
    storage.listen(({ type, object, previous }, collection) => {
      if (collection === this.#crds) {
        const isSame =
          served(object) === served(previous) &&
          object["spec"] === previous?.["spec"] &&
          object.metadata.deletionTimestamp === previous?.metadata.deletionTimestamp;
        if (type !== "MODIFIED" || !isSame) this.#serve();
        this.#schedule();
      } else if (type === "DELETED" && this.#terminating(collection.key)) this.#schedule();
    });
  }

  /** Storage keys of what is served now. */
  #served: ReadonlySet<string> = new Set();

  #terminating(key: string): boolean {
    return this.#crds.list().some((crd) => crd.metadata.deletionTimestamp !== undefined && storageKey(crd) === key);
  }

  #serve(): void {
    const established = this.#crds.list().filter(served);
    const keys = new Set(established.map((crd) => storageKey(crd)));
    for (const key of this.#served) if (!keys.has(key)) this.#storage.endWatches(key);
    this.#served = keys;
    this.#registry.setCustom(established.flatMap((crd) => definitionsOf(crd)));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const crd of this.#crds.list()) {
        if (crd.metadata.deletionTimestamp === undefined) this.#progress(crd);
        else this.#terminate(crd);
      }
    });
  }

  #progress(crd: KubeObject): void {
    const status = statusOf(crd);
    const held = (isObject(status["acceptedNames"]) ? status["acceptedNames"] : {}) as Partial<CrdNames>;
    const { names, conflict } = acceptableNames(completeNames(crdSpec(crd).names), held, this.#takenNames(crd));
    const isAccepted = conflict === undefined;
    const naming = isAccepted
      ? condition("NamesAccepted", "True", "NoConflicts", "no conflicts found")
      : condition("NamesAccepted", "False", conflict.reason, conflict.message);
    const pending = isAccepted
      ? condition("Established", "False", "Installing", "the initial names have been accepted")
      : condition("Established", "False", "NotAccepted", "not all names are accepted");
    const isServed = served(crd);
    const conditions = this.#withConditions(crd, isServed ? [naming] : [naming, pending]);
    const next: KubeObject = { ...crd, status: { ...status, conditions, acceptedNames: names } };
    const named = deepEqual(next["status"], crd["status"]) ? crd : this.#storage.put(this.#crds, next);
    if (!isAccepted || isServed) return;
    const established = condition(
      "Established",
      "True",
      "InitialNamesAccepted",
      "the initial names have been accepted",
    );
    this.#storage.put(this.#crds, {
      ...named,
      status: { ...statusOf(named), conditions: this.#withConditions(named, [established]) },
    });
  }

  #takenNames(crd: KubeObject): TakenNames {
    const resources = new Set<string>();
    const kinds = new Set<string>();
    for (const other of this.#crds.objects()) {
      if (other.metadata.uid === crd.metadata.uid || crdSpec(other).group !== crdSpec(crd).group) continue;
      const { acceptedNames } = statusOf(other);
      if (!isObject(acceptedNames)) continue;
      const { plural, singular, shortNames, kind, listKind } = acceptedNames as Partial<CrdNames>;
      for (const name of [plural, singular, ...(shortNames ?? [])]) if (name !== undefined) resources.add(name);
      for (const name of [kind, listKind]) if (name !== undefined) kinds.add(name);
    }
    return { resources, kinds };
  }

  #terminate(crd: KubeObject): void {
    if (crd.metadata.finalizers?.includes(CRD_FINALIZER) !== true) return;
    const collection = this.#storage.collection(storageKey(crd));
    for (const object of collection.list()) {
      if (object.metadata.deletionTimestamp === undefined) this.#delete(collection, object);
    }
    const remaining = collection.size;
    const state =
      remaining > 0
        ? condition("Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
        : condition("Terminating", "False", "InstanceDeletionCompleted", "removed all instances");
    const conditions = this.#withConditions(crd, [state]);
    const finalizers =
      remaining > 0 ? crd.metadata.finalizers : crd.metadata.finalizers.filter((name) => name !== CRD_FINALIZER);
    const { finalizers: _finalizers, ...metadata } = crd.metadata;
    const next: KubeObject = {
      ...crd,
      metadata: { ...metadata, ...(finalizers.length === 0 ? {} : { finalizers }) },
      status: { ...statusOf(crd), conditions },
    };
    if (isFinished({ storageKey: CRD_KEY }, next)) this.#storage.remove(this.#crds, next);
    else if (!deepEqual(next, crd)) this.#storage.put(this.#crds, next);
  }

  #withConditions(crd: KubeObject, changes: readonly JsonObject[]): JsonObject[] {
    const present = statusOf(crd)["conditions"];
    const conditions = Array.isArray(present) ? [...(present as JsonObject[])] : [];
    for (const change of changes) {
      const index = conditions.findIndex(({ type }) => type === change["type"]);
      const old = conditions[index];
      const since = old?.["status"] === change["status"] ? old?.["lastTransitionTime"] : timestamp(this.#clock);
      const next = { lastTransitionTime: since, ...change };
      if (index === -1) conditions.push(next);
      else conditions[index] = next;
    }
    return conditions;
  }
}

function condition(type: string, status: string, reason: string, message: string): JsonObject {
  return { message, reason, status, type };
}

function statusOf(crd: KubeObject): JsonObject {
  return isObject(crd["status"]) ? crd["status"] : {};
}

function storageKey(crd: KubeObject): string {
  const { group, names } = crdSpec(crd);
  return `${group}/${names.plural}`;
}

function served(crd: KubeObject | undefined): boolean {
  const conditions = crd === undefined ? undefined : statusOf(crd)["conditions"];
  if (!Array.isArray(conditions)) return false;
  return (conditions as JsonObject[]).some(({ type, status }) => type === "Established" && status === "True");
}

export function completeNames(names: CrdNames): CrdNames {
  return {
    ...names,
    singular: names.singular ?? names.kind.toLowerCase(),
    listKind: names.listKind ?? `${names.kind}List`,
  };
}
