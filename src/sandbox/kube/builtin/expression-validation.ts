import { admissionVariables, runtimeTypeText } from "../cel/admission-variables.ts";
import { compileCel } from "../cel/compile.ts";
import { type CelType, celTypes } from "../cel/types.ts";
import { deepEqual } from "../json-value.ts";
import type { FieldError } from "../resource-definition.ts";
import { duplicate, invalidBy, invalidValue, required, tooMany } from "./field-errors.ts";
import { type Fields, objectsAt, stringAt } from "./fields.ts";
import { qualifiedName } from "./name-rules.ts";

const MAX_CONDITIONS = 64;

/** Which variables an expression has, and of which type its result must be; without `results` of any. */
export interface ExpressionRules {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly results?: readonly CelType[];
}

/** What is wrong with an expression; `type` is that of its result, where it has one. */
export function expressionErrors(
  expression: string,
  path: string,
  { variables, results }: ExpressionRules,
  shown = expression,
): { readonly errors: readonly FieldError[]; readonly type: CelType } {
  const compiled = compileCel(expression, variables);
  if ("problem" in compiled) return { errors: [invalidValue(path, shown, compiled.problem)], type: celTypes.dyn };
  const { type } = compiled;
  if (results === undefined || results.includes(type)) return { errors: [], type };
  const names = results.map(runtimeTypeText);
  const wanted = names.length === 1 ? names[0] : `one of [${names.join(" ")}]`;
  return {
    errors: [invalidValue(path, shown, `must evaluate to ${wanted} but got ${runtimeTypeText(type)}`)],
    type,
  };
}

/** What is wrong with the `matchConditions` of a webhook or policy. Those that were there before are let be. */
export function conditionErrors(
  holder: Fields,
  path: string,
  { params, old }: { readonly params: boolean; readonly old: Fields | undefined },
): readonly FieldError[] {
  if (old !== undefined && deepEqual(holder["matchConditions"], old["matchConditions"])) return [];
  const variables = admissionVariables({ params, authorizer: true });
  const conditions = objectsAt(holder, "matchConditions");
  const errors: FieldError[] = [];
  if (conditions.length > MAX_CONDITIONS) {
    errors.push(tooMany(`${path}.matchConditions`, conditions.length, MAX_CONDITIONS));
  }
  const names = new Set<string>();
  conditions.forEach((condition, index) => {
    const at = `${path}.matchConditions[${index}]`;
    const expression = (stringAt(condition, "expression") ?? "").trim();
    const name = stringAt(condition, "name") ?? "";
    if (expression === "") errors.push(required(`${at}.expression`));
    else {
      errors.push(...expressionErrors(expression, `${at}.expression`, { variables, results: [celTypes.bool] }).errors);
    }
    if (name === "") errors.push(required(`${at}.name`));
    else errors.push(...invalidBy(qualifiedName, `${at}.name`, name));
    if (name !== "" && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
  });
  return errors;
}
