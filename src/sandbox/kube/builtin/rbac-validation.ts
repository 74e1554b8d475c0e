import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, listAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { isUsableSelector, validateLabelSelector } from "./label-validation.ts";
import { dnsSubdomain, pathSegment } from "./name-rules.ts";

const GROUP = "rbac.authorization.k8s.io";
const subjectKinds = ["ServiceAccount", "User", "Group"];

export function validateRole(role: KubeObject): readonly FieldError[] {
  return objectsAt(role, "rules").flatMap((rule, index) => validateRule(rule, `rules[${index}]`, true));
}

export function validateClusterRole(role: KubeObject): readonly FieldError[] {
  const errors = objectsAt(role, "rules").flatMap((rule, index) => validateRule(rule, `rules[${index}]`, false));
  const path = "aggregationRule.clusterRoleSelectors";
  if (valueAt(role, "aggregationRule") === undefined) return errors;
  const selectors = objectsAt(role, "aggregationRule", "clusterRoleSelectors");
  if (selectors.length === 0) {
    errors.push(required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"));
  }
  for (const [index, selector] of selectors.entries()) {
    errors.push(...validateLabelSelector(selector, `${path}[${index}]`));
    if (!isUsableSelector(selector)) errors.push(invalidValue(`${path}[${index}]`, null, "invalid label selector."));
  }
  return errors;
}

/** RoleBindings and ClusterRoleBindings; who is bound to what role stays. */
export function validateBinding(binding: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const isNamespaced = binding.kind === "RoleBinding";
  const kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  const role = fieldsAt(binding, "roleRef");
  const [group, kind, name] = ["apiGroup", "kind", "name"].map((field) => stringAt(role, field) ?? "");
  const errors: FieldError[] = [];
  if (group !== GROUP) errors.push(notSupported("roleRef.apiGroup", group, [GROUP]));
  if (!kinds.includes(kind ?? "")) errors.push(notSupported("roleRef.kind", kind, kinds));
  if (name === "") errors.push(required("roleRef.name"));
  else errors.push(...invalidBy(pathSegment, "roleRef.name", name ?? ""));
  for (const [index, subject] of objectsAt(binding, "subjects").entries()) {
    errors.push(...validateSubject(subject, `subjects[${index}]`, isNamespaced));
  }
  if (old !== undefined && canonicalJson(role) !== canonicalJson(fieldsAt(old, "roleRef"))) {
    errors.push(invalidValue("roleRef", { APIGroup: group, Kind: kind, Name: name }, "cannot change roleRef"));
  }
  return errors;
}

function validateRule(rule: Fields, path: string, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (listAt(rule, "verbs").length === 0) {
    errors.push(required(`${path}.verbs`, "verbs must contain at least one value"));
  }
  const urls = listAt(rule, "nonResourceURLs");
  if (urls.length > 0) {
    const at = `${path}.nonResourceURLs`;
    if (isNamespaced) errors.push(invalidValue(at, urls, "namespaced rules cannot apply to non-resource URLs"));
    if (["apiGroups", "resources", "resourceNames"].some((field) => listAt(rule, field).length > 0)) {
      const why = "rules cannot apply to both regular resources and non-resource URLs";
      errors.push(invalidValue(at, urls, why));
    }
    return errors;
  }
  if (listAt(rule, "apiGroups").length === 0) {
    errors.push(required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  }
  if (listAt(rule, "resources").length === 0) {
    errors.push(required(`${path}.resources`, "resource rules must supply at least one resource"));
  }
  return errors;
}

function validateSubject(subject: Fields, path: string, isNamespaced: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  const [kind = "", name = "", group = ""] = ["kind", "name", "apiGroup"].map((field) => stringAt(subject, field));
  if (name === "") errors.push(required(`${path}.name`));
  if (!subjectKinds.includes(kind)) return [...errors, notSupported(`${path}.kind`, kind, subjectKinds)];
  if (kind !== "ServiceAccount") {
    return group === GROUP ? errors : [...errors, notSupported(`${path}.apiGroup`, group, [GROUP])];
  }
  if (name !== "") errors.push(...invalidBy(dnsSubdomain, `${path}.name`, name));
  if (group !== "") errors.push(notSupported(`${path}.apiGroup`, group, [""]));
  if (!isNamespaced && (stringAt(subject, "namespace") ?? "") === "") errors.push(required(`${path}.namespace`));
  return errors;
}
