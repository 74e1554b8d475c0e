import { isIPv4, isIPv6 } from "node:net";
import type { Schema } from "../resource-definition.ts";

const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/;
const LABEL = "[a-zA-Z0-9\\p{S}\\p{L}]";
const HOSTNAME = new RegExp(
  `^(?:${LABEL}(?:-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?|(?:${LABEL}(?:[a-zA-Z0-9\\-\\p{S}\\p{L}]{0,61}${LABEL})?\\.)+[a-zA-Z\\p{L}]{2,63})$`,
  "u",
);
const ADDRESS = /^(?:[^<>@"\\]*<[^\s<>@,;:]+@[^\s<>@,;:]+>|[^\s<>@,;:"\\]+@[^\s<>@,;:]+)$/;
const GO_DURATION = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const UNITS = /^(?:ns|nano|us|µs|micro|ms|milli|s|sec|m|min|h|hr|hour|d|day|w|wk|week)/i;
const SHORT_UNITS = /^(?:nano|micro|milli|sec|min|hour|day|week)/i;
const CARD =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}|6[27]\d{14})$/;
const BYTE = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
const COLOUR = new RegExp(`^rgb\\(\\s*0*${BYTE}\\s*,\\s*0*${BYTE}\\s*,\\s*0*${BYTE}\\s*\\)$`);
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const NAME_PART = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";

const CHECKS: Readonly<Record<string, (text: string) => boolean>> = {
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  uuid: uuid("[0-9a-f]{4}", "[0-9a-f]{4}"),
  uuid3: uuid("3[0-9a-f]{3}", "[0-9a-f]{4}"),
  uuid4: uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
  uuid5: uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
  hostname: (text) =>
    HOSTNAME.test(text) && Buffer.byteLength(text) <= 255 && text.split(".").every((part) => part.length <= 63),
  email: (text) => ADDRESS.test(text),
  ipv4: (text) => text.includes(".") && isIP(text),
  ipv6: (text) => text.includes(":") && isIP(text),
  cidr: isCidr,
  uri: isRequestUri,
  byte: (text) => BASE64.test(text),
  mac: isMac,
  password: () => true,
  hexcolor: (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  rgbcolor: (text) => COLOUR.test(text),
  creditcard: isCard,
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  bsonobjectid: (text) => /^[0-9a-fA-F]{24}$/.test(text),
  k8sshortname: (text) => text.length <= 63 && new RegExp(`^${NAME_PART}$`).test(text),
  k8slongname: (text) => text.length <= 253 && new RegExp(`^${NAME_PART}(?:\\.${NAME_PART})*$`).test(text),
};

function normalized(format: string): string {
  return format.replaceAll("-", "");
}

/** Whether the API server looks at a format where a schema has it. */
export function knownFormat(format: string, { type }: Schema): boolean {
  return (type === undefined || type === "string") && normalized(format) in CHECKS;
}

/** Whether `text` has the format; formats that the API server does not know are not checked. */
export function hasFormat(text: string, format: string): boolean {
  return CHECKS[normalized(format)]?.(text) ?? true;
}

function isDate(text: string): boolean {
  const [, year = "", month = "", day = ""] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return day !== "" && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function isDateTime(text: string): boolean {
  if (text.length < 4) return false;
  const [date = "", time, ...rest] = text.toLowerCase().split("t");
  if (time === undefined || rest.length > 0 || !isDate(date)) return false;
  const [, hours = "99", minutes = "", seconds = ""] = TIME.exec(time) ?? [];
  return hours <= "23" && minutes <= "59" && seconds <= "59";
}

/** As Go writes durations, or numbers with units in words anywhere in the text. */
function isDuration(text: string): boolean {
  if (GO_DURATION.test(text)) return true;
  return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(
    ([, unit = ""]) => SHORT_UNITS.test(unit) || UNITS.exec(unit)?.[0].length === unit.length,
  );
}

function uuid(version: string, variant: string): (text: string) => boolean {
  const form = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?${variant}-?[0-9a-f]{12}$`, "i");
  return (text) => form.test(text);
}

/** Leading zeros are let through, as they were before Go 1.17. */
function isIP(text: string): boolean {
  if (isIPv4(text.replaceAll(/\b0+(?=\d)/g, ""))) return true;
  return isIPv6(text) && !text.includes("%");
}

function isCidr(text: string): boolean {
  const [address = "", prefix = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix) || !isIP(address)) return false;
  return Number(prefix) <= (address.includes(":") ? 128 : 32);
}

/** A URL with a scheme, or a path. */
function isRequestUri(text: string): boolean {
  return text.startsWith("/") || (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && URL.canParse(text));
}

function isMac(text: string): boolean {
  const lengths = [6, 8, 20];
  const parts = (separator: string, width: number): boolean =>
    text.split(separator).every((part) => part.length === width && /^[0-9A-Fa-f]+$/.test(part)) &&
    lengths.includes((text.split(separator).length * width) / 2);
  return parts(":", 2) || parts("-", 2) || parts(".", 4);
}

function isCard(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]+/g, "");
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, index) => {
      const doubled = Number(digit) * (index % 2 === 0 ? 1 : 2);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return CARD.test(digits) && sum % 10 === 0;
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, "");
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = Array.from(digits).reduce(
    (total, digit, index) => total + (index + 1) * (digit === "X" ? 10 : Number(digit)),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, "");
  if (!/^\d{13}$/.test(digits)) return false;
  const sum = Array.from(digits.slice(0, 12)).reduce(
    (total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3),
    0,
  );
  return (10 - (sum % 10)) % 10 === Number(digits.at(-1));
}
