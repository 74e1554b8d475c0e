import type { Clock } from "../../clock.ts";
import type { DeleteDependent } from "./garbage-collector.ts";
import { deepEqual, isObject, type JsonObject } from "./json-value.ts";
import { timestamp } from "./object-writer.ts";
import type { KubeObject } from "./resource-definition.ts";
import type { Collection, Storage } from "./storage.ts";

/** How long the namespace controller waits before it empties a namespace (`namespaceDeletionGracePeriod`). */
const DELETION_DELAY_MS = 5_000;

/** Brings the contents of a new namespace and empties a terminating one, as the controllers of a cluster do. */
export class NamespaceLifecycle {
  readonly #clock: Clock;
  readonly #storage: Storage;
  readonly #namespaces: Collection;
  readonly #delete: DeleteDependent;
  readonly #populate: (namespace: string) => void;
  /** Uids of namespaces that are to be emptied. */
  readonly #marked = new Set<string>();
  /** Names of namespaces that are being emptied. */
  readonly #terminating = new Set<string>();
  readonly #queue = new Set<string>();
  #scheduled = false;

  constructor(
    clock: Clock,
    storage: Storage,
    {
      deleteObject,
      populate,
    }: { readonly deleteObject: DeleteDependent; readonly populate: (namespace: string) => void },
  ) {
    this.#clock = clock;
    this.#storage = storage;
    this.#namespaces = storage.collection("/namespaces");
    this.#delete = deleteObject;
    this.#populate = populate;
    storage.listen(({ type, object, previous }, collection) => {
      if (collection === this.#namespaces) this.#observeNamespace(type, object);
      else if (type === "DELETED" && this.#terminating.has(object.metadata.namespace ?? "")) {
        this.#enqueue(object.metadata.namespace ?? "");
      } else if (previous === undefined && this.#terminating.has(object.metadata.namespace ?? "")) {
        this.#enqueue(object.metadata.namespace ?? "");
      }
    });
  }

  #observeNamespace(type: string, { metadata }: KubeObject): void {
    if (type === "DELETED") {
      this.#terminating.delete(metadata.name);
      this.#marked.delete(metadata.uid ?? "");
    } else if (metadata.deletionTimestamp !== undefined) {
      if (this.#marked.has(metadata.uid ?? "")) return;
      this.#marked.add(metadata.uid ?? "");
      this.#clock.setTimer(DELETION_DELAY_MS, () => {
        this.#terminating.add(metadata.name);
        this.#enqueue(metadata.name);
      });
    } else if (type === "ADDED") {
      this.#populate(metadata.name);
    }
  }

  #enqueue(name: string): void {
    this.#queue.add(name);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const next of this.#queue) {
        this.#queue.delete(next);
        this.#terminate(next);
      }
    });
  }

  #terminate(name: string): void {
    for (const collection of this.#storage.collections()) {
      for (const object of collection.list(name)) {
        if (object.metadata.deletionTimestamp === undefined) this.#delete(collection, object, false);
      }
    }
    const namespace = this.#namespaces.get("", name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    const remaining = [...this.#storage.collections()].filter((collection) => !collection.objects(name).next().done);
    if (remaining.length > 0) {
      this.#report(namespace, remaining);
      return;
    }
    const spec = isObject(namespace["spec"]) ? namespace["spec"] : {};
    const held = Array.isArray(spec["finalizers"]) ? (spec["finalizers"] as string[]) : [];
    const finalizers = held.filter((finalizer) => finalizer !== "kubernetes");
    const next: KubeObject = { ...namespace, spec: finalizers.length === 0 ? {} : { finalizers } };
    if (finalizers.length === 0 && (namespace.metadata.finalizers ?? []).length === 0) {
      this.#storage.remove(this.#namespaces, next);
    } else if (!deepEqual(next["spec"], namespace["spec"])) {
      this.#storage.put(this.#namespaces, next);
    }
  }

  /** What still stands in the way, in the words of the namespace controller. */
  #report(namespace: KubeObject, remaining: readonly Collection[]): void {
    const { name } = namespace.metadata;
    const counts: string[] = [];
    const finalizers = new Map<string, number>();
    for (const collection of remaining) {
      const objects = collection.list(name);
      const [group = "", plural = ""] = collection.key.split("/");
      counts.push(`${plural}.${group} has ${objects.length} resource instances`);
      for (const finalizer of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
      }
    }
    const held = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort();
    const status = isObject(namespace["status"]) ? namespace["status"] : {};
    const before = Array.isArray(status["conditions"]) ? (status["conditions"] as JsonObject[]) : [];
    const condition = (type: string, state: boolean, reason: string, message: string): JsonObject => {
      const old = before.find((candidate) => candidate["type"] === type);
      const text = state ? "True" : "False";
      const since = old?.["status"] === text ? old["lastTransitionTime"] : timestamp(this.#clock);
      return { type, status: text, lastTransitionTime: since, reason, message };
    };
    const conditions = [
      condition(
        "NamespaceDeletionDiscoveryFailure",
        false,
        "ResourcesDiscovered",
        "All resources successfully discovered",
      ),
      condition(
        "NamespaceDeletionGroupVersionParsingFailure",
        false,
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
      ),
      condition(
        "NamespaceDeletionContentFailure",
        false,
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
      ),
      condition(
        "NamespaceContentRemaining",
        true,
        "SomeResourcesRemain",
        `Some resources are remaining: ${counts.sort().join(", ")}`,
      ),
      held.length > 0
        ? condition(
            "NamespaceFinalizersRemaining",
            true,
            "SomeFinalizersRemain",
            `Some content in the namespace has finalizers remaining: ${held.join(", ")}`,
          )
        : condition(
            "NamespaceFinalizersRemaining",
            false,
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
          ),
    ];
    if (deepEqual(conditions, before)) return;
    this.#storage.put(this.#namespaces, { ...namespace, status: { ...status, phase: "Terminating", conditions } });
  }
}
