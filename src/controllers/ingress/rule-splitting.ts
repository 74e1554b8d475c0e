import type { ConditionSpec } from "../../resources/elbv2/specs.ts";
import { InputError } from "../load-balancing/input-error.ts";

/** ELBv2 allows so many condition values, and so many wildcards, in one rule. */
const maxValues = 5;
const maxWildcards = 5;

/**
 * The conditions of one wanted rule as those of as few rules as ELBv2's limits ask for: lists of alternatives are cut
 * into chunks, in order, and every combination of chunks becomes a rule. Throws an InputError where one value of each
 * condition is already too much.
 */
export function splitConditions(
  conditions: readonly ConditionSpec[],
  field: string,
): readonly (readonly ConditionSpec[])[] {
  const options = conditions.map((condition) => sizesOf(valuesOf(condition).length));
  let best: readonly (readonly ConditionSpec[])[] | undefined;
  for (const sizes of combinations(options)) {
    if (sum(sizes) > maxValues) continue;
    const rules = combinations(conditions.map((condition, index) => chunks(condition, sizes[index] ?? 1)));
    if (best !== undefined && rules.length >= best.length) continue;
    if (rules.every((rule) => sum(rule.map(wildcards)) <= maxWildcards)) best = rules;
  }
  if (best !== undefined) return best;
  throw new InputError(
    `${field}: the rule has ${conditions.length} conditions; ELBv2 allows ${maxValues} condition values and ${maxWildcards} wildcards in one rule`,
    { reason: "QuotaExceeded", field, value: String(conditions.length) },
  );
}

function sizesOf(count: number): readonly number[] {
  return Array.from(
    { length: Math.max(1, Math.min(count, maxValues)) },
    (_, index) => Math.min(count, maxValues) - index,
  );
}

function chunks(condition: ConditionSpec, size: number): readonly ConditionSpec[] {
  const values = valuesOf(condition);
  if (values.length <= size) return [condition];
  const starts = Array.from({ length: Math.ceil(values.length / size) }, (_, index) => index * size);
  return starts.map((start) => {
    const part = values.slice(start, start + size);
    const key = "regexValues" in condition && condition.regexValues !== undefined ? "regexValues" : "values";
    return { ...condition, [key]: part } as ConditionSpec;
  });
}

function valuesOf(condition: ConditionSpec): readonly unknown[] {
  return ("regexValues" in condition ? condition.regexValues : undefined) ?? condition.values ?? [];
}

function wildcards(condition: ConditionSpec): number {
  if ("regexValues" in condition && condition.regexValues !== undefined) return 0;
  const texts = (condition.values ?? []).map((value) =>
    typeof value === "string" ? value : `${value.key ?? ""}${value.value}`,
  );
  return texts.join("").replace(/[^*?]/g, "").length;
}

function combinations<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return lists.reduce<readonly (readonly T[])[]>(
    (all, list) => all.flatMap((done) => list.map((item) => [...done, item])),
    [[]],
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
