import type { FieldError } from "../resource-definition.ts";
import { environmentErrors, environmentSourceErrors } from "./environment-validation.ts";
import {
  duplicate,
  forbidden,
  invalidBy,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from "./field-errors.ts";
import { type Fields, listAt, numberAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { dnsLabel, portName, portNumber } from "./name-rules.ts";
import { checkProbes } from "./probe-validation.ts";
import { checkResources } from "./resource-validation.ts";

const pullPolicies = ["Always", "IfNotPresent", "Never"];
const messagePolicies = ["File", "FallbackToLogsOnError"];
const protocols = ["SCTP", "TCP", "UDP"];

/** The containers of a pod: each by itself, then against each other. */
export function validateContainers(spec: Fields, path: string, volumes: ReadonlySet<string>): readonly FieldError[] {
  const containers = objectsAt(spec, "containers");
  if (containers.length === 0) return [required(`${path}.containers`), ...validateInit(spec, path, volumes)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}.containers[${index}]`;
    errors.push(...validateContainer(container, at, volumes));
    const name = stringAt(container, "name") ?? "";
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(...checkProbes(container, at));
  }
  errors.push(...hostPortConflicts(containers, `${path}.containers`));
  return [...errors, ...validateInit(spec, path, volumes)];
}

function validateInit(spec: Fields, path: string, volumes: ReadonlySet<string>): readonly FieldError[] {
  const names = new Set(objectsAt(spec, "containers").map((container) => stringAt(container, "name") ?? ""));
  return objectsAt(spec, "initContainers").flatMap((container, index) => {
    const at = `${path}.initContainers[${index}]`;
    const errors: FieldError[] = [...validateContainer(container, at, volumes)];
    const policy = stringAt(container, "restartPolicy");
    const policies = ["Always", "Never", "OnFailure"];
    if (policy !== undefined && !policies.includes(policy)) {
      errors.push(notSupported(`${at}.restartPolicy`, policy, policies));
    }
    const name = stringAt(container, "name") ?? "";
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (name !== "") names.add(name);
    errors.push(...hostPortConflicts([container], `${path}.initContainers`));
    if (policy === "Always") return [...errors, ...checkProbes(container, at)];
    for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]) {
      if (container[field] === undefined) continue;
      errors.push(forbidden(`${at}.${field}`, "may not be set for init containers without restartPolicy=Always"));
    }
    return errors;
  });
}

function validateContainer(container: Fields, path: string, volumes: ReadonlySet<string>): readonly FieldError[] {
  const errors: FieldError[] = [];
  const name = stringAt(container, "name") ?? "";
  if (name === "") errors.push(required(`${path}.name`));
  else errors.push(...invalidBy(dnsLabel, `${path}.name`, name));
  if ((stringAt(container, "image") ?? "") === "") errors.push(required(`${path}.image`));
  const messages = stringAt(container, "terminationMessagePolicy");
  if (messages !== undefined && !messagePolicies.includes(messages)) {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, messages, messagePolicies));
  }
  errors.push(
    ...validatePorts(container, path),
    ...environmentErrors(container, `${path}.env`),
    ...environmentSourceErrors(container, `${path}.envFrom`),
    ...validateMounts(container, `${path}.volumeMounts`, volumes),
  );
  const policy = stringAt(container, "imagePullPolicy");
  if (policy !== undefined && !pullPolicies.includes(policy)) {
    errors.push(notSupported(`${path}.imagePullPolicy`, policy, pullPolicies));
  }
  return [...errors, ...checkResources(valueAt(container, "resources"), `${path}.resources`)];
}

function validatePorts(container: Fields, path: string): readonly FieldError[] {
  const names = new Set<string>();
  return objectsAt(container, "ports").flatMap((port, index) => {
    const at = `${path}.ports[${index}]`;
    const errors: FieldError[] = [];
    const name = stringAt(port, "name") ?? "";
    if (name !== "") {
      const problems = invalidBy(portName, `${at}.name`, name);
      errors.push(...problems);
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    const number = numberAt(port, "containerPort") ?? 0;
    if (number === 0) errors.push(required(`${at}.containerPort`));
    else errors.push(...portNumber(number).map((problem) => invalidValue(`${at}.containerPort`, number, problem)));
    const host = numberAt(port, "hostPort") ?? 0;
    if (host !== 0) errors.push(...portNumber(host).map((problem) => invalidValue(`${at}.hostPort`, host, problem)));
    const protocol = stringAt(port, "protocol") ?? "";
    if (protocol === "") errors.push(required(`${at}.protocol`));
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols));
    return errors;
  });
}

function validateMounts(container: Fields, path: string, volumes: ReadonlySet<string>): readonly FieldError[] {
  const places = new Set<string>();
  return objectsAt(container, "volumeMounts").flatMap((mount, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const name = stringAt(mount, "name") ?? "";
    if (name === "") errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFoundValue(`${at}.name`, name));
    const place = stringAt(mount, "mountPath") ?? "";
    if (place === "") errors.push(required(`${at}.mountPath`));
    if (places.has(place)) errors.push(invalidValue(`${at}.mountPath`, place, "must be unique"));
    places.add(place);
    const part = stringAt(mount, "subPath") ?? "";
    if (part.startsWith("/")) errors.push(invalidValue(`${path}.subPath`, part, "must be a relative path"));
    if (part.split("/").includes("..")) errors.push(invalidValue(`${path}.subPath`, part, "must not contain '..'"));
    return errors;
  });
}

function hostPortConflicts(containers: readonly Fields[], path: string): readonly FieldError[] {
  const taken = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, container] of containers.entries()) {
    for (const [position, port] of listAt(container, "ports").entries()) {
      const number = numberAt(port, "hostPort") ?? 0;
      if (number === 0) continue;
      const key = `${stringAt(port, "protocol") ?? ""}/${stringAt(port, "hostIP") ?? ""}/${number}`;
      if (taken.has(key)) errors.push(duplicate(`${path}[${index}].ports[${position}].hostPort`, key));
      taken.add(key);
    }
  }
  return errors;
}
