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
import { sharedControlPlane, startTestControlPlane, type TestControlPlane } from "../../test/support/control-plane.ts";

/** One of the two servers that are compared. */
export interface ComparedServer {
  readonly name: "real" | "embedded";
  readonly http: HttpHandler;
  readonly kubeconfig: string;
  /** Forgets all versions but the present one, as a cluster does in time. Only servers that nobody shares can. */
  compact?(): Promise<void>;
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

/** Servers of one scenario's own, which can be compacted. */
export async function startOwnServers(): Promise<{
  readonly real: ComparedServer;
  readonly embedded: ComparedServer;
}> {
  const plane = await startTestControlPlane();
  const real: ComparedServer = {
    name: "real",
    http: plane.admin.http,
    kubeconfig: plane.kubeconfig,
    compact: () => compactEtcd(plane),
    close: () => plane.stop(),
  };
  return { real, embedded: await startEmbedded() };
}

async function compactEtcd({ controlPlane }: TestControlPlane): Promise<void> {
  const etcd = async (path: string, body: object): Promise<{ readonly header: { readonly revision: string } }> => {
    const response = await fetch(`${controlPlane.etcdUrl}${path}`, { method: "POST", body: JSON.stringify(body) });
    if (response.status !== 200) throw new Error(`etcd: ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { readonly header: { readonly revision: string } };
  };
  // Nothing may be written between the compaction and the end of the server that still remembers.
  await controlPlane.stopApiServer("kill");
  const { header } = await etcd("/v3/kv/range", { key: Buffer.from("a").toString("base64") });
  await etcd("/v3/kv/compaction", { revision: header.revision, physical: true });
  await controlPlane.startApiServer();
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
    compact: () => Promise.resolve(api.compact()),
    async close() {
      await connection.close();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
