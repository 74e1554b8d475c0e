import ipaddr from "ipaddr.js";
import { CelError, type OpaqueValue } from "../values.ts";
import { declare } from "./declare.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

class IP implements OpaqueValue {
  readonly celType = "net.IP";
  readonly address: Address;
  readonly identity: string;

  constructor(address: Address) {
    this.address = address;
    this.identity = addressText(address);
  }
}

class Cidr implements OpaqueValue {
  readonly celType = "net.CIDR";
  readonly address: Address;
  readonly bits: number;
  readonly identity: string;

  constructor(address: Address, bits: number) {
    this.address = address;
    this.bits = bits;
    this.identity = `${addressText(address)}/${bits}`;
  }

  get network(): Cidr {
    const bytes = this.address.toByteArray().map((byte, index) => {
      const kept = Math.min(Math.max(this.bits - index * 8, 0), 8);
      return byte & (0xff << (8 - kept));
    });
    return new Cidr(ipaddr.fromByteArray(bytes), this.bits);
  }

  contains(other: Address): boolean {
    return (
      other.kind() === this.address.kind() && new Cidr(other, this.bits).network.identity === this.network.identity
    );
  }
}

class Url implements OpaqueValue {
  readonly celType = "kubernetes.URL";
  readonly identity: string;
  readonly parts: { readonly scheme: string; readonly host: string; readonly path: string; readonly query: string };

  constructor(text: string, parts: Url["parts"]) {
    this.identity = text;
    this.parts = parts;
  }
}

function addressText(address: Address): string {
  return address.kind() === "ipv6" ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}

/** IPv4 in four decimal numbers without leading zeros, or IPv6 without a zone and not of an IPv4 address. */
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) && !/(?:^|\.)0\d/.test(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? undefined : address;
}

function ip(text: string): IP {
  const address = parseAddress(text);
  if (address === undefined) {
    const why = text.includes(":") || text.includes(".") ? "" : ": unable to parse IP";
    throw new CelError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)})${why}`,
    );
  }
  return new IP(address);
}

function parseCidr(text: string): Cidr | undefined {
  const [start = "", bits = "", ...rest] = text.split("/");
  const address = parseAddress(start);
  if (address === undefined || rest.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return undefined;
  return Number(bits) <= (address.kind() === "ipv4" ? 32 : 128) ? new Cidr(address, Number(bits)) : undefined;
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) {
    const why = text.includes("/") ? "" : ": no '/'";
    throw new CelError(
      `network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)})${why}`,
    );
  }
  return parsed;
}

/** An absolute URL, or a path. */
function parseUrl(text: string): Url | undefined {
  const [, scheme = "", host, path = "", query = ""] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?]*)(?:\?(.*))?$/.exec(text) ?? [];
  if (scheme === "" && !text.startsWith("/")) return undefined;
  if (/[\s\p{Cc}]/u.test(text) || /%(?![0-9A-Fa-f]{2})/.test(path)) return undefined;
  const authority = (host ?? "").replace(/^[^@]*@/, "");
  if (!/^(?:\[[0-9A-Fa-f:.%]*\]|[^[\]:]*)(?::\d*)?$/.test(authority)) return undefined;
  return new Url(text, { scheme: scheme.toLowerCase(), host: authority, path, query });
}

function url(text: string): Url {
  const parsed = parseUrl(text);
  if (parsed !== undefined) return parsed;
  const why = text === "" ? "empty url" : "invalid URI for request";
  throw new CelError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${why}`);
}

function query({ parts }: Url): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(parts.query)) result.set(name, [...(result.get(name) ?? []), value]);
  return result;
}

const isV4 = ({ address }: IP): boolean => address.kind() === "ipv4";
const range = ({ address }: IP): string => address.range();

export const networkFunctions = declare([
  ["ip(string): net.IP", ip],
  ["isIP(string): bool", (text: string) => parseAddress(text) !== undefined],
  ["`ip.isCanonical`(string): bool", (text: string) => ip(text).identity === text],
  ["net.IP.family(): int", (value: IP) => (isV4(value) ? 4n : 6n)],
  ["net.IP.isUnspecified(): bool", (value: IP) => ["0.0.0.0", "::"].includes(value.identity)],
  ["net.IP.isLoopback(): bool", (value: IP) => range(value) === "loopback"],
  [
    "net.IP.isLinkLocalMulticast(): bool",
    ({ identity }: IP) => identity.startsWith("224.0.0.") || /^ff[0-9a-f]2:/.test(identity),
  ],
  ["net.IP.isLinkLocalUnicast(): bool", (value: IP) => range(value) === "linkLocal"],
  [
    "net.IP.isGlobalUnicast(): bool",
    (value: IP) => !["unspecified", "loopback", "multicast", "linkLocal", "broadcast"].includes(range(value)),
  ],
  ["string(net.IP): string;string(net.CIDR): string", ({ identity }: OpaqueValue) => identity],
  ["cidr(string): net.CIDR", cidr],
  ["isCIDR(string): bool", (text: string) => parseCidr(text) !== undefined],
  ["net.CIDR.containsIP(string): bool", (network: Cidr, text: string) => network.contains(ip(text).address)],
  ["net.CIDR.containsIP(net.IP): bool", (network: Cidr, { address }: IP) => network.contains(address)],
  ["net.CIDR.containsCIDR(string): bool", (network: Cidr, text: string) => covers(network, cidr(text))],
  ["net.CIDR.containsCIDR(net.CIDR): bool", covers],
  ["net.CIDR.ip(): net.IP", ({ address }: Cidr) => new IP(address)],
  ["net.CIDR.prefixLength(): int", ({ bits }: Cidr) => BigInt(bits)],
  ["net.CIDR.masked(): net.CIDR", ({ network }: Cidr) => network],
  ["url(string): kubernetes.URL", url],
  ["isURL(string): bool", (text: string) => parseUrl(text) !== undefined],
  ["kubernetes.URL.getScheme(): string", ({ parts }: Url) => parts.scheme],
  ["kubernetes.URL.getHost(): string", ({ parts }: Url) => parts.host],
  [
    "kubernetes.URL.getHostname(): string",
    ({ parts }: Url) => parts.host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1"),
  ],
  ["kubernetes.URL.getPort(): string", ({ parts }: Url) => /:(\d*)$/.exec(parts.host)?.[1] ?? ""],
  ["kubernetes.URL.getEscapedPath(): string", ({ parts }: Url) => parts.path],
  ["kubernetes.URL.getQuery(): map<string, list<string>>", query],
]);

function covers(network: Cidr, other: Cidr): boolean {
  return network.contains(other.address) && network.bits <= other.bits;
}
