import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, sleep } from "../../clock.ts";
import type { ControlPlaneAssets } from "./assets.ts";
import { type ChildProgram, runProgram } from "./child-program.ts";

export interface ControlPlaneOptions {
  /** Paces the looks at whether the server is ready. */
  readonly clock: Clock;
  readonly assets: ControlPlaneAssets;
  /** 0 or absent picks a free port. */
  readonly port?: number;
  /** Further flags of kube-apiserver, such as `--event-ttl=1m`. */
  readonly apiServerFlags?: readonly string[];
}

/** A kube-apiserver and its etcd on loopback, with TLS, RBAC and service account tokens; nothing outlives `stop`. */
export interface ControlPlane {
  readonly url: string;
  /** PEM text of the authority of the server's certificate. */
  readonly certificateAuthority: string;
  /** Bearer token of a member of `system:masters`. */
  readonly adminToken: string;
  readonly etcdUrl: string;
  /** Ends the API server, by SIGTERM or in the middle of what it does. etcd goes on. */
  stopApiServer(how?: "stop" | "kill"): Promise<void>;
  /** Starts it again, on the same port and data; resolves once it is ready. */
  startApiServer(): Promise<void>;
  signalApiServer(signal: NodeJS.Signals): void;
  /** Rejects when one of the programs ends by itself. */
  readonly died: Promise<never>;
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const readyLimitMs = 120_000;

/** Service addresses of the sandbox's cluster, as EKS gives them to a VPC in 192.168.0.0/16. */
const serviceRange = "10.100.0.0/16";

/** Resolves once the API server says that it is ready. Rejects with the end of a program's output when it dies before that. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { clock } = options;
  const dir = await mkdtemp(join(tmpdir(), "fairlead-control-plane-"));
  const adminToken = randomBytes(24).toString("base64url");
  const programs: ChildProgram[] = [];
  let stopping = false;
  const cleanUp = async (): Promise<void> => {
    stopping = true;
    for (const program of programs.toReversed()) await program.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await writeCredentials(dir, adminToken);
    const etcdPort = await freePort();
    const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
    const etcdUrl = `http://${host}:${etcdPort}`;
    const url = `https://${host}:${port}`;
    const etcd = runProgram(options.assets.etcd, etcdFlags(dir, etcdUrl), { cwd: dir, clock });
    programs.push(etcd);
    const { promise: died, reject } = Promise.withResolvers<never>();
    died.catch(() => undefined);
    etcd.died.catch(reject);
    let apiServer: ChildProgram | undefined;
    let authority = "";
    const startApiServer = async (): Promise<void> => {
      const flags = [...apiServerFlags(dir, etcdUrl, port), ...(options.apiServerFlags ?? [])];
      apiServer = runProgram(options.assets.apiServer, flags, { cwd: dir, clock });
      programs[1] = apiServer;
      apiServer.died.catch(reject);
      authority = await Promise.race([
        ready({ dir, url, token: adminToken, clock, abandoned: () => stopping }),
        apiServer.died,
        etcd.died,
      ]);
    };
    await startApiServer();
    return {
      url,
      certificateAuthority: authority,
      adminToken,
      etcdUrl,
      startApiServer,
      stopApiServer: async (how = "stop") => apiServer?.[how](),
      signalApiServer: (signal) => apiServer?.signal(signal),
      died,
      stop: cleanUp,
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

function etcdFlags(dir: string, url: string): string[] {
  return [
    `--data-dir=${join(dir, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=http://${host}:0`,
    // What is written here is not meant to outlive the machine.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiServerFlags(dir: string, etcdUrl: string, port: number): string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    `--bind-address=${host}`,
    `--advertise-address=${host}`,
    `--secure-port=${port}`,
    // Empty at first: the server makes a key and a certificate of its own there.
    `--cert-dir=${join(dir, "tls")}`,
    `--token-auth-file=${join(dir, "tokens.csv")}`,
    `--service-account-key-file=${join(dir, "service-accounts.key")}`,
    `--service-account-signing-key-file=${join(dir, "service-accounts.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-cluster-ip-range=${serviceRange}`,
    "--authorization-mode=RBAC",
    "--anonymous-auth=false",
    "--allow-privileged=true",
    // Loopback addresses are not allowed as endpoints of the Service `kubernetes`.
    "--endpoint-reconciler-type=none",
    "--profiling=false",
    "--v=1",
  ];
}

async function writeCredentials(dir: string, adminToken: string): Promise<void> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await mkdir(join(dir, "tls"), { mode: 0o700 });
  const key = privateKey.export({ type: "pkcs1", format: "pem" });
  await writeFile(join(dir, "service-accounts.key"), key, { mode: 0o600 });
  await writeFile(join(dir, "tokens.csv"), `${adminToken},kubernetes-admin,kubernetes-admin,"system:masters"\n`, {
    mode: 0o600,
  });
}

interface ReadyOptions {
  readonly dir: string;
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
  /** Whether to give up. */
  readonly abandoned: () => boolean;
}

/** Waits for `/readyz`, and gives the certificates that the server has made, its authority among them. */
async function ready({ dir, url, token, clock, abandoned }: ReadyOptions): Promise<string> {
  let last: unknown;
  for (let waited = 0; waited < readyLimitMs && !abandoned(); waited += 50) {
    try {
      const ca = await readFile(join(dir, "tls", "apiserver.crt"), "utf8");
      const { status, text } = await get(`${url}/readyz`, ca, token);
      if (status === 200) return ca;
      last = new Error(text);
    } catch (error) {
      last = error;
    }
    await sleep(clock, 50);
  }
  throw new Error(`kube-apiserver is not ready after ${readyLimitMs / 1000} s`, { cause: last });
}

function get(url: string, ca: string, token: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const call = request(url, { ca, headers, agent: false, timeout: 5_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    call.on("timeout", () => call.destroy(new Error("no answer in 5 s")));
    call.on("error", reject);
    call.end();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
