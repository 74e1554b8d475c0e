import type { FieldError } from "../resource-definition.ts";
import { forbidden, invalidValue, nonNegative, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, isFields, listAt, numberAt, objectsAt, stringAt } from "./fields.ts";
import { portNumber } from "./name-rules.ts";
import { checkPort } from "./port-checks.ts";

const handlers = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;
const seconds = ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];

/** A container's lifecycle hooks and probes. */
export function checkProbes(container: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const hook of ["postStart", "preStop"]) {
    const handler = fieldsAt(container, "lifecycle")[hook];
    if (isFields(handler)) errors.push(...checkHandler(handler, `${path}.lifecycle.${hook}`));
  }
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const probe = container[name];
    if (isFields(probe)) errors.push(...checkProbe(probe, name, `${path}.${name}`));
  }
  return errors;
}

function checkProbe(probe: Fields, name: string, path: string): readonly FieldError[] {
  const errors: FieldError[] = [...checkHandler(probe, path)];
  for (const field of seconds) errors.push(...nonNegative(`${path}.${field}`, probe[field]));
  const grace = numberAt(probe, "terminationGracePeriodSeconds");
  const at = `${path}.terminationGracePeriodSeconds`;
  if (grace !== undefined && grace <= 0) errors.push(invalidValue(at, grace, "must be greater than 0"));
  if (name === "readinessProbe") {
    if (grace !== undefined) errors.push(invalidValue(at, grace, "must not be set for readinessProbes"));
  } else if (probe["successThreshold"] !== 1) {
    errors.push(invalidValue(`${path}.successThreshold`, probe["successThreshold"] ?? 0, "must be 1"));
  }
  return errors;
}

function checkHandler(handler: Fields, path: string): readonly FieldError[] {
  const [first, ...others] = handlers.filter((name) => handler[name] !== undefined);
  if (first === undefined) return [required(path, "must specify a handler type")];
  const errors: FieldError[] = [];
  const given = fieldsAt(handler, first);
  const at = `${path}.${first}`;
  if (first === "exec" && listAt(given, "command").length === 0) errors.push(required(`${at}.command`));
  else if (first === "httpGet") errors.push(...checkHttpGet(given, at));
  else if (first === "tcpSocket") errors.push(...checkPort(`${at}.port`, given["port"] ?? 0));
  else if (first === "grpc") {
    const port = given["port"] ?? 0;
    errors.push(...portNumber(port).map((problem) => invalidValue(`${at}.port`, port, problem)));
  }
  return [...errors, ...others.map((name) => forbidden(`${path}.${name}`, "may not specify more than 1 handler type"))];
}

function checkHttpGet(get: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = (stringAt(get, "path") ?? "") === "" ? [required(`${path}.path`)] : [];
  errors.push(...checkPort(`${path}.port`, get["port"] ?? 0));
  const scheme = stringAt(get, "scheme") ?? "";
  if (!["HTTP", "HTTPS"].includes(scheme)) errors.push(notSupported(`${path}.scheme`, scheme, ["HTTP", "HTTPS"]));
  for (const header of objectsAt(get, "httpHeaders")) {
    const name = stringAt(header, "name") ?? "";
    if (/^[-A-Za-z0-9]+$/.test(name)) continue;
    const why =
      "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    errors.push(invalidValue(`${path}.httpHeaders`, name, why));
  }
  return errors;
}
