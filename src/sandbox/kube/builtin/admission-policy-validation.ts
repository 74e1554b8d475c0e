import { admissionVariables } from "../cel/admission-variables.ts";
import { type CelType, celTypes } from "../cel/types.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { conditionErrors, expressionErrors } from "./expression-validation.ts";
import { duplicate, forbidden, invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, isFields, listAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { validateLabelSelector } from "./label-validation.ts";
import { dns1035Label, dnsSubdomain, pathSegment, qualifiedName } from "./name-rules.ts";
import { validateRule } from "./webhook-validation.ts";

const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const ACTIONS = ["Audit", "Deny", "Warn"];
const MAX_ANNOTATIONS = 20;
const MAX_ANNOTATION_BYTES = 5 * 1024;
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** What the API server checks of a ValidatingAdmissionPolicy. */
export function validatePolicy(policy: KubeObject, old: KubeObject | undefined): FieldError[] {
  const spec = fieldsAt(policy, "spec");
  const errors: FieldError[] = [];
  const failurePolicy = stringAt(spec, "failurePolicy");
  if (failurePolicy !== undefined && failurePolicy !== "Fail" && failurePolicy !== "Ignore") {
    errors.push(notSupported("spec.failurePolicy", failurePolicy, ["Fail", "Ignore"]));
  }
  const paramKind = spec["paramKind"];
  if (isFields(paramKind)) errors.push(...paramKindErrors(paramKind, "spec.paramKind"));
  const constraints = spec["matchConstraints"];
  if (!isFields(constraints)) errors.push(required("spec.matchConstraints"));
  else {
    errors.push(...matchErrors(constraints, "spec.matchConstraints"));
    if (listAt(constraints, "resourceRules").length === 0) {
      errors.push(required("spec.matchConstraints.resourceRules"));
    }
  }
  const params = isFields(paramKind);
  const before = old === undefined ? undefined : fieldsAt(old, "spec");
  errors.push(...conditionErrors(spec, "spec", { params, old: before }));
  const variables = new Map<string, CelType>();
  const scopes: Scopes = { params, variables: objectsAt(spec, "variables").length === 0 ? undefined : variables };
  objectsAt(spec, "variables").forEach((variable, index) => {
    const { errors: found, type } = variableErrors(variable, `spec.variables[${index}]`, scopes);
    errors.push(...found);
    if (type !== undefined) variables.set(stringAt(variable, "name") ?? "", variableType(type));
  });
  const validations = objectsAt(spec, "validations");
  const annotations = objectsAt(spec, "auditAnnotations");
  if (validations.length === 0 && annotations.length === 0) {
    const text = "validations or auditAnnotations must contain at least one item";
    return [...errors, required("spec.validations", text), required("spec.auditAnnotations", text)];
  }
  validations.forEach((validation, index) => {
    errors.push(...validationErrors(validation, `spec.validations[${index}]`, scopes));
  });
  return [...errors, ...annotationsErrors(policy.metadata.name, annotations, scopes)];
}

interface Scopes {
  readonly params: boolean;
  readonly variables: ReadonlyMap<string, CelType> | undefined;
}

function variablesOf({ params, variables }: Scopes, authorizer: boolean): ReadonlyMap<string, CelType> {
  return admissionVariables({ params, authorizer, ...(variables === undefined ? {} : { variables }) });
}

/** The type by which other expressions see a variable: what is no plain value, list or map is seen as anything. */
function variableType(type: CelType): CelType {
  switch (type.kind) {
    case "scalar":
      return type;
    case "list":
      return { kind: "list", item: variableType(type.item) };
    case "map":
      return { kind: "map", key: variableType(type.key), value: variableType(type.value) };
    default:
      return celTypes.dyn;
  }
}

function variableErrors(
  variable: Fields,
  path: string,
  scopes: Scopes,
): { readonly errors: readonly FieldError[]; readonly type?: CelType } {
  const errors: FieldError[] = [];
  const name = stringAt(variable, "name") ?? "";
  const expression = stringAt(variable, "expression") ?? "";
  if (name.trim() === "") errors.push(required(`${path}.name`, "name is not specified"));
  else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name)) {
    errors.push(invalidValue(`${path}.name`, name, "must be a valid CEL identifier"));
  }
  if (expression.trim() === "") {
    return { errors: [...errors, required(`${path}.expression`, "expression is not specified")] };
  }
  const found = expressionErrors(expression, `${path}.expression`, { variables: variablesOf(scopes, true) });
  return { errors: [...errors, ...found.errors], type: found.type };
}

