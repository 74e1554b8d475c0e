import { isObject } from "../json-value.ts";
import { celFunctions, optionalFunctions } from "./functions.ts";
import type { BinaryOperator, CelNode } from "./syntax.ts";
import { CelDuration, CelError, CelOptional, CelTimestamp, celCompare, celEquals } from "./values.ts";

/** Names in scope. */
export type CelScope = Readonly<Record<string, unknown>>;

const TYPES: CelScope = {
  bool: "bool",
  int: "int",
  uint: "uint",
  double: "double",
  string: "string",
  list: "list",
  map: "map",
  null_type: "null_type",
};

/** Computes an expression over JSON values; integers and doubles are not told apart. Throws CelError. */
export function evaluateCel(node: CelNode, scope: CelScope): unknown {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "name": {
      if (Object.hasOwn(scope, node.name)) return scope[node.name];
      if (Object.hasOwn(TYPES, node.name)) return TYPES[node.name];
      throw new CelError(`no such attribute(s): ${node.name}`);
    }
    case "select":
      return selected(evaluateCel(node.target, scope), node.field, node.optional);
    case "index":
      return indexed(evaluateCel(node.target, scope), evaluateCel(node.index, scope), node.optional);
    case "has": {
      const target = unwrapped(evaluateCel(node.target, scope));
      return isObject(target) && memberOf(target, node.field) !== undefined;
    }
    case "call":
      return called(node, scope);
    case "macro":
      return expanded(node, scope);
    case "list":
      return node.items.map((item) => evaluateCel(item, scope));
    case "map":
      return Object.fromEntries(
        node.entries.map(([key, value]) => [String(evaluateCel(key, scope)), evaluateCel(value, scope)]),
      );
    case "conditional":
      return evaluateCel(truth(evaluateCel(node.test, scope)) ? node.yes : node.no, scope);
    case "and":
      return shortCircuit(node.left, node.right, scope, false);
    case "or":
      return shortCircuit(node.left, node.right, scope, true);
    case "unary": {
      const operand = evaluateCel(node.operand, scope);
      if (node.operator === "!") return !truth(operand);
      if (typeof operand === "number") return -operand;
      throw new CelError("no such overload");
    }
    case "binary":
      return computed(node.operator, evaluateCel(node.left, scope), evaluateCel(node.right, scope));
  }
}

/** Whether an expression uses a name that is not bound inside it. */
export function usesName(node: CelNode, name: string): boolean {
  switch (node.kind) {
    case "literal":
      return false;
    case "name":
      return node.name === name;
    case "macro":
      return (
        usesName(node.target, name) ||
        (!node.variables.includes(name) && node.bodies.some((body) => usesName(body, name)))
      );
    default:
      return children(node).some((child) => usesName(child, name));
  }
}

/** Names and functions that an expression uses and nobody defines. */
export function unknownNames(node: CelNode, known: ReadonlySet<string>): string[] {
  switch (node.kind) {
    case "literal":
      return [];
    case "name":
      return known.has(node.name) || Object.hasOwn(TYPES, node.name)
        ? []
        : [`undeclared reference to '${node.name}' (in container '')`];
    case "macro":
      return [
        ...unknownNames(node.target, known),
        ...node.bodies.flatMap((body) => unknownNames(body, new Set([...known, ...node.variables]))),
      ];
    case "call": {
      if (isOptionalNamespace(node.target)) {
        const fits = Object.hasOwn(optionalFunctions, node.name);
        return [
          ...(fits ? [] : [`undeclared reference to 'optional.${node.name}' (in container '')`]),
          ...node.args.flatMap((arg) => unknownNames(arg, known)),
        ];
      }
      const fits = Object.hasOwn(celFunctions, node.name);
      return [
        ...(fits ? [] : [`undeclared reference to '${node.name}' (in container '')`]),
        ...children(node).flatMap((child) => unknownNames(child, known)),
      ];
    }
    default:
      return children(node).flatMap((child) => unknownNames(child, known));
  }
}

