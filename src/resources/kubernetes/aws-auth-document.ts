import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, parseDocument, stringify, type YAMLSeq } from "yaml";
import { AppError } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";

/**
 * The texts inside the `aws-auth` ConfigMap ("Grant IAM users and roles access to Kubernetes APIs" of the EKS user
 * guide): edited by cutting and inserting, so that what others wrote keeps its bytes, comments and order.
 */

export type AwsAuthKey = "mapRoles" | "mapUsers" | "mapAccounts";

/** One entry. `principal` is the canonical ARN of a role or user, or an account id; the other fields are empty for accounts. */
export interface AwsAuthEntry {
  readonly key: AwsAuthKey;
  readonly principal: string;
  readonly username: string;
  readonly groups: readonly string[];
}

/** An entry as it was found, with its place in the list. */
export interface FoundEntry extends AwsAuthEntry {
  readonly index: number;
}

/**
 * The form in which the AWS IAM Authenticator compares ARNs: an assumed role has no path, and case does not count. The
 * case is kept here, for people.
 */
export function canonicalPrincipal(arn: string): string {
  const role = /^(arn:[^:]+:iam::\d{12}:role)\/(?:.*\/)?([^/]+)$/.exec(arn);
  return role?.[1] === undefined || role[2] === undefined ? arn : `${role[1]}/${role[2]}`;
}

export function samePrincipal(one: string, other: string): boolean {
  return canonicalPrincipal(one).toLowerCase() === canonicalPrincipal(other).toLowerCase();
}

/**
 * The entries under one key. Entries without an ARN are left out, as the authenticator does.
 *
 * @throws AppError `conflict` `AwsAuthUnparsable` for a text that is not a YAML list.
 */
export function entriesIn(text: string, key: AwsAuthKey): readonly FoundEntry[] {
  return parsed(text, key).values.flatMap((value, index): readonly FoundEntry[] => {
    if (key === "mapAccounts")
      return typeof value === "string" ? [{ key, principal: value, username: "", groups: [], index }] : [];
    if (typeof value !== "object" || value === null) return [];
    const fields = lowerCased(value);
    const arn = fields.get(arnField[key]);
    if (typeof arn !== "string" || arn === "") return [];
    const username = fields.get("username");
    const groups = fields.get("groups");
    return [
      {
        key,
        principal: canonicalPrincipal(arn),
        username: typeof username === "string" ? username : "",
        groups: Array.isArray(groups) ? groups.filter((group) => typeof group === "string") : [],
        index,
      },
    ];
  });
}

/** The text with one more entry at its end. */
export function withEntry(text: string, entry: AwsAuthEntry): string {
  const { list, values, source } = parsed(text, entry.key);
  const value = valueOf(entry);
  return checked(inserted(), entry.key, [...values, value]);

  function inserted(): string {
    if (list === undefined) return `${newlineEnded(source)}${rendered(value, 0)}`;
    if (list.flow === true) {
      const [start, end] = rangeOf(list, entry.key);
      if (values.length === 0) return `${source.slice(0, start)}[${JSON.stringify(value)}]${source.slice(end)}`;
      return `${source.slice(0, end - 1)}, ${JSON.stringify(value)}]${source.slice(end)}`;
    }
    return `${newlineEnded(source)}${rendered(value, columnOf(source, dashes(list, entry.key)[0] ?? 0))}`;
  }
}

/** The text with user name and groups of the entry at `index` exchanged; fields that we do not know stay in it. */
export function withChangedEntry(text: string, index: number, entry: AwsAuthEntry): string {
  const { list, values, source } = parsed(text, entry.key);
  const old = values[index];
  if (list === undefined || old === undefined) throw uneditable(entry.key);
  const value = mergedValue(old, entry);
  const after = values.map((other, position) => (position === index ? value : other));
  const item = list.items[index];
  if (list.flow === true) {
    const [start, end] = rangeOf(item, entry.key);
    return checked(`${source.slice(0, start)}${JSON.stringify(value)}${source.slice(end)}`, entry.key, after);
  }
  const [start, end] = blockOf(list, index, { source, key: entry.key });
  const column = columnOf(source, dashes(list, entry.key)[index] ?? 0);
  return checked(`${source.slice(0, start)}${rendered(value, column)}${source.slice(end)}`, entry.key, after);
}

/** The text without the entry at `index`. */
export function withoutEntry(text: string, index: number, key: AwsAuthKey): string {
  const { list, values, source } = parsed(text, key);
  if (list === undefined || values[index] === undefined) throw uneditable(key);
  const after = values.filter((_, position) => position !== index);
  if (list.flow === true) {
    const [start, end] = rangeOf(list, key);
    const kept = list.items.filter((_, position) => position !== index);
    const texts = kept.map((item) => source.slice(...rangeOf(item, key)));
    return checked(`${source.slice(0, start)}[${texts.join(", ")}]${source.slice(end)}`, key, after);
  }
  const [start, end] = blockOf(list, index, { source, key });
  return checked(`${source.slice(0, start)}${source.slice(end)}`, key, after);
}

