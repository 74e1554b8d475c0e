import ipaddr from "ipaddr.js";

export interface Cidr {
  readonly family: "ipv4" | "ipv6";
  /** With the host bits cleared, as EC2 stores it. */
  readonly text: string;
}

/** Undefined for anything that is not a CIDR block. */
export function parseCidr(text: string): Cidr | undefined {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) {
    const [, bits] = ipaddr.IPv4.parseCIDR(text);
    return { family: "ipv4", text: `${ipaddr.IPv4.networkAddressFromCIDR(text).toString()}/${bits}` };
  }
  if (ipaddr.IPv6.isValidCIDR(text)) {
    const [, bits] = ipaddr.IPv6.parseCIDR(text);
    return { family: "ipv6", text: `${ipaddr.IPv6.networkAddressFromCIDR(text).toString()}/${bits}` };
  }
  return undefined;
}
