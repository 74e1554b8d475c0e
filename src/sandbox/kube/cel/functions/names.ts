import { hasFormat } from "../../schema/formats.ts";
import { CelError, CelOptional, type OpaqueValue } from "../values.ts";
import { parseTimestamp } from "./conversions.ts";
import { declare } from "./declare.ts";

class NamedFormat implements OpaqueValue {
  readonly celType = "kubernetes.NamedFormat";
  readonly identity: string;

  constructor(name: string) {
    this.identity = name;
  }
}

const LABEL_1123 =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_1123 =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

type Check = (text: string) => readonly string[];

function form(pattern: RegExp, max: number, text: string): Check {
  return (value) => [
    ...(Buffer.byteLength(value) > max ? [`must be no more than ${max} ${max === 1 ? "byte" : "bytes"}`] : []),
    ...(pattern.test(value) ? [] : [text]),
  ];
}

function prefix(check: Check): Check {
  return (value) => check(value.replace(/-$/, "a"));
}

function known(format: string, message: string): Check {
  return (value) => (hasFormat(value, format) ? [] : [message]);
}

const label = form(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 63, LABEL_1123);
const subdomain = form(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 253, SUBDOMAIN_1123);
const label1035 = form(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 63, LABEL_1035);

const FORMATS: Readonly<Record<string, Check>> = {
  dns1123Label: label,
  dns1123Subdomain: subdomain,
  dns1035Label: label1035,
  dns1123LabelPrefix: prefix(label),
  dns1123SubdomainPrefix: prefix(subdomain),
  dns1035LabelPrefix: prefix(label1035),
  qualifiedName: (text) => {
    const [one = "", name, ...rest] = text.split("/");
    if (rest.length > 0)
      return [
        `a valid label key ${QUALIFIED.replace(/^name part /, "")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ];
    const part = form(/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/, 63, QUALIFIED);
    return name === undefined
      ? part(one)
      : [...subdomain(one).map((problem) => `prefix part ${problem}`), ...part(name)];
  },
  labelValue: form(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/, 63, LABEL_VALUE),
  uri: known("uri", "invalid URI"),
  uuid: known("uuid", "does not match the UUID format"),
  byte: known("byte", "invalid base64"),
  date: known("date", "invalid date"),
  datetime: (text) => (parseTimestamp(text) === undefined ? ["invalid datetime"] : []),
};

class Semver implements OpaqueValue {
  readonly celType = "kubernetes.Semver";
  readonly numbers: readonly bigint[];
  readonly pre: readonly string[];

  constructor(numbers: readonly bigint[], pre: readonly string[]) {
    this.numbers = numbers;
    this.pre = pre;
  }

  get identity(): string {
    return `${this.numbers.join(".")}-${this.pre.join(".")}`;
  }

  compare(other: Semver): bigint {
    for (const [index, number] of this.numbers.entries()) {
      const theirs = other.numbers[index] ?? 0n;
      if (number !== theirs) return number < theirs ? -1n : 1n;
    }
    if (this.pre.length === 0 || other.pre.length === 0)
      return BigInt(Number(other.pre.length > 0) - Number(this.pre.length > 0));
    for (const [index, part] of this.pre.entries()) {
      const theirs = other.pre[index];
      if (theirs === undefined) return 1n;
      if (part !== theirs) return earlier(part, theirs) ? -1n : 1n;
    }
    return this.pre.length < other.pre.length ? -1n : 0n;
  }
}

function earlier(one: string, other: string): boolean {
  const [first, second] = [/^\d+$/.test(one), /^\d+$/.test(other)];
  if (first && second) return Number(one) < Number(other);
  return first === second ? one < other : first;
}

function parseSemver(text: string, normalize = false): Semver | undefined {
  const given = normalize ? normalized(text) : text;
  const number = "(0|[1-9]\\d*)";
  const found = new RegExp(`^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z.-]+))?(?:\\+([0-9A-Za-z.-]+))?$`).exec(
    given,
  );
  if (found === null) return undefined;
  const pre = found[4]?.split(".") ?? [];
  if (pre.some((part) => part === "" || /^0\d+$/.test(part))) return undefined;
  return new Semver(
    found.slice(1, 4).map((part) => BigInt(part)),
    pre,
  );
}

function normalized(text: string): string {
  const [, core = "", rest = ""] = /^v?([^-+]*)(.*)$/.exec(text) ?? [];
  const parts = core.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  while (parts.length < 3) parts.push("0");
  return `${parts.join(".")}${rest}`;
}

function semver(text: string, normalize = false): Semver {
  const parsed = parseSemver(text, normalize);
  if (parsed !== undefined) return parsed;
  const count = text.split(".").length;
  throw new CelError(
    count < 3 ? "No Major.Minor.Patch elements found" : `Invalid character(s) found in version ${JSON.stringify(text)}`,
  );
}

const version = "kubernetes.Semver";

export const nameFunctions = declare([
  [
    "`format.named`(string): optional<kubernetes.NamedFormat>",
    (name: string) => new CelOptional(name in FORMATS ? new NamedFormat(name) : undefined),
  ],
  ...Object.keys(FORMATS).map(
    (name) => [`\`format.${name}\`(): kubernetes.NamedFormat`, () => new NamedFormat(name)] as const,
  ),
  [
    "kubernetes.NamedFormat.validate(string): optional<list<string>>",
    ({ identity }: NamedFormat, text: string) => {
      const problems = FORMATS[identity]?.(text) ?? [];
      return new CelOptional(problems.length === 0 ? undefined : problems);
    },
  ],
  [`semver(string): ${version};semver(string, bool): ${version}`, semver],
  [
    "isSemver(string): bool;isSemver(string, bool): bool",
    (text: string, normalize?: boolean) => parseSemver(text, normalize) !== undefined,
  ],
  [`${version}.isGreaterThan(${version}): bool`, (one: Semver, other: Semver) => one.compare(other) > 0n],
  [`${version}.isLessThan(${version}): bool`, (one: Semver, other: Semver) => one.compare(other) < 0n],
  [`${version}.compareTo(${version}): int`, (one: Semver, other: Semver) => one.compare(other)],
  [`${version}.major(): int`, ({ numbers }: Semver) => numbers[0]],
  [`${version}.minor(): int`, ({ numbers }: Semver) => numbers[1]],
  [`${version}.patch(): int`, ({ numbers }: Semver) => numbers[2]],
]);
