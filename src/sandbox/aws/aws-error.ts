/** What is wrong with one parameter, before it is worded in a service's own way. */
export interface ParameterProblem {
  /** Member names as in the service's model, and 1-based positions in lists. */
  readonly path: readonly (string | number)[];
  /** The value as text; undefined when there is none. */
  readonly value: string | undefined;
  readonly constraint: ParameterConstraint;
}

export type ParameterConstraint =
  | { readonly kind: "required" }
  | { readonly kind: "unknown" }
  | { readonly kind: "type"; readonly expected: string }
  | { readonly kind: "minimum"; readonly limit: number }
  | { readonly kind: "maximum"; readonly limit: number }
  | { readonly kind: "minimumLength"; readonly limit: number }
  | { readonly kind: "maximumLength"; readonly limit: number }
  | { readonly kind: "pattern"; readonly pattern: string }
  | { readonly kind: "enum"; readonly values: readonly string[] };

export interface AwsErrorOptions {
  /** HTTP status; 400 unless given. */
  readonly status?: number;
  /** Further members of a modelled JSON error (EKS `clusterName`, ...). */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error as AWS answers it: `code` is the wire code (ELBv2's have no suffix `Exception`). Handlers throw it. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: AwsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 400;
    this.members = options.members ?? {};
  }
}

/** Words the problems of a request as one error of the service. */
export type ProblemsToError = (problems: readonly ParameterProblem[]) => AwsError;

/**
 * The wording of most services: `1 validation error detected: Value '0' at 'port' failed to satisfy constraint: ...`.
 * ELBv2, IAM and STS use it with `ValidationError`, the JSON services with `ValidationException` or a code of their own.
 */
export function beanValidation(code: string): ProblemsToError {
  return (problems) => {
    const count = `${problems.length} validation error${problems.length === 1 ? "" : "s"} detected: `;
    return new AwsError(code, count + problems.map(beanText).join("; "));
  };
}

/** EC2's wording: the first problem only, with the code that fits it. Source: EC2 API reference, "Error codes". */
export const ec2Validation: ProblemsToError = ([problem]) => {
  if (problem === undefined) return new AwsError("InvalidParameter", "the request is invalid");
  const name = problem.path.join(".");
  switch (problem.constraint.kind) {
    case "required":
      return new AwsError("MissingParameter", `The request must contain the parameter ${name}`);
    case "unknown":
      return new AwsError("UnknownParameter", `The parameter ${name} is not recognized`);
    case "type":
    case "minimum":
    case "maximum":
    case "minimumLength":
    case "maximumLength":
    case "pattern":
    case "enum":
      return new AwsError(
        "InvalidParameterValue",
        `Value (${problem.value ?? ""}) for parameter ${name} is invalid. ${constraintText(problem.constraint)}`,
      );
  }
};

/** The part of the text that says what is demanded. */
export function constraintText(constraint: ParameterConstraint): string {
  switch (constraint.kind) {
    case "required":
      return "Member must not be null";
    case "unknown":
      return "Member is not known to this operation";
    case "type":
      return `Member must be of type ${constraint.expected}`;
    case "minimum":
      return `Member must have value greater than or equal to ${constraint.limit}`;
    case "maximum":
      return `Member must have value less than or equal to ${constraint.limit}`;
    case "minimumLength":
      return `Member must have length greater than or equal to ${constraint.limit}`;
    case "maximumLength":
      return `Member must have length less than or equal to ${constraint.limit}`;
    case "pattern":
      return `Member must satisfy regular expression pattern: ${constraint.pattern}`;
    case "enum":
      return `Member must satisfy enum value set: [${constraint.values.join(", ")}]`;
  }
}

function beanText(problem: ParameterProblem): string {
  const at = problem.path
    .map((part) => (typeof part === "number" ? `${part}.member` : part.charAt(0).toLowerCase() + part.slice(1)))
    .join(".");
  const value = problem.value === undefined ? "null" : `'${problem.value}'`;
  return `Value ${value} at '${at}' failed to satisfy constraint: ${constraintText(problem.constraint)}`;
}
