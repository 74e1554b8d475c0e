import type { Clock } from "../../../clock.ts";
import type { InterfaceSource, InterfaceView, NetworkFacts } from "../surroundings.ts";

/** A network interface of a load balancer, and what must be given back with it. */
export interface HeldInterface {
  view: InterfaceView;
  readonly allocationId: string | undefined;
  /** Wall time at which a released interface is gone; undefined while in use. */
  goneAt: number | undefined;
}

/**
 * The network interfaces of load balancers. They outlive their load balancer for a while, and with them their security
 * groups, addresses and elastic IPs stay in use, as on AWS.
 */
export class HeldInterfaces implements InterfaceSource {
  readonly #clock: Clock;
  readonly #network: () => NetworkFacts;
  readonly #held = new Set<HeldInterface>();
  readonly #byGroup = new Map<string, Set<HeldInterface>>();
  readonly #leaving = new Set<HeldInterface>();

  constructor(clock: Clock, network: () => NetworkFacts) {
    this.#clock = clock;
    this.#network = network;
  }

  hold(view: InterfaceView, allocationId: string | undefined): HeldInterface {
    const held: HeldInterface = { view, allocationId, goneAt: undefined };
    this.#held.add(held);
    this.#index(held);
    if (allocationId !== undefined) this.#network().setElasticIpInUse(allocationId, true);
    return held;
  }

  setGroups(held: HeldInterface, groupIds: readonly string[]): void {
    this.#unindex(held);
    held.view = { ...held.view, groupIds };
    this.#index(held);
  }

  /** Lets go of an interface `afterMs` from now. */
  release(held: HeldInterface, afterMs: number): void {
    held.goneAt = this.#clock.now() + afterMs;
    this.#leaving.add(held);
    this.sweep();
  }

  *all(): Generator<InterfaceView> {
    this.sweep();
    for (const held of this.#held) yield held.view;
  }

  *ofGroup(groupId: string): Generator<InterfaceView> {
    this.sweep();
    for (const held of this.#byGroup.get(groupId) ?? []) yield held.view;
  }

  /** Drops what is due; called before anything looks at interfaces or addresses. */
  sweep(): void {
    const now = this.#clock.now();
    for (const held of this.#leaving) {
      if (held.goneAt === undefined || held.goneAt > now) continue;
      this.#leaving.delete(held);
      this.#held.delete(held);
      this.#unindex(held);
      this.#network().releaseAddress(held.view.subnetId, held.view.privateIp);
      if (held.allocationId !== undefined) this.#network().setElasticIpInUse(held.allocationId, false);
    }
  }

  #index(held: HeldInterface): void {
    for (const groupId of held.view.groupIds) {
      const ofGroup = this.#byGroup.get(groupId) ?? new Set();
      ofGroup.add(held);
      this.#byGroup.set(groupId, ofGroup);
    }
  }

  #unindex(held: HeldInterface): void {
    for (const groupId of held.view.groupIds) this.#byGroup.get(groupId)?.delete(held);
  }
}