function validationErrors(validation: Fields, path: string, scopes: Scopes): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { expression, message, messageExpression } = {
    expression: stringAt(validation, "expression") ?? "",
    message: stringAt(validation, "message") ?? "",
    messageExpression: stringAt(validation, "messageExpression") ?? "",
  };
  if (expression.trim() === "") errors.push(required(`${path}.expression`, "expression is not specified"));
  else {
    const rules = { variables: variablesOf(scopes, true), results: [celTypes.bool] };
    errors.push(...expressionErrors(expression, `${path}.expression`, rules).errors);
  }
  if (messageExpression !== "") {
    const at = `${path}.messageExpression`;
    const rules = { variables: variablesOf(scopes, false), results: [celTypes.string] };
    errors.push(
      ...(messageExpression.trim() === ""
        ? [invalidValue(at, messageExpression, "must be non-empty if specified")]
        : expressionErrors(messageExpression, at, rules).errors),
    );
  }
  if (message !== "" && message.trim() === "") {
    errors.push(invalidValue(`${path}.message`, message, "must be non-empty if specified"));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalidValue(`${path}.message`, message, "must not contain line breaks"));
  }
  const reason = stringAt(validation, "reason");
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, REASONS));
  return errors;
}

function annotationsErrors(policy: string, annotations: readonly Fields[], scopes: Scopes): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (annotations.length > MAX_ANNOTATIONS) {
    const text = `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`;
    errors.push(invalidValue("spec.auditAnnotations", annotations, text));
  }
  const keys = new Set<string>();
  annotations.forEach((annotation, index) => {
    const path = `spec.auditAnnotations[${index}]`;
    const key = stringAt(annotation, "key") ?? "";
    const given = stringAt(annotation, "valueExpression") ?? "";
    const expression = given.trim();
    errors.push(
      ...(policy === ""
        ? [invalidValue(`${path}.key`, key, "requires metadata.name be non-empty")]
        : invalidBy(qualifiedName, `${path}.key`, `${policy}/${key}`)),
    );
    if (expression === "") {
      errors.push(required(`${path}.valueExpression`, "valueExpression is not specified"));
    } else if (Buffer.byteLength(expression) > MAX_ANNOTATION_BYTES) {
      errors.push(required(`${path}.valueExpression`, `must not exceed ${MAX_ANNOTATION_BYTES} bytes in length`));
    } else {
      const rules = { variables: variablesOf(scopes, true), results: [celTypes.string, celTypes.null] };
      errors.push(...expressionErrors(expression, `${path}.valueExpression`, rules, given).errors);
    }
    if (keys.has(key)) errors.push(duplicate(`${path}.key`, key));
    keys.add(key);
  });
  return errors;
}

