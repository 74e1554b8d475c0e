import type { FieldError, KubeMetadata, OwnerReference } from "./resource-definition.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

const TEXTS = {
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  label1035:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
  qualified:
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  value:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
} as const;

/** Resources whose names are path segments only (RBAC). */
const PATH_NAMES = new Set(["roles", "rolebindings", "clusterroles", "clusterrolebindings"]);
const STANDARD_FINALIZERS = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

/** Checks what `ValidateObjectMeta` checks on every write (apimachinery `api/validation`). */
export function validateMetadata(metadata: KubeMetadata, plural: string): FieldError[] {
  const errors: FieldError[] = [];
  validateName(metadata, plural, errors);
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    validateQualifiedName(key, "metadata.labels", errors);
    if (value.length > 63) errors.push(invalid("metadata.labels", value, "must be no more than 63 characters"));
    else if (!LABEL_VALUE.test(value)) errors.push(invalid("metadata.labels", value, TEXTS.value));
  }
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    validateQualifiedName(key.toLowerCase(), "metadata.annotations", errors, key);
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > MAX_ANNOTATIONS_BYTES) {
    errors.push({
      field: "metadata.annotations",
      type: "FieldValueTooLong",
      detail: `Too long: may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`,
    });
  }
  metadata.finalizers?.forEach((finalizer) => {
    validateQualifiedName(finalizer, "metadata.finalizers", errors);
    if (!finalizer.includes("/") && !STANDARD_FINALIZERS.has(finalizer) && QUALIFIED_NAME.test(finalizer)) {
      errors.push(
        invalid(
          "metadata.finalizers",
          finalizer,
          "name is neither a standard finalizer name nor is it fully qualified",
        ),
      );
    }
  });
  validateOwners(metadata.ownerReferences ?? [], errors);
  return errors;
}

/** What an update may not do to metadata. */
export function validateMetadataUpdate(metadata: KubeMetadata, old: KubeMetadata): FieldError[] {
  if (old.deletionTimestamp === undefined) return [];
  const added = (metadata.finalizers ?? []).filter((finalizer) => !(old.finalizers ?? []).includes(finalizer));
  if (added.length === 0) return [];
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(", ");
  return [
    {
      field: "metadata.finalizers",
      type: "FieldValueForbidden",
      detail: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
    },
  ];
}

function validateName({ name, generateName }: KubeMetadata, plural: string, errors: FieldError[]): void {
  if (name === "") {
    if (generateName === undefined || generateName === "") {
      errors.push({
        field: "metadata.name",
        type: "FieldValueRequired",
        detail: "Required value: name or generateName is required",
      });
    }
    return;
  }
  if (PATH_NAMES.has(plural)) {
    if (name === "." || name === ".." || /[/%]/.test(name))
      errors.push(invalid("metadata.name", name, "may not contain '/'"));
    return;
  }
  const kind = plural === "services" ? "label1035" : plural === "namespaces" ? "label" : "subdomain";
  const limit = kind === "subdomain" ? 253 : 63;
  const form = { subdomain: SUBDOMAIN, label: LABEL, label1035: LABEL_1035 }[kind];
  if (name.length > limit) errors.push(invalid("metadata.name", name, `must be no more than ${limit} characters`));
  if (!form.test(name)) errors.push(invalid("metadata.name", name, TEXTS[kind]));
}

function validateQualifiedName(key: string, field: string, errors: FieldError[], display = key): void {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2) {
    errors.push(
      invalid(
        field,
        display,
        `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    );
    return;
  }
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix === "") errors.push(invalid(field, display, "prefix part must be non-empty"));
  else if (prefix !== undefined && !SUBDOMAIN.test(prefix)) {
    errors.push(invalid(field, display, `prefix part ${TEXTS.subdomain}`));
  }
  if (name === "") errors.push(invalid(field, display, "name part must be non-empty"));
  else if (name.length > 63) errors.push(invalid(field, display, "name part must be no more than 63 characters"));
  if (!QUALIFIED_NAME.test(name)) errors.push(invalid(field, display, TEXTS.qualified));
}

function validateOwners(owners: readonly OwnerReference[], errors: FieldError[]): void {
  owners.forEach((owner) => {
    for (const member of ["apiVersion", "kind", "name", "uid"] as const) {
      if (typeof owner[member] === "string" && owner[member] !== "") continue;
      const text = {
        apiVersion: "version must not be empty",
        kind: "kind must not be empty",
        name: "name must not be empty",
        uid: "uid must not be empty",
      }[member];
      errors.push(invalid(`metadata.ownerReferences.${member}`, owner[member] ?? "", text));
    }
  });
  const controllers = owners.filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    const [first, second] = controllers;
    errors.push({
      field: "metadata.ownerReferences",
      type: "FieldValueInvalid",
      detail: `Invalid value: ${JSON.stringify(owners)}: Only one reference can have Controller set to true. Found "true" in references for ${first?.kind ?? ""}/${first?.name ?? ""} and ${second?.kind ?? ""}/${second?.name ?? ""}`,
    });
  }
}

function invalid(field: string, value: string, text: string): FieldError {
  return { field, type: "FieldValueInvalid", detail: `Invalid value: ${JSON.stringify(value)}: ${text}` };
}
