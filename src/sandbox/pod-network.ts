import { type Clock, sleep } from "../clock.ts";
import type { AwsSandbox } from "./aws/aws-sandbox.ts";
import type { TargetCondition } from "./aws/target-health-source.ts";
import { type ClusterApi, type ClusterResource, resources } from "./cluster/cluster-api.ts";
import type { KubeObject } from "./kube/resource-definition.ts";

interface PodLike extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly podIP?: string; readonly conditions?: readonly ConditionLike[] };
}

interface NodeLike extends KubeObject {
  readonly spec?: { readonly providerID?: string };
  readonly status?: { readonly conditions?: readonly ConditionLike[] };
}

interface ConditionLike {
  readonly type: string;
  readonly status: string;
}

interface Follower {
  readonly see: (object: KubeObject, deleted: boolean) => void;
  /** Everything that is there; what is not among it is gone. */
  readonly keep: (present: readonly KubeObject[]) => void;
}

const retryMs = 500;

/**
 * Ties the cluster to AWS as Amazon's VPC CNI does: pods' addresses become secondary addresses of their node's network
 * interface, and load balancers find a target healthy when its pod's containers are ready, or its node is.
 */
export class PodNetwork {
  readonly #api: ClusterApi;
  readonly #aws: AwsSandbox;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #instanceOfNode = new Map<string, string>();
  /** Address by pod uid, with the pod's name for a look at what is assigned. */
  readonly #addressOfPod = new Map<string, string>();
  readonly #waitingForNode = new Map<string, Set<string>>();
  readonly #health = new Map<string, TargetCondition>();
  #done: Promise<unknown> = Promise.resolve();

  constructor(api: ClusterApi, aws: AwsSandbox, clock: Clock) {
    this.#api = api;
    this.#aws = aws;
    this.#clock = clock;
  }

  start(): void {
    this.#aws.useTargetHealth((target) => this.#health.get(target) ?? { healthy: false, reason: "Target.Timeout" });
    this.#done = Promise.all([
      this.#follow(resources.nodes, {
        see: (node, deleted) => this.#node(node as NodeLike, deleted),
        keep: (present) => {
          const names = new Set(present.map(({ metadata }) => metadata.name));
          for (const name of this.#instanceOfNode.keys()) if (!names.has(name)) this.#forgetNode(name);
        },
      }),
      this.#follow(resources.pods, {
        see: (pod, deleted) => this.#pod(pod as PodLike, deleted),
        keep: (present) => {
          const uids = new Set(present.map(({ metadata }) => metadata.uid));
          for (const uid of this.#addressOfPod.keys()) if (!uids.has(uid)) this.#release(uid);
        },
      }),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  #node(node: NodeLike, deleted: boolean): void {
    const { name } = node.metadata;
    const instance = node.spec?.providerID?.split("/").at(-1);
    if (instance === undefined) return;
    if (deleted) {
      this.#forgetNode(name);
      return;
    }
    this.#instanceOfNode.set(name, instance);
    this.#setHealth(instance, holds(node.status?.conditions, "Ready"));
    for (const address of this.#waitingForNode.get(name) ?? []) {
      this.#aws.surroundings.compute.assignPodAddress(instance, address);
    }
    this.#waitingForNode.delete(name);
  }

  #forgetNode(name: string): void {
    this.#health.delete(this.#instanceOfNode.get(name) ?? "");
    this.#instanceOfNode.delete(name);
  }

  #release(uid: string): void {
    const address = this.#addressOfPod.get(uid);
    if (address === undefined) return;
    this.#aws.surroundings.compute.releasePodAddress(address);
    this.#health.delete(address);
    this.#addressOfPod.delete(uid);
  }

  #pod(pod: PodLike, deleted: boolean): void {
    const uid = pod.metadata.uid ?? "";
    const address = pod.status?.podIP;
    const known = this.#addressOfPod.get(uid);
    if (deleted || (known !== undefined && known !== address)) {
      this.#release(uid);
      if (deleted) return;
    }
    if (address === undefined) return;
    this.#setHealth(address, holds(pod.status?.conditions, "ContainersReady"));
    if (known === address) return;
    this.#addressOfPod.set(uid, address);
    const nodeName = pod.spec?.nodeName ?? "";
    const instance = this.#instanceOfNode.get(nodeName);
    if (instance !== undefined) {
      this.#aws.surroundings.compute.assignPodAddress(instance, address);
      return;
    }
    const waiting = this.#waitingForNode.get(nodeName) ?? new Set<string>();
    this.#waitingForNode.set(nodeName, waiting.add(address));
  }

  #setHealth(target: string, healthy: boolean): void {
    if (this.#health.get(target)?.healthy === healthy) return;
    this.#health.set(target, { healthy, since: this.#clock.now() });
  }

  async #follow(resource: ClusterResource, { see, keep }: Follower): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const { items, resourceVersion } = await this.#api.list(resource);
        // What went while nobody watched is told by its absence, before another can have its address.
        keep(items);
        for (const item of items) see(item, false);
        for await (const { type, object } of this.#api.watch(resource, resourceVersion, signal)) {
          if (type === "ERROR") break;
          if (type !== "BOOKMARK") see(object, type === "DELETED");
        }
      } catch {
        // The API server is away, or the history is gone: what is there now is listed again.
        if (!signal.aborted) await sleep(this.#clock, retryMs, signal).catch(() => undefined);
      }
    }
  }
}

function holds(conditions: readonly ConditionLike[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}
