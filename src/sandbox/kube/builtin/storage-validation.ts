import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { forbidden, invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { fieldsAt, listAt, stringAt, textAt, valueAt } from "./fields.ts";
import { validateLabelSelector } from "./label-validation.ts";
import { dnsSubdomain } from "./name-rules.ts";
import { compareQuantities } from "./quantity.ts";

const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const volumeModes = ["Block", "Filesystem"];

export function validateVolumeClaim(claim: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(claim, "spec");
  const errors: FieldError[] = [];
  const modes = listAt(spec, "accessModes").map(String);
  if (modes.length === 0) errors.push(required("spec.accessModes", "at least 1 access mode is required"));
  errors.push(...validateLabelSelector(valueAt(spec, "selector"), "spec.selector"));
  for (const mode of modes) {
    if (!accessModes.includes(mode)) errors.push(notSupported("spec.accessModes", mode, accessModes));
  }
  if (modes.includes("ReadWriteOncePod") && modes.some((mode) => mode !== "ReadWriteOncePod")) {
    errors.push(forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes"));
  }
  const size = textAt(spec, "resources", "requests", "storage");
  const path = "spec.resources[storage]";
  if (size === undefined) errors.push(required(path));
  else if (compareQuantities(size, "0") <= 0) errors.push(invalidValue(path, size, "must be greater than zero"));
  for (const field of ["storageClassName", "volumeAttributesClassName"]) {
    const name = stringAt(spec, field) ?? "";
    if (name !== "" && old === undefined) errors.push(...invalidBy(dnsSubdomain, `spec.${field}`, name));
  }
  const mode = stringAt(spec, "volumeMode");
  if (mode !== undefined && !volumeModes.includes(mode)) {
    errors.push(notSupported("spec.volumeMode", mode, volumeModes));
  }
  return old === undefined ? errors : [...errors, ...validateClaimUpdate(claim, old)];
}

/** Only a bound claim may grow, and get another class of attributes. */
function validateClaimUpdate(claim: KubeObject, old: KubeObject): readonly FieldError[] {
  const isBound = stringAt(old, "status", "phase") === "Bound";
  const fixed = (object: KubeObject): string => {
    const spec = structuredClone(fieldsAt(object, "spec"));
    // The control plane binds a claim once.
    if (stringAt(old, "spec", "volumeName") === undefined) delete spec["volumeName"];
    if (!isBound) return canonicalJson(spec);
    delete fieldsAt(spec, "resources")["requests"];
    delete spec["volumeAttributesClassName"];
    return canonicalJson(spec);
  };
  if (fixed(claim) !== fixed(old)) {
    const why =
      "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    return [forbidden("spec", why)];
  }
  const sizes = [
    textAt(claim, "spec", "resources", "requests", "storage"),
    textAt(old, "spec", "resources", "requests", "storage"),
    textAt(old, "status", "capacity", "storage"),
  ];
  const [size, before, actual] = sizes.map((text) => text ?? "0") as [string, string, string];
  if (compareQuantities(size, before) >= 0 || compareQuantities(size, actual) > 0) return [];
  return [forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")];
}

export function validateVolume(volume: KubeObject): readonly FieldError[] {
  const spec = fieldsAt(volume, "spec");
  const errors: FieldError[] = [];
  const modes = listAt(spec, "accessModes").map(String);
  if (modes.length === 0) errors.push(required("spec.accessModes"));
  for (const mode of modes) {
    if (!accessModes.includes(mode)) errors.push(notSupported("spec.accessModes", mode, accessModes));
  }
  const capacity = fieldsAt(spec, "capacity");
  if (Object.keys(capacity).length === 0) errors.push(required("spec.capacity"));
  if (textAt(capacity, "storage") === undefined || Object.keys(capacity).length > 1) {
    errors.push(notSupported("spec.capacity", capacity, ["storage"]));
  }
  const size = textAt(capacity, "storage");
  if (size !== undefined && compareQuantities(size, "0") <= 0) {
    errors.push(invalidValue("spec.capacity[storage]", size, "must be greater than zero"));
  }
  return errors;
}
