import { isObject } from "../json-value.ts";
import { newMetadataErrors } from "../metadata-rules.ts";
import type { FieldError, KubeMetadata, Schema } from "../resource-definition.ts";
import { shown } from "./shown.ts";

const KIND = /^[a-z]([-a-z0-9]*[a-z0-9])?$/i;
const KIND_TEXT =
  "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/** Checks the objects inside of an object (`x-kubernetes-embedded-resource`). */
export function validateEmbedded(value: unknown, schema: Schema, path = ""): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? []
      : value.flatMap((item: unknown, index) => validateEmbedded(item, items, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  const errors = schema["x-kubernetes-embedded-resource"] === true ? embeddedErrors(value, path) : [];
  for (const [name, member] of Object.entries(value)) {
    const property = schema.properties?.[name];
    if (property !== undefined) errors.push(...validateEmbedded(member, property, child(path, name)));
    else if (typeof schema.additionalProperties === "object") {
      errors.push(...validateEmbedded(member, schema.additionalProperties, `${path}[${name}]`));
    }
  }
  return errors;
}

/** The first kind or version of an object inside of an object that is no text, which cannot be read at all. */
export function mistypedEmbedded(value: unknown, schema: Schema, path = ""): string | undefined {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return undefined;
    return firstOf(value.map((item: unknown, index) => () => mistypedEmbedded(item, items, `${path}[${index}]`)));
  }
  if (!isObject(value)) return undefined;
  if (schema["x-kubernetes-embedded-resource"] === true) {
    const wrong = ["apiVersion", "kind"].find((name) => value[name] !== undefined && typeof value[name] !== "string");
    if (wrong !== undefined) return `${child(path, wrong)}: Invalid value: ${shown(value[wrong])}: must be a string`;
  }
  return firstOf(
    Object.entries(value).map(([name, member]) => () => {
      const property = schema.properties?.[name];
      if (property !== undefined) return mistypedEmbedded(member, property, child(path, name));
      const additional = schema.additionalProperties;
      return typeof additional === "object" ? mistypedEmbedded(member, additional, `${path}[${name}]`) : undefined;
    }),
  );
}

function firstOf(attempts: readonly (() => string | undefined)[]): string | undefined {
  for (const attempt of attempts) {
    const found = attempt();
    if (found !== undefined) return found;
  }
  return undefined;
}

function embeddedErrors(value: Record<string, unknown>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const invalid = (field: string, wrong: unknown, text: string): void => {
    errors.push({ field, type: "FieldValueInvalid", detail: `Invalid value: ${shown(wrong)}: ${text}` });
  };
  for (const name of ["apiVersion", "kind"] as const) {
    const field = child(path, name);
    const given = value[name];
    if (given === undefined) errors.push({ field, type: "FieldValueRequired", detail: "Required value" });
    else if (typeof given !== "string") invalid(field, given, "must be a string");
    else if (given === "") invalid(field, given, "must not be empty");
    else if (name === "kind" && !KIND.test(given)) invalid(field, given, KIND_TEXT);
    else if (name === "apiVersion" && given.split("/").length > 2) {
      invalid(field, given, `unexpected GroupVersion string: ${given}`);
    }
  }
  const { metadata } = value;
  if (isObject(metadata)) {
    const given = metadata as unknown as KubeMetadata;
    const named = given.name === undefined || given.name === "" ? { ...given, name: "fakename" } : given;
    for (const error of newMetadataErrors({ definition: { plural: "roles" }, custom: true }, named))
      errors.push({ ...error, field: child(path, error.field) });
  }
  return errors;
}

function child(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
