import { overloadsOf } from "./functions/library.ts";
import type { CelNode } from "./syntax.ts";
import { type CelType, celTypes, optionalType, renamed, Substitution, typeText } from "./types.ts";
import { CelTypeValue, typeName } from "./values.ts";

/** What is wrong with an expression, and where. */
export interface CelProblem {
  readonly message: string;
  /** Zero-based. */
  readonly offset: number;
}

export interface CheckedCel {
  readonly type: CelType;
  readonly problems: readonly CelProblem[];
}

type Scope = ReadonlyMap<string, CelType>;

/** Names of types, which are values too: `type(self) == int`. */
export const typeNames: ReadonlyMap<string, string> = new Map(
  ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"].map((name) => [name, name]),
);

/** Finds the type of an expression, and all that does not fit. */
export function checkCel(node: CelNode, variables: Scope): CheckedCel {
  const checker = new Checker();
  const type = checker.check(node, variables);
  return { type: checker.resolve(type), problems: checker.problems };
}

/** The dotted name that a chain of selections is, such as `ip.isCanonical`. */
export function qualifiedName(node: CelNode | undefined): string | undefined {
  if (node?.kind === "name") return node.name;
  if (node?.kind !== "select" || node.optional) return undefined;
  const before = qualifiedName(node.target);
  return before === undefined ? undefined : `${before}.${node.field}`;
}

class Checker {
  readonly problems: CelProblem[] = [];
  readonly #known = new Substitution();
  #uses = 0;

  resolve(type: CelType): CelType {
    return this.#known.resolve(type);
  }

