import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, sleep, type Timer } from "../clock.ts";
import { AppError, errorMessage } from "../errors.ts";
import type { HttpHandler } from "../http.ts";
import { connectToCluster, type KubeConnection } from "../kube/connection.ts";
import type { Logger } from "../log.ts";
import { operatorAccount } from "../operator/rbac-manifests.ts";
import { findAssets } from "../sandbox/control-plane/assets.ts";
import { type ControlPlane, startControlPlane } from "../sandbox/control-plane/control-plane.ts";
import { kubeconfigText } from "./kubeconfig.ts";

export interface RealKubeOptions {
  /** An existing folder for the kubeconfig files. */
  readonly dir: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Where the programs are looked for (`findAssets`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A real API server for the sandbox, with the connection of its administrator. */
export interface RealKube {
  readonly plane: ControlPlane;
  readonly kubeconfig: string;
  readonly http: HttpHandler;
  /**
   * Writes a kubeconfig for the operator's ServiceAccount and keeps its token fresh. Resolves once the rights of the account,
   * which have to be there already, are in effect.
   */
  writeOperatorKubeconfig(): Promise<string>;
  close(): Promise<void>;
}

/** An hour, as the token that kubelet gives to a pod. */
const tokenSeconds = 3_607;
/** Renewed as kubelet does it, when a fifth of the time is left. */
const renewAfterMs = tokenSeconds * 800;
const renewAgainMs = 30_000;
const rightsLimitMs = 30_000;

/** Rejects with `ControlPlaneMissing` when the programs are not there, and with the end of their output when they fail. */
export async function startRealKube(options: RealKubeOptions): Promise<RealKube> {
  const { clock, log, dir } = options;
  const plane = await startControlPlane({
    clock,
    assets: await findAssets(options.environment),
    port: options.port,
  });
  const connections: KubeConnection[] = [];
  let renewal: Timer | undefined;
  let closed = false;

  const write = async (file: string, token: string): Promise<string> => {
    const { url: server, certificateAuthority } = plane;
    const path = join(dir, file);
    // Renamed, so that nobody reads half of it.
    await writeFile(`${path}.new`, kubeconfigText({ server, token, certificateAuthority }), { mode: 0o600 });
    await rename(`${path}.new`, path);
    return path;
  };
  const connect = async (kubeconfig: string): Promise<KubeConnection> => {
    const connection = await connectToCluster({ kubeconfig, clock, log });
    connections.push(connection);
    return connection;
  };
  const close = async (): Promise<void> => {
    closed = true;
    renewal?.cancel();
    await Promise.all(connections.map((connection) => connection.close()));
    await plane.stop();
  };

  try {
    const kubeconfig = await write("kubeconfig", plane.adminToken);
    const { http } = await connect(kubeconfig);
    const renew = async (): Promise<string> => {
      let next = renewAgainMs;
      try {
        const file = await write("operator.kubeconfig", await operatorToken(http));
        next = renewAfterMs;
        return file;
      } finally {
        if (!closed) renewal = clock.setTimer(next, () => void renew().catch(warn));
      }
    };
    const warn = (error: unknown): void => {
      if (!closed) log.warn("the operator's token was not renewed, will try again", { error: errorMessage(error) });
    };
    return {
      plane,
      kubeconfig,
      http,
      async writeOperatorKubeconfig() {
        const file = await renew();
        const operator = await connect(file);
        await untilAllowed(operator.http, clock);
        return file;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function operatorToken(http: HttpHandler): Promise<string> {
  const { namespace, name } = operatorAccount;
  const response = await http({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: tokenSeconds },
    }),
  });
  const text = await textOf(response.body);
  if (response.status !== 201)
    throw new AppError(`no token for ${namespace}/${name}: ${text}`, { class: "transient", code: "NoToken" });
  return (JSON.parse(text) as { readonly status: { readonly token: string } }).status.token;
}

/** The authoriser of the API server learns of rules a moment after they were written. */
async function untilAllowed(http: HttpHandler, clock: Clock): Promise<void> {
  for (let waited = 0; ; waited += 20) {
    const response = await http({ method: "GET", path: "/api/v1/pods?limit=1", headers: {} });
    const text = await textOf(response.body);
    if (response.status === 200) return;
    if (waited >= rightsLimitMs)
      throw new AppError(`the operator's account is refused: ${text}`, { class: "denied", code: "NoRights" });
    await sleep(clock, 20);
  }
}

async function textOf(body: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