function children(node: Exclude<CelNode, { kind: "literal" | "name" | "macro" }>): readonly CelNode[] {
  switch (node.kind) {
    case "select":
    case "has":
      return [node.target];
    case "index":
      return [node.target, node.index];
    case "call":
      return node.target === undefined ? node.args : [node.target, ...node.args];
    case "list":
      return node.items;
    case "map":
      return node.entries.flat();
    case "conditional":
      return [node.test, node.yes, node.no];
    case "unary":
      return [node.operand];
    case "and":
    case "or":
    case "binary":
      return [node.left, node.right];
  }
}

function isOptionalNamespace(target: CelNode | undefined): boolean {
  return target?.kind === "name" && target.name === "optional";
}

function truth(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new CelError("no such overload");
}

/** `&&` and `||` of CEL: an error on one side does not matter when the other side decides. */
function shortCircuit(left: CelNode, right: CelNode, scope: CelScope, decisive: boolean): boolean {
  let failure: unknown;
  try {
    if (truth(evaluateCel(left, scope)) === decisive) return decisive;
  } catch (error) {
    failure = error;
  }
  if (truth(evaluateCel(right, scope)) === decisive) return decisive;
  if (failure !== undefined) throw failure as Error;
  return !decisive;
}

function unwrapped(value: unknown): unknown {
  return value instanceof CelOptional ? value.value : value;
}

/** Field names that are no identifiers are written escaped in expressions (Kubernetes' rules for CEL property names). */
function memberOf(target: Record<string, unknown>, field: string): unknown {
  if (Object.hasOwn(target, field)) return target[field];
  if (!field.includes("__")) return undefined;
  const plain = field
    .replaceAll("__dot__", ".")
    .replaceAll("__dash__", "-")
    .replaceAll("__slash__", "/")
    .replaceAll("__underscores__", "__")
    .replace(/^__([a-z]+)__$/, "$1");
  return Object.hasOwn(target, plain) ? target[plain] : undefined;
}

function selected(target: unknown, field: string, optional: boolean): unknown {
  const wrapped = optional || target instanceof CelOptional;
  const source = unwrapped(target);
  const value = isObject(source) ? memberOf(source, field) : undefined;
  if (wrapped) return new CelOptional(value);
  if (!isObject(source)) throw new CelError("no such overload");
  if (value === undefined) throw new CelError(`no such key: ${field}`);
  return value;
}

function indexed(target: unknown, index: unknown, optional: boolean): unknown {
  const wrapped = optional || target instanceof CelOptional;
  const source = unwrapped(target);
  let value: unknown;
  if (Array.isArray(source)) value = typeof index === "number" ? (source as unknown[])[index] : undefined;
  else if (isObject(source)) value = Object.hasOwn(source, String(index)) ? source[String(index)] : undefined;
  else if (!wrapped) throw new CelError("no such overload");
  if (wrapped) return new CelOptional(value);
  if (value === undefined) {
    throw new CelError(
      Array.isArray(source) ? `index out of bounds: ${String(index)}` : `no such key: ${String(index)}`,
    );
  }
  return value;
}

function called(node: Extract<CelNode, { kind: "call" }>, scope: CelScope): unknown {
  const args = node.args.map((argument) => evaluateCel(argument, scope));
  if (isOptionalNamespace(node.target)) {
    const make = optionalFunctions[node.name];
    if (make !== undefined) return make(args);
  }
  const implementation = celFunctions[node.name];
  if (implementation === undefined) throw new CelError("no such overload");
  return implementation(node.target === undefined ? args : [evaluateCel(node.target, scope), ...args]);
}

