import { expressionProblems, type RulePlace, ruleFormProblems } from "./cel/rule-problems.ts";
import { type CrdVersion, crdSpec } from "./crd-definitions.ts";
import { compileJsonPath } from "./json-path.ts";
import { deepEqual } from "./json-value.ts";
import type { FieldError, KubeObject, Schema } from "./resource-definition.ts";
import { re2 as pattern } from "./schema/re2.ts";

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/** What apiextensions checks of a CustomResourceDefinition beyond its schema. */
export function validateCrd(crd: KubeObject, old: KubeObject | undefined): FieldError[] {
  const spec = crdSpec(crd);
  const errors: FieldError[] = [];
  const { name } = crd.metadata;
  const expected = `${spec.names.plural}.${spec.group}`;
  if (name !== expected) {
    errors.push(invalid("metadata.name", name, `must be spec.names.plural+"."+spec.group`));
  }
  if (!spec.group.includes("."))
    errors.push(invalid("spec.group", spec.group, "should be a domain with at least one dot"));
  if (!LABEL.test(spec.names.plural)) errors.push(invalid("spec.names.plural", spec.names.plural, LABEL_TEXT));
  if (!LABEL.test(spec.names.kind.toLowerCase())) {
    errors.push(
      invalid("spec.names.kind", spec.names.kind, `may have mixed case, but should otherwise match: ${LABEL_TEXT}`),
    );
  }
  if (spec.names.listKind === spec.names.kind) {
    errors.push(invalid("spec.names.listKind", spec.names.kind, "kind and listKind may not be the same"));
  }
  if (spec.scope !== "Namespaced" && spec.scope !== "Cluster") {
    errors.push(notSupported("spec.scope", spec.scope, ["Cluster", "Namespaced"]));
  }
  if (spec.versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalid("spec.versions", spec.versions, "must have exactly one version marked as storage version"));
  }
  if (spec.preserveUnknownFields === true) {
    errors.push(invalid("spec.preserveUnknownFields", true, "must be false in order to use defaults in the schema"));
  }
  if (spec.conversion?.strategy === "Webhook") {
    errors.push({
      field: "spec.conversion.strategy",
      type: "FieldValueNotSupported",
      detail: `Unsupported value: "Webhook": supported values: "None"`,
    });
  }
  const shared = errors.length;
  spec.versions.forEach((version, index) => validateVersion(version, `spec.versions[${index}]`, errors));
  const once = new Set<string>();
  const found = errors.splice(shared).filter((error) => {
    const key = `${internalPath(error.field, spec.versions)}: ${error.detail}`;
    return !once.has(key) && once.add(key);
  });
  errors.push(...found);
  if (old !== undefined) validateChange(crd, old, errors);
  return errors.map((error) => ({
    ...error,
    field: internalPath(error.field, spec.versions),
    // An error can tell of a second place.
    detail: error.detail.replace(/(?<= within )spec\.versions\S+$/, (path) => internalPath(path, spec.versions)),
  }));
}

const SHARED = {
  schema: "validation",
  subresources: "subresources",
  additionalPrinterColumns: "additionalPrinterColumns",
  selectableFields: "selectableFields",
} as const;

/** What all versions have in common is reported where the API server's own type has it: once, beside the versions. */
function internalPath(path: string, versions: readonly CrdVersion[]): string {
  const found = /^spec\.versions\[\d+\]\.(schema|subresources|additionalPrinterColumns|selectableFields)\b(.*)$/s.exec(
    path,
  );
  if (found === null) return path;
  const member = found[1] as keyof typeof SHARED;
  if (versions.some((version) => !deepEqual(version[member], versions[0]?.[member]))) return path;
  return `spec.${SHARED[member]}${found[2] ?? ""}`;
}

