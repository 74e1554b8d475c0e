/** A type of the Common Expression Language. */
export type CelType =
  | { readonly kind: "scalar"; readonly name: string }
  | { readonly kind: "dyn" | "error" }
  | { readonly kind: "list"; readonly item: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly kind: "object"; readonly name: string; readonly fields: ReadonlyMap<string, CelType> }
  | { readonly kind: "opaque"; readonly name: string; readonly parameter?: CelType }
  | { readonly kind: "type"; readonly of: CelType }
  | { readonly kind: "parameter"; readonly name: string };

const scalar = (name: string): CelType => ({ kind: "scalar", name });

export const celTypes = {
  int: scalar("int"),
  uint: scalar("uint"),
  double: scalar("double"),
  string: scalar("string"),
  bool: scalar("bool"),
  bytes: scalar("bytes"),
  null: scalar("null"),
  timestamp: scalar("timestamp"),
  duration: scalar("duration"),
  dyn: { kind: "dyn" } as CelType,
  error: { kind: "error" } as CelType,
} as const;

export function optionalType(parameter: CelType): CelType {
  return { kind: "opaque", name: "optional_type", parameter };
}

/** Reads a type as declarations have it: `list<A>`, `map<string, int>`, `optional<A>`, `net.IP`; one letter is a parameter. */
export function parseType(text: string): CelType {
  const [, name = "", inner] = /^\s*([\w.]+)(?:<(.*)>)?\s*$/.exec(text) ?? [];
  if (inner !== undefined) {
    const parts = splitTypes(inner).map(parseType);
    const [first = celTypes.dyn, second = celTypes.dyn] = parts;
    if (name === "list") return { kind: "list", item: first };
    if (name === "map") return { kind: "map", key: first, value: second };
    if (name === "optional") return optionalType(first);
    return { kind: "type", of: first };
  }
  if (/^[A-Z]$/.test(name)) return { kind: "parameter", name };
  const known = Object.entries(celTypes).find(([each]) => each === name);
  return known === undefined ? { kind: "opaque", name } : known[1];
}

/** Splits at the commas that are not inside of angle brackets. */
export function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const letter of Array.from(text)) {
    if (letter === "<") depth++;
    if (letter === ">") depth--;
    if (letter === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += letter;
  }
  return part.trim() === "" ? parts : [...parts, part];
}

/** A type as error messages name it. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case "scalar":
    case "object":
      return type.name;
    case "dyn":
    case "parameter":
      return "dyn";
    case "error":
      return "!error!";
    case "list":
      return `list(${typeText(type.item)})`;
    case "map":
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    case "opaque":
      return type.parameter === undefined ? type.name : `${type.name}(${typeText(type.parameter)})`;
    case "type":
      return `type(${typeText(type.of)})`;
  }
}

/** What the parameters of types stand for, as far as it is known. */
export class Substitution {
  #bound: Map<string, CelType>;

  constructor(bound: ReadonlyMap<string, CelType> = new Map()) {
    this.#bound = new Map(bound);
  }

  /** The type with all that is known put in. */
  resolve(type: CelType): CelType {
    switch (type.kind) {
      case "parameter": {
        const bound = this.#bound.get(type.name);
        return bound === undefined ? type : this.resolve(bound);
      }
      case "list":
        return { kind: "list", item: this.resolve(type.item) };
      case "map":
        return { kind: "map", key: this.resolve(type.key), value: this.resolve(type.value) };
      case "opaque":
        return type.parameter === undefined ? type : { ...type, parameter: this.resolve(type.parameter) };
      case "type":
        return { kind: "type", of: this.resolve(type.of) };
      default:
        return type;
    }
  }

  /** Whether values of the one type may stand where the others are expected, all at once; learns from it when they may. */
  assignAll(given: readonly CelType[], expected: readonly CelType[]): boolean {
    const before = new Map(this.#bound);
    if (given.every((type, index) => this.#assign(type, expected[index] ?? celTypes.error))) return true;
    this.#bound = before;
    return false;
  }

  #assign(one: CelType, other: CelType): boolean {
    const given = this.resolve(one);
    const expected = this.resolve(other);
    if (given.kind === "parameter" && expected.kind === "parameter" && given.name === expected.name) return true;
    if (expected.kind === "parameter") return this.#bind(expected.name, given);
    if (given.kind === "parameter") return this.#bind(given.name, expected);
    if (isAnything(given) || isAnything(expected)) return true;
    if (given === celTypes.null && canBeNull(expected)) return true;
    if (expected === celTypes.null && canBeNull(given)) return true;
    if (given.kind === "list" && expected.kind === "list") return this.#assign(given.item, expected.item);
    if (given.kind === "map" && expected.kind === "map") {
      return this.#assign(given.key, expected.key) && this.#assign(given.value, expected.value);
    }
    if (given.kind === "type" && expected.kind === "type") return true;
    if (given.kind === "opaque" && expected.kind === "opaque") {
      if (given.name !== expected.name) return false;
      return given.parameter === undefined || expected.parameter === undefined
        ? given.parameter === expected.parameter
        : this.#assign(given.parameter, expected.parameter);
    }
    return given.kind === expected.kind && "name" in given && "name" in expected && given.name === expected.name;
  }

  #bind(name: string, type: CelType): boolean {
    if (mentions(type, name)) return false;
    this.#bound.set(name, type);
    return true;
  }
}

function mentions(type: CelType, name: string): boolean {
  switch (type.kind) {
    case "parameter":
      return type.name === name;
    case "list":
      return mentions(type.item, name);
    case "map":
      return mentions(type.key, name) || mentions(type.value, name);
    case "opaque":
      return type.parameter !== undefined && mentions(type.parameter, name);
    default:
      return false;
  }
}

function isAnything(type: CelType): boolean {
  return type.kind === "dyn" || type.kind === "error";
}

function canBeNull(type: CelType): boolean {
  return type.kind === "object" || type.kind === "opaque" || type === celTypes.timestamp || type === celTypes.duration;
}

/** A type with new names for its parameters, so that one use does not bind another's. */
export function renamed(type: CelType, suffix: string): CelType {
  switch (type.kind) {
    case "parameter":
      return { kind: "parameter", name: `${type.name}${suffix}` };
    case "list":
      return { kind: "list", item: renamed(type.item, suffix) };
    case "map":
      return { kind: "map", key: renamed(type.key, suffix), value: renamed(type.value, suffix) };
    case "opaque":
      return type.parameter === undefined ? type : { ...type, parameter: renamed(type.parameter, suffix) };
    case "type":
      return { kind: "type", of: renamed(type.of, suffix) };
    default:
      return type;
  }
}