  check(node: CelNode, scope: Scope): CelType {
    switch (node.kind) {
      case "literal":
        return literalType(node.value);
      case "name":
        return this.#name(node, scope);
      case "select": {
        const field = this.#field(node, scope);
        return node.optional && field.kind !== "error" ? optionalOf(field) : field;
      }
      case "has":
        this.#field(node, scope);
        return celTypes.bool;
      case "call":
        return this.#call(node, scope);
      case "macro":
        return this.#macro(node, scope);
      case "list":
        return {
          kind: "list",
          item: this.#same(
            node.items,
            scope,
            node.items.map(({ value }) => value),
          ),
        };
      case "map": {
        const keys = node.entries.map(({ key }) => ({ value: key, optional: false }));
        const key = this.#same(
          keys,
          scope,
          node.entries.map((entry) => entry.key),
        );
        return {
          kind: "map",
          key,
          value: this.#same(
            node.entries,
            scope,
            node.entries.map(({ value }) => value),
          ),
        };
      }
    }
  }

  #report(node: CelNode, message: string): CelType {
    this.problems.push({ message, offset: node.offset });
    return celTypes.error;
  }

  #fresh(): CelType {
    return { kind: "parameter", name: `_${this.#uses++}` };
  }

  #undeclared(node: CelNode, name: string): CelType {
    return this.#report(node, `undeclared reference to '${name}' (in container '')`);
  }

  #name(node: CelNode & { readonly kind: "name" }, scope: Scope): CelType {
    const found = scope.get(node.name);
    if (found !== undefined) return found;
    if (typeNames.has(node.name)) return { kind: "type", of: celTypes.dyn };
    return this.#undeclared(node, node.name);
  }

  #field(node: CelNode & { readonly kind: "select" | "has" }, scope: Scope): CelType {
    const name = qualifiedName(node.kind === "select" ? node : undefined);
    if (name === "google.protobuf.Timestamp" || name === "google.protobuf.Duration") {
      return { kind: "type", of: celTypes.dyn };
    }
    const dotted = name === undefined ? undefined : scope.get(name);
    if (dotted !== undefined) return dotted;
    const target = this.resolve(this.check(node.target, scope));
    if (target.kind === "opaque" && target.name === "optional_type" && target.parameter !== undefined) {
      const inner = this.#fieldOf(node, this.resolve(target.parameter));
      return inner.kind === "error" ? inner : optionalOf(inner);
    }
    return this.#fieldOf(node, target);
  }

  #fieldOf(node: CelNode & { readonly kind: "select" | "has" }, target: CelType): CelType {
    switch (target.kind) {
      case "map":
        return target.value;
      case "object":
        return target.fields.get(node.field) ?? this.#report(node, `undefined field '${node.field}'`);
      case "dyn":
      case "error":
      case "parameter":
        return target.kind === "error" ? target : celTypes.dyn;
      default:
        return this.#report(node, `type '${typeText(target)}' does not support field selection`);
    }
  }

  #call(node: CelNode & { readonly kind: "call" }, scope: Scope): CelType {
    const { target, name } = node;
    const qualified = qualifiedName(target);
    const full = qualified === undefined ? undefined : `${qualified}.${name}`;
    if (target !== undefined && full !== undefined && overloadsOf(full) !== undefined) {
      return this.#overload(
        full,
        node,
        node.args.map((arg) => this.check(arg, scope)),
        false,
      );
    }
    const given = [...(target === undefined ? [] : [target]), ...node.args];
    const types = given.map((arg) => this.#argument(name, arg, scope));
    if (overloadsOf(name) === undefined) {
      // What stands before an unknown function is reported already when it is unknown itself.
      return this.#undeclared(node, name);
    }
    return this.#overload(name, node, types, target !== undefined);
  }

  /** What a text is formatted with may be of any types. */
  #argument(name: string, arg: CelNode, scope: Scope): CelType {
    if (name !== "format" || arg.kind !== "list") return this.check(arg, scope);
    for (const { value } of arg.items) this.check(value, scope);
    return { kind: "list", item: celTypes.dyn };
  }

  #overload(name: string, node: CelNode, given: readonly CelType[], method: boolean): CelType {
    let result: CelType | undefined;
    for (const overload of overloadsOf(name) ?? []) {
      if (overload.method !== method || overload.parameters.length !== given.length) continue;
      const suffix = `_${this.#uses++}`;
      const expected = overload.parameters.map((type) => renamed(type, suffix));
      if (!this.#known.assignAll(given, expected)) continue;
      const one = this.resolve(renamed(overload.result, suffix));
      if (result === undefined) result = one;
      else if (typeText(result) !== typeText(one)) result = celTypes.dyn;
    }
    if (result !== undefined) return result;
    const texts = given.map((type) => typeText(this.resolve(type)));
    const shown = method ? `${texts[0] ?? ""}.(${texts.slice(1).join(", ")})` : `(${texts.join(", ")})`;
    return this.#report(node, `found no matching overload for '${name}' applied to '${shown}'`);
  }

  /** The one type of the items of a list or map. */
  #same(
    items: readonly { readonly value: CelNode; readonly optional: boolean }[],
    scope: Scope,
    nodes: readonly CelNode[],
  ): CelType {
    let common: CelType | undefined;
    for (const [index, { value, optional }] of items.entries()) {
      const given = this.resolve(this.check(value, scope));
      const type =
        optional && given.kind === "opaque" && given.parameter !== undefined ? this.resolve(given.parameter) : given;
      if (common === undefined) common = type;
      else if (!this.#known.assignAll([type], [common])) {
        this.#report(nodes[index] ?? value, `expected type '${typeText(common)}' but found '${typeText(type)}'`);
      }
    }
    return common ?? this.#fresh();
  }

  #macro(node: CelNode & { readonly kind: "macro" }, scope: Scope): CelType {
    const range = this.resolve(this.check(node.target, scope));
    if (node.name === "optMap" || node.name === "optFlatMap") return this.#optional(node, range, scope);
    const [first = "", second] = node.variables;
    const [key, value] = this.#iterated(range, node.target);
    const inner = new Map(scope);
    if (second === undefined) inner.set(first, range.kind === "map" ? key : value);
    else inner.set(first, key).set(second, value);
    const types = node.bodies.map((body) => this.resolve(this.check(body, inner)));
    const [condition = celTypes.error] = types;
    const last = types.at(-1) ?? celTypes.error;
    switch (node.name) {
      case "all":
        return this.#condition(node, condition);
      case "exists":
        return this.#condition(node, condition);
      case "exists_one":
      case "existsOne":
        this.#condition(node, condition);
        return celTypes.bool;
      case "filter":
        this.#condition(node, condition);
        return { kind: "list", item: range.kind === "map" ? key : value };
      case "map":
      case "transformList":
        if (types.length > 1) this.#condition(node, condition);
        return { kind: "list", item: last };
      case "transformMap":
        if (types.length > 1) this.#condition(node, condition);
        return { kind: "map", key, value: last };
      case "transformMapEntry":
        if (types.length > 1) this.#condition(node, condition);
        return last;
      case "sortBy":
        return range;
    }
  }

  #optional(node: CelNode & { readonly kind: "macro" }, range: CelType, scope: Scope): CelType {
    const [variable = ""] = node.variables;
    const inner = range.kind === "opaque" ? range.parameter : undefined;
    const [body] = node.bodies;
    const type =
      body === undefined ? celTypes.error : this.check(body, new Map(scope).set(variable, inner ?? celTypes.dyn));
    return node.name === "optFlatMap" ? type : optionalType(type);
  }

  #iterated(range: CelType, node: CelNode): readonly [key: CelType, value: CelType] {
    switch (range.kind) {
      case "list":
        return [celTypes.int, this.resolve(range.item)];
      case "map":
        return [this.resolve(range.key), this.resolve(range.value)];
      case "dyn":
      case "parameter":
        return [celTypes.dyn, celTypes.dyn];
      case "error":
        return [range, range];
      default: {
        const text = `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
        const error = this.#report(node, text);
        return [error, error];
      }
    }
  }

  #condition(node: CelNode & { readonly kind: "macro" }, type: CelType): CelType {
    if (this.#known.assignAll([type], [celTypes.bool])) return celTypes.bool;
    return this.#report(node.bodies[0] ?? node, `expected type 'bool' but found '${typeText(type)}'`);
  }
}

function optionalOf(type: CelType): CelType {
  return type.kind === "opaque" && type.name === "optional_type" ? type : optionalType(type);
}

function literalType(value: unknown): CelType {
  if (value === null) return celTypes.null;
  if (value instanceof CelTypeValue) return { kind: "type", of: celTypes.dyn };
  const name = typeName(value);
  return Object.entries(celTypes).find(([known]) => known === name)?.[1] ?? celTypes.dyn;
}
