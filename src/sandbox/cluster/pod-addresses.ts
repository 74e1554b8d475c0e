import ipaddr from "ipaddr.js";

/** The first addresses of a subnet are AWS's own (network, router, DNS, reserved) and its machines'. */
const reserved = 64;

/** Hands out secondary addresses of subnets, each to one Pod at a time. */
export class PodAddresses {
  readonly #used = new Map<string, string>();
  readonly #next = new Map<string, number>();

  /** Notes that a Pod has this address. */
  take(address: string, uid: string): void {
    this.#used.set(address, uid);
  }

  release(address: string, uid: string): void {
    if (this.#used.get(address) === uid) this.#used.delete(address);
  }

  /** A free address of the subnet, or undefined when it has none left. */
  allocate(cidr: string, uid: string): string | undefined {
    const [network, bits] = ipaddr.IPv4.parseCIDR(cidr);
    const first = network.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
    const size = 2 ** (32 - bits) - 1;
    const skip = Math.min(reserved, size >> 1);
    const span = size - skip;
    for (let step = 0; step < span; step++) {
      const offset = ((this.#next.get(cidr) ?? 0) + step) % span;
      const address = dotted(first + skip + offset);
      if (this.#used.has(address)) continue;
      this.#used.set(address, uid);
      this.#next.set(cidr, offset + 1);
      return address;
    }
    return undefined;
  }
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
