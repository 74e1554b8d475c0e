import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigText } from "../../src/cli/kubeconfig.ts";
import { systemClock } from "../../src/clock.ts";
import { connectToCluster, type KubeConnection } from "../../src/kube/connection.ts";
import { silentLogger } from "../../src/log.ts";
import { findAssets } from "../../src/sandbox/control-plane/assets.ts";
import { type ControlPlane, startControlPlane } from "../../src/sandbox/control-plane/control-plane.ts";

/** A real API server and a connection to it as cluster administrator. */
export interface TestControlPlane {
  readonly controlPlane: ControlPlane;
  /** Of the administrator. */
  readonly kubeconfig: string;
  readonly admin: KubeConnection;
  /** A connection with another token, such as that of a service account. */
  connect(token: string): Promise<KubeConnection>;
  stop(): Promise<void>;
}

/** One for a test that stops or breaks it; others share one (`sharedControlPlane`). */
export async function startTestControlPlane(apiServerFlags: readonly string[] = []): Promise<TestControlPlane> {
  const dir = await mkdtemp(join(tmpdir(), "fairlead-e2e-"));
  const controlPlane = await startControlPlane({
    clock: systemClock,
    assets: await findAssets(process.env),
    apiServerFlags,
  });
  const connections: KubeConnection[] = [];
  const { url: server, certificateAuthority, adminToken } = controlPlane;
  const writeConfig = async (token: string): Promise<string> => {
    const file = join(dir, `kubeconfig-${connections.length}`);
    await writeFile(file, kubeconfigText({ server, token, certificateAuthority }), { mode: 0o600 });
    return file;
  };
  const connect = async (token: string): Promise<KubeConnection> => {
    const kubeconfig = await writeConfig(token);
    const connection = await connectToCluster({ kubeconfig, clock: systemClock, log: silentLogger });
    connections.push(connection);
    return connection;
  };
  const kubeconfig = await writeConfig(adminToken);
  const admin = await connect(adminToken);
  return {
    controlPlane,
    kubeconfig,
    admin,
    connect,
    async stop() {
      await Promise.all(connections.map((connection) => connection.close()));
      await controlPlane.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

let shared: Promise<TestControlPlane> | undefined;

/** The control plane of this process, started when it is first asked for. */
export function sharedControlPlane(): Promise<TestControlPlane> {
  return (shared ??= startTestControlPlane());
}

/** Ends the shared one, if it was started. */
export async function stopSharedControlPlane(): Promise<void> {
  const running = shared;
  shared = undefined;
  await (await running)?.stop();
}
