import type { ActionSpec, ConditionSpec } from "../../resources/elbv2/specs.ts";

interface Routed {
  readonly conditions: readonly ConditionSpec[];
  readonly actions: readonly ActionSpec[];
}

type Redirect = Extract<ActionSpec, { type: "redirect" }>;

/**
 * The rules of one listener without those that could only do harm or nothing: redirects to the very URL that was asked
 * for, and rules that an earlier redirect hides. So the classic `ssl-redirect` action on `/*` stays alone on HTTP and
 * vanishes on HTTPS.
 */
export function optimizeRules<Rule extends Routed>(
  rules: readonly Rule[],
  listener: { readonly port: number; readonly protocol: string },
): readonly Rule[] {
  const kept: Rule[] = [];
  for (const rule of rules) {
    const narrowed = withoutLoop(rule, listener);
    if (narrowed === undefined) continue;
    if (kept.some((earlier) => redirectOf(earlier) !== undefined && covers(earlier, narrowed))) continue;
    kept.push(narrowed);
  }
  return kept;
}

/** Whether every request that matches `later` matches `earlier` too, as far as plain text comparison can tell. */
export function covers(earlier: Routed, later: Routed): boolean {
  const others = earlier.conditions.some(({ field }) => field !== "host-header" && field !== "path-pattern");
  return !others && coversField(earlier, later, "host-header") && coversField(earlier, later, "path-pattern");
}

function coversField(earlier: Routed, later: Routed, field: "host-header" | "path-pattern"): boolean {
  const wide = patternsOf(earlier, field);
  const narrow = patternsOf(later, field);
  if (wide === undefined) return true;
  if (field === "path-pattern" && wide.values.includes("/*")) return true;
  if (narrow === undefined) return false;
  return (
    narrow.values.every((value) => wide.values.includes(value)) &&
    narrow.regexValues.every((value) => wide.regexValues.includes(value))
  );
}

function patternsOf(
  rule: Routed,
  field: "host-header" | "path-pattern",
): { readonly values: readonly string[]; readonly regexValues: readonly string[] } | undefined {
  const condition = rule.conditions.find((candidate) => candidate.field === field);
  if (condition === undefined || condition.field !== field) return undefined;
  return { values: condition.values ?? [], regexValues: condition.regexValues ?? [] };
}

function redirectOf(rule: Routed): Redirect | undefined {
  return rule.actions.find((action) => action.type === "redirect");
}

/**
 * Undefined for a redirect that leaves every matching URL unchanged. Where it does so only for some hosts or some
 * paths, those are taken out of the rule.
 */
function withoutLoop<Rule extends Routed>(
  rule: Rule,
  listener: { readonly port: number; readonly protocol: string },
): Rule | undefined {
  const redirect = redirectOf(rule);
  if (redirect === undefined) return rule;
  const same = (value: string | undefined, ...neutral: string[]): boolean =>
    value === undefined || neutral.includes(value);
  if (
    !same(redirect.port, "#{port}", String(listener.port)) ||
    !same(redirect.protocol, "#{protocol}", listener.protocol) ||
    !same(redirect.query, "#{query}")
  )
    return rule;
  const hosts = looping(patternsOf(rule, "host-header"), redirect.host, "#{host}");
  const paths = looping(patternsOf(rule, "path-pattern"), redirect.path, "/#{path}");
  if (hosts === "all" && paths === "all") return undefined;
  if (hosts === "all" && typeof paths === "object") return without(rule, "path-pattern", paths.value);
  if (paths === "all" && typeof hosts === "object") return without(rule, "host-header", hosts.value);
  return rule;
}

type Looping = "all" | "none" | { readonly value: string };

function looping(
  patterns: { readonly values: readonly string[]; readonly regexValues: readonly string[] } | undefined,
  target: string | undefined,
  neutral: string,
): Looping {
  if (target === undefined || target === neutral) return "all";
  const values = patterns?.values ?? [];
  if (!values.includes(target)) return "none";
  return values.length === 1 ? "all" : { value: target };
}

function without<Rule extends Routed>(rule: Rule, field: ConditionSpec["field"], value: string): Rule {
  const conditions = rule.conditions.map((condition) =>
    condition.field === field && "values" in condition
      ? ({
          ...condition,
          values: (condition.values as readonly string[]).filter((one) => one !== value),
        } as ConditionSpec)
      : condition,
  );
  return { ...rule, conditions };
}
