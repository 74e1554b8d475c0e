import { qualifiedName, typeNames } from "./check.ts";
import { type Overload } from "./functions/declare.ts";
import { overloadsOf } from "./functions/library.ts";
import type { CelNode } from "./syntax.ts";
import { CelError, type CelMap, CelOptional, CelTypeValue, celCompare, isOfType, mapKey } from "./values.ts";

/** Values by name; integers are bigints, doubles numbers, maps and objects instances of Map. */
export type CelScope = Readonly<Record<string, unknown>>;

/** Evaluates an expression. Throws CelError where cel-go gives an error. */
export function evaluateCel(node: CelNode, scope: CelScope): unknown {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "name":
      if (Object.hasOwn(scope, node.name)) return scope[node.name];
      if (typeNames.has(node.name)) return new CelTypeValue(node.name);
      throw new CelError(`no such attribute(s): ${node.name}`);
    case "select":
      return select(node, scope);
    case "has":
      return has(evaluateCel(node.target, scope), node.field);
    case "call":
      return called(node, scope);
    case "macro":
      return expanded(node, scope);
    case "list":
      return node.items.flatMap(({ value, optional }) => {
        const item = evaluateCel(value, scope);
        if (!optional) return [item];
        return item instanceof CelOptional && item.value !== undefined ? [item.value] : [];
      });
    case "map":
      return mapOf(node, scope);
  }
}

/** Whether an expression uses a variable of this name. */
export function usesName(node: CelNode, name: string): boolean {
  switch (node.kind) {
    case "literal":
      return false;
    case "name":
      return node.name === name;
    case "select":
    case "has":
      return usesName(node.target, name);
    case "call":
      return [...(node.target === undefined ? [] : [node.target]), ...node.args].some((part) => usesName(part, name));
    case "macro":
      return (
        usesName(node.target, name) ||
        (!node.variables.includes(name) && node.bodies.some((body) => usesName(body, name)))
      );
    case "list":
      return node.items.some(({ value }) => usesName(value, name));
    case "map":
      return node.entries.some(({ key, value }) => usesName(key, name) || usesName(value, name));
  }
}

function mapOf(node: CelNode & { readonly kind: "map" }, scope: CelScope): CelMap {
  const result = new Map<unknown, unknown>();
  for (const { key, value, optional } of node.entries) {
    const member = evaluateCel(value, scope);
    if (!optional) result.set(mapKey(evaluateCel(key, scope)), member);
    else if (member instanceof CelOptional && member.value !== undefined) {
      result.set(mapKey(evaluateCel(key, scope)), member.value);
    }
  }
  return result;
}

function select(node: CelNode & { readonly kind: "select" }, scope: CelScope): unknown {
  const name = qualifiedName(node);
  if (name === "google.protobuf.Timestamp" || name === "google.protobuf.Duration") return new CelTypeValue(name);
  if (name !== undefined && Object.hasOwn(scope, name)) return scope[name];
  const target = evaluateCel(node.target, scope);
  if (target instanceof CelOptional) {
    return target.value instanceof Map ? new CelOptional(target.value.get(node.field)) : target;
  }
  if (node.optional) return new CelOptional(target instanceof Map ? target.get(node.field) : undefined);
  if (Array.isArray(target)) throw new CelError("unsupported index type 'string' in list");
  if (!(target instanceof Map) || !target.has(node.field)) throw new CelError(`no such key: ${node.field}`);
  return target.get(node.field);
}

function has(target: unknown, field: string): boolean {
  if (target instanceof CelOptional) return target.value instanceof Map && target.value.has(field);
  if (Array.isArray(target)) throw new CelError("unsupported index type 'string' in list");
  return target instanceof Map && target.has(field);
}

