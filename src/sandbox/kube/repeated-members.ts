import { isObject, type JsonObject } from "./json-value.ts";

/** What a JSON text holds that names members more than once. */
export interface RepeatedMembers {
  /** Objects that come twice are merged, as Go does where it decodes into a struct. */
  readonly merged: unknown;
  /** Where members begin for the first time, by paths such as `spec.ports[0].name`. */
  readonly places: ReadonlyMap<string, number>;
  /** Every further time. */
  readonly repeated: readonly { readonly path: string; readonly at: number }[];
}

/**
 * Looks for members that an object of a JSON text has twice: `JSON.parse` keeps the last of them in silence, the API
 * server reports them. `text` has to be JSON. Undefined when there are none.
 */
export function repeatedMembers(text: string): RepeatedMembers | undefined {
  if (!repeatsMembers(text)) return undefined;
  const reader = new Reader(text);
  const merged = reader.value("");
  return { merged, places: reader.places, repeated: reader.repeated };
}

const SCALAR = /"[^"\\]*(?:\\.[^"\\]*)*"|[-+.\w]+/y;

class Reader {
  readonly places = new Map<string, number>();
  readonly repeated: { readonly path: string; readonly at: number }[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(path: string): unknown {
    const character = this.#next();
    if (character === "{") return this.#object(path);
    if (character === "[") return this.#array(path);
    return JSON.parse(this.#scalar()) as unknown;
  }

  #object(path: string): JsonObject {
    const members = new Map<string, unknown>();
    this.#at++;
    while (this.#next() !== "}") {
      const at = this.#at;
      const name = JSON.parse(this.#scalar()) as string;
      const here = path === "" ? name : `${path}.${name}`;
      const isRepeated = members.has(name);
      if (isRepeated) this.repeated.push({ path: here, at });
      else this.places.set(here, at);
      this.#next();
      this.#at++;
      const value = this.value(here);
      members.set(name, isRepeated ? merged(members.get(name), value) : value);
      if (this.#next() === ",") this.#at++;
    }
    this.#at++;
    return Object.fromEntries(members);
  }

  #array(path: string): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    while (this.#next() !== "]") {
      items.push(this.value(`${path}[${items.length}]`));
      if (this.#next() === ",") this.#at++;
    }
    this.#at++;
    return items;
  }

  #scalar(): string {
    SCALAR.lastIndex = this.#at;
    const found = SCALAR.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #next(): string {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
    return this.#text[this.#at] ?? "";
  }
}

function merged(first: unknown, second: unknown): unknown {
  if (!isObject(first) || !isObject(second)) return second;
  const members = Object.entries(second).map(([name, value]) => [
    name,
    name in first ? merged(first[name], value) : value,
  ]);
  return { ...first, ...(Object.fromEntries(members) as JsonObject) };
}

interface Level {
  readonly path: string;
  readonly seen: Set<string> | undefined;
  index: number;
  key: string;
}

/** Whether an object of the text has a member twice. */
function repeatsMembers(text: string): boolean {
  const levels: Level[] = [];
  let expectKey = false;
  const here = (): string => {
    const level = levels.at(-1);
    if (level === undefined) return "";
    if (level.seen === undefined) return `${level.path}[${level.index}]`;
    return level.path === "" ? level.key : `${level.path}.${level.key}`;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      const start = at++;
      while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
      const level = levels.at(-1);
      if (!expectKey || level?.seen === undefined) continue;
      level.key = text.slice(start + 1, at);
      if (level.seen.has(level.key)) return true;
      level.seen.add(level.key);
      expectKey = false;
    } else if (code === 0x7b || code === 0x5b) {
      levels.push({ path: here(), seen: code === 0x7b ? new Set() : undefined, index: 0, key: "" });
      expectKey = code === 0x7b;
    } else if (code === 0x7d || code === 0x5d) {
      levels.pop();
      expectKey = false;
    } else if (code === 0x2c) {
      const level = levels.at(-1);
      if (level === undefined) continue;
      level.index++;
      expectKey = level.seen !== undefined;
    }
  }
  return false;
}
