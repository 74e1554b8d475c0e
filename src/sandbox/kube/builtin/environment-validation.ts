import type { FieldError } from "../resource-definition.ts";
import { invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, isFields, objectsAt, stringAt } from "./fields.ts";
import { configKey, dnsSubdomain, type NameRule, qualifiedName } from "./name-rules.ts";

const sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
/** What of a pod its containers can be told in variables. */
const podFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
/** Fields that downward API volumes know as well. */
const knownFields = [...podFields, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "status.phase"];

const variableName: NameRule = (value) =>
  /^[\x20-\x3c\x3e-\x7e]*$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];

export function environmentErrors(container: Fields, path: string): readonly FieldError[] {
  return objectsAt(container, "env").flatMap((variable, index) => {
    const at = `${path}[${index}]`;
    const name = stringAt(variable, "name") ?? "";
    const errors: FieldError[] = name === "" ? [required(`${at}.name`)] : invalidBy(variableName, `${at}.name`, name);
    if (isFields(variable["valueFrom"])) errors.push(...sourceErrors(variable, `${at}.valueFrom`));
    return errors;
  });
}

export function environmentSourceErrors(container: Fields, path: string): readonly FieldError[] {
  return objectsAt(container, "envFrom").flatMap((source, index) => {
    const at = `${path}[${index}]`;
    const prefix = stringAt(source, "prefix") ?? "";
    const errors: FieldError[] = invalidBy(variableName, `${at}.prefix`, prefix);
    const given = ["configMapRef", "secretRef"].filter((name) => source[name] !== undefined);
    for (const name of given) errors.push(...invalidBy(dnsSubdomain, `${at}.${name}.name`, nameIn(source[name])));
    if (given.length === 0) errors.push(invalidValue(path, "", "must specify one of: `configMapRef` or `secretRef`"));
    else if (given.length > 1) {
      errors.push(invalidValue(path, "", "may not have more than one field specified at a time"));
    }
    return errors;
  });
}

function sourceErrors(variable: Fields, path: string): readonly FieldError[] {
  const source = fieldsAt(variable, "valueFrom");
  const given = sources.filter((name) => source[name] !== undefined);
  const errors: FieldError[] = [];
  if (source["fieldRef"] !== undefined) errors.push(...fieldErrors(fieldsAt(source, "fieldRef"), `${path}.fieldRef`));
  for (const name of ["configMapKeyRef", "secretKeyRef"]) {
    if (source[name] !== undefined) errors.push(...keyErrors(fieldsAt(source, name), `${path}.${name}`));
  }
  if (given.length === 0) {
    const names = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    errors.push(invalidValue(path, "", `must specify one of: ${names}`));
  } else if ((stringAt(variable, "value") ?? "") !== "") {
    errors.push(invalidValue(path, "", "may not be specified when `value` is not empty"));
  } else if (given.length > 1) {
    errors.push(invalidValue(path, "", "may not have more than one field specified at a time"));
  }
  return errors;
}

function fieldErrors(selector: Fields, path: string): readonly FieldError[] {
  if ((stringAt(selector, "apiVersion") ?? "") === "") return [required(`${path}.apiVersion`)];
  const field = stringAt(selector, "fieldPath") ?? "";
  if (field === "") return [required(`${path}.fieldPath`)];
  const [, name, key] = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/.exec(field) ?? [];
  if (name !== undefined && key !== undefined) {
    return invalidBy(qualifiedName, path, name === "metadata.annotations" ? key.toLowerCase() : key);
  }
  if (!knownFields.includes(field)) {
    const why = `error converting fieldPath: field label not supported: ${field}`;
    return [invalidValue(`${path}.fieldPath`, field, why)];
  }
  return podFields.includes(field) ? [] : [notSupported(`${path}.fieldPath`, field, podFields)];
}

function keyErrors(selector: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = invalidBy(dnsSubdomain, `${path}.name`, nameIn(selector));
  const key = stringAt(selector, "key") ?? "";
  return [...errors, ...(key === "" ? [required(`${path}.key`)] : invalidBy(configKey, `${path}.key`, key))];
}

function nameIn(value: unknown): string {
  return stringAt(value, "name") ?? "";
}
