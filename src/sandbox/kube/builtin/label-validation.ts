import type { FieldError } from "../resource-definition.ts";
import { invalidValue, required } from "./field-errors.ts";
import { listAt, stringAt, stringMapAt, valueAt } from "./fields.ts";
import { labelValue, qualifiedName } from "./name-rules.ts";

export function validateLabels(labels: Readonly<Record<string, string>>, path: string): readonly FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedName(key).map((problem) => invalidValue(path, key, problem)),
    ...labelValue(value).map((problem) => invalidValue(path, value, problem)),
  ]);
}

/** A `LabelSelector`'s syntax. */
export function validateLabelSelector(selector: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [...validateLabels(stringMapAt(selector, "matchLabels"), `${path}.matchLabels`)];
  for (const [index, expression] of listAt(selector, "matchExpressions").entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const operator = stringAt(expression, "operator");
    const values = listAt(expression, "values").length;
    if (operator === "In" || operator === "NotIn") {
      if (values === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values > 0) {
        const detail = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push({ field: `${at}.values`, type: "FieldValueForbidden", detail });
      }
    } else errors.push(invalidValue(`${at}.operator`, operator, "not a valid selector operator"));
    const key = stringAt(expression, "key") ?? "";
    errors.push(...qualifiedName(key).map((problem) => invalidValue(`${at}.key`, key, problem)));
    for (const [position, value] of listAt(expression, "values").map(String).entries()) {
      errors.push(...labelValue(value).map((problem) => invalidValue(`${at}.values[${position}]`, value, problem)));
    }
  }
  return errors;
}

/** Whether the API server can make a selector of it at all. */
export function isUsableSelector(selector: unknown): boolean {
  if (Object.values(stringMapAt(selector, "matchLabels")).some((value) => labelValue(value).length > 0)) return false;
  if (Object.keys(stringMapAt(selector, "matchLabels")).some((key) => qualifiedName(key).length > 0)) return false;
  return validateLabelSelector({ matchExpressions: valueAt(selector, "matchExpressions") }, "").length === 0;
}

/** Whether labels satisfy a `LabelSelector`; an empty selector matches everything. */
export function selectorMatches(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const exact = Object.entries(stringMapAt(selector, "matchLabels")).every(([key, value]) => labels[key] === value);
  return (
    exact &&
    listAt(selector, "matchExpressions").every((expression) => {
      const value = labels[stringAt(expression, "key") ?? ""];
      const values = listAt(expression, "values");
      switch (stringAt(expression, "operator") ?? "") {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
