import type { Clock } from "../../clock.ts";
import type { Admission } from "./admission.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import { isFinished, timestamp, type WriteTarget } from "./object-writer.ts";
import type { WriteContext } from "./request-context.ts";
import type { KubeObject } from "./resource-definition.ts";
import { badRequest, conflict, forbidden, notFound } from "./status-error.ts";
import type { Collection, Storage } from "./storage.ts";

export type Propagation = "Background" | "Foreground" | "Orphan";

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: Propagation;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

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

  async delete(target: WriteTarget, options: DeleteOptions, context: WriteContext): Promise<DeleteResult> {
    const { resource, namespace, name } = target;
    const collection = this.#storage.collection(resource.storageKey);
    let stored = collection.get(namespace ?? "", name);
    if (stored === undefined) throw notFound(resource, name);
    if (resource.storageKey === "/namespaces" && KEPT_NAMESPACES.has(name)) {
      throw forbidden(resource, name, "this namespace may not be deleted");
    }
    await this.#admission.validate({
      ...target,
      operation: "DELETE",
      object: undefined,
      oldObject: resource.fromStorage(stored),
      context,
    });
    stored = collection.get(namespace ?? "", name);
    if (stored === undefined) throw notFound(resource, name);
    checkPreconditions(target, stored, options);
    const result = this.#mark(collection, resource, stored, options, context.dryRun);
    return { object: resource.fromStorage(result.object), gone: result.gone };
  }

  #mark(
    collection: Collection,
    resource: WriteTarget["resource"],
    stored: KubeObject,
    options: DeleteOptions,
    dryRun: boolean,
  ): DeleteResult {
    const finalizers = wantedFinalizers(resource.storageKey, stored, options.propagationPolicy);
    const grace = gracePeriod(resource.storageKey, stored, options.gracePeriodSeconds);
    const old = stored.metadata;
    const already = old.deletionTimestamp !== undefined;
    const seconds = already ? Math.min(grace, old.deletionGracePeriodSeconds ?? 0) : grace;
    const unchanged =
      already && seconds === old.deletionGracePeriodSeconds && sameItems(finalizers, old.finalizers ?? []);
    const { finalizers: _finalizers, ...metadata } = old;
    const marked: KubeObject = {
      ...stored,
      metadata: {
        ...metadata,
        ...(finalizers.length === 0 ? {} : { finalizers: [...finalizers] }),
        ...(already && seconds === old.deletionGracePeriodSeconds
          ? {}
          : { deletionTimestamp: this.#deletionTime(seconds), deletionGracePeriodSeconds: seconds }),
        ...(!already && old.generation !== undefined && old.generation > 0 ? { generation: old.generation + 1 } : {}),
      },
      ...(resource.storageKey === "/namespaces"
        ? { status: { ...(stored["status"] as JsonObject | undefined), phase: "Terminating" } }
        : {}),
    };
    if (isFinished(resource, marked)) {
      const last = already ? marked : stored;
      return { object: dryRun ? stored : this.#storage.remove(collection, last), gone: true };
    }
    if (dryRun) return { object: marked, gone: false };
    if (unchanged) return { object: stored, gone: false };
    return { object: this.#storage.put(collection, marked), gone: false };
  }

  #deletionTime(graceSeconds: number): string {
    return timestamp({ ...this.#clock, now: () => this.#clock.now() + graceSeconds * 1000 });
  }
}

/** Reads `DeleteOptions` from body and query; the body wins where both speak. */
export function parseDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = isObject(body) ? body : {};
  const graceText = query.get("gracePeriodSeconds");
  const grace = given["gracePeriodSeconds"] ?? (graceText === null ? undefined : Number(graceText));
  const orphan =
    given["orphanDependents"] ?? (query.has("orphanDependents") ? query.get("orphanDependents") === "true" : undefined);
  const policy = given["propagationPolicy"] ?? query.get("propagationPolicy") ?? undefined;
  if (
    policy !== undefined &&
    policy !== "" &&
    policy !== "Background" &&
    policy !== "Foreground" &&
    policy !== "Orphan"
  ) {
    throw badRequest(
      `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: ${JSON.stringify(policy)}: must be one of "Foreground","Background","Orphan" or nil`,
    );
  }
  const preconditions = isObject(given["preconditions"])
    ? (given["preconditions"] as DeleteOptions["preconditions"])
    : undefined;
  const propagation =
    (policy === "" ? undefined : policy) ??
    (orphan === undefined ? undefined : orphan === true ? "Orphan" : "Background");
  return {
    ...(typeof grace === "number" && Number.isFinite(grace) ? { gracePeriodSeconds: Math.max(0, grace) } : {}),
    ...(propagation === undefined ? {} : { propagationPolicy: propagation as Propagation }),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

function checkPreconditions({ resource, name }: WriteTarget, stored: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const actual = stored.metadata;
  if (uid !== undefined && uid !== actual.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual.uid ?? ""}`;
    throw conflict(resource, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== actual.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${actual.resourceVersion ?? ""}`;
    throw conflict(resource, name, why);
  }
}

function wantedFinalizers(
  storageKey: string,
  { metadata }: KubeObject,
  policy: Propagation | undefined,
): readonly string[] {
  const present = metadata.finalizers ?? [];
  if (storageKey === "apiextensions.k8s.io/customresourcedefinitions" && metadata.deletionTimestamp === undefined) {
    return present.includes(CRD_FINALIZER) ? present : [...present, CRD_FINALIZER];
  }
  if (policy === undefined) return present;
  const others = present.filter((finalizer) => finalizer !== ORPHAN_FINALIZER && finalizer !== FOREGROUND_FINALIZER);
  if (policy === "Background") return others;
  return [...others, policy === "Orphan" ? ORPHAN_FINALIZER : FOREGROUND_FINALIZER];
}

/** Only pods are given time; those that no kubelet runs, or that have ended, need none. */
function gracePeriod(storageKey: string, object: KubeObject, wanted: number | undefined): number {
  if (storageKey !== "/pods") return 0;
  const spec = isObject(object["spec"]) ? object["spec"] : {};
  const phase = isObject(object["status"]) ? object["status"]["phase"] : undefined;
  if ((spec["nodeName"] ?? "") === "" || phase === "Succeeded" || phase === "Failed") return 0;
  const own = spec["terminationGracePeriodSeconds"];
  return wanted ?? (typeof own === "number" ? own : DEFAULT_POD_GRACE_SECONDS);
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
