import { isObject } from "./json-value.ts";
import type { FieldError, KubeMetadata, OwnerReference } from "./resource-definition.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

const TEXTS = {
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  qualified:
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  value:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
} as const;

/** Resources whose names are path segments only (RBAC). */
const PATH_NAMES = new Set(["roles", "rolebindings", "clusterroles", "clusterrolebindings"]);
/** Resources whose names are DNS labels. */
const LABEL_NAMES = new Set(["namespaces", "services"]);
const MAX_MANAGER_LENGTH = 128;
const MAX_SUBRESOURCE_LENGTH = 256;

/** Kinds whose update is checked as a whole new object is, beside what every update is checked for. */
const CHECKED_ANEW = new Set(["configmaps", "secrets", "services", "serviceaccounts"]);
/** Kinds whose own rules leave the metadata of an update alone. */
const SEEN_ONCE = new Set(["poddisruptionbudgets"]);
const STANDARD_FINALIZERS = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

/** Whose metadata is checked. */
interface Kind {
  readonly definition: { readonly plural: string };
  readonly custom: boolean;
}

/**
 * Everything that is wrong with an object's metadata, `old` being that before an update. The API server looks at an update
 * several times, so that its answer names the same cause as often.
 */
export function metadataErrors(kind: Kind, metadata: KubeMetadata, old: KubeMetadata | undefined): FieldError[] {
  if (old === undefined) return newMetadataErrors(kind, metadata);
  const changed = updateErrors(metadata, old);
  const errors = [...commonErrors(metadata), ...changed];
  if (!SEEN_ONCE.has(kind.definition.plural) || kind.custom) errors.push(...changed);
  if (!kind.custom) errors.push(...plainFinalizers(metadata));
  if (CHECKED_ANEW.has(kind.definition.plural) && !kind.custom) errors.push(...newMetadataErrors(kind, metadata));
  return errors;
}

/** What is wrong with the metadata of a new object (`ValidateObjectMeta`, apimachinery `api/validation`). */
export function newMetadataErrors(kind: Kind, metadata: KubeMetadata): FieldError[] {
  const { plural } = kind.definition;
  const errors: FieldError[] = [];
  const { name, generateName } = metadata;
  if (generateName !== undefined && generateName !== "") {
    validateName(maskTrailingDash(generateName), plural, (text) =>
      errors.push(invalid("metadata.generateName", generateName, text)),
    );
  }
  if (name === "") {
    errors.push({
      field: "metadata.name",
      type: "FieldValueRequired",
      detail: "Required value: name or generateName is required",
    });
  } else validateName(name, plural, (text) => errors.push(invalid("metadata.name", name, text)));
  errors.push(...commonErrors(metadata));
  if (!kind.custom) errors.push(...plainFinalizers(metadata));
  return errors;
}

/** What is checked of an update (`ValidateObjectMetaAccessorUpdate`). */
function updateErrors(metadata: KubeMetadata, old: KubeMetadata): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((finalizer) => !(old.finalizers ?? []).includes(finalizer));
    const list = [...new Set(added)].sort().map((finalizer) => JSON.stringify(finalizer));
    if (list.length > 0) {
      errors.push({
        field: "metadata.finalizers",
        type: "FieldValueForbidden",
        detail: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list.join(", ")}}`,
      });
    }
  }
  for (const name of ["uid", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) {
    const value = metadata[name];
    if (value !== old[name]) errors.push(invalid(`metadata.${name}`, value ?? null, "field is immutable"));
  }
  validateLabels(metadata, errors);
  validateAnnotations(metadata, errors);
  validateOwners(metadata.ownerReferences ?? [], errors);
  validateManagedFields(metadata.managedFields ?? [], errors);
  return errors;
}

function commonErrors(metadata: KubeMetadata): FieldError[] {
  const errors: FieldError[] = [];
  validateLabels(metadata, errors);
  validateAnnotations(metadata, errors);
  validateOwners(metadata.ownerReferences ?? [], errors);
  validateFinalizers(metadata.finalizers ?? [], errors);
  validateManagedFields(metadata.managedFields ?? [], errors);
  return errors;
}

/** Finalizers of built-in kinds bear a domain, but for Kubernetes' own. */
function plainFinalizers({ finalizers }: KubeMetadata): FieldError[] {
  return (finalizers ?? []).flatMap((finalizer, index) => {
    if (finalizer.includes("/") || STANDARD_FINALIZERS.has(finalizer)) return [];
    const text = "name is neither a standard finalizer name nor is it fully qualified";
    return [invalid(`metadata.finalizers[${index}]`, finalizer, text)];
  });
}

/** What the API server warns of in the finalizers of custom resources. */
export function finalizerWarnings({ finalizers }: KubeMetadata): string[] {
  return (finalizers ?? []).flatMap((finalizer) => {
    if (finalizer.includes("/") || STANDARD_FINALIZERS.has(finalizer)) return [];
    const better = `prefer a domain-qualified finalizer name${finalizer.includes(".") ? " including a path (/)" : ""}`;
    const why = "to avoid accidental conflicts with other finalizer writers";
    return [`metadata.finalizers: ${JSON.stringify(finalizer)}: ${better} ${why}`];
  });
}

function validateLabels(metadata: KubeMetadata, errors: FieldError[]): void {
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    validateQualifiedName(key, "metadata.labels", errors);
    if (value.length > 63) errors.push(invalid("metadata.labels", value, "must be no more than 63 bytes"));
    if (!LABEL_VALUE.test(value)) errors.push(invalid("metadata.labels", value, TEXTS.value));
  }
}

function validateAnnotations(metadata: KubeMetadata, errors: FieldError[]): void {
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    validateQualifiedName(key.toLowerCase(), "metadata.annotations", errors, key);
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > MAX_ANNOTATIONS_BYTES) errors.push(tooLong("metadata.annotations", MAX_ANNOTATIONS_BYTES));
}

/** A generated name may begin with any start of a name: a dash at its end becomes a letter in the test. */
function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -1)}a` : prefix;
}

