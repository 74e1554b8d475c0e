/**
 * HTTP as plain data, so that clients can be given a real connection or a function, and servers can be
 * called without a socket (tests in simulated time use neither sockets nor real timers).
 */
export interface HttpRequest {
  readonly method: string;
  /** Path with query, as on the request line. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /**
   * Called when the request is about to be written to its connection, after all waiting for credentials and connections;
   * what it throws keeps the request back and is how the request fails.
   */
  readonly beforeSend?: () => void;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whole, or in chunks as they come (watches). A consumer reads it to the end or calls `return()`. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** Answers one request. Rejects only for transport failures, never for a status code. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;
