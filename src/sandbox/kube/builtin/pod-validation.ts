import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { forbidden, invalidValue, required } from "./field-errors.ts";
import { type Fields, fieldsAt, listAt, numberAt, objectsAt, stringAt } from "./fields.ts";
import { validatePodSpec } from "./pod-spec-validation.ts";
import { validateTolerations } from "./scheduling-validation.ts";

const MAX_INT32 = 2_147_483_647;
const FIXED =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
const SPACED = "must not have leading or trailing whitespace";

export function validatePod(pod: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(pod, "spec");
  // Most updates are of status or metadata: the short way for an unchanged spec.
  if (old !== undefined && JSON.stringify(spec) === JSON.stringify(old["spec"])) return [];
  const errors = validatePodSpec(spec, "spec", true);
  if (old !== undefined) return [...errors, ...validateUpdate(spec, fieldsAt(old, "spec"))];
  const images = ["initContainers", "containers"].flatMap((list) =>
    objectsAt(spec, list).flatMap((container, index) => {
      const image = stringAt(container, "image") ?? "";
      return image === image.trim() ? [] : [invalidValue(`spec.${list}[${index}].image`, image, SPACED)];
    }),
  );
  return [...errors, ...images];
}

/** Only images, deadlines, further tolerations and lifted scheduling gates change (`ValidatePodUpdate`). */
function validateUpdate(spec: Fields, old: Fields): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ["containers", "initContainers"]) {
    if (listAt(spec, list).length !== listAt(old, list).length) {
      return [...errors, forbidden(`spec.${list}`, "pod updates may not add or remove containers")];
    }
    for (const [index, container] of objectsAt(spec, list).entries()) {
      const image = stringAt(container, "image") ?? "";
      const at = `spec.${list}[${index}].image`;
      if (image === "") errors.push(required(at));
      else if (image !== image.trim()) errors.push(invalidValue(at, image, SPACED));
    }
  }
  const deadline = validateDeadline(spec, old);
  if (deadline.length > 0 && spec["activeDeadlineSeconds"] !== undefined) return [...errors, ...deadline];
  errors.push(...deadline, ...validateAddedTolerations(spec, old), ...validateLiftedGates(spec, old));
  if (canonicalJson(fixedPart(spec, old)) !== canonicalJson(fixedPart(old, old))) errors.push(forbidden("spec", FIXED));
  return errors;
}

function validateDeadline(spec: Fields, old: Fields): readonly FieldError[] {
  const [after, before] = [numberAt(spec, "activeDeadlineSeconds"), numberAt(old, "activeDeadlineSeconds")];
  const at = "spec.activeDeadlineSeconds";
  if (after === undefined) {
    const why = "must not update from a positive integer to nil value";
    return before === undefined ? [] : [invalidValue(at, null, why)];
  }
  if (after < 0 || after > MAX_INT32) {
    return [invalidValue(at, after, `must be between 0 and ${MAX_INT32}, inclusive`)];
  }
  if (before === undefined || after <= before) return [];
  return [invalidValue(at, after, "must be less than or equal to previous value")];
}

function validateAddedTolerations(spec: Fields, old: Fields): readonly FieldError[] {
  const textOf = ({ tolerationSeconds: _seconds, ...toleration }: Fields): string => canonicalJson(toleration);
  const now = new Set(objectsAt(spec, "tolerations").map(textOf));
  if (objectsAt(old, "tolerations").every((toleration) => now.has(textOf(toleration)))) {
    return validateTolerations(spec, "spec.tolerations");
  }
  return [forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")];
}

function validateLiftedGates(spec: Fields, old: Fields): readonly FieldError[] {
  const before = new Set(objectsAt(old, "schedulingGates").map((gate) => stringAt(gate, "name")));
  return objectsAt(spec, "schedulingGates").flatMap((gate, index) => {
    const name = stringAt(gate, "name");
    if (before.has(name)) return [];
    const why = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [forbidden(`spec.schedulingGates[${index}].name`, why)];
  });
}

/** What of a spec must stay, with the values of the present one for what may change. */
function fixedPart(given: Fields, old: Fields): unknown {
  const spec = structuredClone(given);
  for (const name of ["initContainers", "containers"]) {
    for (const container of objectsAt(spec, name)) delete container["image"];
  }
  for (const name of ["activeDeadlineSeconds", "tolerations", "schedulingGates"]) delete spec[name];
  const grace = numberAt(old, "terminationGracePeriodSeconds");
  if (grace !== undefined && grace < 0 && spec["terminationGracePeriodSeconds"] === 1) {
    spec["terminationGracePeriodSeconds"] = grace;
  }
  // While gates hold a pod from being scheduled, its node selector may get narrower.
  if (listAt(old, "schedulingGates").length > 0) {
    delete spec["nodeSelector"];
    delete spec["affinity"];
  }
  return spec;
}
