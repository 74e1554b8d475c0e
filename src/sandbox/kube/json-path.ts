import { isObject } from "./json-value.ts";

type Step =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "all" }
  | { readonly kind: "filter"; readonly test: (item: unknown) => boolean };

/** A compiled path: all values that it selects in an object, in order. */
export type JsonPath = (object: unknown) => readonly unknown[];

/**
 * Compiles the JSONPath of a printer column or selectable field: members, `[0]`, `[*]`, `['name']` and filters such as
 * `.status.conditions[?(@.type=="Ready")].status`. Throws with a reason when the text is none.
 */
export function compileJsonPath(text: string): JsonPath {
  const steps = parseSteps(text);
  return (object) => {
    let values: unknown[] = [object];
    for (const step of steps) values = values.flatMap((value) => advance(value, step));
    return values;
  };
}

function advance(value: unknown, step: Step): unknown[] {
  switch (step.kind) {
    case "member":
      return isObject(value) && value[step.name] !== undefined ? [value[step.name]] : [];
    case "index": {
      const item: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return item === undefined ? [] : [item];
    }
    case "all":
      if (Array.isArray(value)) return value as unknown[];
      return isObject(value) ? Object.values(value) : [];
    case "filter":
      return Array.isArray(value) ? (value as unknown[]).filter(step.test) : [];
  }
}

function parseSteps(text: string): Step[] {
  let rest = text
    .trim()
    .replace(/^\{(.*)\}$/s, "$1")
    .replace(/^\$/, "");
  const steps: Step[] = [];
  while (rest !== "" && rest !== ".") {
    const match =
      /^\.?\[\s*(-?\d+)\s*\]/.exec(rest) ??
      /^\.?\[\s*(\*)\s*\]/.exec(rest) ??
      /^\.?\[\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*\]/.exec(rest) ??
      /^\.?\[\?\((.*?)\)\]/.exec(rest) ??
      /^\.?((?:\\.|[^.[\]\\])+)/.exec(rest);
    const [whole, inner = ""] = match ?? [];
    if (whole === undefined) throw new Error(`unrecognized character in path ${JSON.stringify(text)}`);
    steps.push(stepOf(whole, inner));
    rest = rest.slice(whole.length);
  }
  return steps;
}

function stepOf(whole: string, inner: string): Step {
  if (whole.includes("[?(") && whole.endsWith(")]")) return { kind: "filter", test: parseFilter(inner) };
  if (whole.endsWith("]")) {
    if (inner === "*") return { kind: "all" };
    if (/^-?\d+$/.test(inner)) return { kind: "index", index: Number(inner) };
    return { kind: "member", name: inner.slice(1, -1).replaceAll(/\\(.)/g, "$1") };
  }
  return inner === "*" ? { kind: "all" } : { kind: "member", name: inner.replaceAll(/\\(.)/g, "$1") };
}

function parseFilter(text: string): (item: unknown) => boolean {
  const match = /^\s*@(\.?[^=!<>\s]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*$/.exec(text);
  if (match === null) throw new Error(`unsupported filter ${JSON.stringify(text)}`);
  const [, path = "", operator, literal = ""] = match;
  const select = compileJsonPath(path);
  if (operator === undefined) return (item) => select(item).length > 0;
  const expected = parseLiteral(literal);
  return (item) => {
    const [actual] = select(item);
    if (actual === undefined) return false;
    if (operator === "==") return actual === expected;
    if (operator === "!=") return actual !== expected;
    const order = Number(actual) - Number(expected);
    if (operator === "<") return order < 0;
    if (operator === "<=") return order <= 0;
    return operator === ">" ? order > 0 : order >= 0;
  };
}

function parseLiteral(text: string): unknown {
  if (/^'.*'$/s.test(text)) return text.slice(1, -1);
  return JSON.parse(text) as unknown;
}
