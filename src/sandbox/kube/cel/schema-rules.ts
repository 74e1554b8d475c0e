import { deepEqual, isObject } from "../json-value.ts";
import type { FieldError, Schema } from "../resource-definition.ts";
import { evaluateCel, unknownNames, usesName } from "./evaluate.ts";
import { parseCel } from "./parse.ts";
import { type CelNode, CelSyntaxError } from "./syntax.ts";
import { CelError, celText } from "./values.ts";

type Rule = NonNullable<Schema["x-kubernetes-validations"]>[number];

interface CompiledRule {
  readonly rule: Rule;
  readonly test: CelNode;
  readonly message: CelNode | undefined;
  /** Compares with the old value, so it runs on updates only. */
  readonly transition: boolean;
}

const COMPILED = new WeakMap<Rule, CompiledRule>();
const HAS_RULES = new WeakMap<Schema, boolean>();
const KNOWN = new Set(["self", "oldSelf"]);

/** Runs the `x-kubernetes-validations` of a schema over an object. */
export function validateRules(object: unknown, old: unknown, schema: Schema): FieldError[] {
  const errors: FieldError[] = [];
  if (hasRules(schema)) visit(object, old, schema, "", errors);
  return errors;
}

/** Whether a schema has any rule. */
export function hasRules(schema: Schema): boolean {
  let known = HAS_RULES.get(schema);
  if (known === undefined) {
    known = (schema["x-kubernetes-validations"] ?? []).length > 0 || parts(schema).some(hasRules);
    HAS_RULES.set(schema, known);
  }
  return known;
}

/** What is wrong with the rules themselves: those that are no expression or use what does not exist. */
export function ruleProblems(schema: Schema, path: string): FieldError[] {
  const errors = (schema["x-kubernetes-validations"] ?? []).flatMap((rule, index) =>
    problemsOf(rule, `${path}.x-kubernetes-validations[${index}]`),
  );
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...ruleProblems(property, `${path}.properties[${name}]`));
  }
  if (schema.items !== undefined) errors.push(...ruleProblems(schema.items, `${path}.items`));
  if (typeof schema.additionalProperties === "object") {
    errors.push(...ruleProblems(schema.additionalProperties, `${path}.additionalProperties`));
  }
  return errors;
}

function parts(schema: Schema): Schema[] {
  return [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : []),
  ];
}

function problemsOf(rule: Rule, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (rule.rule.trim() === "") {
    return [{ field: `${path}.rule`, type: "FieldValueRequired", detail: "Required value: rule is not specified" }];
  }
  for (const [member, text] of [
    ["rule", rule.rule],
    ["messageExpression", rule.messageExpression],
  ] as const) {
    if (text === undefined) continue;
    for (const problem of expressionProblems(text)) {
      const detail = `Invalid value: ${JSON.stringify(text)}: compilation failed: ${problem}`;
      errors.push({ field: `${path}.${member}`, type: "FieldValueInvalid", detail });
    }
  }
  return errors;
}

function expressionProblems(text: string): string[] {
  const marked = (message: string, offset: number): string => {
    const before = text.slice(0, offset).split("\n");
    const line = before.length;
    const column = before.at(-1)?.length ?? 0;
    return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text.split("\n")[line - 1] ?? ""}\n | ${".".repeat(column)}^`;
  };
  try {
    return unknownNames(parseCel(text), KNOWN).map((message) => marked(message, 0));
  } catch (error) {
    if (error instanceof CelSyntaxError) return [marked(error.message, error.offset)];
    throw error;
  }
}

function compiled(rule: Rule): CompiledRule {
  let known = COMPILED.get(rule);
  if (known === undefined) {
    const test = parseCel(rule.rule);
    const message = rule.messageExpression === undefined ? undefined : parseCel(rule.messageExpression);
    known = { rule, test, message, transition: usesName(test, "oldSelf") };
    COMPILED.set(rule, known);
  }
  return known;
}

function visit(value: unknown, old: unknown, schema: Schema, path: string, errors: FieldError[]): void {
  if (value === undefined || (value === null && schema.nullable === true) || !hasRules(schema)) return;
  for (const rule of schema["x-kubernetes-validations"] ?? []) {
    const check = compiled(rule);
    if (check.transition && old === undefined) continue;
    // A rule that an unchanged value already broke does not stand in the way of other changes (ratcheting).
    if (!check.transition && old !== undefined && path !== "" && deepEqual(value, old)) continue;
    const error = run(check, value, old, { schema, path });
    if (error !== undefined) errors.push(error);
  }
  if (isObject(value)) {
    const before = isObject(old) ? old : {};
    for (const [name, member] of Object.entries(value)) {
      const child =
        schema.properties?.[name] ??
        (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
      if (child !== undefined) visit(member, before[name], child, path === "" ? name : `${path}.${name}`, errors);
    }
  } else if (Array.isArray(value) && schema.items !== undefined) {
    const items = schema.items;
    value.forEach((item: unknown, index) =>
      visit(item, oldItem(item, old, schema), items, `${path}[${index}]`, errors),
    );
  }
}

/** Items have an old self only in lists keyed as maps. */
function oldItem(item: unknown, old: unknown, schema: Schema): unknown {
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(old) || !isObject(item)) return undefined;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  return (old as unknown[]).find((other) => isObject(other) && keys.every((key) => deepEqual(other[key], item[key])));
}

function run(
  { rule, test, message }: CompiledRule,
  self: unknown,
  oldSelf: unknown,
  { schema, path }: { readonly schema: Schema; readonly path: string },
): FieldError | undefined {
  const scope = oldSelf === undefined ? { self } : { self, oldSelf };
  const field = `${path}${rule.fieldPath ?? ""}`.replace(/^\./, "");
  const type = schema["x-kubernetes-int-or-string"] === true ? "integer" : (schema.type ?? "object");
  const plain = rule.message ?? `failed rule: ${rule.rule.trim()}`;
  try {
    if (evaluateCel(test, scope) === true) return undefined;
    return ruleError(rule, field, type, messageText(message, scope) ?? plain);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    const detail = `Invalid value: ${JSON.stringify(type)}: ${error.message} evaluating rule: ${plain}`;
    return { field: field === "" ? "<nil>" : field, type: "FieldValueInvalid", detail };
  }
}

function messageText(message: CelNode | undefined, scope: Readonly<Record<string, unknown>>): string | undefined {
  if (message === undefined) return undefined;
  try {
    const text = celText(evaluateCel(message, scope)).trim();
    return text === "" || text.includes("\n") ? undefined : text;
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}

function ruleError(rule: Rule, path: string, type: string, text: string): FieldError {
  const field = path === "" ? "<nil>" : path;
  switch (rule.reason) {
    case "FieldValueForbidden":
      return { field, type: "FieldValueForbidden", detail: `Forbidden: ${text}` };
    case "FieldValueRequired":
      return { field, type: "FieldValueRequired", detail: `Required value: ${text}` };
    case "FieldValueDuplicate":
      return { field, type: "FieldValueDuplicate", detail: `Duplicate value: ${JSON.stringify(type)}` };
    default:
      return { field, type: "FieldValueInvalid", detail: `Invalid value: ${JSON.stringify(type)}: ${text}` };
  }
}
