import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import type { FieldError } from "../resource-definition.ts";
import { invalidValue } from "./field-errors.ts";

const NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NOT_A_RANGE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** Whether Kubernetes takes the text for an IPv4 address; it lets zeros lead, which its validation then refuses. */
export function isIPv4Text(text: string): boolean {
  return /^\d+(\.\d+){3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255);
}

export function isIPv6Text(text: string): boolean {
  return isIPv6(text) && !text.includes("%");
}

export function isIpText(text: string): boolean {
  return isIPv4Text(text) || isIPv6Text(text);
}

/** An address in a field that has been there since before addresses were checked strictly. What `known` holds stays allowed. */
export function checkIp(field: string, text: string, known: readonly string[] = []): readonly FieldError[] {
  if (known.includes(text)) return [];
  if (!isIpText(text)) return [invalidValue(field, text, NOT_AN_IP)];
  if (isIPv4Text(text) && hasLeadingZero(text)) return [invalidValue(field, text, "must not have leading 0s")];
  if (isMapped(text)) return [invalidValue(field, text, "must not be an IPv4-mapped IPv6 address")];
  return [];
}

/** A range of addresses, as `checkIp`. */
export function checkRange(field: string, text: string, known: readonly string[] = []): readonly FieldError[] {
  if (known.includes(text)) return [];
  const range = parsedRange(text);
  if (range === undefined) return [invalidValue(field, text, NOT_A_RANGE)];
  const [address = "", length = ""] = text.split("/");
  if ((isIPv4Text(address) && hasLeadingZero(address)) || /^0\d/.test(length)) {
    return [invalidValue(field, text, "must not have leading 0s in IP or prefix length")];
  }
  if (isMapped(address)) return [invalidValue(field, text, "must not have an IPv4-mapped IPv6 address")];
  const bits = range.bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.slice(range.length).includes("1")
    ? [invalidValue(field, text, "must not have bits set beyond the prefix length")]
    : [];
}

/** Whether `inner` is a smaller part of `outer`; undefined where one is no range. */
export function isStrictlyWithin(inner: string, outer: string): boolean | undefined {
  const [part, whole] = [parsedRange(inner), parsedRange(outer)];
  if (part === undefined || whole === undefined) return undefined;
  if (part.bytes.length !== whole.bytes.length || whole.length >= part.length) return false;
  const bitsOf = (bytes: readonly number[]): string =>
    bytes
      .map((byte) => byte.toString(2).padStart(8, "0"))
      .join("")
      .slice(0, whole.length);
  return bitsOf(part.bytes) === bitsOf(whole.bytes);
}

/** Addresses that no endpoint can have (`ValidateEndpointIP`). */
export function checkEndpointIp(field: string, text: string): readonly FieldError[] {
  if (!isIpText(text)) return [invalidValue(field, text, "must be a valid IP address")];
  const range = ipaddr.parse(text.replace(/(^|\.)0+(?=\d)/g, "$1")).range();
  if (range === "unspecified") return [invalidValue(field, text, `may not be unspecified (${text})`)];
  if (range === "loopback")
    return [invalidValue(field, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")];
  if (range === "linkLocal") {
    return [invalidValue(field, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")];
  }
  if (/^224\.0\.0\.|^ff[0-9a-f]2:/i.test(text)) {
    return [invalidValue(field, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")];
  }
  return [];
}

function parsedRange(text: string): { readonly bytes: readonly number[]; readonly length: number } | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  if (more.length > 0 || !/^\d+$/.test(length) || !isIpText(address)) return undefined;
  if (Number(length) > (isIPv4Text(address) ? 32 : 128)) return undefined;
  const bytes = isIPv4Text(address) ? address.split(".").map(Number) : ipaddr.IPv6.parse(address).toByteArray();
  return { bytes, length: Number(length) };
}

function hasLeadingZero(text: string): boolean {
  return text.split(".").some((part) => /^0\d/.test(part));
}

function isMapped(text: string): boolean {
  return isIPv6Text(text) && ipaddr.IPv6.parse(text).isIPv4MappedAddress();
}
