import type { Clock } from "../../clock.ts";
import type { Admission, AdmissionSubject } from "./admission.ts";
import type { DeleteOptions } from "./delete-options.ts";
import { deepEqual, isObject, type JsonObject } from "./json-value.ts";
import { isFinished, timestamp, type WriteTarget } from "./object-writer.ts";
import type { WriteContext } from "./request-context.ts";
import type { KubeObject } from "./resource-definition.ts";
import { conflict, forbidden, notFound } from "./status-error.ts";
import type { Collection, Storage } from "./storage.ts";

export interface DeleteResult {
  readonly object: KubeObject;
  /** False while finalizers or a grace period still hold the object. */
  readonly gone: boolean;
}

/** Namespaces that always exist. */
const KEPT_NAMESPACES = new Set(["default", "kube-system", "kube-public"]);
const DEFAULT_POD_GRACE_SECONDS = 30;
export const ORPHAN_FINALIZER = "orphan";
export const FOREGROUND_FINALIZER = "foregroundDeletion";
export const CRD_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

/** Deletes objects as the generic registry does: at once, or by marking them for their finalizers. */
export class ObjectDeleter {
  readonly #clock: Clock;
  readonly #storage: Storage;
  readonly #admission: Admission;

  constructor(clock: Clock, storage: Storage, admission: Admission) {
    this.#clock = clock;
    this.#storage = storage;
    this.#admission = admission;
  }

  /**
   * `review` says what webhooks are told otherwise: no name, where a whole collection goes; nothing, where they have seen
   * the request in another form.
   */
  async delete(
    target: WriteTarget,
    options: DeleteOptions,
    context: WriteContext,
    review: Partial<Pick<AdmissionSubject, "name" | "equivalents">> | "unreviewed" = {},
  ): Promise<DeleteResult> {
    const { resource, namespace, name } = target;
    const collection = this.#storage.collection(resource.storageKey);
    let stored = collection.get(namespace ?? "", name);
    if (stored === undefined) throw notFound(resource, name);
    checkPreconditions(target, stored, options.preconditions);
    if (resource.storageKey === "/namespaces" && KEPT_NAMESPACES.has(name)) {
      throw forbidden(resource, name, "this namespace may not be deleted");
    }
    if (review !== "unreviewed") {
      const subject: AdmissionSubject = {
        ...target,
        ...review,
        operation: "DELETE",
        object: undefined,
        oldObject: resource.fromStorage(stored),
        context,
        options: context.options ?? {},
      };
      await this.#admission.mutate(subject);
      await this.#admission.validate(subject);
    }
    stored = collection.get(namespace ?? "", name);
    if (stored === undefined) throw notFound(resource, name);
    checkPreconditions(target, stored, options.preconditions);
    const result = this.#mark(collection, resource, stored, options, options.dryRun ?? context.dryRun);
    return { object: resource.fromStorage(result.object), gone: result.gone };
  }

