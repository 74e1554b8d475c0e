import { invalidValue, notSupported, required } from "./builtin/field-errors.ts";
import { dns1035Label, dnsSubdomain, type NameRule } from "./builtin/name-rules.ts";
import { type CrdNames, type CrdSpec, type CrdVersion, crdSpec } from "./crd-definitions.ts";
import { approvalProblems } from "./crd-rules/approval.ts";
import { conversionProblems } from "./crd-rules/conversion-rules.ts";
import { goVersions, type InternalSpec, internalForm } from "./crd-rules/internal-form.ts";
import { allParts, type SchemaDocument } from "./crd-rules/schema-document.ts";
import { schemaProblems } from "./crd-rules/schema-rules.ts";
import {
  columnProblems,
  deprecationProblems,
  selectableProblems,
  subresourceProblems,
} from "./crd-rules/version-rules.ts";
import { deepEqual } from "./json-value.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { goJson } from "./schema/shown.ts";

interface CrdStatus {
  readonly acceptedNames?: Partial<CrdNames>;
  readonly storedVersions?: readonly string[];
  readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null;
}

/** What the API server checks of a CustomResourceDefinition (apiextensions `pkg/apis/apiextensions/validation`). */
export function validateCrd(crd: KubeObject, old: KubeObject | undefined, subresource: string): FieldError[] {
  const status = (crd["status"] ?? {}) as CrdStatus;
  if (subresource === "status") return namesProblems(status.acceptedNames ?? {}, "status.acceptedNames");
  const spec = crdSpec(crd) as Partial<CrdSpec> | undefined;
  const form = internalForm(spec ?? {});
  return [
    ...(old === undefined ? ownNameProblems(crd, spec ?? {}) : []),
    ...specProblems(spec ?? {}, form, old),
    ...(old === undefined ? [] : changeProblems(spec ?? {}, old)),
    ...namesProblems(status.acceptedNames ?? {}, "status.acceptedNames"),
    ...storedVersionProblems(status.storedVersions ?? [], spec?.versions ?? []),
    ...approvalProblems(crd, spec?.group ?? "", old),
    ...unknownFieldsProblems(spec ?? {}, old),
  ];
}

function ownNameProblems({ metadata }: KubeObject, { names, group = "" }: Partial<CrdSpec>): FieldError[] {
  return (["generateName", "name"] as const).flatMap((member) => {
    const given = metadata[member] ?? "";
    if (given === "" || given === `${names?.plural ?? ""}.${group}`) return [];
    return [invalidValue(`metadata.${member}`, given, 'must be spec.names.plural+"."+spec.group')];
  });
}

function unknownFieldsProblems({ preserveUnknownFields }: Partial<CrdSpec>, old: KubeObject | undefined): FieldError[] {
  if (preserveUnknownFields !== true || (old !== undefined && crdSpec(old).preserveUnknownFields === true)) return [];
  const text =
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
  return [invalidValue("spec.preserveUnknownFields", true, text)];
}

function specProblems(spec: Partial<CrdSpec>, form: InternalSpec, old: KubeObject | undefined): FieldError[] {
  const { group = "", scope } = spec;
  const names = spec.names ?? {};
  const versions = spec.versions ?? [];
  const errors: FieldError[] = [];
  if (group === "") errors.push(required("spec.group"));
  else if (dnsSubdomain(group).length > 0) errors.push(invalidAll("spec.group", group, dnsSubdomain));
  else if (!group.includes(".")) {
    errors.push(invalidValue("spec.group", group, "should be a domain with at least one dot"));
  }
  if (scope === undefined || (scope as string) === "") errors.push(required("spec.scope"));
  else if (scope !== "Cluster" && scope !== "Namespaced") {
    errors.push(notSupported("spec.scope", scope, ["Cluster", "Namespaced"]));
  }
  versions.forEach((version, index) => {
    if (documentOf(version) === undefined) errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  });
  const schemas = versions.flatMap((version) => documentOf(version) ?? []);
  const hasDefaults = schemas.some((schema) => [...allParts(schema)].some((part) => (part.default ?? null) !== null));
  if (hasDefaults && spec.preserveUnknownFields === true) {
    const text = "must be false in order to use defaults in the schema";
    errors.push(invalidValue("spec.preserveUnknownFields", true, text));
  }
  errors.push(...versionsProblems(spec.versions, form, old));
  for (const member of ["plural", "singular", "kind", "listKind"] as const) {
    if (((names as Partial<CrdNames>)[member] ?? "") === "") errors.push(required(`spec.names.${member}`));
  }
  errors.push(...namesProblems(names, "spec.names"), ...sharedProblems(form, versions, old));
  const { conversion } = spec;
  if (conversion?.strategy !== "None" && conversion !== undefined && spec.preserveUnknownFields === true) {
    const text = "must be None if spec.preserveUnknownFields is true";
    errors.push(invalidValue("spec.conversion.strategy", conversion.strategy ?? "", text));
  }
  return [...errors, ...conversionProblems(conversion, "spec.conversion")];
}

function documentOf(version: CrdVersion): SchemaDocument | undefined {
  return (version.schema?.openAPIV3Schema ?? undefined) as SchemaDocument | undefined;
}

