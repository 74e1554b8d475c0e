import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { forbidden, invalidBy, invalidValue, nonNegative, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, numberAt, objectsAt, stringAt, stringMapAt, valueAt } from "./fields.ts";
import { isUsableSelector, selectorMatches, validateLabelSelector, validateLabels } from "./label-validation.ts";
import { dnsLabel } from "./name-rules.ts";
import { checkAtMostAll, checkCountOrPercent, countOrPercent } from "./percent-checks.ts";
import { validatePodTemplate } from "./pod-spec-validation.ts";

export function validateDeployment(deployment: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(deployment, "spec");
  const errors: FieldError[] = [
    ...nonNegative("spec.replicas", spec["replicas"]),
    ...validateSelected(spec, "deployment", "invalid label selector", "ReplicaSet"),
    ...validateDeploymentStrategy(spec),
    ...nonNegative("spec.minReadySeconds", spec["minReadySeconds"]),
    ...nonNegative("spec.revisionHistoryLimit", spec["revisionHistoryLimit"]),
  ];
  const deadline = numberAt(spec, "progressDeadlineSeconds");
  const path = "spec.progressDeadlineSeconds";
  if (deadline !== undefined) {
    errors.push(...nonNegative(path, deadline));
    if (deadline <= (numberAt(spec, "minReadySeconds") ?? 0)) {
      errors.push(invalidValue(path, deadline, "must be greater than minReadySeconds"));
    }
  }
  return [...errors, ...sameSelector(spec, old)];
}

export function validateReplicaSet(set: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(set, "spec");
  return [
    ...nonNegative("spec.replicas", spec["replicas"]),
    ...nonNegative("spec.minReadySeconds", spec["minReadySeconds"]),
    // The API server names a Deployment here as well.
    ...validateSelected(spec, "deployment", "invalid label selector", "ReplicaSet"),
    ...sameSelector(spec, old),
  ];
}

/** The kind before ReplicaSets, with a selector of plain labels. */
export function validateReplicationController(controller: KubeObject): readonly FieldError[] {
  const spec = fieldsAt(controller, "spec");
  const selector = stringMapAt(spec, "selector");
  const errors: FieldError[] = [...nonNegative("spec.minReadySeconds", spec["minReadySeconds"])];
  if (Object.keys(selector).length === 0) errors.push(required("spec.selector"));
  errors.push(...nonNegative("spec.replicas", spec["replicas"]));
  const { template } = spec;
  if (template === undefined) return [...errors, required("spec.template")];
  const labels = stringMapAt(template, "metadata", "labels");
  if (Object.keys(selector).length > 0 && !selectorMatches({ matchLabels: selector }, labels)) {
    errors.push(mismatch(template));
  }
  return [
    ...errors,
    ...validatePodTemplate(template, "spec.template"),
    ...alwaysRestarted(spec, "ReplicationController"),
  ];
}

export function validateStatefulSet(set: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(set, "spec");
  const errors: FieldError[] = [];
  const management = stringAt(spec, "podManagementPolicy") ?? "";
  if (!["OrderedReady", "Parallel"].includes(management)) {
    errors.push(invalidValue("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'"));
  }
  errors.push(...validateStatefulStrategy(fieldsAt(spec, "updateStrategy")), ...validateRetention(spec));
  errors.push(...nonNegative("spec.replicas", spec["replicas"]));
  errors.push(...nonNegative("spec.minReadySeconds", spec["minReadySeconds"]));
  errors.push(...nonNegative("spec.ordinals.start", valueAt(spec, "ordinals", "start")));
  const service = stringAt(spec, "serviceName") ?? "";
  if (old === undefined && service !== "") errors.push(...invalidBy(dnsLabel, "spec.serviceName", service));
  errors.push(...validateSelected(withClaimedVolumes(spec), "statefulset", "", "StatefulSet"));
  if (old === undefined || fixedPart(set) === fixedPart(old)) return errors;
  const why =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [...errors, forbidden("spec", why)];
}