const arnField = { mapRoles: "rolearn", mapUsers: "userarn" } as const;
const emptyTexts: readonly string[] = ["", "''", '""', "``"];

interface Parsed {
  /** Undefined for a text without a list. */
  readonly list: YAMLSeq | undefined;
  readonly values: readonly unknown[];
  /** The text, or nothing where it only says that there is nothing. */
  readonly source: string;
}

/** Only strings: `012345678901` would be read as a number otherwise. */
function parsed(text: string, key: AwsAuthKey): Parsed {
  if (emptyTexts.includes(text.trim())) return { list: undefined, values: [], source: "" };
  const document = parseDocument(text, { schema: "failsafe", keepSourceTokens: true });
  const fault = document.errors[0];
  if (fault !== undefined) throw unparsable(key, fault.message.split("\n")[0] ?? "not YAML");
  const { contents } = document;
  if (contents === null) return { list: undefined, values: [], source: text };
  if (!isSeq(contents)) throw unparsable(key, "is not a list");
  return { list: contents, values: contents.toJS(document) as readonly unknown[], source: text };
}

function valueOf(entry: AwsAuthEntry): unknown {
  if (entry.key === "mapAccounts") return entry.principal;
  return {
    [arnField[entry.key]]: entry.principal,
    username: entry.username,
    ...(entry.groups.length === 0 ? {} : { groups: [...entry.groups] }),
  };
}

function mergedValue(old: unknown, entry: AwsAuthEntry): unknown {
  if (entry.key === "mapAccounts" || typeof old !== "object" || old === null) return valueOf(entry);
  const kept = Object.entries(old).filter(([name]) => !["username", "groups"].includes(name.toLowerCase()));
  const groups = entry.groups.length === 0 ? {} : { groups: [...entry.groups] };
  return { ...Object.fromEntries(kept), username: entry.username, ...groups };
}

function lowerCased(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).map(([name, inner]) => [name.toLowerCase(), inner]));
}

function rendered(value: unknown, column: number): string {
  // Under the core schema the library puts quotes around all that would not be read as a string.
  const lines = stringify([value], { schema: "core", lineWidth: 0 }).trimEnd().split("\n");
  return `${lines.map((line) => `${" ".repeat(column)}${line}`).join("\n")}\n`;
}

/** Offsets of the dashes of a block list. */
function dashes(list: YAMLSeq, key: AwsAuthKey): readonly number[] {
  const token = list.srcToken;
  if (token?.type !== "block-seq") throw uneditable(key);
  return token.items.flatMap(({ start }) =>
    start.filter(({ type }) => type === "seq-item-ind").map(({ offset }) => offset),
  );
}

/** From the start of the line of an item's dash to the end of the line on which its last value ends. */
function blockOf(
  list: YAMLSeq,
  index: number,
  { source, key }: { readonly source: string; readonly key: AwsAuthKey },
): readonly [number, number] {
  const dash = dashes(list, key)[index];
  if (dash === undefined) throw uneditable(key);
  const start = source.lastIndexOf("\n", dash) + 1;
  if (source.slice(start, dash).trim() !== "") throw uneditable(key);
  const last = Math.max(dash + 1, lastEnd(list.items[index]));
  if (source[last - 1] === "\n") return [start, last];
  const newline = source.indexOf("\n", last);
  return [start, newline < 0 ? source.length : newline + 1];
}

/** Where the last value inside a node ends; ranges of block collections go on over comments that follow them. */
function lastEnd(node: unknown): number {
  if (isPair(node)) return Math.max(lastEnd(node.key), lastEnd(node.value));
  if (isScalar(node) || isAlias(node)) return node.range?.[1] ?? 0;
  if (!isCollection(node)) return 0;
  if ((isMap(node) || isSeq(node)) && node.flow === true) return node.range?.[1] ?? 0;
  return Math.max(0, ...node.items.map(lastEnd));
}

function rangeOf(node: unknown, key: AwsAuthKey): readonly [number, number] {
  const range = isScalar(node) || isCollection(node) ? node.range : undefined;
  if (range === undefined || range === null) throw uneditable(key);
  return [range[0], range[1]];
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset) + 1);
}

function newlineEnded(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** What is written must read as what is meant, entry for entry: a broken list would shut out all nodes. */
function checked(text: string, key: AwsAuthKey, meant: readonly unknown[]): string {
  let values: readonly unknown[];
  try {
    ({ values } = parsed(text, key));
  } catch {
    throw uneditable(key);
  }
  if (canonicalJson(values) !== canonicalJson(meant)) throw uneditable(key);
  return text;
}

function unparsable(key: AwsAuthKey, why: string): AppError {
  return new AppError(
    `${key} of ConfigMap kube-system/aws-auth cannot be read: ${why}; nothing was written; mend it by hand`,
    { class: "conflict", code: "AwsAuthUnparsable" },
  );
}

function uneditable(key: AwsAuthKey): AppError {
  return new AppError(
    `${key} of ConfigMap kube-system/aws-auth is written in a way that cannot be edited safely; nothing was written; write it as a plain YAML list`,
    { class: "conflict", code: "AwsAuthUnparsable" },
  );
}
