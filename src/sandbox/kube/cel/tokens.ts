import { CelSyntaxError } from "./syntax.ts";
import { CelUint } from "./values.ts";

export interface Token {
  readonly kind: "name" | "quoted name" | "number" | "string" | "symbol" | "end";
  readonly text: string;
  readonly value: unknown;
  readonly offset: number;
}

const SYMBOL = /(?:\?\.|\[\?|==|!=|<=|>=|&&|\|\||[-+*/%!<>()[\]{}.,:?])/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(?:0x[0-9a-fA-F]+|(?:\d+\.\d+|\d+|\.\d+)(?:[eE][-+]?\d+)?)[uU]?/y;
const STRING = /[bB]?([rR]?)("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/y;
const RAW_STRING = /[rR](?:"[^"\n]*"|'[^'\n]*')/y;
const QUOTED_NAME = /`[a-zA-Z0-9_.\-/ ]+`/y;
const SPACE = /(?:\s|\/\/[^\n]*)+/y;

/** Splits an expression into tokens; the last one is `end`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (form: RegExp): string | undefined => {
    form.lastIndex = at;
    return form.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token =
      rawString(match(RAW_STRING), at) ??
      quoted(match(STRING), at) ??
      name(match(NAME), at) ??
      quotedName(match(QUOTED_NAME), at) ??
      number(match(NUMBER), at) ??
      symbol(match(SYMBOL), at);
    if (token === undefined) throw new CelSyntaxError(`token recognition error at: '${text[at] ?? ""}'`, at);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: "end", text: "<EOF>", value: undefined, offset: at });
  return tokens;
}

function name(text: string | undefined, offset: number): Token | undefined {
  return text === undefined ? undefined : { kind: "name", text, value: text, offset };
}

function symbol(text: string | undefined, offset: number): Token | undefined {
  return text === undefined ? undefined : { kind: "symbol", text, value: text, offset };
}

function number(text: string | undefined, offset: number): Token | undefined {
  if (text === undefined) return undefined;
  const plain = text.replace(/[uU]$/, "");
  if (!plain.startsWith("0x") && /[.eE]/.test(plain)) return { kind: "number", text, value: Number(plain), offset };
  const whole = BigInt(plain);
  return { kind: "number", text, value: plain === text ? whole : new CelUint(whole), offset };
}

/** `` `a-b` `` after a point. */
function quotedName(text: string | undefined, offset: number): Token | undefined {
  return text === undefined ? undefined : { kind: "quoted name", text, value: text.slice(1, -1), offset };
}

function rawString(text: string | undefined, offset: number): Token | undefined {
  return text === undefined ? undefined : { kind: "string", text, value: text.slice(2, -1), offset };
}

function quoted(text: string | undefined, offset: number): Token | undefined {
  if (text === undefined) return undefined;
  const body = text.replace(/^[bB]/, "");
  const raw = /^[rR]/.test(body);
  const bytes = body !== text;
  const inner = body.replace(/^[rR]/, "");
  const width = inner.startsWith('"""') || inner.startsWith("'''") ? 3 : 1;
  const content = inner.slice(width, -width);
  const value = raw ? content : unescaped(content, offset);
  return { kind: "string", text, value: bytes ? new Uint8Array(Buffer.from(value)) : value, offset };
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\u0007",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};

function unescaped(text: string, offset: number): string {
  return text.replaceAll(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)/gs,
    (_whole, escape: string) => {
      const known = ESCAPES[escape];
      if (known !== undefined) return known;
      if (/^[xuU]/.test(escape) && escape.length > 1) return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
      if (/^[0-3][0-7]{2}$/.test(escape)) return String.fromCodePoint(Number.parseInt(escape, 8));
      throw new CelSyntaxError(`invalid escape sequence '\\${escape}'`, offset);
    },
  );
}
