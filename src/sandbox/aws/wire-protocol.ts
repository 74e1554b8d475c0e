import type { HttpRequest, HttpResponse } from "../../http.ts";
import { AwsError } from "./aws-error.ts";
import { decodeForm } from "./query-decoder.ts";
import type { AwsService, Operation, Protocol, Result } from "./service.ts";
import { encodeXml, escapeXml } from "./xml-encoder.ts";

/** The operation that a request names, with its parameters still untyped. */
export interface LocatedCall {
  readonly service: AwsService;
  /** As the request names it; undefined in `operation` when the service does not know it. */
  readonly operationName: string;
  readonly operation: Operation | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Finds service and operation by path, `x-amz-target` or form `Version`, as one endpoint for all services has to. */
export class CallLocator {
  readonly #targets: { readonly prefix: string; readonly service: AwsService }[] = [];
  readonly #versions = new Map<string, AwsService>();
  readonly #operations = new Map<AwsService, ReadonlyMap<string, Operation>>();
  readonly #routes: { readonly service: AwsService; readonly operation: Operation; readonly segments: string[] }[] = [];
  readonly #restService: AwsService | undefined;

  constructor(services: readonly AwsService[]) {
    for (const service of services) {
      this.#operations.set(service, new Map(service.operations.map((operation) => [operation.name, operation])));
      if (service.protocol.kind === "json") this.#targets.push({ prefix: service.protocol.targetPrefix, service });
      if (service.protocol.kind === "query" || service.protocol.kind === "ec2")
        this.#versions.set(service.protocol.version, service);
      for (const operation of service.operations) {
        if (service.protocol.kind === "rest-json" && operation.http !== undefined)
          this.#routes.push({ service, operation, segments: operation.http.path.split("/").slice(1) });
      }
    }
    this.#restService = services.find((service) => service.protocol.kind === "rest-json");
  }

  /** Returns undefined when the request fits no service at all. */
  locate(request: HttpRequest): LocatedCall | undefined {
    const target = request.headers["x-amz-target"];
    if (target !== undefined) return this.#byTarget(target, request);
    const queryAt = request.path.indexOf("?");
    const path = queryAt === -1 ? request.path : request.path.slice(0, queryAt);
    const query = new URLSearchParams(queryAt === -1 ? "" : request.path.slice(queryAt + 1));
    if (path !== "/" && path !== "") return this.#byRoute(request, path, query);
    return this.#byForm(request, query);
  }

  #byTarget(target: string, request: HttpRequest): LocatedCall | undefined {
    const found = this.#targets.find(({ prefix }) => target.startsWith(prefix));
    if (found === undefined) return undefined;
    const operationName = target.slice(found.prefix.length);
    return {
      service: found.service,
      operationName,
      operation: this.#operations.get(found.service)?.get(operationName),
      parameters: jsonBody(request),
    };
  }

  #byRoute(request: HttpRequest, path: string, query: URLSearchParams): LocatedCall | undefined {
    const segments = path.replace(/\/$/, "").split("/").slice(1);
    for (const route of this.#routes) {
      if (route.operation.http?.method !== request.method) continue;
      const labels = matchSegments(route.segments, segments);
      if (labels === undefined) continue;
      const { operation, service } = route;
      const parameters = { ...jsonBody(request), ...labels, ...queryMembers(operation, query) };
      return { service, operationName: operation.name, operation, parameters };
    }
    if (this.#restService === undefined) return undefined;
    return {
      service: this.#restService,
      operationName: `${request.method} ${path}`,
      operation: undefined,
      parameters: {},
    };
  }

  #byForm(request: HttpRequest, query: URLSearchParams): LocatedCall | undefined {
    const form = request.method === "GET" ? query : new URLSearchParams(bodyText(request));
    const service = this.#versions.get(form.get("Version") ?? "");
    if (service === undefined) return undefined;
    const operationName = form.get("Action") ?? "";
    for (const name of ["Action", "Version"]) form.delete(name);
    return {
      service,
      operationName,
      operation: this.#operations.get(service)?.get(operationName),
      parameters: decodeForm(form, service.protocol.kind === "ec2" ? "flat" : "member"),
    };
  }
}

export interface ResponseContext {
  readonly requestId: string;
  /** Wall time in milliseconds, for the `Date` header from which SDKs compute clock skew. */
  readonly now: number;
}

