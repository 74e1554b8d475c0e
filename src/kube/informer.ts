import { isDeepStrictEqual } from "node:util";
import { type Kind, type KubeObject, objectKey } from "../api/object.ts";
import type { Clock, Random } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import type { HttpHandler } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { untilAborted } from "./abort.ts";
import type { Lister } from "./lister.ts";
import { ObjectCache } from "./object-cache.ts";
import { createReflector, type ListReason } from "./reflector.ts";
import { trimmed } from "./trim.ts";

/**
 * One change of an object in the cache. Level-triggered: several changes may have become one, a deletion that was
 * missed while no watch was open comes with the last known object. Use it to find the keys to queue, and nothing else.
 */
export type InformerEvent<T extends KubeObject> =
  | { readonly type: "add"; readonly key: string; readonly old: undefined; readonly new: T }
  | { readonly type: "update"; readonly key: string; readonly old: T; readonly new: T }
  | { readonly type: "delete"; readonly key: string; readonly old: T; readonly new: undefined };

/**
 * False for an update of nothing but `status`, which controllers write themselves: queuing a key for that would make
 * each report cause the next reconcile.
 */
export function changesSpec<T extends KubeObject>(event: InformerEvent<T>): boolean {
  return event.type !== "update" || !sameButVersion(withoutStatus(event.old), withoutStatus(event.new));
}

export type InformerHandler<T extends KubeObject> = (event: InformerEvent<T>) => void;

export interface InformerOptions<T extends KubeObject> {
  readonly kind: Kind<T>;
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Drops what is never read before an object enters the cache; default `trimmed` (trim.ts). Must not change its input. */
  readonly transform?: (object: T) => T;
  /** Key functions: the values under which `byIndex` finds an object. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  readonly onEvent?: InformerHandler<T>;
  readonly http: HttpHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: Metrics;
}

export interface InformerHealth {
  readonly synced: boolean;
  readonly objects: number;
  /** Age of the open watch in milliseconds; undefined when none is open. */
  readonly watchAgeMs: number | undefined;
  /** Time since anything, bookmarks included, came over the wire, in milliseconds. */
  readonly silentMs: number;
  /** False when the cache has been silent for longer than its own limits allow: the process should restart. */
  readonly live: boolean;
}

/** A cache of the objects of one kind, kept current by list and watch until it is stopped. */
export interface Informer<T extends KubeObject> extends Lister<T> {
  readonly kind: Kind<T>;
  /** Starts reading. To be called once. */
  start(): void;
  /** Adds a handler; it first gets an `add` for each object that is there already. Returns how to remove it. */
  onEvent(handler: InformerHandler<T>): () => void;
  /** Resolves when the first complete list has arrived; rejects when `signal` aborts or the informer stops. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /**
   * Reads the complete list again and compares it with the cache. Resolves when all that had happened before the call is in
   * the cache, however long that takes; never rejects.
   */
  relist(): Promise<void>;
  health(): InformerHealth;
  stop(): Promise<void>;
}

