import type { HttpResponse } from "../../http.ts";
import type { StatusError } from "./status-error.ts";
import { warningHeaders } from "./warning-headers.ts";

export function jsonAnswer(status: number, value: unknown, warnings: readonly string[] = []): HttpResponse {
  return jsonTextAnswer(status, `${JSON.stringify(value)}\n`, warnings);
}

export function jsonTextAnswer(status: number, text: string, warnings: readonly string[] = []): HttpResponse {
  const headers = warningHeaders(warnings);
  return {
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-cache, private",
      ...(headers.length === 0 ? {} : { warning: headers.join(", ") }),
    },
    body: text,
  };
}

/** What is said of an action that has made no object of its own, such as an eviction. */
export const CREATED: HttpResponse = jsonAnswer(201, {
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Success",
  code: 201,
});

export function errorAnswer(error: StatusError, warnings: readonly string[] = []): HttpResponse {
  const answer = jsonAnswer(error.status, error.toStatus(), warnings);
  const retryAfter = error.statusDetails?.retryAfterSeconds;
  return retryAfter === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, "retry-after": String(retryAfter) } };
}

/** What the API server says to paths that it does not serve at all. */
export function pageNotFound(): HttpResponse {
  return {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: "404 page not found\n",
  };
}

/** What the HTTP server says to a path that it cannot decode. */
export function badPath(): HttpResponse {
  return { status: 400, headers: { "content-type": "text/plain; charset=utf-8" }, body: "400 Bad Request" };
}