export function encodeResult(
  protocol: Protocol,
  operationName: string,
  result: Result,
  { requestId, now }: ResponseContext,
): HttpResponse {
  switch (protocol.kind) {
    case "query": {
      const inner = result === undefined ? "" : encodeXml(result, "member");
      const wrapped =
        result === undefined && protocol.voidResult === "none"
          ? ""
          : `<${operationName}Result>${inner}</${operationName}Result>`;
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      const body = `<${operationName}Response xmlns="${protocol.namespace}">${wrapped}${metadata}</${operationName}Response>`;
      return response(200, "text/xml", body, { requestId, now });
    }
    case "ec2": {
      const inner = result === undefined ? "<return>true</return>" : encodeXml(result, "item");
      const body =
        `<?xml version="1.0" encoding="UTF-8"?>\n<${operationName}Response xmlns="${protocol.namespace}">` +
        `<requestId>${requestId}</requestId>${inner}</${operationName}Response>`;
      return response(200, "text/xml;charset=UTF-8", body, { requestId, now });
    }
    case "json": {
      const body = result === undefined ? "{}" : JSON.stringify(jsonValue(result));
      return response(200, "application/x-amz-json-1.1", body, { requestId, now });
    }
    case "rest-json": {
      const body = result === undefined ? "{}" : JSON.stringify(jsonValue(result));
      return response(200, "application/json", body, { requestId, now });
    }
  }
}

export function encodeError(protocol: Protocol, error: AwsError, { requestId, now }: ResponseContext): HttpResponse {
  const message = escapeXml(error.message);
  switch (protocol.kind) {
    case "query": {
      const type = error.status >= 500 ? "Receiver" : "Sender";
      const inner = `<Error><Type>${type}</Type><Code>${error.code}</Code><Message>${message}</Message></Error>`;
      const body = `<ErrorResponse xmlns="${protocol.namespace}">${inner}<RequestId>${requestId}</RequestId></ErrorResponse>`;
      return response(error.status, "text/xml", body, { requestId, now });
    }
    case "ec2": {
      const inner = `<Errors><Error><Code>${error.code}</Code><Message>${message}</Message></Error></Errors>`;
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${inner}<RequestID>${requestId}</RequestID></Response>`;
      return response(error.status, "text/xml;charset=UTF-8", body, { requestId, now });
    }
    case "json": {
      const members = jsonValue(error.members) as Record<string, unknown>;
      const body = JSON.stringify({ __type: error.code, message: error.message, ...members });
      return response(error.status, "application/x-amz-json-1.1", body, { requestId, now });
    }
    case "rest-json": {
      const members = jsonValue(error.members) as Record<string, unknown>;
      const body = JSON.stringify({ message: error.message, ...members });
      const answer = response(error.status, "application/json", body, { requestId, now });
      return { ...answer, headers: { ...answer.headers, "x-amzn-errortype": error.code } };
    }
  }
}

/** Answer to a request that fits no service: an unknown API version (Classic ELB's, for one) or target. */
export function encodeUnroutable(request: HttpRequest, context: ResponseContext): HttpResponse {
  const isForm = (request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  const text = "The request fits no service of this endpoint";
  return isForm
    ? encodeError(
        { kind: "query", version: "", namespace: "", voidResult: "none" },
        new AwsError("InvalidAction", text),
        context,
      )
    : encodeError({ kind: "json", targetPrefix: "" }, new AwsError("UnknownOperationException", text), context);
}

/** Body of a request as text. */
export function bodyText(request: HttpRequest): string {
  if (request.body === undefined) return "";
  return typeof request.body === "string" ? request.body : new TextDecoder().decode(request.body);
}

function response(
  status: number,
  contentType: string,
  body: string,
  { requestId, now }: ResponseContext,
): HttpResponse & { readonly body: string } {
  return {
    status,
    headers: {
      "content-type": contentType,
      "x-amzn-requestid": requestId,
      date: new Date(now).toUTCString(),
    },
    body,
  };
}

function jsonBody(request: HttpRequest): Record<string, unknown> {
  const text = bodyText(request);
  if (text === "") return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch (cause) {
    throw new AwsError("SerializationException", "the body is not JSON", { cause });
  }
  throw new AwsError("SerializationException", "the body is not a JSON object");
}

/** Values as JSON protocols carry them: dates as seconds since the epoch, maps as objects. */
function jsonValue(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, jsonValue(inner)]));
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonValue(inner)]));
}

/** Labels are decoded only after the path was split: an ARN in a path is one segment. */
function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const labels: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith("{")) labels[part.slice(1, -1)] = decodeURIComponent(segment);
    else if (part !== segment) return undefined;
  }
  return labels;
}

function queryMembers(operation: Operation, query: URLSearchParams): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(operation.http?.query ?? {})) {
    const values = query.getAll(name);
    if (values.length === 0) continue;
    members[member] = operation.members[member]?.isList === true ? values : values[0];
  }
  return members;
}
