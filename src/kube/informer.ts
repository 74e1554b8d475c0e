import type { Kind, KubeObject } from "../api/object.ts";
import type { Clock, Random } from "../clock.ts";
import type { HttpHandler } from "../http.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Lister } from "./lister.ts";

/**
 * One change of an object in the cache. Level-triggered: several changes may have become one, a deletion that was
 * missed while no watch was open comes with the last known object. Use it to find the keys to queue, and nothing else.
 */
export type InformerEvent<T extends KubeObject> =
  | { readonly type: "add"; readonly key: string; readonly old: undefined; readonly new: T }
  | { readonly type: "update"; readonly key: string; readonly old: T; readonly new: T }
  | { readonly type: "delete"; readonly key: string; readonly old: T; readonly new: undefined };

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
  /** Reads the complete list again soon and compares it with the cache. */
  relist(): void;
  health(): InformerHealth;
  stop(): Promise<void>;
}