function validateName(name: string, plural: string, report: (text: string) => void): void {
  if (PATH_NAMES.has(plural)) {
    if (name === "." || name === "..") report(`may not be '${name}'`);
    for (const character of ["/", "%"]) if (name.includes(character)) report(`may not contain '${character}'`);
    return;
  }
  const label = LABEL_NAMES.has(plural);
  const limit = label ? 63 : 253;
  if (name.length > limit) report(`must be no more than ${limit} characters`);
  if (label && !LABEL.test(name)) report(SUBDOMAIN.test(name) ? "must not contain dots" : TEXTS.label);
  else if (!label && !SUBDOMAIN.test(name)) report(TEXTS.subdomain);
}

function validateQualifiedName(key: string, field: string, errors: FieldError[], display = key): void {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2) {
    errors.push(
      invalid(
        field,
        display,
        `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    );
    return;
  }
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix === "") errors.push(invalid(field, display, "prefix part must be non-empty"));
  else if (prefix !== undefined) {
    if (prefix.length > 253) errors.push(invalid(field, display, "prefix part must be no more than 253 bytes"));
    if (!SUBDOMAIN.test(prefix)) errors.push(invalid(field, display, `prefix part ${TEXTS.subdomain}`));
  }
  if (name === "") errors.push(invalid(field, display, "name part must be non-empty"));
  else if (name.length > 63) errors.push(invalid(field, display, "name part must be no more than 63 bytes"));
  if (!QUALIFIED_NAME.test(name)) errors.push(invalid(field, display, TEXTS.qualified));
}

function validateFinalizers(finalizers: readonly string[], errors: FieldError[]): void {
  for (const finalizer of finalizers) validateQualifiedName(finalizer, "metadata.finalizers", errors);
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const text = "finalizer orphan and foregroundDeletion cannot be both set";
    errors.push(invalid("metadata.finalizers", finalizers, text));
  }
}

function validateOwners(owners: readonly OwnerReference[], errors: FieldError[]): void {
  const field = "metadata.ownerReferences";
  let controller: string | undefined;
  for (const owner of owners) {
    const parts = (owner.apiVersion ?? "").split("/");
    if (parts.length > 2 || parts.at(-1) === "") {
      errors.push(invalid(`${field}.apiVersion`, owner.apiVersion ?? "", "version must not be empty"));
    }
    for (const member of ["kind", "name", "uid"] as const) {
      if ((owner[member] ?? "") === "") errors.push(invalid(`${field}.${member}`, "", "must not be empty"));
    }
    if (owner.apiVersion === "v1" && owner.kind === "Event") {
      errors.push(invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (owner.controller !== true) continue;
    const current = `${owner.kind}/${owner.name}`;
    if (controller === undefined) controller = current;
    else {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`;
      errors.push(invalid(field, owners, text));
    }
  }
}

function validateManagedFields(entries: readonly unknown[], errors: FieldError[]): void {
  entries.forEach((entry, index) => {
    const at = `metadata.managedFields[${index}]`;
    const { operation, fieldsType, manager, subresource } = (isObject(entry) ? entry : {}) as Readonly<
      Record<string, string | undefined>
    >;
    if (operation !== "Apply" && operation !== "Update") {
      errors.push(invalid(`${at}.operation`, operation ?? "", "must be `Apply` or `Update`"));
    }
    if (fieldsType !== undefined && fieldsType !== "" && fieldsType !== "FieldsV1") {
      errors.push(invalid(`${at}.fieldsType`, fieldsType, "must be `FieldsV1`"));
    }
    errors.push(...validateFieldManager(manager ?? "", `${at}.manager`));
    if ((subresource ?? "").length > MAX_SUBRESOURCE_LENGTH) {
      errors.push(tooLong(`${at}.subresource`, MAX_SUBRESOURCE_LENGTH));
    }
  });
}

/** Checks the name of a field manager: at most 128 bytes of printable characters. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > MAX_MANAGER_LENGTH) errors.push(tooLong(field, MAX_MANAGER_LENGTH));
  let position = 0;
  for (const character of manager) {
    // Go counts no space but the plain one as printable.
    if (/[\p{C}\p{Z}]/u.test(character) && character !== " ") {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      const shown = /\p{C}/u.test(character) ? `U+${code}` : `U+${code} '${character}'`;
      errors.push(invalid(field, manager, `invalid character ${shown} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

function tooLong(field: string, bytes: number): FieldError {
  return { field, type: "FieldValueTooLong", detail: `Too long: may not be more than ${bytes} bytes` };
}

function invalid(field: string, value: unknown, text: string): FieldError {
  return { field, type: "FieldValueInvalid", detail: `Invalid value: ${JSON.stringify(value)}: ${text}` };
}