function paramKindErrors(paramKind: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const apiVersion = stringAt(paramKind, "apiVersion") ?? "";
  const parts = apiVersion.split("/");
  const [group = "", version = ""] = parts.length === 1 ? ["", apiVersion] : apiVersion === "/" ? [] : parts;
  if (apiVersion === "") errors.push(required(`${path}.apiVersion`));
  else if (parts.length > 2) {
    errors.push(invalidValue(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  } else {
    if (group !== "") errors.push(...joined(dnsSubdomain(group), `${path}.apiVersion`, group));
    if (version === "") errors.push(invalidValue(`${path}.apiVersion`, apiVersion, "version must be specified"));
    else errors.push(...joined(dns1035Label(version), `${path}.apiVersion`, version));
  }
  const kind = stringAt(paramKind, "kind") ?? "";
  if (kind === "") errors.push(required(`${path}.kind`));
  else {
    const prefix = "may have mixed case, but should otherwise match: ";
    errors.push(...joined(dns1035Label(kind.toLowerCase()), `${path}.kind`, kind, prefix));
  }
  return errors;
}

function joined(problems: readonly string[], path: string, value: string, prefix = ""): readonly FieldError[] {
  return problems.length === 0 ? [] : [invalidValue(path, value, `${prefix}${problems.join(",")}`)];
}

function matchErrors(resources: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const matchPolicy = stringAt(resources, "matchPolicy");
  if (matchPolicy !== undefined && matchPolicy !== "Exact" && matchPolicy !== "Equivalent") {
    errors.push(notSupported(`${path}.matchPolicy`, matchPolicy, ["Equivalent", "Exact"]));
  }
  for (const member of ["namespaceSelector", "objectSelector"]) {
    errors.push(...validateLabelSelector(resources[member], `${path}.${member}`));
  }
  for (const member of ["resourceRules", "excludeResourceRules"]) {
    objectsAt(resources, member).forEach((rule, index) => {
      const at = `${path}.${member}[${index}]`;
      const names = new Set<string>();
      listAt(rule, "resourceNames").forEach((name, position) => {
        const text = String(name);
        errors.push(...invalidBy(pathSegment, `${at}.resourceNames[${position}]`, text));
        if (names.has(text)) errors.push(duplicate(`${at}.resourceNames[${position}]`, text));
        names.add(text);
      });
      errors.push(...validateRule(rule, at));
    });
  }
  return errors;
}

/** What the API server checks of a ValidatingAdmissionPolicyBinding. */
export function validatePolicyBinding(binding: KubeObject): FieldError[] {
  const spec = fieldsAt(binding, "spec");
  const policyName = stringAt(spec, "policyName") ?? "";
  const errors: FieldError[] =
    policyName === "" ? [required("spec.policyName")] : invalidBy(dnsSubdomain, "spec.policyName", policyName);
  const { paramRef, matchResources } = spec;
  if (isFields(paramRef)) errors.push(...paramRefErrors(paramRef, "spec.paramRef"));
  if (isFields(matchResources)) errors.push(...matchErrors(matchResources, "spec.matchResources"));
  return [...errors, ...actionErrors(listAt(spec, "validationActions").map(String), "spec.validationActions")];
}

function paramRefErrors(reference: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const name = stringAt(reference, "name") ?? "";
  const selector = valueAt(reference, "selector");
  const both = name !== "" && selector !== undefined;
  const exclusive = "name and selector are mutually exclusive";
  if (name !== "") errors.push(...invalidBy(pathSegment, `${path}.name`, name));
  if (both) errors.push(forbidden(`${path}.name`, exclusive));
  if (selector !== undefined) errors.push(...validateLabelSelector(selector, `${path}.selector`));
  if (both) errors.push(forbidden(`${path}.selector`, exclusive));
  if (name === "" && selector === undefined) {
    errors.push(required(path, "one of name or selector must be specified"));
  }
  const action = stringAt(reference, "parameterNotFoundAction") ?? "";
  if (action === "") errors.push(required(`${path}.parameterNotFoundAction`));
  else if (action !== "Deny" && action !== "Allow") {
    errors.push(notSupported(`${path}.parameterNotFoundAction`, action, ["Deny", "Allow"]));
  }
  return errors;
}

function actionErrors(actions: readonly string[], path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  actions.forEach((action, index) => {
    if (!ACTIONS.includes(action)) errors.push(notSupported(`${path}[${index}]`, action, ACTIONS));
    if (seen.has(action)) errors.push(duplicate(`${path}[${index}]`, action));
    seen.add(action);
  });
  if (seen.has("Deny") && seen.has("Warn")) {
    const text =
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
    errors.push(invalidValue(path, actions, text));
  }
  if (actions.length === 0) errors.push(required(path, "at least one validation action is required"));
  return errors;
}