export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { kind, metrics } = options;
  const log = options.log.child({ kind: kind.kind });
  const transform = options.transform ?? trimmed(kind);
  const cache = new ObjectCache<T>(options.indexes);
  const handlers = new Set<InformerHandler<T>>();
  if (options.onEvent !== undefined) handlers.add(options.onEvent);
  const first = Promise.withResolvers<void>();
  // Nobody needs to wait for the first list.
  first.promise.catch(() => undefined);
  const stopping = new AbortController();
  let staged = new Map<string, T>();
  let synced = false;
  let running: Promise<void> | undefined;

  function tell(handler: InformerHandler<T>, event: InformerEvent<T>): void {
    try {
      handler(event);
    } catch (error) {
      // One bad handler must not cost the others their events, nor the watch its life.
      metrics?.add("fairlead_kube_handler_failures_total", { kind: kind.kind });
      log.error("an event handler failed", { key: event.key, error: errorMessage(error) });
    }
  }

  function dispatch(event: InformerEvent<T>): void {
    for (const handler of handlers) tell(handler, event);
  }

  /** Puts an object that has been transformed; true when that changed what the cache says. */
  function put(object: T): boolean {
    const key = objectKey(object.metadata);
    const before = cache.get(key);
    if (before !== undefined && before.metadata.resourceVersion === object.metadata.resourceVersion) return false;
    if (!guarded(key, () => void cache.put(object))) return false;
    if (before === undefined) {
      dispatch({ type: "add", key, old: undefined, new: object });
      return true;
    }
    if (before.metadata.uid !== object.metadata.uid) {
      // Deleted and made again under the same name between two looks.
      dispatch({ type: "delete", key, old: before, new: undefined });
      dispatch({ type: "add", key, old: undefined, new: object });
      return true;
    }
    if (sameButVersion(before, object)) return false;
    dispatch({ type: "update", key, old: before, new: object });
    return true;
  }

  function remove(key: string): boolean {
    const old = cache.delete(key);
    if (old === undefined) return false;
    dispatch({ type: "delete", key, old, new: undefined });
    return true;
  }

  /** Runs a transform or index function; one that throws costs this object its update, and nothing else. */
  function guarded(key: string, action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      metrics?.add("fairlead_kube_handler_failures_total", { kind: kind.kind });
      log.error("an object could not enter the cache", { key, error: errorMessage(error) });
      return false;
    }
  }

  function replace(reason: ListReason, lastVersion: string | undefined): void {
    const objects = staged;
    staged = new Map();
    let missed = 0;
    for (const key of cache.keys()) if (!objects.has(key) && remove(key)) missed++;
    for (const object of objects.values())
      if (put(object) && !isNewer(object.metadata.resourceVersion, lastVersion)) missed++;
    if ((reason === "periodic" || reason === "requested") && missed > 0) {
      metrics?.add("fairlead_kube_missed_events_total", { kind: kind.kind }, missed);
      log.warn("the watch had missed changes", { missed });
    }
    synced = true;
    first.resolve();
  }

  const reflector = createReflector<T>({
    ...options,
    target: {
      stage(items) {
        for (const item of items) {
          const key = objectKey(item.metadata);
          const kept = guarded(key, () => void staged.set(key, transform(item)));
          // Absent from the list means deleted: what cannot be read must not look like that.
          const old = kept ? undefined : cache.get(key);
          if (old !== undefined) staged.set(key, old);
        }
      },
      discardStaged: () => void (staged = new Map()),
      replace,
      put: (object) => void guarded(objectKey(object.metadata), () => void put(transform(object))),
      remove: (object) => void remove(objectKey(object.metadata)),
    },
  });

  const endCollect = metrics?.onCollect(() => {
    const health = reflector.health();
    metrics.set("fairlead_kube_watch_age_seconds", { kind: kind.kind }, (health.watchAgeMs ?? 0) / 1000);
    metrics.set("fairlead_kube_last_event_age_seconds", { kind: kind.kind }, health.silentMs / 1000);
    metrics.set("awslbc_controller_cache_object_total", { resource: kind.kind.toLowerCase() }, cache.size);
  });

  return {
    kind,
    get: (key) => cache.get(key),
    list: (namespace) => cache.list(namespace),
    byIndex: (index, value) => cache.byIndex(index, value),
    get synced() {
      return synced;
    },
    start() {
      if (running !== undefined) throw new TypeError(`the informer of ${kind.plural} was started twice`);
      running = reflector.run(stopping.signal);
    },
    onEvent(handler) {
      handlers.add(handler);
      for (const object of cache.list())
        tell(handler, { type: "add", key: objectKey(object.metadata), old: undefined, new: object });
      return () => void handlers.delete(handler);
    },
    async whenSynced(signal) {
      await (signal === undefined ? first.promise : untilAborted(first.promise, signal));
    },
    relist: () => reflector.relist(),
    health: () => ({ ...reflector.health(), synced, objects: cache.size }),
    async stop() {
      const reason = new DOMException(`the informer of ${kind.plural} stops`, "AbortError");
      stopping.abort(reason);
      first.reject(reason);
      endCollect?.();
      await running;
    },
  };
}

function withoutStatus(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object as KubeObject & { readonly status?: unknown };
  return rest;
}

function sameButVersion(a: KubeObject, b: KubeObject): boolean {
  const { metadata: metaA, ...restA } = a;
  const { metadata: metaB, ...restB } = b;
  return (
    isDeepStrictEqual({ ...metaA, resourceVersion: "" }, { ...metaB, resourceVersion: "" }) &&
    isDeepStrictEqual(restA, restB)
  );
}

/** Whether an object changed after the version that the watch had reached (versions of one server grow). */
function isNewer(version: string, than: string | undefined): boolean {
  if (than === undefined || !/^\d+$/.test(version) || !/^\d+$/.test(than)) return false;
  return BigInt(version) > BigInt(than);
}