export function validateDaemonSet(set: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = fieldsAt(set, "spec");
  const { selector, template } = spec;
  const errors: FieldError[] = [...sameSelector(spec, old), ...validateLabelSelector(selector, "spec.selector")];
  const usable = selector === undefined || isUsableSelector(selector);
  if (usable && (selector === undefined || !selectorMatches(selector, templateLabels(template)))) {
    errors.push(mismatch(template));
  }
  if (selector !== undefined && isEmptySelector(selector)) {
    errors.push(invalidValue("spec.selector", selector, "empty selector is invalid for daemonset"));
  }
  errors.push(...validatePodTemplate(template, "spec.template"), ...alwaysRestarted(spec, "DaemonSet"));
  errors.push(...nonNegative("spec.minReadySeconds", spec["minReadySeconds"]));
  errors.push(...validateDaemonStrategy(fieldsAt(spec, "updateStrategy")));
  return [...errors, ...nonNegative("spec.revisionHistoryLimit", spec["revisionHistoryLimit"])];
}

/** The state that a revision keeps is never changed (`ValidateControllerRevision`). */
export function validateControllerRevision(revision: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const { data } = revision as { readonly data?: unknown };
  const errors = nonNegative("revision", revision["revision"]);
  if (data === undefined || data === null) return [...errors, required("data", "data is mandatory")];
  if (old === undefined || canonicalJson(data) === canonicalJson(old["data"])) return errors;
  return [...errors, invalidValue("data", data, "field is immutable")];
}

/** A selector that is there, not empty, and fits the template; `why` is what is said of one that cannot be read. */
function validateSelected(spec: Fields, kind: string, why: string, owner: string): readonly FieldError[] {
  const { selector, template } = spec;
  const errors: FieldError[] = [];
  if (selector === undefined) errors.push(required("spec.selector"));
  else {
    errors.push(...validateLabelSelector(selector, "spec.selector"));
    if (isEmptySelector(selector)) {
      errors.push(invalidValue("spec.selector", selector, `empty selector is invalid for ${kind}`));
    }
    if (!isUsableSelector(selector)) return [...errors, invalidValue("spec.selector", selector, why)];
  }
  // Without a selector, nothing is selected.
  const matches = selector !== undefined && selectorMatches(selector, templateLabels(template));
  if (!matches && (selector === undefined || !isEmptySelector(selector))) errors.push(mismatch(template));
  errors.push(...validatePodTemplate(template, "spec.template"));
  if (owner === "StatefulSet") {
    errors.push(...validateLabels(templateLabels(template), "spec.template.labels"));
  }
  return [...errors, ...alwaysRestarted(spec, owner)];
}

function alwaysRestarted(spec: Fields, owner: string): readonly FieldError[] {
  const policy = stringAt(spec, "template", "spec", "restartPolicy") ?? "Always";
  const errors: FieldError[] = [];
  if (policy !== "Always") errors.push(notSupported("spec.template.spec.restartPolicy", policy, ["Always"]));
  if (numberAt(spec, "template", "spec", "activeDeadlineSeconds") !== undefined) {
    const path = "spec.template.spec.activeDeadlineSeconds";
    errors.push(forbidden(path, `activeDeadlineSeconds in ${owner} is not Supported`));
  }
  return errors;
}

function templateLabels(template: unknown): Record<string, string> {
  return stringMapAt(template, "metadata", "labels");
}

function mismatch(template: unknown): FieldError {
  const labels = valueAt(template, "metadata", "labels") ?? null;
  return invalidValue("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
}

function isEmptySelector(selector: unknown): boolean {
  return (
    Object.keys(stringMapAt(selector, "matchLabels")).length + objectsAt(selector, "matchExpressions").length === 0
  );
}

function sameSelector(spec: Fields, old: KubeObject | undefined): readonly FieldError[] {
  if (old === undefined) return [];
  const before = valueAt(old, "spec", "selector");
  if (canonicalJson(before ?? null) === canonicalJson(spec["selector"] ?? null)) return [];
  return [invalidValue("spec.selector", spec["selector"] ?? null, "field is immutable")];
}

function validateDeploymentStrategy(spec: Fields): readonly FieldError[] {
  const strategy = fieldsAt(spec, "strategy");
  const type = stringAt(strategy, "type") ?? "";
  const path = "spec.strategy.rollingUpdate";
  if (type === "Recreate") {
    if (strategy["rollingUpdate"] === undefined) return [];
    return [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== "RollingUpdate") {
    const shown = { Type: type, RollingUpdate: strategy["rollingUpdate"] ?? null };
    return [notSupported("spec.strategy", shown, ["Recreate", "RollingUpdate"])];
  }
  const { maxUnavailable, maxSurge } = fieldsAt(strategy, "rollingUpdate");
  const errors: FieldError[] = [
    ...checkCountOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...checkCountOrPercent(`${path}.maxSurge`, maxSurge),
  ];
  if (countOrPercent(maxUnavailable) === 0 && countOrPercent(maxSurge) === 0) {
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable ?? 0, "may not be 0 when `maxSurge` is 0"));
  }
  return [...errors, ...checkAtMostAll(`${path}.maxUnavailable`, maxUnavailable)];
}

