import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { ingressKind } from "../../../src/api/builtin.ts";
import { iamServiceAccountKind } from "../../../src/api/iam-service-account.ts";
import { type LoadBalancer, loadBalancerKind } from "../../../src/api/load-balancer.ts";
import type { Kind, KubeObject } from "../../../src/api/object.ts";
import { type AppliedManifest, applyManifests } from "../../../src/cli/apply-manifests.ts";
import { createKindFinder, type KindFinder } from "../../../src/cli/kind-finder.ts";
import { kubeconfigText } from "../../../src/cli/kubeconfig.ts";
import { readManifests } from "../../../src/cli/manifests.ts";
import { readiness } from "../../../src/cli/readiness.ts";
import { defineCustomKinds, environmentOf } from "../../../src/cli/sandbox-host.ts";
import { systemClock } from "../../../src/clock.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { createKubeHttp, readBody } from "../../../src/kube/http-client.ts";
import { createKubeClient } from "../../../src/kube/rest-client.ts";
import { type HttpServer, serve } from "../../../src/sandbox/http-server.ts";
import { createSandbox, type Sandbox } from "../../../src/sandbox/sandbox.ts";
import { awsState } from "../../../test/support/aws-state.ts";
import { startTestControlPlane, type TestControlPlane } from "../../../test/support/control-plane.ts";
import { OperatorChild } from "./operator-child.ts";

/** A write that AWS or the API server has carried out. */
export interface Write {
  /** Milliseconds since the epoch; both servers and the test share one clock. */
  readonly at: number;
  readonly by: string;
  readonly what: string;
}

/** Who runs an operator: a token and an access key that nobody else has, so that the servers' logs tell who did what. */
export interface Identity {
  readonly name: string;
  readonly token: string;
  readonly environment: Readonly<Record<string, string>>;
  /** As the API server's audit log names the token. */
  readonly credentialID: string;
}

export interface OperatorStart {
  /** Of a proxy on the way to the API server. */
  readonly port?: number;
  /** Without leader election: it then outlives any loss of its connection. */
  readonly alone?: boolean;
}

/** A real control plane with the sandbox's cluster and AWS, and operators as processes. */
export class Scene {
  readonly plane: TestControlPlane;
  readonly sandbox: Sandbox;
  readonly kube: KubeClient;
  readonly clock = systemClock;
  readonly #kinds: KindFinder;
  readonly #dir: string;
  readonly #awsServer: HttpServer;
  readonly #identities: Identity[] = [];
  readonly #children: OperatorChild[] = [];
  readonly #applied = new Map<string, AppliedManifest>();
  #configs = 0;
  #closing = false;

  private constructor(plane: TestControlPlane, sandbox: Sandbox, awsServer: HttpServer, dir: string) {
    this.plane = plane;
    this.sandbox = sandbox;
    this.#awsServer = awsServer;
    this.#dir = dir;
    const http = { http: plane.admin.http, clock: systemClock, random: Math.random };
    this.kube = createKubeClient(http);
    this.#kinds = createKindFinder(createKubeHttp(http));
  }

