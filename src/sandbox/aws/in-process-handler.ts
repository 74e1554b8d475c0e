import type { HttpHandler, HttpRequest } from "../../http.ts";

/** The part of the SDK's `HttpRequest` that matters here. */
interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** What an SDK client takes as its option `requestHandler`. */
export interface InProcessHandler {
  handle(
    request: SdkRequest,
    options?: { readonly abortSignal?: AbortSignal | object },
  ): Promise<{ response: SdkResponse }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** Lets an AWS SDK client call `handle` directly: no socket, no real time. */
export function inProcessHandler(handle: HttpHandler): InProcessHandler {
  return {
    async handle(request, options) {
      const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]);
      const signal = options?.abortSignal instanceof AbortSignal ? { signal: options.abortSignal } : {};
      const response = await handle({
        method: request.method,
        path: pathWithQuery(request),
        headers: Object.fromEntries(headers) as Record<string, string>,
        ...bodyOf(request.body),
        ...signal,
      });
      return {
        response: { statusCode: response.status, headers: { ...response.headers }, body: await bytes(response.body) },
      };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function pathWithQuery({ path, query }: SdkRequest): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? (value as string[]) : [value as string | null])
      pairs.push(`${encodeURIComponent(name)}${item === null ? "" : `=${encodeURIComponent(item)}`}`);
  }
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

function bodyOf(body: unknown): Pick<HttpRequest, "body"> {
  if (body === undefined || body === null) return {};
  if (typeof body === "string" || body instanceof Uint8Array) return { body };
  throw new TypeError("streams are not supported as request bodies");
}

async function bytes(body: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