function expanded(node: Extract<CelNode, { kind: "macro" }>, scope: CelScope): unknown {
  const range = evaluateCel(node.target, scope);
  const [first = "", second] = node.variables;
  const [body, last] = node.bodies;
  if (body === undefined) throw new CelError("no such overload");
  if (node.name === "bind") return evaluateCel(body, { ...scope, [first]: range });
  const scopes = entriesOf(range).map(([key, value]): { key: unknown; inner: CelScope } => ({
    key,
    inner: {
      ...scope,
      ...(second === undefined ? { [first]: Array.isArray(range) ? value : key } : { [first]: key, [second]: value }),
    },
  }));
  switch (node.name) {
    case "all":
      return quantified(scopes, body, false);
    case "exists":
      return quantified(scopes, body, true);
    case "exists_one":
    case "existsOne":
      return scopes.filter(({ inner }) => truth(evaluateCel(body, inner))).length === 1;
    case "filter": {
      const kept = scopes.filter(({ inner }) => truth(evaluateCel(body, inner)));
      return kept.map(({ inner }) => inner[first]);
    }
    case "map":
    case "transformList": {
      const kept = last === undefined ? scopes : scopes.filter(({ inner }) => truth(evaluateCel(body, inner)));
      return kept.map(({ inner }) => evaluateCel(last ?? body, inner));
    }
    case "transformMap": {
      const kept = last === undefined ? scopes : scopes.filter(({ inner }) => truth(evaluateCel(body, inner)));
      return Object.fromEntries(kept.map(({ key, inner }) => [String(key), evaluateCel(last ?? body, inner)]));
    }
  }
}

function entriesOf(range: unknown): readonly (readonly [key: unknown, value: unknown])[] {
  if (Array.isArray(range)) return (range as unknown[]).map((value, index) => [index, value] as const);
  if (isObject(range)) return Object.entries(range);
  throw new CelError("no such overload");
}

function quantified(scopes: readonly { readonly inner: CelScope }[], body: CelNode, decisive: boolean): boolean {
  let failure: unknown;
  for (const { inner } of scopes) {
    try {
      if (truth(evaluateCel(body, inner)) === decisive) return decisive;
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) throw failure as Error;
  return !decisive;
}

function computed(operator: BinaryOperator, left: unknown, right: unknown): unknown {
  switch (operator) {
    case "==":
      return celEquals(left, right);
    case "!=":
      return !celEquals(left, right);
    case "<":
      return celCompare(left, right) < 0;
    case "<=":
      return celCompare(left, right) <= 0;
    case ">":
      return celCompare(left, right) > 0;
    case ">=":
      return celCompare(left, right) >= 0;
    case "in":
      if (Array.isArray(right)) return right.some((item) => celEquals(item, left));
      if (isObject(right)) return Object.hasOwn(right, String(left));
      throw new CelError("no such overload");
    default:
      return arithmetic(operator, left, right);
  }
}

function arithmetic(operator: "+" | "-" | "*" | "/" | "%", left: unknown, right: unknown): unknown {
  if (operator === "+") {
    if (typeof left === "string" && typeof right === "string") return left + right;
    if (Array.isArray(left) && Array.isArray(right)) return [...(left as unknown[]), ...(right as unknown[])];
    if (left instanceof CelDuration && right instanceof CelDuration) return new CelDuration(left.ms + right.ms);
    if (left instanceof CelTimestamp && right instanceof CelDuration) return new CelTimestamp(left.ms + right.ms);
  }
  if (operator === "-") {
    if (left instanceof CelDuration && right instanceof CelDuration) return new CelDuration(left.ms - right.ms);
    if (left instanceof CelTimestamp && right instanceof CelTimestamp) return new CelDuration(left.ms - right.ms);
    if (left instanceof CelTimestamp && right instanceof CelDuration) return new CelTimestamp(left.ms - right.ms);
  }
  if (typeof left !== "number" || typeof right !== "number") throw new CelError("no such overload");
  const whole = Number.isInteger(left) && Number.isInteger(right);
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      if (whole && right === 0) throw new CelError("division by zero");
      return whole ? Math.trunc(left / right) : left / right;
    case "%":
      if (right === 0) throw new CelError("modulus by zero");
      return left % right;
  }
}
