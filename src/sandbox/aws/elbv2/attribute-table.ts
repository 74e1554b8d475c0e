import { list, required, string, structure } from "../shapes.ts";
import { invalidConfiguration, validationError } from "./errors.ts";

/** One attribute key and what it takes. `S` is what carries the attribute. */
export interface AttributeRule<S> {
  readonly key: string;
  readonly default: string | ((subject: S) => string);
  readonly appliesTo: (subject: S) => boolean;
  /** Says what is wrong with a value, or undefined. */
  readonly check: (value: string, subject: S) => string | undefined;
}

/** `Attributes` of the Modify...Attributes calls. */
export const attributeList = required(
  list(
    structure({
      Key: required(string({ maxLength: 256, pattern: /^[a-zA-Z0-9._]+$/ })),
      Value: string({ maxLength: 1024 }),
    }),
    { min: 1, max: 20 },
  ),
);

export type AttributeInput = readonly { readonly Key: string; readonly Value: string | undefined }[];

/** The attributes of one kind of resource. */
export class AttributeTable<S> {
  readonly #rules: ReadonlyMap<string, AttributeRule<S>>;
  readonly #kind: string;
  readonly #describe: (subject: S) => string;

  /** `kind` as in `Load balancer attribute key`; `describe` says of what sort a subject is. */
  constructor(kind: string, describe: (subject: S) => string, rules: readonly AttributeRule<S>[]) {
    this.#kind = kind;
    this.#describe = describe;
    this.#rules = new Map(rules.map((rule) => [rule.key, rule]));
  }

  /** Every attribute of the subject, with its default where none was set. */
  all(subject: S, set: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
    const attributes: { Key: string; Value: string }[] = [];
    for (const rule of this.#rules.values()) {
      if (rule.appliesTo(subject)) attributes.push({ Key: rule.key, Value: this.#value(rule, subject, set) });
    }
    return attributes;
  }

  /** The value in force, for rules that look at several attributes. */
  value(key: string, subject: S, set: ReadonlyMap<string, string>): string | undefined {
    const rule = this.#rules.get(key);
    return rule === undefined || !rule.appliesTo(subject) ? undefined : this.#value(rule, subject, set);
  }

  /** The set values after the change; one bad key refuses them all. */
  changed(subject: S, before: ReadonlyMap<string, string>, input: AttributeInput): Map<string, string> {
    const after = new Map(before);
    const seen = new Set<string>();
    for (const { Key: key, Value: value = "" } of input) {
      const rule = this.#rules.get(key);
      if (rule === undefined) throw validationError(`${this.#kind} attribute key '${key}' is not recognized`);
      if (seen.has(key)) throw validationError(`${this.#kind} attribute key '${key}' was provided multiple times`);
      seen.add(key);
      if (!rule.appliesTo(subject)) {
        throw invalidConfiguration(
          `${this.#kind} attribute key '${key}' is not supported on ${this.#describe(subject)}`,
        );
      }
      const problem = rule.check(value, subject);
      if (problem !== undefined) throw validationError(`'${key}' value '${value}' ${problem}`);
      after.set(key, value);
    }
    return after;
  }

  #value(rule: AttributeRule<S>, subject: S, set: ReadonlyMap<string, string>): string {
    return set.get(rule.key) ?? (typeof rule.default === "string" ? rule.default : rule.default(subject));
  }
}

export const isBoolean = (value: string): string | undefined => isOneOf("true", "false")(value);

export function isOneOf(...values: readonly string[]): (value: string) => string | undefined {
  return (value) => (values.includes(value) ? undefined : `must be one of '${values.join(", ")}'`);
}

export function isBetween(min: number, max: number): (value: string) => string | undefined {
  return (value) =>
    /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `must be between '${min}-${max}' inclusive`;
}

/** One check or the other. */
export function either(
  first: (value: string) => string | undefined,
  second: (value: string) => string | undefined,
): (value: string) => string | undefined {
  return (value) => {
    const problem = first(value);
    if (problem === undefined) return undefined;
    const other = second(value);
    return other === undefined ? undefined : `${problem} or ${other}`;
  };
}

export const isAnything = (): undefined => undefined;
