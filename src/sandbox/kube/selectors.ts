import { type LabelRequirement, parseLabelRequirements } from "./label-selector-syntax.ts";
import { badRequest } from "./status-error.ts";

/** Decides on a set of labels or fields. */
export type Matcher = (values: Readonly<Record<string, string>>) => boolean;

/** A label selector as in `labelSelector=` (apimachinery `labels.Parse`): `a=b,c!=d,e in (f,g),!h,i>1`. Undefined when it selects all. */
export function parseLabelSelector(text: string): Matcher | undefined {
  const requirements = parseLabelRequirements(text);
  if (requirements.length === 0) return undefined;
  return (labels) => requirements.every((requirement) => meets(requirement, labels));
}

/** A `LabelSelector` object (`matchLabels` and `matchExpressions`); an empty one selects everything. */
export function objectSelector(selector: unknown): Matcher {
  const { matchLabels, matchExpressions } = (selector ?? {}) as {
    matchLabels?: Record<string, string>;
    matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
  };
  const requirements: LabelRequirement[] = Object.entries(matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "in",
    values: [value],
  }));
  for (const { key, operator, values } of matchExpressions ?? []) {
    const known = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" } as const;
    const name = known[operator as keyof typeof known];
    if (name === undefined) throw badRequest(`"${operator}" is not a valid label selector operator`);
    requirements.push({ key, operator: name, values: values ?? [] });
  }
  return (labels) => requirements.every((requirement) => meets(requirement, labels));
}

/** The text form of a `LabelSelector` with `matchLabels`, as `status.selector` of a scale shows it. */
export function selectorText(selector: unknown): string {
  const { matchLabels, matchExpressions } = (selector ?? {}) as {
    matchLabels?: Record<string, string>;
    matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
  };
  const parts = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values } of matchExpressions ?? []) {
    const list = `(${[...(values ?? [])].sort().join(",")})`;
    if (operator === "In") parts.push(`${key} in ${list}`);
    else if (operator === "NotIn") parts.push(`${key} notin ${list}`);
    else parts.push(operator === "Exists" ? key : `!${key}`);
  }
  return parts.sort().join(",");
}

function meets({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
      return value !== undefined && values.includes(value);
    case "notin":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values[0]);
    case "lt":
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values[0]);
  }
}
