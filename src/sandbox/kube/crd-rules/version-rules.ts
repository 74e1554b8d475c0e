import { duplicate, invalidValue, required, tooMany } from "../builtin/field-errors.ts";
import type { CrdVersion } from "../crd-definitions.ts";
import type { FieldError } from "../resource-definition.ts";
import { additionalOf, type SchemaDocument } from "./schema-document.ts";

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
const MAX_SELECTABLE = 8;

export function deprecationProblems({ deprecated, deprecationWarning }: CrdVersion, path: string): FieldError[] {
  if (deprecationWarning === undefined || deprecationWarning === null) return [];
  const at = `${path}.deprecationWarning`;
  const invalid = (text: string): FieldError => invalidValue(at, deprecationWarning, text);
  if (deprecated !== true) return [invalid("can only be set for deprecated versions")];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(deprecationWarning) > 256) errors.push(invalid("must be <= 256 characters long"));
  if (deprecationWarning === "") errors.push(invalid("must not be an empty string"));
  const bad = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(deprecationWarning);
  if (bad !== null) {
    const index = Buffer.byteLength(deprecationWarning.slice(0, bad.index));
    const text = `must only contain printable UTF-8 characters; non-printable character found at index ${index}`;
    errors.push(invalid(text));
  }
  return errors;
}

export function subresourceProblems(subresources: CrdVersion["subresources"], path: string): FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined || scale === null) return [];
  const errors: FieldError[] = [];
  for (const [member, where] of [
    ["specReplicasPath", ".spec"],
    ["statusReplicasPath", ".status"],
  ] as const) {
    const value: string | undefined = scale[member];
    const at = `${path}.scale.${member}`;
    if (value === undefined || value === "") errors.push(required(at));
    else errors.push(...pathProblems(value, at, [where], `should be a json path under ${where}`));
  }
  const { labelSelectorPath = "" } = scale;
  if (labelSelectorPath !== "") {
    const text = "should be a json path under either .spec or .status";
    errors.push(...pathProblems(labelSelectorPath, `${path}.scale.labelSelectorPath`, [".spec", ".status"], text));
  }
  return errors;
}

function pathProblems(value: string, at: string, roots: readonly string[], text: string): FieldError[] {
  const simple = simplePathProblems(value, at);
  if (simple.length > 0) return simple;
  return roots.some((root) => value.startsWith(`${root}.`)) ? [] : [invalidValue(at, value, text)];
}

function simplePathProblems(value: string, at: string): FieldError[] {
  return value.startsWith(".") ? [] : [invalidValue(at, value, "must be a simple json path starting with .")];
}

export function columnProblems(columns: CrdVersion["additionalPrinterColumns"], path: string): FieldError[] {
  return (columns ?? []).flatMap((column: Partial<NonNullable<typeof columns>[number]>, index) => {
    const at = `${path}.additionalPrinterColumns[${index}]`;
    const { name = "", type = "", format = "", jsonPath = "" } = column;
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(`${at}.name`));
    const oneOf = `must be one of ${COLUMN_TYPES.join(",")}`;
    if ((type as string) === "") errors.push(required(`${at}.type`, oneOf));
    else if (!COLUMN_TYPES.includes(type)) errors.push(invalidValue(`${at}.type`, type, oneOf));
    if (format !== "" && !COLUMN_FORMATS.includes(format)) {
      errors.push(invalidValue(`${at}.format`, format, `must be one of ${COLUMN_FORMATS.join(",")}`));
    }
    if (jsonPath === "") errors.push(required(`${at}.JSONPath`));
    else errors.push(...simplePathProblems(jsonPath, `${at}.JSONPath`));
    return errors;
  });
}

/** The fields that objects can be selected by. `wasTooMany` lets a list that was too long before stay as it is. */
export function selectableProblems(
  fields: CrdVersion["selectableFields"],
  schema: SchemaDocument | undefined,
  path: string,
  wasTooMany: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const known = new Set<string>();
  (fields ?? []).forEach(({ jsonPath = "" }: { readonly jsonPath?: string }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (jsonPath === "") {
      errors.push(required(at));
      return;
    }
    const found = fieldAt(jsonPath, schema ?? {});
    if (typeof found === "string") {
      errors.push(invalidValue(at, jsonPath, `is an invalid path: ${found}`));
      return;
    }
    if (found.root === "metadata") errors.push(invalidValue(at, jsonPath, "must not point to fields in metadata"));
    if (!["string", "boolean", "integer"].includes(found.schema.type ?? "")) {
      const text =
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
      errors.push(invalidValue(at, jsonPath, text));
    }
    if (known.has(found.path)) errors.push(duplicate(at, jsonPath));
    known.add(found.path);
  });
  if (known.size > MAX_SELECTABLE && !wasTooMany) errors.push(tooMany(path, known.size, MAX_SELECTABLE));
  return errors;
}

interface FoundField {
  readonly root: string;
  readonly path: string;
  readonly schema: SchemaDocument;
}

/** The field that a path such as `.spec.name` leads to, or why it leads to none. */
function fieldAt(jsonPath: string, root: SchemaDocument): FoundField | string {
  const tokens = jsonPath.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]']+|'/g) ?? [];
  let schema = root;
  const names: string[] = [];
  for (let index = 0; index < tokens.length; index += 2) {
    const [point, name] = [tokens[index], tokens[index + 1]];
    if (point === "[") return "array notation is not allowed";
    if (point !== ".") return `expected [ or . but got: ${point}`;
    if (name === undefined) return "unexpected end of JSON path";
    const properties = schema.properties ?? {};
    const next = Object.keys(properties).length > 0 ? properties[name] : additionalOf(schema);
    if (next === undefined) return "does not refer to a valid field";
    names.push(Object.keys(properties).length > 0 ? `.${name}` : `[${name}]`);
    schema = next;
  }
  const path = names.join("").replace(/^\./, "");
  return { root: /^[^.[]*/.exec(path)?.[0] ?? "", path, schema };
}
