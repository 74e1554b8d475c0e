import { deepEqual, isObject } from "../json-value.ts";
import type { FieldError, Schema } from "../resource-definition.ts";
import { oldItem } from "../schema/old-item.ts";
import { shown } from "../schema/shown.ts";
import { evaluateCel, usesName } from "./evaluate.ts";
import { parseCel } from "./parse.ts";
import { fieldPathOf, partsOf, type Rule } from "./rule.ts";
import { celValue, withTypeAndNames } from "./schema-types.ts";
import type { CelNode } from "./syntax.ts";
import { CelError, CelOptional } from "./values.ts";

interface CompiledRule {
  readonly rule: Rule;
  readonly test: CelNode;
  readonly message: CelNode | undefined;
  /** Compares with the old value, so it runs on updates only. */
  readonly transition: boolean;
}

const COMPILED = new WeakMap<Rule, CompiledRule>();
const HAS_RULES = new WeakMap<Schema, boolean>();

/**
 * Runs the `x-kubernetes-validations` of a schema over an object. What an unchanged value breaks is no error (ratcheting)
 * and is told to `warn`.
 */
export function validateRules(
  object: unknown,
  old: unknown,
  schema: Schema,
  warn: (text: string) => void = () => undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  if (hasRules(schema)) {
    const unchanged = old !== undefined && deepEqual(object, old);
    visit({ value: object, old, schema, path: "", unchanged, correlated: old !== undefined }, { errors, warn });
  }
  return errors;
}

/** Whether a schema has any rule. */
export function hasRules(schema: Schema): boolean {
  let known = HAS_RULES.get(schema);
  if (known === undefined) {
    known = (schema["x-kubernetes-validations"] ?? []).length > 0 || partsOf(schema).some(hasRules);
    HAS_RULES.set(schema, known);
  }
  return known;
}

/** A value, where it stands, and what it replaces. */
interface Visit {
  readonly value: unknown;
  readonly old: unknown;
  readonly schema: Schema;
  readonly path: string;
  /** The value, or what is around it where it cannot be told from others, is as it was. */
  readonly unchanged: boolean;
  readonly correlated: boolean;
}

interface Findings {
  readonly errors: FieldError[];
  readonly warn: (text: string) => void;
}

function compiled(rule: Rule): CompiledRule {
  let known = COMPILED.get(rule);
  if (known === undefined) {
    const test = parseCel(rule.rule);
    const { messageExpression = "" } = rule;
    const message = messageExpression === "" ? undefined : parseCel(messageExpression);
    known = { rule, test, message, transition: usesName(test, "oldSelf") };
    COMPILED.set(rule, known);
  }
  return known;
}

function visit(visited: Visit, findings: Findings): void {
  const { value, old, schema, path } = visited;
  if (value === undefined || value === null || !hasRules(schema)) return;
  runRules(visited, findings);
  if (isObject(value)) {
    const before = isObject(old) ? old : {};
    for (const [name, member] of Object.entries(value)) {
      const property = schema.properties?.[name];
      if (property !== undefined) {
        const at = path === "" ? name : `${path}.${name}`;
        visit(inside(visited, member, before[name], { schema: property, path: at }), findings);
      } else if (typeof schema.additionalProperties === "object") {
        const place = { schema: schema.additionalProperties, path: `${path}[${name}]` };
        visit(inside(visited, member, before[name], place), findings);
      }
    }
  } else if (Array.isArray(value) && schema.items !== undefined) {
    const items = schema.items;
    value.forEach((item: unknown, index) => {
      const place = { schema: items, path: `${path}[${index}]` };
      visit(inside(visited, item, oldItem(item, old, schema)?.value, place), findings);
    });
  }
}

function inside(
  outer: Visit,
  value: unknown,
  old: unknown,
  place: { readonly schema: Schema; readonly path: string },
): Visit {
  const correlated = outer.correlated && old !== undefined;
  return { value, old, ...place, correlated, unchanged: correlated ? deepEqual(value, old) : outer.unchanged };
}

function runRules({ value, old, schema, path, unchanged }: Visit, { errors, warn }: Findings): void {
  const rules = schema["x-kubernetes-validations"] ?? [];
  if (rules.length === 0) return;
  const typed = path === "" ? withTypeAndNames(schema) : schema;
  const self = celValue(value, typed);
  const hasOld = old !== undefined && old !== null;
  const oldSelf = hasOld ? celValue(old, typed) : undefined;
  for (const rule of rules) {
    const check = compiled(rule);
    const optional = rule.optionalOldSelf === true;
    if (check.transition && !hasOld && !optional) continue;
    const given = optional ? new CelOptional(oldSelf) : oldSelf;
    const scope = given === undefined ? { self } : { self, oldSelf: given };
    const outcome = run(check, { value, schema, path }, scope, hasOld ? { self, oldSelf } : { self });
    if (outcome === undefined) continue;
    if (outcome.ratchets && !check.transition && unchanged) warn(`${outcome.error.field}: ${outcome.error.detail}`);
    else errors.push(outcome.error);
  }
}

type Scope = Readonly<Record<string, unknown>>;

function run(
  { rule, test, message }: CompiledRule,
  { value, schema, path }: { readonly value: unknown; readonly schema: Schema; readonly path: string },
  scope: Scope,
  messageScope: Scope,
): { readonly error: FieldError; readonly ratchets: boolean } | undefined {
  const own = rule.message === undefined || rule.message === "" ? undefined : rule.message.trim();
  const name = own ?? rule.rule.trim();
  try {
    if (evaluateCel(test, scope) === true) return undefined;
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    const text = error.message.startsWith("no such overload")
      ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${name}`
      : `${error.message} evaluating rule: ${name}`;
    const detail = `Invalid value: ${shown(schema.type ?? "")}: ${text}`;
    return { error: { field: path === "" ? "<nil>" : path, type: "FieldValueInvalid", detail }, ratchets: false };
  }
  const text = messageText(message, messageScope) ?? own ?? `failed rule: ${name}`;
  const below =
    rule.fieldPath === undefined || rule.fieldPath === "" ? "" : (fieldPathOf(rule.fieldPath, schema) ?? "");
  const field = below === "" || path === "" ? `${path}${below}` : `${path}.${below}`;
  return { error: ruleError(rule, field, { value, schema }, text), ratchets: true };
}

function messageText(message: CelNode | undefined, scope: Scope): string | undefined {
  if (message === undefined) return undefined;
  try {
    const result = evaluateCel(message, scope);
    const text = typeof result === "string" ? result.trim() : "";
    return text === "" || /[\n\r]/.test(text) || Buffer.byteLength(text) > 5120 ? undefined : text;
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}

function ruleError(
  rule: Rule,
  path: string,
  { value, schema }: { readonly value: unknown; readonly schema: Schema },
  text: string,
): FieldError {
  const field = path === "" ? "<nil>" : path;
  // Of objects and lists the value is not shown.
  const given = schema.type === "object" || schema.type === "array" ? "" : `: ${shown(value)}`;
  switch (rule.reason) {
    case "FieldValueForbidden":
      return { field, type: "FieldValueForbidden", detail: `Forbidden: ${text}` };
    case "FieldValueRequired":
      return { field, type: "FieldValueRequired", detail: `Required value: ${text}` };
    case "FieldValueDuplicate":
      return { field, type: "FieldValueDuplicate", detail: `Duplicate value${given}` };
    default:
      return { field, type: "FieldValueInvalid", detail: `Invalid value${given}: ${text}` };
  }
}