  #mark(
    collection: Collection,
    resource: WriteTarget["resource"],
    stored: KubeObject,
    options: DeleteOptions,
    dryRun: boolean,
  ): DeleteResult {
    if (resource.storageKey === "/namespaces") return this.#markNamespace(collection, stored, options, dryRun);
    const graceful = this.#graceful(resource.storageKey, stored, options.gracePeriodSeconds);
    if (graceful === "pending") return { object: stored, gone: false };
    const finalizers = wantedFinalizers(resource.storageKey, stored, options);
    const old = stored.metadata;
    const held = finalizers.length > 0;
    if (!graceful && !held) return { object: dryRun ? stored : this.#removed(collection, stored), gone: true };
    const { finalizers: _finalizers, ...metadata } = old;
    const first = old.deletionTimestamp === undefined;
    const now = this.#clock.now();
    const marked: KubeObject = {
      ...stored,
      metadata: {
        ...metadata,
        ...(held ? { finalizers: [...finalizers] } : {}),
        ...(graceful ?? { deletionTimestamp: earlier(old.deletionTimestamp, now), deletionGracePeriodSeconds: 0 }),
        ...(first && old.generation !== undefined && old.generation > 0 ? { generation: old.generation + 1 } : {}),
      },
    };
    if (first && collection.key === "apiextensions.k8s.io/customresourcedefinitions") {
      const pending = withoutGrace(marked, stored, timestamp(this.#clock));
      return { object: dryRun ? pending : this.#storage.put(collection, pending), gone: false };
    }
    const gone = !held && marked.metadata.deletionGracePeriodSeconds === 0;
    if (dryRun) return { object: marked, gone };
    const object = deepEqual(marked, stored) ? stored : this.#storage.put(collection, marked);
    return gone ? { object: this.#storage.remove(collection, object), gone } : { object, gone };
  }

  /** What is removed at once is shown with the version of its removal. */
  #removed(collection: Collection, stored: KubeObject): KubeObject {
    const last = this.#storage.remove(collection, stored);
    return { ...last, metadata: { ...last.metadata, resourceVersion: String(this.#storage.version) } };
  }

  /** A namespace stays until its own finalizers are gone; only the namespace controller ends it. */
  #markNamespace(collection: Collection, stored: KubeObject, options: DeleteOptions, dryRun: boolean): DeleteResult {
    if (stored.metadata.deletionTimestamp === undefined) {
      const finalizers = wantedFinalizers(collection.key, stored, options);
      const { finalizers: _finalizers, ...metadata } = stored.metadata;
      const marked: KubeObject = {
        ...stored,
        metadata: {
          ...metadata,
          ...(finalizers.length === 0 ? {} : { finalizers: [...finalizers] }),
          deletionTimestamp: timestamp(this.#clock),
        },
        status: { ...(stored["status"] as JsonObject | undefined), phase: "Terminating" },
      };
      return { object: dryRun ? marked : this.#storage.put(collection, marked), gone: false };
    }
    if (!isFinished({ storageKey: collection.key }, stored)) return { object: stored, gone: false };
    return { object: dryRun ? stored : this.#storage.remove(collection, stored), gone: true };
  }

  /** The time that a pod gets; `pending` when it has it already, undefined for what ends at once. */
  #graceful(
    storageKey: string,
    object: KubeObject,
    wanted: number | undefined,
  ): { readonly deletionTimestamp: string; readonly deletionGracePeriodSeconds: number } | "pending" | undefined {
    if (storageKey !== "/pods") return undefined;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
    const now = this.#clock.now();
    const asked = wanted !== undefined && wanted < 0 ? 1 : wanted;
    if (deletionTimestamp === undefined) {
      const seconds = gracePeriod(object, asked);
      return { deletionTimestamp: timeText(now + seconds * 1000), deletionGracePeriodSeconds: seconds };
    }
    if (deletionGracePeriodSeconds === 0) return undefined;
    if (asked === undefined || asked >= deletionGracePeriodSeconds) return "pending";
    // A grace period can only be shortened, and not into the past.
    const shortened = Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds - asked) * 1000;
    if (shortened >= now) return { deletionTimestamp: timeText(shortened), deletionGracePeriodSeconds: asked };
    return { deletionTimestamp: timeText(now), deletionGracePeriodSeconds: Math.min(asked, 1) };
  }
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function earlier(present: string | undefined, now: number): string {
  return present === undefined || Date.parse(present) > now ? timeText(now) : present;
}

/** Refuses a deletion that is meant for another object of the name, or for another state of it. */
export function checkPreconditions(
  { resource, name }: WriteTarget,
  stored: KubeObject,
  preconditions: DeleteOptions["preconditions"],
): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const actual = stored.metadata;
  const namespace = resource.storageKey === "/namespaces";
  // The API server's deletion names the kind where all else names the resource.
  const subject = namespace ? resource : { ...resource, resource: resource.kind };
  if (uid !== undefined && uid !== actual.uid) {
    const why = namespace
      ? `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual.uid ?? ""}`
      : `the UID in the precondition (${uid}) does not match the UID in record (${actual.uid ?? ""}). The object might have been deleted and then recreated`;
    throw conflict(subject, name, why);
  }
  const version = actual.resourceVersion ?? "";
  if (resourceVersion !== undefined && resourceVersion !== version) {
    const why = namespace
      ? `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${version}`
      : `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`;
    throw conflict(subject, name, why);
  }
}

/** A CustomResourceDefinition is marked by its own rules: it keeps its generation, and says what comes next. */
function withoutGrace(marked: KubeObject, { metadata: old, status }: KubeObject, now: string): KubeObject {
  const { deletionGracePeriodSeconds: _seconds, ...metadata } = marked.metadata;
  const known = isObject(status) ? status : {};
  const conditions = Array.isArray(known["conditions"]) ? (known["conditions"] as unknown[]) : [];
  const pending = {
    lastTransitionTime: now,
    message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    reason: "InstanceDeletionPending",
    status: "True",
    type: "Terminating",
  };
  return {
    ...marked,
    metadata: { ...metadata, ...(old.generation === undefined ? {} : { generation: old.generation }) },
    status: { ...known, conditions: [...conditions, pending] },
  };
}

/** Kinds whose dependents are orphaned unless a deletion says otherwise: it was so in their first version. */
const ORPHANING = new Set(["batch/jobs", "/replicationcontrollers"]);

/** The finalizers of an object once it is deleted with these options (`deletionFinalizersForGarbageCollection`). */
function wantedFinalizers(storageKey: string, { metadata }: KubeObject, options: DeleteOptions): readonly string[] {
  const present = metadata.finalizers ?? [];
  if (storageKey === "apiextensions.k8s.io/customresourcedefinitions" && metadata.deletionTimestamp === undefined) {
    return present.includes(CRD_FINALIZER) ? present : [...present, CRD_FINALIZER];
  }
  const wanted = garbageFinalizers(storageKey, present, options);
  const kept = present.filter((finalizer) => finalizer !== ORPHAN_FINALIZER && finalizer !== FOREGROUND_FINALIZER);
  const result = [...kept, ...wanted];
  return sameItems(new Set(result), new Set(present)) ? present : result;
}

function garbageFinalizers(
  storageKey: string,
  present: readonly string[],
  { orphanDependents, propagationPolicy }: DeleteOptions,
): readonly string[] {
  // Nothing belongs to an event.
  if (storageKey === "/events") return [];
  if (orphanDependents !== undefined) {
    if (orphanDependents) return [ORPHAN_FINALIZER];
    return storageKey === "/namespaces" ? [FOREGROUND_FINALIZER] : [];
  }
  if (propagationPolicy === "Orphan") return [ORPHAN_FINALIZER];
  if (propagationPolicy === "Foreground") return [FOREGROUND_FINALIZER];
  if (propagationPolicy === "Background") return [];
  const first = present.find((finalizer) => finalizer === ORPHAN_FINALIZER || finalizer === FOREGROUND_FINALIZER);
  if (first !== undefined) return [first];
  return ORPHANING.has(storageKey) ? [ORPHAN_FINALIZER] : [];
}

/** Pods that no kubelet runs, or that have ended, need no time. */
function gracePeriod(pod: KubeObject, wanted: number | undefined): number {
  const spec = isObject(pod["spec"]) ? pod["spec"] : {};
  const phase = isObject(pod["status"]) ? pod["status"]["phase"] : undefined;
  if ((spec["nodeName"] ?? "") === "" || phase === "Succeeded" || phase === "Failed") return 0;
  const own = spec["terminationGracePeriodSeconds"];
  const seconds = wanted ?? (typeof own === "number" ? own : DEFAULT_POD_GRACE_SECONDS);
  return seconds < 0 ? 1 : seconds;
}

function sameItems(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}
