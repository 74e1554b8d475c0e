import { listAt, stringAt, valueAt } from "../kube/builtin/fields.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import type { DiscoveredResource } from "./cluster-api.ts";
import { type ClusterContext, startQueue } from "./cluster-context.ts";
import { ObjectCache } from "./object-cache.ts";
import { conditionHolds } from "./pod-state.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Told of each change of any object; `current` or `old` is undefined at the ends of its life. */
export type MonitorListener = (
  resource: DiscoveredResource,
  current: KubeObject | undefined,
  old: KubeObject | undefined,
) => void;

const definitions = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
} as const;

/** Events own nothing and are owned by nothing; there are many of them (kube-controller-manager leaves them out too). */
const unwatched = new Set(["/events", "events.k8s.io/events"]);

/** How long after a look at discovery the next follows, while it does not yet show what the definitions say. */
const lookAgainMs = 500;

/**
 * The metadata of every object that can be deleted, whatever its kind: discovery says which resources there are, and
 * CustomResourceDefinitions when to ask it again. Resources that the cluster has caches for are not watched twice.
 */
export class ResourceMonitor {
  readonly #context: ClusterContext;
  readonly #signal: AbortSignal;
  readonly #shared = new Map<string, ObjectCache>();
  readonly #listeners: MonitorListener[] = [];
  readonly #watched = new Map<string, { readonly resource: DiscoveredResource; readonly stop: () => Promise<void> }>();
  readonly #lists: Promise<void>[] = [];
  readonly #queue: WorkQueue;
  #resources: readonly DiscoveredResource[] = [];
  readonly #first = Promise.withResolvers<void>();
  readonly #crds: ObjectCache;
  #crdRun: Promise<void> | undefined;

  constructor(context: ClusterContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
    this.#crds = new ObjectCache(definitions, context);
    for (const cache of [...Object.values(context.caches), this.#crds]) {
      this.#shared.set(`${cache.resource.group}/${cache.resource.plural}`, cache);
    }
    this.#queue = startQueue(context, "discovery", () => this.#look());
    this.#crds.onChange((current, old) => {
      if (servedAs(current).join() !== servedAs(old).join()) this.refresh();
    });
  }

  onChange(listener: MonitorListener): void {
    this.#listeners.push(listener);
  }

  /** Everything that discovery has shown, whether it can be watched or not. */
  get resources(): readonly DiscoveredResource[] {
    return this.#resources;
  }

  /** The resource of a kind, in whatever version it is served. */
  find(apiVersion: string, kind: string): DiscoveredResource | undefined {
    const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
    return this.#resources.find((resource) => resource.group === group && resource.kind === kind);
  }

  /** Asks discovery again, soon. */
  refresh(): void {
    this.#queue.add("all");
  }

  /** Resolves once all resources of the beginning have been listed. */
  async start(): Promise<void> {
    const crds = Promise.withResolvers<void>();
    this.#crdRun = this.#crds.run(this.#signal, crds.resolve);
    await crds.promise;
    this.#queue.start();
    this.refresh();
    await this.#first.promise;
    await Promise.all(this.#lists);
  }

  /** Call after the signal has aborted. */
  async stop(): Promise<void> {
    this.#queue.stop();
    await Promise.allSettled([this.#crdRun, ...[...this.#watched.values()].map(({ stop }) => stop())]);
  }

  async #look(): Promise<void> {
    this.#resources = await this.#context.api.discover();
    const wanted = new Map(this.#resources.filter(isWatched).map((resource) => [keyOf(resource), resource]));
    for (const [key, { resource, stop }] of this.#watched) {
      const now = wanted.get(key);
      if (now?.version === resource.version && now.namespaced === resource.namespaced) wanted.delete(key);
      else {
        this.#watched.delete(key);
        // What comes after it must not lose objects to its end.
        await stop();
      }
    }
    if (!this.#signal.aborted) for (const [key, resource] of wanted) this.#watched.set(key, this.#watch(key, resource));
    this.#first.resolve();
    if (!this.#isCurrent()) this.#queue.addAfter("all", lookAgainMs);
  }

  /** Discovery follows the definitions with some delay. */
  #isCurrent(): boolean {
    const shown = new Set(this.#resources.map(keyOf));
    const groups = new Map([...this.#crds.values()].map((crd) => [stringAt(crd, "spec", "group"), crd]));
    const defined = new Set([...this.#crds.values()].flatMap(servedAs));
    return (
      [...defined].every((key) => shown.has(key)) &&
      this.#resources.every((resource) => !groups.has(resource.group) || defined.has(keyOf(resource)))
    );
  }

  #watch(key: string, resource: DiscoveredResource): { resource: DiscoveredResource; stop: () => Promise<void> } {
    const tell = (current: KubeObject | undefined, old: KubeObject | undefined): void => {
      for (const listener of this.#listeners) listener(resource, current, old);
    };
    const shared = this.#shared.get(key);
    if (shared !== undefined) {
      for (const object of shared.values()) tell(object, undefined);
      shared.onChange(tell);
      return { resource, stop: () => Promise.resolve() };
    }
    const cache = new ObjectCache(resource, { ...this.#context, view: "metadata" });
    cache.onChange(tell);
    const own = new AbortController();
    const listed = Promise.withResolvers<void>();
    const run = cache.run(AbortSignal.any([this.#signal, own.signal]), listed.resolve);
    // One that ends before its first list is not waited for.
    this.#lists.push(Promise.race([listed.promise, run]));
    return {
      resource,
      stop: async () => {
        own.abort();
        await run;
        // What is no longer served is gone, as far as anybody can see.
        for (const object of cache.values()) cache.forget(object);
      },
    };
  }
}

function isWatched(resource: DiscoveredResource): boolean {
  const { verbs } = resource;
  return ["delete", "list", "watch"].every((verb) => verbs.includes(verb)) && !unwatched.has(keyOf(resource));
}

function keyOf({ group, plural }: { readonly group: string; readonly plural: string }): string {
  return `${group}/${plural}`;
}

/** `group/plural` of an established definition that serves a version; nothing for any other. */
function servedAs(crd: KubeObject | undefined): readonly string[] {
  if (crd === undefined || !conditionHolds(crd, "Established")) return [];
  if (!listAt(crd, "spec", "versions").some((version) => valueAt(version, "served") === true)) return [];
  const [group, plural] = [stringAt(crd, "spec", "group"), stringAt(crd, "spec", "names", "plural")];
  return [`${group ?? ""}/${plural ?? ""}`];
}
