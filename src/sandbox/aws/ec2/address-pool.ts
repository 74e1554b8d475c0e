import ipaddr from "ipaddr.js";
import { subnetCapacity } from "./describe-network.ts";
import type { Ec2State, Subnet } from "./state.ts";

/** The private IPv4 addresses of the subnets: which are taken, and the next free one. */
export class AddressPool {
  readonly #state: Ec2State;
  readonly #taken = new Map<string, Set<number>>();
  /** Where the search for a free address goes on, so that an address is not used again at once. */
  readonly #next = new Map<string, number>();

  constructor(state: Ec2State) {
    this.#state = state;
  }

  /** Takes the wanted address, or the next free one; undefined when it is taken, foreign, or none is left. */
  take(subnetId: string, wanted?: string): string | undefined {
    const range = this.#range(subnetId);
    if (range === undefined) return undefined;
    const taken = this.#takenOf(subnetId);
    if (wanted !== undefined) {
      const number = addressNumber(wanted);
      if (number < range.first || number > range.last || taken.has(number)) return undefined;
      taken.add(number);
      return wanted;
    }
    const size = range.last - range.first + 1;
    if (taken.size >= size) return undefined;
    let number = this.#next.get(subnetId) ?? range.first;
    while (taken.has(number)) number = number >= range.last ? range.first : number + 1;
    taken.add(number);
    this.#next.set(subnetId, number >= range.last ? range.first : number + 1);
    return addressText(number);
  }

  release(subnetId: string, address: string): void {
    this.#takenOf(subnetId).delete(addressNumber(address));
  }

  free(subnetId: string): number {
    const subnet = this.#state.subnets.get(subnetId);
    return subnet === undefined ? 0 : subnetCapacity(subnet.cidrBlock) - this.#takenOf(subnetId).size;
  }

  contains(subnet: Subnet, address: string): boolean {
    const range = this.#range(subnet.subnetId);
    const number = addressNumber(address);
    return range !== undefined && number >= range.first && number <= range.last;
  }

  #takenOf(subnetId: string): Set<number> {
    const taken = this.#taken.get(subnetId) ?? new Set<number>();
    this.#taken.set(subnetId, taken);
    return taken;
  }

  #range(subnetId: string): { readonly first: number; readonly last: number } | undefined {
    const subnet = this.#state.subnets.get(subnetId);
    if (subnet === undefined) return undefined;
    const network = addressNumber(ipaddr.IPv4.networkAddressFromCIDR(subnet.cidrBlock).toString());
    const broadcast = addressNumber(ipaddr.IPv4.broadcastAddressFromCIDR(subnet.cidrBlock).toString());
    // AWS keeps the first four addresses and the last one of every subnet.
    return { first: network + 4, last: broadcast - 1 };
  }
}

function addressNumber(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