  /** `speed` is that of AWS; at once unless given: the operator is always at work, and never waits for a load balancer. */
  static async create({ speed = Number.POSITIVE_INFINITY } = {}): Promise<Scene> {
    const dir = await mkdtemp(join(tmpdir(), "fairlead-failure-"));
    const policy = join(dir, "audit-policy.yaml");
    await writeFile(policy, stringify(auditPolicy));
    const plane = await startTestControlPlane([
      `--audit-policy-file=${policy}`,
      `--audit-log-path=${join(dir, "audit.log")}`,
    ]);
    const sandbox = createSandbox({
      kube: plane.admin.http,
      clock: systemClock,
      random: Math.random,
      aws: { speed },
      podStartMs: 100,
    });
    const scene = new Scene(plane, sandbox, await serve(sandbox.aws.handle, { port: 0 }), dir);
    await defineCustomKinds(scene.kube, scene.#kinds);
    await sandbox.start();
    for (const path of [...rbacFiles, "config/samples/00-ingress-class.yaml"]) await scene.#apply(path);
    return scene;
  }

  drive<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  /** A token of the operator's service account and an access key, both new. */
  async identity(name: string): Promise<Identity> {
    const response = await this.plane.admin.http({
      method: "POST",
      path: "/api/v1/namespaces/kube-system/serviceaccounts/fairlead/token",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} }),
    });
    const body = await readBody(response, new AbortController().signal);
    const { token } = (JSON.parse(body) as { status: { token: string } }).status;
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as { jti: string };
    const { credential } = this.sandbox.aws;
    const accessKeyId = `AKIA${name.toUpperCase()}`;
    this.sandbox.aws.credentials.add({ ...credential, accessKeyId, arn: `${credential.arn}/${name}` });
    const environment = { ...environmentOf(this.sandbox, this.#awsServer.url), AWS_ACCESS_KEY_ID: accessKeyId };
    const identity = { name, token, environment, credentialID: `JTI=${claims.jti}` };
    this.#identities.push(identity);
    return identity;
  }

  /** Starts an operator; `port` is that of a proxy on the way to the API server. */
  async operator(identity: Identity, { port, alone = false }: OperatorStart = {}): Promise<OperatorChild> {
    const { url, certificateAuthority } = this.plane.controlPlane;
    const server = port === undefined ? url : `https://127.0.0.1:${port}`;
    const kubeconfig = join(this.#dir, `kubeconfig-${this.#configs++}`);
    await writeFile(kubeconfig, kubeconfigText({ server, token: identity.token, certificateAuthority }), {
      mode: 0o600,
    });
    const child = new OperatorChild({ kubeconfig, environment: identity.environment, election: !alone });
    this.#children.push(child);
    return child;
  }

  /** Starts an operator, and again whenever it ends, as the kubelet does. Resolves once the first has started. */
  async keepRunning(identity: Identity): Promise<void> {
    let child = await this.operator(identity);
    await child.saw("started");
    const supervise = async (): Promise<void> => {
      for (;;) {
        await child.ended;
        await pause(1_000);
        if (this.#closing) return;
        child = await this.operator(identity);
      }
    };
    void supervise();
  }

  async applySample(file: string): Promise<void> {
    for (const one of await this.#apply(`config/samples/${file}`)) {
      const { namespace = "", name } = one.object.metadata;
      this.#applied.set(`${one.kind.kind}/${namespace}/${name}`, one);
    }
  }

  /** A load balancer with two members and a role, undisturbed: what AWS holds with all of it, and with part of it deleted. */
  async baseline(): Promise<{ readonly whole: readonly string[]; readonly part: readonly string[] }> {
    await this.restore();
    const whole = await this.#settled();
    await this.remove();
    await this.until(async () => ((await this.#removedAreGone()) ? undefined : "what was deleted is still there"));
    const part = await this.#settled();
    await this.restore();
    await this.untilReady(whole);
    if (whole.length - part.length < 2) throw new Error("too little goes with what is removed");
    return { whole, part };
  }

  /** What AWS holds once all is ready and nothing has changed for two seconds. */
  async #settled(): Promise<readonly string[]> {
    let state = await this.untilReady();
    let since = Date.now();
    await this.until(async () => {
      const now = await awsState(this);
      const change = difference(now, state);
      if (change !== undefined) since = Date.now();
      state = now;
      return Date.now() - since < 2_000 ? `not settled: ${change}` : undefined;
    });
    return state;
  }

  async restore(): Promise<void> {
    await this.applySample("20-shop-group.yaml");
    await this.applySample("50-report-reader.yaml");
  }

  /** Deletes things whose AWS resources go at once: a member of a group, and a role. */
  async remove(): Promise<void> {
    for (const { kind, namespace, name } of removable) {
      await this.kube.delete(kind, { namespace, name });
      this.#applied.delete(`${kind.kind}/${namespace}/${name}`);
    }
  }

  async #removedAreGone(): Promise<boolean> {
    const found = await Promise.all(
      removable.map(({ kind, namespace, name }) => this.kube.get<KubeObject>(kind, { namespace, name })),
    );
    return found.every((object) => object === undefined);
  }

  async notReady(): Promise<readonly string[]> {
    const reports = (await this.kube.list(loadBalancerKind, {})) as readonly LoadBalancer[];
    const open: string[] = [];
    for (const [name, { kind, object }] of this.#applied) {
      const { namespace, name: objectName } = object.metadata;
      const now = await this.kube.get(kind, {
        name: objectName,
        ...(kind.namespaced && namespace !== undefined ? { namespace } : {}),
      });
      const { state, detail } =
        now === undefined ? { state: "missing", detail: "" } : readiness({ ...now, kind: kind.kind }, reports);
      if (state !== "ready") open.push(`${name}: ${state} ${detail}`);
    }
    return open;
  }

  /** Waits until all that was applied is ready and AWS holds what is expected; tells what does not when it takes too long. */
  async untilReady(state?: readonly string[], limitMs = 60_000): Promise<readonly string[]> {
    let seen: readonly string[] = [];
    await this.until(async () => {
      const open = await this.notReady();
      if (open.length > 0) return open.join("\n");
      seen = await awsState(this);
      return state === undefined ? undefined : difference(seen, state);
    }, limitMs);
    return seen;
  }

  /** Creations that AWS carried out more than once with the same name since its log was reset. */
  doubled(): readonly string[] {
    const made = this.sandbox.aws.calls.records
      .filter(({ operation, performed }) => performed && creations.test(operation))
      .map(({ operation, parameters }) => {
        const { Name, GroupName, RoleName } = parameters;
        return `${operation} ${String(Name ?? GroupName ?? RoleName)}`;
      });
    return made.filter((one, index) => made.indexOf(one) !== index);
  }

  /** Waits until `missing` tells nothing any more. */
  async until(missing: () => Promise<string | undefined> | string | undefined, limitMs = 60_000): Promise<void> {
    const end = Date.now() + limitMs;
    for (;;) {
      let what: string | undefined;
      try {
        what = await missing();
      } catch (error) {
        what = String(error);
      }
      if (what === undefined) return;
      if (Date.now() > end) throw new Error(`not reached in ${limitMs / 1000} s: ${what}\n${this.#tails()}`);
      await pause(100);
    }
  }

  /** All writes of operators to AWS and to Kubernetes so far, in order of time; those of the Lease are left out. */
  async writes(): Promise<readonly Write[]> {
    const byArn = new Map(this.#identities.map(({ name }) => [`${this.sandbox.aws.credential.arn}/${name}`, name]));
    const aws = this.sandbox.aws.calls.records.flatMap(
      ({ mutating, performed, principal, time, service, operation }) => {
        const by = byArn.get(principal ?? "");
        return mutating && performed && by !== undefined ? [{ at: time, by, what: `${service}.${operation}` }] : [];
      },
    );
    const byCredential = new Map(this.#identities.map(({ name, credentialID }) => [credentialID, name]));
    const audit = await readFile(join(this.#dir, "audit.log"), "utf8");
    const kube = audit.split("\n").flatMap((line) => {
      if (line === "") return [];
      const { user, verb, requestURI, requestReceivedTimestamp, responseStatus } = JSON.parse(line) as AuditEvent;
      const by = byCredential.get(user.extra?.["authentication.kubernetes.io/credential-id"]?.[0] ?? "");
      if (by === undefined || (responseStatus?.code ?? 0) > 299) return [];
      return [{ at: Date.parse(requestReceivedTimestamp), by, what: `${verb} ${requestURI}` }];
    });
    return [...aws, ...kube].toSorted((a, b) => a.at - b.at);
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const child of this.#children) {
      if (child.running) child.signal("SIGCONT");
      await child.kill();
    }
    await this.sandbox.stop();
    await this.#awsServer.close();
    await this.plane.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #apply(path: string): Promise<readonly AppliedManifest[]> {
    const file = fileURLToPath(new URL(`../../../${path}`, import.meta.url));
    const { kube, clock } = this;
    return applyManifests(await readManifests([file]), { kube, kinds: this.#kinds, clock });
  }

  #tails(): string {
    return this.#children.map((child, index) => `--- operator ${index}\n${child.tail(15)}`).join("\n");
  }
}

const creations = /^Create(LoadBalancer|TargetGroup|SecurityGroup|Role)$/;
const removable = [
  { kind: ingressKind as Kind, namespace: "shop", name: "checkout" },
  { kind: iamServiceAccountKind as Kind, namespace: "reports", name: "report-reader" },
];

const rbacFiles = [
  "service-account",
  "cluster-role",
  "cluster-role-binding",
  "leader-election-role",
  "leader-election-role-binding",
].map((name) => `config/rbac/${name}.yaml`);

interface AuditEvent {
  readonly user: { readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly verb: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code?: number };
}

/** Writes only, when they are done; those of the Lease are not of interest. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { level: "None", resources: [{ group: "coordination.k8s.io", resources: ["leases"] }] },
    {
      level: "Metadata",
      users: ["system:serviceaccount:kube-system:fairlead"],
      verbs: ["create", "update", "patch", "delete"],
    },
    { level: "None" },
  ],
};

/** What differs, in words; undefined when nothing does. */
export function difference(actual: readonly string[], expected: readonly string[]): string | undefined {
  const rest = [...expected];
  const more = actual.filter((line) => {
    const index = rest.indexOf(line);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
  if (more.length + rest.length === 0) return undefined;
  return [...more.map((line) => `too much: ${line}`), ...rest.map((line) => `missing: ${line}`)]
    .map((line) => line.slice(0, 1_500))
    .join("\n");
}
