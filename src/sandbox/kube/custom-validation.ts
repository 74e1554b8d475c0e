import { hasRules, validateRules } from "./cel/schema-rules.ts";
import { isObject } from "./json-value.ts";
import type { ServedResource } from "./registry.ts";
import type { FieldError, KubeObject, Schema } from "./resource-definition.ts";
import { validateEmbedded } from "./schema/embedded.ts";
import { validateListTypes } from "./schema/list-types.ts";
import { shown } from "./schema/shown.ts";
import { validateSchema } from "./schema/validate.ts";

/** Errors after which the shape of an object cannot be relied upon. */
const BLOCKING = new Set<FieldError["type"]>([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

/** What is wrong with an object of a custom kind; `found` is what is known to be wrong with its metadata. */
export function validateCustom(
  resource: ServedResource,
  object: KubeObject,
  old: KubeObject | undefined,
  {
    subresource,
    found,
    warnings,
  }: { readonly subresource: string; readonly found: readonly FieldError[]; readonly warnings: string[] },
): readonly FieldError[] {
  const { schema } = resource.definition;
  const errors = [...schemaErrors(object, old, schema, subresource), ...scaleErrors(resource, object, subresource)];
  errors.push(...validateEmbedded(object, schema));
  // What the old object had twice already does not stand in the way of other changes.
  if (old === undefined || validateListTypes(old, schema).length === 0)
    errors.push(...validateListTypes(object, schema));
  if (!hasRules(schema)) return errors;
  if ([...found, ...errors].some(({ type }) => BLOCKING.has(type))) {
    const text =
      "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
    return [...errors, { field: "<nil>", type: "FieldValueInvalid", detail: `Invalid value: null: ${text}` }];
  }
  return [...errors, ...validateRules(object, old, schema, (text) => warnings.push(text))];
}

/** A write of the status is checked for the status alone, as if it were a document of its own. */
function schemaErrors(
  object: KubeObject,
  old: KubeObject | undefined,
  schema: Schema,
  subresource: string,
): readonly FieldError[] {
  if (subresource !== "status") return validateSchema(object, schema, old === undefined ? undefined : { value: old });
  const { status } = object;
  const statusSchema = schema.properties?.["status"];
  if (status === undefined || statusSchema === undefined) return [];
  const before = old?.["status"];
  return validateSchema(status, statusSchema, before === undefined ? undefined : { value: before }).map((error) => ({
    ...error,
    field: inStatus(error.field),
  }));
}

function inStatus(field: string): string {
  return field === "<nil>" ? "status" : `status.${field}`;
}

const MAX_REPLICAS = 2 ** 31 - 1;

function scaleErrors({ definition }: ServedResource, object: KubeObject, subresource: string): FieldError[] {
  const { scale } = definition;
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  if (subresource !== "status") checkReplicas(object, scale.specReplicasPath, errors);
  checkReplicas(object, scale.statusReplicasPath, errors);
  if (scale.labelSelectorPath !== undefined) {
    const found = valueAt(object, scale.labelSelectorPath);
    if (found.problem !== undefined || (found.value !== undefined && typeof found.value !== "string")) {
      const why =
        found.problem ??
        `${found.at} accessor error: ${goValue(found.value)} is of the type ${goType(found.value)}, expected string`;
      errors.push({ field: scale.labelSelectorPath, type: "FieldValueInvalid", detail: `Invalid value: "": ${why}` });
    }
  }
  return errors;
}

function checkReplicas(object: KubeObject, path: string, errors: FieldError[]): void {
  const { value, problem, at } = valueAt(object, path);
  const report = (shownValue: unknown, text: string): void => {
    errors.push({ field: path, type: "FieldValueInvalid", detail: `Invalid value: ${shown(shownValue)}: ${text}` });
  };
  if (problem !== undefined) report(0, problem);
  else if (value === undefined) return;
  else if (typeof value !== "number" || !Number.isInteger(value)) {
    report(0, `${at} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected int64`);
  } else if (value < 0) report(value, "should be a non-negative integer");
  else if (value > MAX_REPLICAS) report(value, `should be less than or equal to ${MAX_REPLICAS}`);
}

/** The value at a path, or why there cannot be any. */
function valueAt(
  object: KubeObject,
  path: string,
): { readonly value?: unknown; readonly problem?: string; readonly at: string } {
  let value: unknown = object;
  const parts = path.replace(/^\./, "").split(".");
  for (const [index, part] of parts.entries()) {
    const at = `.${parts.slice(0, index + 1).join(".")}`;
    if (!isObject(value)) {
      const problem = `${at} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected map[string]interface{}`;
      return { problem, at };
    }
    value = value[part];
    if (value === undefined) return { at };
  }
  return { value, at: `.${parts.join(".")}` };
}

function goType(value: unknown): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  if (Array.isArray(value)) return "[]interface {}";
  return typeof value === "object" ? "map[string]interface {}" : "string";
}

/** A value as Go's `%v` shows it. */
function goValue(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (isObject(value)) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${members.map(([name, member]) => `${name}:${goValue(member)}`).join(" ")}]`;
  }
  return String(value as string | number | boolean);
}
