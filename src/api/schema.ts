import { z } from "zod";

/**
 * Builders for the fields of our custom resources. Each takes the field's description first (`kubectl explain` shows
 * it) and sets bounds, so that stored objects stay small and the API server can bound the cost of CEL rules.
 */

/** A rule in the Common Expression Language that the API server checks (`x-kubernetes-validations`). */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** The type of a value as it is read: everything in it is readonly. */
export type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** The TypeScript type of a schema built here. */
export type Value<Schema extends z.ZodType> = Frozen<z.input<Schema>>;

interface TextOptions {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly format?: "date-time";
  readonly rules?: readonly ValidationRule[];
  readonly default?: string;
}

export function text(description: string, options: TextOptions = {}): z.ZodString {
  let schema = z.string().max(options.max ?? 2048);
  if (options.min !== undefined) schema = schema.min(options.min);
  if (options.pattern !== undefined) schema = schema.regex(options.pattern);
  return schema.meta({
    description,
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.default === undefined ? {} : { default: options.default }),
    ...rulesOf(options.rules),
  });
}

export function choice<const Values extends readonly [string, ...string[]]>(
  description: string,
  values: Values,
  options: { readonly default?: Values[number] } = {},
): z.ZodEnum<{ [Key in Values[number]]: Key }> {
  return z.enum(values).meta({ description, ...(options.default === undefined ? {} : { default: options.default }) });
}

export function flag(description: string, options: { readonly default?: boolean } = {}): z.ZodBoolean {
  return z.boolean().meta({ description, ...(options.default === undefined ? {} : { default: options.default }) });
}

/** A whole number; `int32` unless its bounds need more. */
export function integer(
  description: string,
  options: { readonly min?: number; readonly max?: number; readonly default?: number; readonly int64?: boolean } = {},
): z.ZodInt {
  let schema = z.int();
  if (options.min !== undefined) schema = schema.min(options.min);
  if (options.max !== undefined) schema = schema.max(options.max);
  return schema.meta({
    description,
    format: options.int64 === true ? "int64" : "int32",
    ...(options.default === undefined ? {} : { default: options.default }),
  });
}

export function integerOrText(
  description: string,
  options: { readonly rules?: readonly ValidationRule[] } = {},
): z.ZodUnion<readonly [z.ZodInt, z.ZodString]> {
  return z
    .union([z.int(), z.string().max(253)])
    .meta({ description, "x-kubernetes-int-or-string": true, ...rulesOf(options.rules) });
}

export function object<Shape extends z.core.$ZodLooseShape>(
  description: string,
  shape: Shape,
  options: { readonly rules?: readonly ValidationRule[]; readonly atomic?: boolean } = {},
): z.ZodObject<Shape, z.core.$strip> {
  return z.object(shape).meta({
    description,
    ...(options.atomic === true ? { "x-kubernetes-map-type": "atomic" } : {}),
    ...rulesOf(options.rules),
  });
}

/** A list: `keys` makes it a map for server-side apply, `set` a set; otherwise one writer owns it as a whole. */
export function list<Item extends z.ZodType>(
  description: string,
  item: Item,
  options: {
    readonly min?: number;
    readonly max: number;
    readonly keys?: readonly string[];
    readonly set?: boolean;
    readonly rules?: readonly ValidationRule[];
  },
): z.ZodArray<Item> {
  let schema = z.array(item).max(options.max);
  if (options.min !== undefined) schema = schema.min(options.min);
  const kind =
    options.keys !== undefined
      ? { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": options.keys }
      : { "x-kubernetes-list-type": options.set === true ? "set" : "atomic" };
  return schema.meta({ description, ...kind, ...rulesOf(options.rules) });
}

export function map<Item extends z.ZodType>(
  description: string,
  item: Item,
  options: { readonly max: number; readonly rules?: readonly ValidationRule[] },
): z.ZodRecord<z.ZodString, Item> {
  return z.record(z.string(), item).meta({ description, maxProperties: options.max, ...rulesOf(options.rules) });
}

/** A JSON object whose fields Kubernetes keeps as they are. */
export function anyObject(description: string): z.ZodRecord<z.ZodString, z.ZodUnknown> {
  return z.record(z.string(), z.unknown()).meta({ description, "x-kubernetes-preserve-unknown-fields": true });
}

function rulesOf(rules: readonly ValidationRule[] | undefined): object {
  return rules === undefined || rules.length === 0 ? {} : { "x-kubernetes-validations": rules };
}