/** Each version, with what it does not share with all others. */
function versionsProblems(
  given: readonly CrdVersion[] | undefined,
  form: InternalSpec,
  old: KubeObject | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const versions = given ?? [];
  const perVersion = form.versions.some(({ subresources }) => subresources !== undefined);
  form.versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`;
    const { name = "" } = version as Partial<CrdVersion>;
    if (dns1035Label(name).length > 0) errors.push(invalidAll(`${path}.name`, name, dns1035Label));
    errors.push(...deprecationProblems(version, path));
    const hasStatus = (perVersion ? version.subresources : form.subresources)?.status !== undefined;
    const schema = documentOf(version);
    if (schema !== undefined) {
      const options = { hasStatus, isUnchanged: isUnchanged(versions[index], old) };
      errors.push(...schemaProblems(schema, `${path}.schema.openAPIV3Schema`, options));
    }
    errors.push(...subresourceProblems(version.subresources, `${path}.subresources`));
    errors.push(...columnProblems(version.additionalPrinterColumns, path));
    if ((version.selectableFields ?? []).length === 0) return;
    const at = `${path}.selectableFields`;
    if (schema === undefined) {
      const text = "may only be set when `version.schema.openAPIV3Schema` is not included";
      errors.push(invalidValue(at, "", text));
    } else errors.push(...selectableProblems(version.selectableFields, schema, at, false));
  });
  const shownVersions = (text: string): FieldError => {
    const shownList =
      given === undefined || given === null ? "null" : goJson(JSON.stringify(goVersions(form.versions)));
    return { field: "spec.versions", type: "FieldValueInvalid", detail: `Invalid value: ${shownList}: ${text}` };
  };
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(shownVersions("must contain unique version names"));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(shownVersions("must have exactly one version marked as storage version"));
  }
  const first = versions[0]?.name ?? "";
  if (first !== "" && dns1035Label(first).length > 0) errors.push(invalidAll("spec.version", first, dns1035Label));
  return errors;
}

/** What all versions have in common. */
function sharedProblems(
  form: InternalSpec,
  versions: readonly CrdVersion[],
  old: KubeObject | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const schema = form.validation?.openAPIV3Schema as SchemaDocument | undefined;
  if (schema !== undefined && schema !== null) {
    const hasStatus =
      form.subresources?.status !== undefined ||
      form.versions.some(({ subresources }) => subresources?.status !== undefined);
    const options = { hasStatus, isUnchanged: isUnchanged(versions[0], old) };
    errors.push(...schemaProblems(schema, "spec.validation.openAPIV3Schema", options));
  }
  errors.push(...subresourceProblems(form.subresources, "spec.subresources"));
  errors.push(...columnProblems(form.additionalPrinterColumns, "spec"));
  if ((form.selectableFields ?? []).length === 0) return errors;
  if (form.validation === undefined) {
    errors.push(invalidValue("spec.selectableFields", "", "may only be set when validations.schema is included"));
  } else errors.push(...selectableProblems(form.selectableFields, schema, "spec.selectableFields", false));
  return errors;
}

function isUnchanged(version: CrdVersion | undefined, old: KubeObject | undefined): boolean {
  if (version === undefined || old === undefined) return false;
  const before = crdSpec(old).versions.find(({ name }) => name === version.name);
  return before !== undefined && deepEqual(before.schema, version.schema);
}

function namesProblems(names: Partial<CrdNames>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [member, isKind] of [
    ["plural", false],
    ["singular", false],
    ["kind", true],
    ["listKind", true],
  ] as const) {
    const name = names[member] ?? "";
    if (name === "") continue;
    const wrong = dns1035Label(isKind ? name.toLowerCase() : name).join(",");
    if (wrong === "") continue;
    const text = isKind ? `may have mixed case, but should otherwise match: ${wrong}` : wrong;
    errors.push(invalidValue(`${path}.${member}`, name, text));
  }
  const each = (member: "shortNames" | "categories"): void => {
    names[member]?.forEach((name, index) => {
      if (dns1035Label(name).length > 0) errors.push(invalidAll(`${path}.${member}[${index}]`, name, dns1035Label));
    });
  };
  each("shortNames");
  if ((names.kind ?? "") !== "" && names.kind === names.listKind) {
    errors.push(invalidValue(`${path}.listKind`, names.listKind, "kind and listKind may not be the same"));
  }
  each("categories");
  return errors;
}

/** All that a rule says of a value as one error. */
function invalidAll(field: string, value: string, rule: NameRule): FieldError {
  return invalidValue(field, value, rule(value).join(","));
}

function changeProblems(now: Partial<CrdSpec>, old: KubeObject): FieldError[] {
  const before = crdSpec(old);
  const errors: FieldError[] = [];
  const fixed = (field: string, value: unknown, previous: unknown): void => {
    if (!deepEqual(value, previous)) errors.push(invalidValue(field, value, "field is immutable"));
  };
  const { conditions } = (old["status"] ?? {}) as CrdStatus;
  if (conditions?.some(({ type, status }) => type === "Established" && status === "True") === true) {
    fixed("spec.scope", now.scope, before.scope);
    fixed("spec.names.kind", now.names?.kind, before.names.kind);
  }
  fixed("spec.group", now.group, before.group);
  fixed("spec.names.plural", now.names?.plural, before.names.plural);
  return errors;
}

function storedVersionProblems(stored: readonly string[], versions: readonly CrdVersion[]): FieldError[] {
  const path = "status.storedVersions";
  if (stored.length === 0) {
    const text = "Invalid value: null: must have at least one stored version";
    return [{ field: path, type: "FieldValueInvalid", detail: text }];
  }
  const errors: FieldError[] = [];
  for (const { name, storage } of versions) {
    if (storage && !stored.includes(name)) {
      errors.push(invalidValue(path, stored, `must have the storage version ${name}`));
    }
  }
  stored.forEach((version, index) => {
    if (versions.some(({ name }) => name === version)) return;
    const text = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(invalidValue(`${path}[${index}]`, version, text));
  });
  return errors;
}