function validateChange(crd: KubeObject, old: KubeObject, errors: FieldError[]): void {
  const [now, before] = [crdSpec(crd), crdSpec(old)];
  const fixed = (field: string, value: unknown, previous: unknown): void => {
    if (!deepEqual(value, previous)) errors.push(invalid(field, value, "field is immutable"));
  };
  fixed("spec.group", now.group, before.group);
  fixed("spec.scope", now.scope, before.scope);
  fixed("spec.names.kind", now.names.kind, before.names.kind);
  fixed("spec.names.plural", now.names.plural, before.names.plural);
  const stored = (crd["status"] as { storedVersions?: readonly string[] } | undefined)?.storedVersions ?? [];
  stored.forEach((version, index) => {
    if (now.versions.some(({ name }) => name === version)) return;
    errors.push(
      invalid(
        `status.storedVersions[${index}]`,
        version,
        "missing from spec.versions; " +
          `${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
      ),
    );
  });
}

function validateVersion(version: CrdVersion, path: string, errors: FieldError[]): void {
  const schema = version.schema?.openAPIV3Schema;
  const schemaPath = `${path}.schema.openAPIV3Schema`;
  if (schema === undefined) {
    errors.push({ field: schemaPath, type: "FieldValueRequired", detail: "Required value: schemas are required" });
  } else {
    if (schema.type !== "object") {
      errors.push(invalid(`${schemaPath}.type`, schema.type ?? "", "must be object at the root"));
    }
    validateStructure(schema, schemaPath, errors);
    validateRulesOf(schema, schemaPath, errors);
  }
  version.additionalPrinterColumns?.forEach(({ jsonPath }, index) => {
    checkPath(jsonPath, `${path}.additionalPrinterColumns[${index}].jsonPath`, errors);
  });
  version.selectableFields?.forEach(({ jsonPath }, index) => {
    checkPath(jsonPath, `${path}.selectableFields[${index}].jsonPath`, errors);
  });
  const scale = version.subresources?.scale;
  if (scale === undefined) return;
  const scalePath = `${path}.subresources.scale`;
  for (const [member, prefix] of [
    ["specReplicasPath", ".spec."],
    ["statusReplicasPath", ".status."],
  ] as const) {
    const value = scale[member];
    if (!value.startsWith(prefix)) {
      errors.push(invalid(`${scalePath}.${member}`, value, `should be a json path under ${prefix.slice(0, -1)}`));
    }
  }
}

/** Expressions are looked at when the schema is in order. */
function validateRulesOf(schema: Schema, path: string, errors: FieldError[]): void {
  const before = errors.length;
  visitRules(schema, { path, isRoot: true, uncorrelatable: undefined }, (part, place) => {
    errors.push(...ruleFormProblems(part, place.path));
  });
  if (errors.length > before) return;
  visitRules(schema, { path, isRoot: true, uncorrelatable: undefined }, (part, place) => {
    errors.push(...expressionProblems(part, place));
  });
}

function visitRules(schema: Schema, place: RulePlace, use: (part: Schema, place: RulePlace) => void): void {
  use(schema, place);
  const { path, uncorrelatable } = place;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    visitRules(property, { path: `${path}.properties[${name}]`, isRoot: false, uncorrelatable }, use);
  }
  if (typeof schema.additionalProperties === "object") {
    const inside = { path: `${path}.additionalProperties`, isRoot: false, uncorrelatable };
    visitRules(schema.additionalProperties, inside, use);
  }
  if (schema.items !== undefined) {
    const apart = uncorrelatable ?? (schema["x-kubernetes-list-type"] === "map" ? undefined : path);
    visitRules(schema.items, { path: `${path}.items`, isRoot: false, uncorrelatable: apart }, use);
  }
}

function checkPath(path: string, field: string, errors: FieldError[]): void {
  try {
    if (!path.startsWith(".")) throw new Error("must be a simple json path starting with .");
    compileJsonPath(path);
  } catch (error) {
    errors.push(invalid(field, path, error instanceof Error ? error.message : String(error)));
  }
}

/** The rules of structural schemas. */
function validateStructure(schema: Schema, path: string, errors: FieldError[]): void {
  const freeType =
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema.type === undefined && !freeType) {
    errors.push({
      field: `${path}.type`,
      type: "FieldValueRequired",
      detail: "Required value: must not be empty for specified object fields",
    });
  }
  if (schema.properties !== undefined && schema.additionalProperties !== undefined) {
    errors.push({
      field: `${path}.additionalProperties`,
      type: "FieldValueForbidden",
      detail: "Forbidden: additionalProperties and properties are mutual exclusive",
    });
  }
  if (schema.additionalProperties === false) {
    errors.push({
      field: `${path}.additionalProperties`,
      type: "FieldValueForbidden",
      detail: "Forbidden: additionalProperties cannot be set to false",
    });
  }
  if (schema.type === "array" && schema.items === undefined) {
    errors.push({ field: `${path}.items`, type: "FieldValueRequired", detail: "Required value: must be specified" });
  }
  if (schema.uniqueItems === true) {
    errors.push({
      field: `${path}.uniqueItems`,
      type: "FieldValueForbidden",
      detail: "Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    });
  }
  if (schema.pattern !== undefined && !compiles(schema.pattern)) {
    errors.push(invalid(`${path}.pattern`, schema.pattern, "must be a valid regular expression"));
  }
  validateLists(schema, path, errors);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (path.endsWith("openAPIV3Schema") && name === "metadata") continue;
    validateStructure(property, `${path}.properties[${name}]`, errors);
  }
  if (schema.items !== undefined) validateStructure(schema.items, `${path}.items`, errors);
  if (typeof schema.additionalProperties === "object") {
    validateStructure(schema.additionalProperties, `${path}.additionalProperties`, errors);
  }
}

function validateLists(schema: Schema, path: string, errors: FieldError[]): void {
  if (schema["x-kubernetes-list-type"] !== "map") return;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (keys.length === 0) {
    errors.push({
      field: `${path}.x-kubernetes-list-map-keys`,
      type: "FieldValueRequired",
      detail: "Required value: must not be empty if x-kubernetes-list-type is map",
    });
  }
  keys.forEach((key, index) => {
    const property = schema.items?.properties?.[key];
    if (property === undefined) {
      errors.push(
        invalid(`${path}.x-kubernetes-list-map-keys[${index}]`, key, "entries must all be names of item properties"),
      );
    } else if (property.default === undefined && schema.items?.required?.includes(key) !== true) {
      errors.push({
        field: `${path}.items.properties[${key}].default`,
        type: "FieldValueRequired",
        detail:
          "Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      });
    }
  });
}

function compiles(source: string): boolean {
  try {
    pattern(source);
    return true;
  } catch {
    return false;
  }
}

function invalid(field: string, value: unknown, text: string): FieldError {
  return { field, type: "FieldValueInvalid", detail: `Invalid value: ${JSON.stringify(value)}: ${text}` };
}

function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(", ");
  return {
    field,
    type: "FieldValueNotSupported",
    detail: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
  };
}
