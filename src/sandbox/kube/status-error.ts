import { AppError, type ErrorClass } from "../../errors.ts";
import type { FieldError } from "./resource-definition.ts";

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** Which resource an error is about; `resource` is the plural, `kind` the kind. */
export interface ErrorSubject {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
}

/** A failure that the client sees as a `Status` object; texts are the API server's own (apimachinery `api/errors`). */
export class StatusError extends AppError {
  override readonly name = "StatusError";
  readonly status: number;
  readonly reason: string;
  readonly statusDetails: StatusDetails | undefined;
  /** `metadata.continue` of an expired list. */
  readonly continueToken: string | undefined;

  constructor(
    status: number,
    reason: string,
    message: string,
    options: { details?: StatusDetails; continueToken?: string; cause?: unknown } = {},
  ) {
    super(message, { class: classOf(status), code: reason === "" ? "Unknown" : reason, cause: options.cause });
    this.status = status;
    this.reason = reason;
    this.statusDetails = options.details;
    this.continueToken = options.continueToken;
  }

  /** The `Status` object of the wire. */
  toStatus(): Record<string, unknown> {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: "Failure",
      message: this.message,
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.statusDetails === undefined ? {} : { details: this.statusDetails }),
      code: this.status,
    };
  }
}

function classOf(status: number): ErrorClass {
  if (status === 404) return "missing";
  if (status === 409) return "conflict";
  if (status === 403 || status === 401) return "denied";
  return status >= 500 || status === 429 ? "transient" : "invalid";
}

export function qualifiedResource(subject: ErrorSubject): string {
  return subject.group === "" ? subject.resource : `${subject.resource}.${subject.group}`;
}

function resourceDetails(subject: ErrorSubject, name: string): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(subject.group === "" ? {} : { group: subject.group }),
    kind: subject.resource,
  };
}

export function notFound(subject: ErrorSubject, name: string): StatusError {
  return new StatusError(404, "NotFound", `${qualifiedResource(subject)} "${name}" not found`, {
    details: resourceDetails(subject, name),
  });
}

export function alreadyExists(subject: ErrorSubject, name: string, isGoing = false): StatusError {
  const prefix = isGoing ? "object is being deleted: " : "";
  return new StatusError(409, "AlreadyExists", `${prefix}${qualifiedResource(subject)} "${name}" already exists`, {
    details: resourceDetails(subject, name),
  });
}

export function conflict(subject: ErrorSubject, name: string, why: string): StatusError {
  return new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualifiedResource(subject)} "${name}": ${why}`,
    {
      details: resourceDetails(subject, name),
    },
  );
}

export function modified(subject: ErrorSubject, name: string): StatusError {
  return conflict(
    subject,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

export function forbidden(
  subject: ErrorSubject,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): StatusError {
  const what =
    name === "" ? `${qualifiedResource(subject)} is forbidden` : `${qualifiedResource(subject)} "${name}" is forbidden`;
  return new StatusError(403, "Forbidden", `${what}: ${why}`, {
    details: { ...resourceDetails(subject, name), ...(causes === undefined ? {} : { causes }) },
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

/** The router of the built-in kinds, which says it, knows paths and not resources: `details` tells none. */
export function methodNotAllowed(subject: ErrorSubject & { readonly custom: boolean }, verb = ""): StatusError {
  if (!subject.custom) return noRoute(405);
  const details = { ...(subject.group === "" ? {} : { group: subject.group }), kind: subject.resource };
  const message = `${verb} is not supported on resources of kind "${qualifiedResource(subject)}"`;
  return new StatusError(405, "MethodNotAllowed", message, { details });
}

/** For a path below a group version that is served, where there is no resource. */
export function noSuchResource(): StatusError {
  return new StatusError(404, "NotFound", "the server could not find the requested resource", { details: {} });
}

/** A body of more bytes than the API server reads. */
export function tooLarge(limit: number): StatusError {
  return new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limit}`);
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );
}

/** What the router in front of the built-in kinds refuses by itself. */
export function noRoute(status: 405 | 415): StatusError {
  if (status === 415)
    return new StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", { details: {} });
  return new StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {
    details: {},
  });
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  return new StatusError(406, "NotAcceptable", `only the following media types are accepted: ${accepted.join(", ")}`);
}

export function expired(message: string, continueToken?: string): StatusError {
  return new StatusError(410, "Expired", message, continueToken === undefined ? {} : { continueToken });
}

export function invalid(subject: ErrorSubject, name: string, errors: readonly FieldError[]): StatusError {
  const texts = [...new Set(errors.map((error) => fieldErrorText(error)))];
  const kind = subject.group === "" ? subject.kind : `${subject.kind}.${subject.group}`;
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return new StatusError(422, "Invalid", `${kind} "${name}" is invalid: ${list}`, {
    details: {
      ...(name === "" ? {} : { name }),
      ...(subject.group === "" ? {} : { group: subject.group }),
      ...(subject.kind === "" ? {} : { kind: subject.kind }),
      causes: errors.map((error) => ({ reason: error.type, message: error.detail, field: error.field })),
    },
  });
}

export function fieldErrorText(error: FieldError): string {
  return error.field === "" ? error.detail : `${error.field}: ${error.detail}`;
}

export function internalError(message: string, cause?: unknown): StatusError {
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`, {
    details: { causes: [{ message }] },
    cause,
  });
}
