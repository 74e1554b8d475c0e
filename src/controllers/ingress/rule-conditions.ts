import type { ConditionSpec } from "../../resources/elbv2/specs.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { PathPatterns } from "./path-patterns.ts";

/**
 * All conditions of one rule. Hosts and paths of annotations are alternatives to those of the spec; every other
 * condition must hold too.
 */
export function ruleConditions(
  host: string | undefined,
  path: PathPatterns,
  extra: readonly ConditionSpec[],
  field: string,
): readonly ConditionSpec[] {
  const hosts = host === undefined || host === "" ? [] : [host];
  const merged = {
    "host-header": { values: hosts, regexValues: [] as string[] },
    "path-pattern": { values: [...path.values], regexValues: [...path.regexValues] },
  };
  const others: ConditionSpec[] = [];
  for (const condition of extra) {
    if (condition.field === "host-header" || condition.field === "path-pattern") {
      merged[condition.field].values.push(...(condition.values ?? []));
      merged[condition.field].regexValues.push(...(condition.regexValues ?? []));
    } else {
      others.push(condition);
    }
  }
  const conditions = [
    ...others,
    ...patterns("host-header", merged["host-header"], field),
    ...patterns("path-pattern", merged["path-pattern"], field),
  ];
  return conditions.length > 0 ? conditions : [{ field: "path-pattern", values: ["/*"] }];
}

function patterns(
  name: "host-header" | "path-pattern",
  { values, regexValues }: PathPatterns,
  field: string,
): readonly ConditionSpec[] {
  if (values.length > 0 && regexValues.length > 0) {
    const word = name === "host-header" ? "host" : "path";
    throw new InputError(
      `${field}: ${word} condition must specify exactly one of Values and RegexValues, got both Values ${JSON.stringify(values)} and RegexValues ${JSON.stringify(regexValues)}`,
      { reason: "InvalidSpec", field },
    );
  }
  if (values.length > 0) return [{ field: name, values: [...new Set(values)] }];
  return regexValues.length > 0 ? [{ field: name, regexValues: [...new Set(regexValues)] }] : [];
}