function called(node: CelNode & { readonly kind: "call" }, scope: CelScope): unknown {
  const { name, target, args } = node;
  if (name === "_&&_") return logical(args, scope, false);
  if (name === "_||_") return logical(args, scope, true);
  if (name === "_?_:_") {
    const [test, yes, no] = args;
    if (test === undefined || yes === undefined || no === undefined) throw new CelError("no such overload");
    return evaluateCel(truth(evaluateCel(test, scope)) ? yes : no, scope);
  }
  const qualified = qualifiedName(target);
  const known = qualified === undefined ? undefined : overloadsOf(`${qualified}.${name}`);
  if (known !== undefined)
    return run(
      known,
      false,
      args.map((arg) => evaluateCel(arg, scope)),
    );
  const given = [...(target === undefined ? [] : [target]), ...args].map((arg) => evaluateCel(arg, scope));
  return run(overloadsOf(name) ?? [], target !== undefined, given);
}

function run(overloads: readonly Overload[], method: boolean, args: readonly unknown[]): unknown {
  const fitting = overloads.find(
    ({ parameters, method: isMethod }) =>
      isMethod === method &&
      parameters.length === args.length &&
      parameters.every((type, index) => isOfType(args[index], type)),
  );
  if (fitting === undefined) throw new CelError("no such overload");
  return fitting.run(...args);
}

/** An error on one side does not matter when the other side decides. */
function logical(args: readonly CelNode[], scope: CelScope, decisive: boolean): boolean {
  let failure: unknown;
  for (const arg of args) {
    try {
      if (truth(evaluateCel(arg, scope)) === decisive) return decisive;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure as Error;
  return !decisive;
}

function truth(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new CelError("no such overload");
}

interface Round {
  readonly key: unknown;
  readonly value: unknown;
  readonly scope: CelScope;
}

function rounds(range: unknown, variables: readonly string[], scope: CelScope): Round[] {
  const [first = "", second] = variables;
  const isMap = range instanceof Map;
  if (!isMap && !Array.isArray(range)) throw new CelError("no such overload");
  const entries = isMap
    ? [...(range as CelMap)]
    : range.map((value: unknown, index) => [BigInt(index), value] as const);
  return entries.map(([key, value]): Round => {
    const only = isMap ? key : value;
    return {
      key,
      value,
      scope: { ...scope, ...(second === undefined ? { [first]: only } : { [first]: key, [second]: value }) },
    };
  });
}

function expanded(node: CelNode & { readonly kind: "macro" }, scope: CelScope): unknown {
  const range = evaluateCel(node.target, scope);
  const [body, last] = node.bodies;
  if (body === undefined) throw new CelError("no such overload");
  if (node.name === "optMap" || node.name === "optFlatMap") {
    if (!(range instanceof CelOptional)) throw new CelError("no such overload");
    if (range.value === undefined) return range;
    const result = evaluateCel(body, { ...scope, [node.variables[0] ?? ""]: range.value });
    return node.name === "optFlatMap" ? result : new CelOptional(result);
  }
  const all = rounds(range, node.variables, scope);
  const passes = (round: Round): boolean => truth(evaluateCel(body, round.scope));
  const kept = (): Round[] => (last === undefined ? all : all.filter(passes));
  const result = (round: Round): unknown => evaluateCel(last ?? body, round.scope);
  switch (node.name) {
    case "all":
      return quantified(all, body, false);
    case "exists":
      return quantified(all, body, true);
    case "exists_one":
    case "existsOne":
      return all.filter(passes).length === 1;
    case "filter":
      return all.filter(passes).map(({ key, value }) => (range instanceof Map ? key : value));
    case "map":
    case "transformList":
      return kept().map(result);
    case "transformMap":
      return new Map(kept().map((round) => [round.key, result(round)]));
    case "transformMapEntry": {
      const merged = new Map<unknown, unknown>();
      for (const round of kept()) {
        for (const [key, value] of result(round) as CelMap) {
          if (merged.has(key)) throw new CelError(`insert failed: key ${String(key)} already exists`);
          merged.set(key, value);
        }
      }
      return merged;
    }
    case "sortBy":
      return all
        .map((round) => ({ round, by: result(round) }))
        .sort((a, b) => celCompare(a.by, b.by))
        .map(({ round }) => round.value);
  }
}

function quantified(all: readonly Round[], body: CelNode, decisive: boolean): boolean {
  let failure: unknown;
  for (const { scope } of all) {
    try {
      if (truth(evaluateCel(body, scope)) === decisive) return decisive;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure as Error;
  return !decisive;
}
