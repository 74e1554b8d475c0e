import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigText } from "../../src/cli/kubeconfig.ts";
import { systemClock } from "../../src/clock.ts";
import type { HttpHandler } from "../../src/http.ts";
import { connectToCluster } from "../../src/kube/connection.ts";
import { silentLogger } from "../../src/log.ts";
import { serve } from "../../src/sandbox/http-server.ts";
import { createKubeApi } from "../../src/sandbox/kube/kube-api.ts";
import { createWebhookCaller } from "../../src/sandbox/kube/webhook-call.ts";
import { sharedControlPlane } from "../../test/support/control-plane.ts";

/** One of the two servers that are compared. */
export interface ComparedServer {
  readonly name: "real" | "embedded";
  readonly http: HttpHandler;
  readonly kubeconfig: string;
  close(): Promise<void>;
}

/** Both servers, each reached over a socket, as any client reaches them. */
export async function startServers(): Promise<{ readonly real: ComparedServer; readonly embedded: ComparedServer }> {
  const plane = await sharedControlPlane();
  const real: ComparedServer = {
    name: "real",
    http: plane.admin.http,
    kubeconfig: plane.kubeconfig,
    // The hooks of the run end what is shared.
    close: () => Promise.resolve(),
  };
  return { real, embedded: await startEmbedded() };
}

async function startEmbedded(): Promise<ComparedServer> {
  const dir = await mkdtemp(join(tmpdir(), "fairlead-differential-"));
  const api = createKubeApi({
    clock: systemClock,
    random: Math.random,
    callWebhook: createWebhookCaller(systemClock),
  });
  const server = await serve(api.handle, { port: 0 });
  const kubeconfig = join(dir, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigText({ server: server.url, token: "sandbox" }));
  const connection = await connectToCluster({ kubeconfig, clock: systemClock, log: silentLogger });
  return {
    name: "embedded",
    http: connection.http,
    kubeconfig,
    async close() {
      await connection.close();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
