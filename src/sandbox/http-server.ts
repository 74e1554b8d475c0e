import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { HttpHandler, HttpResponse } from "../http.ts";

export interface ServeOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** PEM texts; without them the server speaks plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /** Ends open requests and connections at once. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";

/** Serves a handler on the loopback interface. Rejects when the port is taken. */
export async function serve(handler: HttpHandler, { port, tls }: ServeOptions): Promise<HttpServer> {
  const running = new Set<AbortController>();
  const sockets = new Set<Socket>();
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const controller = new AbortController();
    running.add(controller);
    response.on("close", () => {
      running.delete(controller);
      controller.abort();
    });
    // Never rejects: failures end the response.
    void answer(handler, request, response, controller.signal);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const actual = (server.address() as AddressInfo).port;
  return {
    url: `${tls === undefined ? "http" : "https"}://${HOST}:${actual}`,
    port: actual,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const controller of running) controller.abort();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function answer(
  handler: HttpHandler,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  try {
    const body = await readBody(request);
    const result = await handler({
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: headersOf(request),
      ...(body.length === 0 ? {} : { body }),
      signal,
    });
    await write(result, response, request.method === "HEAD");
  } catch {
    // The client went away, or the handler broke the connection on purpose: HttpHandler rejects for nothing else.
    response.destroy();
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

async function write(result: HttpResponse, response: ServerResponse, headOnly: boolean): Promise<void> {
  const { body } = result;
  if (typeof body === "string" || body instanceof Uint8Array) {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    response.writeHead(result.status, { ...result.headers, "content-length": bytes.length });
    response.end(headOnly ? undefined : bytes);
    return;
  }
  response.writeHead(result.status, result.headers);
  response.flushHeaders();
  for await (const chunk of body) {
    if (response.destroyed) break;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}
