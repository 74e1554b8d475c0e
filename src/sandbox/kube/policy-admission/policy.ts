import type { KindName } from "../admission.ts";
import type { MatchCondition, Rule } from "../webhook-admission/configuration.ts";

/** What a policy, or a binding, chooses of the requests. */
export interface MatchResources {
  readonly matchPolicy?: "Exact" | "Equivalent";
  readonly namespaceSelector?: unknown;
  readonly objectSelector?: unknown;
  readonly resourceRules?: readonly NamedRule[];
  readonly excludeResourceRules?: readonly NamedRule[];
}

export interface NamedRule extends Rule {
  readonly resourceNames?: readonly string[];
}

export interface Validation {
  /** CEL, as all expressions. */
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: "Forbidden" | "Invalid" | "RequestEntityTooLarge";
}

/** The `spec` of a ValidatingAdmissionPolicy. */
export interface PolicySpec {
  readonly paramKind?: { readonly apiVersion: string; readonly kind: KindName["kind"] };
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations?: readonly Validation[];
  readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[];
  readonly failurePolicy?: "Fail" | "Ignore";
}

/** The `spec` of a ValidatingAdmissionPolicyBinding. */
export interface BindingSpec {
  readonly policyName: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
  readonly validationActions?: readonly ("Deny" | "Warn" | "Audit")[];
}

/** Which objects a policy gets as its `params`, one after the other. */
export interface ParamRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: unknown;
  readonly parameterNotFoundAction?: "Allow" | "Deny";
}
