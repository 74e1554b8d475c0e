import { createServer, type Server } from "node:http";
import { AppError, errorMessage } from "../errors.ts";
import type { OperatorHealth } from "../operator/operator.ts";

export interface HealthServerOptions {
  /** `host:port`; an empty host means all addresses, and port 0 switches the server off. */
  readonly healthAddress: string;
  readonly metricsAddress: string;
  readonly health: () => OperatorHealth;
  readonly metrics: () => Promise<string>;
}

/** Serves `/healthz`, `/readyz` and `/metrics`. Rejects when an address cannot be used. */
export async function serveHealth(options: HealthServerOptions): Promise<{ close(): Promise<void> }> {
  const { health, metrics } = options;
  const probe = (ok: (state: OperatorHealth) => boolean) => async (): Promise<Answer> => {
    const state = health();
    return { status: ok(state) ? 200 : 503, body: ok(state) ? "ok\n" : `${state.problems.join("\n")}\n` };
  };
  const servers = [
    await listen("health-probe-bind-addr", options.healthAddress, {
      "/healthz": probe(({ live }) => live),
      "/readyz": probe(({ ready }) => ready),
    }),
    await listen("metrics-bind-addr", options.metricsAddress, {
      "/metrics": async () => ({ status: 200, body: await metrics() }),
    }),
  ];
  return {
    async close() {
      await Promise.all(servers.map(closed));
    },
  };
}

function closed(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (server === undefined) resolve();
    else server.close(() => resolve());
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function listen(
  flag: string,
  address: string,
  routes: Readonly<Record<string, () => Promise<Answer>>>,
): Promise<Server | undefined> {
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  const host = address.slice(0, Math.max(0, colon));
  if (colon < 0 || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AppError(`--${flag}: "${address}" is not an address such as :8080 or 127.0.0.1:8080`, {
      class: "invalid",
      code: "InvalidFlag",
    });
  }
  if (port === 0) return undefined;
  const server = createServer((request, response) => {
    const route = routes[(request.url ?? "").split("?")[0] ?? ""];
    const answer = route?.() ?? Promise.resolve({ status: 404, body: "not found\n" });
    answer
      .catch((error: unknown) => ({ status: 500, body: `${errorMessage(error)}\n` }))
      .then(({ status, body }) => response.writeHead(status, { "content-type": "text/plain; version=0.0.4" }).end(body))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new AppError(`--${flag}: ${address} cannot be used: ${error.message}`, {
          class: "invalid",
          code: "InvalidFlag",
          cause: error,
        }),
      ),
    );
    server.listen(port, host === "" ? undefined : host, resolve);
  });
  return server;
}
