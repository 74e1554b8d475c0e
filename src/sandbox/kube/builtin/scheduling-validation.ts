import type { FieldError } from "../resource-definition.ts";
import { duplicate, invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, listAt, numberAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { validateLabelSelector } from "./label-validation.ts";
import { dnsLabel, labelValue, qualifiedName } from "./name-rules.ts";

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validateTolerations(spec: Fields, path: string): readonly FieldError[] {
  return objectsAt(spec, "tolerations").flatMap((toleration, index) => {
    const at = `${path}[${index}]`;
    const key = stringAt(toleration, "key") ?? "";
    const operator = stringAt(toleration, "operator") ?? "";
    const value = stringAt(toleration, "value") ?? "";
    const effect = stringAt(toleration, "effect") ?? "";
    const errors: FieldError[] = key === "" ? [] : invalidBy(qualifiedName, `${at}.key`, key);
    if (key === "" && operator !== "Exists") {
      const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalidValue(`${at}.operator`, operator, why));
    }
    if (toleration["tolerationSeconds"] !== undefined && effect !== "NoExecute") {
      errors.push(invalidValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (operator === "Equal" || operator === "") {
      const problems = labelValue(value);
      if (problems.length > 0) errors.push(invalidValue(`${at}.operator`, value, problems.join(";")));
    } else if (operator === "Exists") {
      const why = "value must be empty when `operator` is 'Exists'";
      if (value !== "") errors.push(invalidValue(`${at}.operator`, value, why));
    } else {
      const known = ["Equal", "Exists", ...(operator === "Lt" || operator === "Gt" ? ["Lt", "Gt"] : [])];
      errors.push(notSupported(`${at}.operator`, operator, known));
    }
    if (effect !== "" && !taintEffects.includes(effect)) {
      errors.push(notSupported(`${at}.effect`, effect, taintEffects));
    }
    return errors;
  });
}

export function validateSpread(spec: Fields, path: string): readonly FieldError[] {
  const constraints = objectsAt(spec, "topologySpreadConstraints");
  const keyOf = (constraint: Fields): string =>
    `{${stringAt(constraint, "topologyKey") ?? ""}, ${stringAt(constraint, "whenUnsatisfiable") ?? ""}}`;
  return constraints.flatMap((constraint, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const skew = numberAt(constraint, "maxSkew") ?? 0;
    if (skew <= 0) errors.push(invalidValue(`${at}.maxSkew`, skew, "must be greater than zero"));
    if ((stringAt(constraint, "topologyKey") ?? "") === "") {
      errors.push(required(`${at}.topologyKey`, "can not be empty"));
    }
    const action = stringAt(constraint, "whenUnsatisfiable") ?? "";
    const actions = ["DoNotSchedule", "ScheduleAnyway"];
    if (!actions.includes(action)) errors.push(notSupported(`${at}.whenUnsatisfiable`, action, actions));
    if (constraints.slice(index + 1).some((other) => keyOf(other) === keyOf(constraint))) {
      errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, keyOf(constraint)));
    }
    return [...errors, ...validateLabelSelector(valueAt(constraint, "labelSelector"), `${at}.labelSelector`)];
  });
}

export function validateAffinity(spec: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const kind of ["podAffinity", "podAntiAffinity"]) {
    const rules = valueAt(spec, "affinity", kind);
    const required = "requiredDuringSchedulingIgnoredDuringExecution";
    const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    for (const [index, term] of objectsAt(rules, required).entries()) {
      errors.push(...validateTerm(term, `${path}.${kind}.${required}[${index}]`));
    }
    for (const [index, weighted] of objectsAt(rules, preferred).entries()) {
      const at = `${path}.${kind}.${preferred}[${index}]`;
      const weight = numberAt(weighted, "weight") ?? 0;
      if (weight < 1 || weight > 100) errors.push(invalidValue(`${at}.weight`, weight, "must be in the range 1-100"));
      errors.push(...validateTerm(valueAt(weighted, "podAffinityTerm"), `${at}.podAffinityTerm`));
    }
  }
  return errors;
}

function validateTerm(term: unknown, path: string): readonly FieldError[] {
  const key = stringAt(term, "topologyKey") ?? "";
  return [
    ...validateLabelSelector(valueAt(term, "labelSelector"), `${path}.labelSelector`),
    ...validateLabelSelector(valueAt(term, "namespaceSelector"), `${path}.namespaceSelector`),
    ...listAt(term, "namespaces").flatMap((name) => invalidBy(dnsLabel, `${path}.namespace`, String(name))),
    ...(key === "" ? [required(`${path}.topologyKey`, "can not be empty")] : []),
    ...invalidBy(qualifiedName, `${path}.topologyKey`, key),
  ];
}
