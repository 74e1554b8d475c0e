import { AppError, type ErrorClass } from "../errors.ts";

/** The parts of `metav1.Status` that we read. */
interface ApiStatus {
  readonly kind?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly details?: {
    readonly retryAfterSeconds?: unknown;
    readonly causes?: readonly { readonly reason?: unknown; readonly field?: unknown; readonly message?: unknown }[];
  };
}

export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it came: JSON of a `Status`, or the text of a proxy. */
  readonly body: string;
}

/** What the status codes mean where the body gives no reason (API conventions, "HTTP Status codes"). */
const byStatus: Readonly<Record<number, { readonly reason: string; readonly class: ErrorClass }>> = {
  400: { reason: "BadRequest", class: "invalid" },
  // A token that has just been rotated; the connection has read it again already.
  401: { reason: "Unauthorized", class: "transient" },
  403: { reason: "Forbidden", class: "denied" },
  404: { reason: "NotFound", class: "missing" },
  405: { reason: "MethodNotAllowed", class: "bug" },
  406: { reason: "NotAcceptable", class: "bug" },
  409: { reason: "Conflict", class: "conflict" },
  410: { reason: "Expired", class: "transient" },
  413: { reason: "RequestEntityTooLarge", class: "invalid" },
  415: { reason: "UnsupportedMediaType", class: "bug" },
  422: { reason: "Invalid", class: "invalid" },
  429: { reason: "TooManyRequests", class: "transient" },
  500: { reason: "InternalError", class: "transient" },
  502: { reason: "BadGateway", class: "transient" },
  503: { reason: "ServiceUnavailable", class: "transient" },
  504: { reason: "Timeout", class: "transient" },
};

/** Longest text of a body that is no `Status`; proxies answer with whole pages. */
const maxTextLength = 200;

/**
 * Turns every failed answer of the Kubernetes API into one AppError: `code` is the API's `reason`, `details.status` the
 * HTTP status, `details.field` the first field that was refused. `what` says what was tried: `get Service shop/web`.
 */
export function apiError(what: string, answer: FailedAnswer): AppError {
  const status = parseStatus(answer.body);
  const known = byStatus[answer.status] ?? {
    reason: `Status${answer.status}`,
    class: answer.status >= 500 ? "transient" : "bug",
  };
  const cause = status?.details?.causes?.[0];
  let reason = text(status?.reason) ?? known.reason;
  let errorClass = known.class;
  if (answer.status === 403 && cause?.reason === "NamespaceTerminating") {
    // Not a question of permission: nothing can be created there any more.
    reason = "NamespaceTerminating";
    errorClass = "missing";
  }
  const message = text(status?.message) ?? plainText(answer) ?? known.reason;
  const retryAfterMs = retryAfter(answer.headers["retry-after"], status);
  const field = text(cause?.field);
  return new AppError(`${what} failed: ${message}`, {
    class: errorClass,
    code: reason,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details: { status: answer.status, ...(field === undefined ? {} : { field }) },
  });
}

/** The error that an `ERROR` event of a watch carries as its object. */
export function watchError(what: string, object: unknown): AppError {
  const status = typeof object === "object" && object !== null ? (object as ApiStatus) : {};
  const code = typeof status.code === "number" ? status.code : 500;
  return apiError(what, { status: code, headers: {}, body: JSON.stringify(object ?? null) });
}

/** Whether a list or watch must start over because the API server no longer has the version asked for. */
export function isExpired(error: unknown): boolean {
  return (
    error instanceof AppError && (error.details["status"] === 410 || error.code === "Expired" || error.code === "Gone")
  );
}

function parseStatus(body: string): ApiStatus | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as ApiStatus;
  } catch {
    return undefined;
  }
}

function plainText(answer: FailedAnswer): string | undefined {
  if (/html/i.test(answer.headers["content-type"] ?? "")) return undefined;
  const line = answer.body.replace(/\s+/g, " ").trim();
  if (line === "") return undefined;
  return line.length > maxTextLength ? `${line.slice(0, maxTextLength)}…` : line;
}

function retryAfter(header: string | undefined, status: ApiStatus | undefined): number | undefined {
  const seconds = header === undefined ? status?.details?.retryAfterSeconds : Number(header);
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