function validateStatefulStrategy(strategy: Fields): readonly FieldError[] {
  const type = stringAt(strategy, "type") ?? "";
  const rolling = strategy["rollingUpdate"];
  const path = "spec.updateStrategy.rollingUpdate";
  const shown = {
    Partition: numberAt(rolling, "partition") ?? 0,
    MaxUnavailable: valueAt(rolling, "maxUnavailable") ?? null,
  };
  if (type === "OnDelete") {
    if (rolling === undefined) return [];
    return [invalidValue(path, shown, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (type !== "RollingUpdate") {
    const whole = { Type: type, RollingUpdate: rolling === undefined ? null : shown };
    return [invalidValue("spec.updateStrategy", whole, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  const most = valueAt(rolling, "maxUnavailable");
  const errors: FieldError[] = [...nonNegative(`${path}.partition`, valueAt(rolling, "partition"))];
  if (most === undefined) return errors;
  errors.push(...checkCountOrPercent(`${path}.maxUnavailable`, most));
  if (countOrPercent(most) === 0) errors.push(invalidValue(`${path}.maxUnavailable`, most, "cannot be 0"));
  return [...errors, ...checkAtMostAll(`${path}.maxUnavailable`, most)];
}

function validateDaemonStrategy(strategy: Fields): readonly FieldError[] {
  const type = stringAt(strategy, "type") ?? "";
  const rolling = strategy["rollingUpdate"];
  const path = "spec.updateStrategy.rollingUpdate";
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") {
    const shown = { Type: type, RollingUpdate: rolling ?? null };
    return [notSupported("spec.updateStrategy", shown, ["RollingUpdate", "OnDelete"])];
  }
  const { maxUnavailable, maxSurge } = fieldsAt(strategy, "rollingUpdate");
  const errors: FieldError[] = [
    ...checkCountOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...checkCountOrPercent(`${path}.maxSurge`, maxSurge),
    ...checkAtMostAll(`${path}.maxUnavailable`, maxUnavailable),
    ...checkAtMostAll(`${path}.maxSurge`, maxSurge),
  ];
  const [unavailable, surge] = [countOrPercent(maxUnavailable) !== 0, countOrPercent(maxSurge) !== 0];
  if (unavailable && surge) {
    errors.push(invalidValue(`${path}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  } else if (!unavailable && !surge) {
    errors.push(required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  }
  return errors;
}

function validateRetention(spec: Fields): readonly FieldError[] {
  return ["whenDeleted", "whenScaled"].flatMap((field) => {
    const value = stringAt(spec, "persistentVolumeClaimRetentionPolicy", field);
    if (value === undefined || ["Retain", "Delete"].includes(value)) return [];
    return [notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, value, ["Retain", "Delete"])];
  });
}

/** The spec as its pods will have it: claims become volumes, and names come from the controller. */
function withClaimedVolumes(spec: Fields): Fields {
  const claims = objectsAt(spec, "volumeClaimTemplates").map((claim) => stringAt(claim, "metadata", "name") ?? "");
  const template = fieldsAt(spec, "template");
  const pod = fieldsAt(template, "spec");
  const own = objectsAt(pod, "volumes").filter((volume) => !claims.includes(stringAt(volume, "name") ?? ""));
  const claimed = claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const { hostname: _hostname, subdomain: _subdomain, ...rest } = pod;
  return { ...spec, template: { ...template, spec: { ...rest, volumes: [...claimed, ...own] } } };
}

const changeable = new Set([
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
]);

function fixedPart(set: KubeObject): string {
  const entries = Object.entries(fieldsAt(set, "spec")).filter(([name]) => !changeable.has(name));
  return canonicalJson(Object.fromEntries(entries));
}
