import type { FieldError, Schema } from "../resource-definition.ts";
import { goJson, shown } from "../schema/shown.ts";
import { compileCel } from "./compile.ts";
import { usesName } from "./evaluate.ts";
import { parseCel } from "./parse.ts";
import { fieldPathOf, type Rule } from "./rule.ts";
import { schemaType, withTypeAndNames } from "./schema-types.ts";
import { type CelType, celTypes, optionalType } from "./types.ts";

const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/** What is wrong with the form of a schema's own rules. */
export function ruleFormProblems(schema: Schema, path: string): FieldError[] {
  return (schema["x-kubernetes-validations"] ?? []).flatMap((rule, index) =>
    formProblems(rule, schema, `${path}.x-kubernetes-validations[${index}]`),
  );
}

function formProblems(rule: Rule, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const required = (member: string, text: string): void => {
    errors.push({ field: `${path}.${member}`, type: "FieldValueRequired", detail: `Required value: ${text}` });
  };
  const invalid = (member: string, value: unknown, text: string): void => {
    errors.push({
      field: `${path}.${member}`,
      type: "FieldValueInvalid",
      detail: `Invalid value: ${shown(value)}: ${text}`,
    });
  };
  const message = rule.message ?? "";
  if (rule.rule.trim() === "") required("rule", "rule is not specified");
  else if (message !== "" && message.trim() === "") invalid("message", message, "must be non-empty if specified");
  else if (/[\n\r]/.test(message.trim())) invalid("message", message, "must not contain line breaks");
  else if (/[\n\r]/.test(rule.rule.trim()) && message.trim() === "") {
    required("message", "message must be specified if rule contains line breaks");
  }
  if (rule.messageExpression !== undefined && rule.messageExpression !== "" && rule.messageExpression.trim() === "") {
    required("messageExpression", "messageExpression must be non-empty if specified");
  }
  if (rule.reason !== undefined && !REASONS.includes(rule.reason)) {
    const detail = `Unsupported value: ${shown(rule.reason)}: supported values: ${REASONS.map(shown).join(", ")}`;
    errors.push({ field: `${path}.reason`, type: "FieldValueNotSupported", detail });
  }
  const { fieldPath = "" } = rule;
  if (fieldPath !== "") {
    if (fieldPath.trim() === "") invalid("fieldPath", fieldPath, "must be non-empty if specified");
    if (/[\n\r]/.test(fieldPath)) invalid("fieldPath", fieldPath, "must not contain line breaks");
    if (fieldPathOf(fieldPath, schema) === undefined) invalid("fieldPath", fieldPath, "must be a valid path");
  }
  return errors;
}

/** Where a schema stands, for its rules. */
export interface RulePlace {
  readonly path: string;
  readonly isRoot: boolean;
  /** The outermost list or map around it in which nothing can be told to be the same as before. */
  readonly uncorrelatable: string | undefined;
}

/** What is wrong with the expressions of a schema's own rules. */
export function expressionProblems(schema: Schema, { path, isRoot, uncorrelatable }: RulePlace): FieldError[] {
  const type = schemaType(isRoot ? withTypeAndNames(schema) : schema, "selfType");
  return (schema["x-kubernetes-validations"] ?? []).flatMap((rule, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    if (type === undefined) return [];
    const errors: FieldError[] = [];
    const invalid = (member: string, text: string, value = inGo(rule)): void => {
      errors.push({ field: `${at}.${member}`, type: "FieldValueInvalid", detail: `Invalid value: ${value}: ${text}` });
    };
    const problem = problemOf(rule.rule, rule, type, celTypes.bool);
    if (problem !== undefined) invalid("rule", problem === "" ? "cel expression must evaluate to a bool" : problem);
    const { messageExpression = "" } = rule;
    if (problem === undefined && messageExpression !== "") {
      const wrong = problemOf(messageExpression, rule, type, celTypes.string);
      if (wrong !== undefined) {
        invalid(
          "messageExpression",
          wrong === "" ? "messageExpression must evaluate to a string" : `messageExpression ${wrong}`,
        );
      }
    }
    const comparing = problem === undefined && usesName(parseCel(rule.rule), "oldSelf");
    if (comparing && uncorrelatable !== undefined) {
      invalid(
        "rule",
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
        shown(rule.rule),
      );
    } else if (!comparing && rule.optionalOldSelf !== undefined) {
      invalid("optionalOldSelf", "may not be set if oldSelf is not used in rule", shown(rule.optionalOldSelf));
    }
    return errors;
  });
}

/** A rule as the API server's own type has it, which its messages show. */
function inGo({ rule, message = "", messageExpression = "", reason, fieldPath = "", optionalOldSelf }: Rule): string {
  const shownRule = {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  };
  return goJson(JSON.stringify(shownRule));
}

/** Undefined when all is well, empty when just the type of the result is wrong. */
function problemOf(text: string, rule: Rule, self: CelType, wanted: CelType): string | undefined {
  const oldSelf = rule.optionalOldSelf === true ? optionalType(self) : self;
  const scope = new Map([
    ["self", self],
    ["oldSelf", oldSelf],
  ]);
  const compiled = compileCel(text, scope);
  if ("problem" in compiled) return compiled.problem;
  return compiled.type === wanted ? undefined : "";
}
