import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { duplicate, forbidden, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, listAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { validateLabels } from "./label-validation.ts";
import { dnsLabel, portName, portNumber, qualifiedName } from "./name-rules.ts";

export function validatePod(pod: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  if (old === undefined) return validatePodSpec(fieldsAt(pod, "spec"), "spec");
  // Most updates are of status or metadata: the short way for an unchanged spec.
  if (JSON.stringify(pod["spec"]) === JSON.stringify(old["spec"])) return [];
  const errors: FieldError[] = [];
  if (canonicalJson(immutablePart(pod)) !== canonicalJson(immutablePart(old))) {
    errors.push(
      forbidden(
        "spec",
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
      ),
    );
  }
  return errors;
}

/** What users get wrong in a pod template. */
export function validatePodTemplate(template: unknown, path: string): readonly FieldError[] {
  const labels = fieldsAt(template, "metadata", "labels") as Record<string, string>;
  return [
    ...validateLabels(labels, `${path}.metadata.labels`),
    ...validatePodSpec(fieldsAt(template, "spec"), `${path}.spec`),
  ];
}

function validatePodSpec(spec: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const containers = objectsAt(spec, "containers");
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  const volumes = new Set(objectsAt(spec, "volumes").map((volume) => stringAt(volume, "name")));
  const names = new Set<string>();
  for (const list of ["initContainers", "containers"]) {
    for (const [index, container] of objectsAt(spec, list).entries()) {
      const at = `${path}.${list}[${index}]`;
      const name = stringAt(container, "name") ?? "";
      if (name === "") errors.push(required(`${at}.name`));
      else errors.push(...dnsLabel(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
      errors.push(...validateContainer(container, at, volumes));
    }
  }
  const restartPolicy = stringAt(spec, "restartPolicy");
  if (restartPolicy !== undefined && !["Always", "OnFailure", "Never"].includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, ["Always", "OnFailure", "Never"]));
  }
  for (const [index, gate] of listAt(spec, "readinessGates").entries()) {
    const type = stringAt(gate, "conditionType") ?? "";
    const at = `${path}.readinessGates[${index}].conditionType`;
    errors.push(...qualifiedName(type).map((problem) => invalidValue(at, type, problem)));
  }
  return errors;
}

function validateContainer(container: Fields, path: string, volumes: ReadonlySet<string | undefined>): FieldError[] {
  const errors: FieldError[] = [];
  if ((stringAt(container, "image") ?? "") === "") errors.push(required(`${path}.image`));
  const policy = stringAt(container, "imagePullPolicy");
  if (policy !== undefined && !["Always", "IfNotPresent", "Never"].includes(policy)) {
    errors.push(notSupported(`${path}.imagePullPolicy`, policy, ["Always", "IfNotPresent", "Never"]));
  }
  const portNames = new Set<string>();
  for (const [index, port] of objectsAt(container, "ports").entries()) {
    const at = `${path}.ports[${index}]`;
    const name = stringAt(port, "name") ?? "";
    if (name !== "") {
      errors.push(...portName(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
      if (portNames.has(name)) errors.push(duplicate(`${at}.name`, name));
      portNames.add(name);
    }
    const number = port["containerPort"];
    if (number === undefined || number === 0) errors.push(required(`${at}.containerPort`));
    else errors.push(...portNumber(number).map((problem) => invalidValue(`${at}.containerPort`, number, problem)));
    const protocol = stringAt(port, "protocol") ?? "TCP";
    if (!["TCP", "UDP", "SCTP"].includes(protocol)) {
      errors.push(notSupported(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
    }
  }
  for (const [index, mount] of objectsAt(container, "volumeMounts").entries()) {
    const name = stringAt(mount, "name") ?? "";
    if (!volumes.has(name)) {
      errors.push({
        field: `${path}.volumeMounts[${index}].name`,
        type: "FieldValueNotFound",
        detail: `Not found: ${JSON.stringify(name)}`,
      });
    }
  }
  const resources = fieldsAt(container, "resources");
  for (const part of ["limits", "requests"]) {
    for (const [name, value] of Object.entries(fieldsAt(resources, part))) {
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/.test(String(value))) {
        const message = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        errors.push(invalidValue(`${path}.resources.${part}[${name}]`, value, message));
      }
    }
  }
  return errors;
}

/** A Pod's spec without what may change after creation (by the user, the scheduler or the binding). */
function immutablePart(pod: KubeObject): unknown {
  const spec = structuredClone(fieldsAt(pod, "spec"));
  for (const name of ["initContainers", "containers"]) {
    for (const container of objectsAt(spec, name)) {
      delete container["image"];
      delete container["resources"];
    }
  }
  for (const name of ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"]) {
    delete spec[name];
  }
  delete spec["ephemeralContainers"];
  if (valueAt(pod, "spec", "schedulingGates") !== undefined) delete spec["schedulingGates"];
  return spec;
}
