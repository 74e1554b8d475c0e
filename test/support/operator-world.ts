import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { crdOf } from "../../src/api/crd.ts";
import { customKinds } from "../../src/api/custom-kinds.ts";
import { type LoadBalancer, loadBalancerKind } from "../../src/api/load-balancer.ts";
import { type Kind, type KubeObject, objectKey } from "../../src/api/object.ts";
import { type AppliedManifest, applyManifests } from "../../src/cli/apply-manifests.ts";
import { createKindFinder, type KindFinder } from "../../src/cli/kind-finder.ts";
import { type Manifest, type ManifestObject, parseManifests, readManifests } from "../../src/cli/manifests.ts";
import { type Readiness, readiness } from "../../src/cli/readiness.ts";
import type { HttpHandler } from "../../src/http.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { createKubeHttp } from "../../src/kube/http-client.ts";
import { createKubeClient } from "../../src/kube/rest-client.ts";
import { createLogger, silentLogger } from "../../src/log.ts";
import type { Settings } from "../../src/operator/settings.ts";
import type { AwsSandboxOptions } from "../../src/sandbox/aws/aws-sandbox.ts";
import type { CallRecord } from "../../src/sandbox/aws/call-log.ts";
import { seededRandom } from "../../src/sandbox/aws/ids.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { createOperatorProcess, type Death, type KubeWrite, type OperatorProcess } from "./operator-process.ts";
import type { SimClock } from "./sim-clock.ts";
import { createWorldCluster, type WorldCluster } from "./world-cluster.ts";

export interface WorldOptions {
  readonly aws?: Omit<AwsSandboxOptions, "clock" | "random">;
  readonly settings?: Partial<Settings>;
  readonly flags?: readonly string[];
  readonly seed?: number;
  /** False: the operator is started by the test. */
  readonly start?: boolean;
  readonly podStartMs?: number;
  readonly unlimitedRates?: boolean;
}

/** What happened while a test did something and the operator came to rest. */
export interface Step {
  /** `service.Operation` of every AWS call, in order. */
  readonly calls: readonly string[];
  readonly records: readonly CallRecord[];
  /** Kubernetes writes of the operator, as `METHOD resource/name`; Events are left out. */
  readonly writes: readonly string[];
  readonly events: readonly KubeWrite[];
}

/** A sandbox and the operator in one simulated time; with `FAIRLEAD_TEST_KUBE=real`, on a real API server. */
export class OperatorWorld {
  readonly clock: SimClock;
  readonly sandbox: Sandbox;
  readonly kube: KubeClient;
  readonly kinds: KindFinder;
  /** The Kubernetes API as the operator reaches it. */
  readonly operatorKube: HttpHandler;
  /** What the API server warned of in answers to the test's own requests. */
  readonly warnings: string[] = [];
  readonly #options: WorldOptions;
  readonly #cluster: WorldCluster;
  readonly #applied = new Map<string, AppliedManifest>();
  #process: OperatorProcess | undefined;
  #starts = 0;

  private constructor(options: WorldOptions, cluster: WorldCluster) {
    this.#options = options;
    this.#cluster = cluster;
    this.clock = cluster.clock;
    const random = seededRandom(options.seed ?? 1);
    this.sandbox = createSandbox({
      clock: this.clock,
      random,
      aws: options.aws ?? {},
      podStartMs: options.podStartMs ?? 2_000,
      ...(cluster.admin === undefined ? {} : { kube: cluster.admin }),
    });
    this.operatorKube = cluster.operator ?? this.sandbox.kube.handle;
    const http = { http: noting(this.sandbox.kube.handle, this.warnings), clock: this.clock, random };
    this.kube = createKubeClient(http);
    this.kinds = createKindFinder(createKubeHttp(http));
  }

  /** A running sandbox with our kinds and the class `alb`, and the operator at work. */
  static async create(options: WorldOptions = {}): Promise<OperatorWorld> {
    const world = new OperatorWorld(options, await createWorldCluster());
    await world.drive(world.sandbox.start());
    const definitions = customKinds.map((kind) => ({ source: kind.kind, object: crdOf(kind) as ManifestObject }));
    await world.apply([...definitions, { source: "class", object: ingressClass }]);
    world.#applied.clear();
    if (options.start !== false) await world.start();
    return world;
  }

  /** Of the administrator, for programs of their own; absent where the API is in this process only. */
  get kubeconfig(): string | undefined {
    return this.#cluster.kubeconfig;
  }

  get process(): OperatorProcess {
    if (this.#process === undefined) throw new Error("the operator was not started");
    return this.#process;
  }

  /** Lets time pass until a promise settles. */
  async drive<T>(promise: Promise<T>, limitMs = 120_000): Promise<T> {
    let open = true;
    const close = (): void => void (open = false);
    promise.then(close, close);
    await this.clock.until(() => !open, limitMs);
    return promise;
  }

  /** Starts a new process of the operator; `death` makes it die at one of its calls. */
  async start(death?: Death): Promise<void> {
    this.#starts += 1;
    const { settings, flags, seed = 1, unlimitedRates } = this.#options;
    const process = createOperatorProcess({
      sandbox: this.sandbox,
      kube: this.operatorKube,
      clock: this.clock,
      seed: seed * 1000 + this.#starts,
      log: globalThis.process.env["FAIRLEAD_TEST_LOG"] === undefined ? silentLogger : verbose,
      ...(settings === undefined ? {} : { settings }),
      ...(flags === undefined ? {} : { flags }),
      ...(death === undefined ? {} : { death }),
      ...(unlimitedRates === undefined ? {} : { unlimitedRates }),
    });
    this.#process = process;
    let started = false;
    let failure: unknown;
    process.operator.start().then(
      () => (started = true),
      (error: unknown) => (failure = error),
    );
    await this.clock.until(() => started || failure !== undefined || process.dead, 120_000);
    if (failure !== undefined) throw failure as Error;
  }

  async restart(): Promise<void> {
    await this.drive(this.process.stop());
    await this.start();
  }

  /** Ends everything. */
  async close(): Promise<void> {
    if (this.#process !== undefined) await this.drive(this.#process.stop());
    await this.drive(this.sandbox.stop());
    await this.#cluster.close();
  }

  /** Applies YAML text or manifests, like `kubectl apply --server-side`. */
  async apply(manifests: string | readonly Manifest[]): Promise<readonly AppliedManifest[]> {
    const list = typeof manifests === "string" ? parseManifests(manifests, "test") : manifests;
    const { kube, kinds, clock } = this;
    const applied = await this.drive(applyManifests(list, { kube, kinds, clock }));
    for (const one of applied) this.#applied.set(nameOf(one), one);
    return applied;
  }

  /** Lets `untilReady` wait for what something else has applied. */
  async expectReady(manifests: readonly Manifest[]): Promise<void> {
    for (const { source, object } of manifests) {
      const one = { source, kind: await this.drive(this.kinds.forManifest(object)), object };
      this.#applied.set(nameOf(one), one);
    }
  }

  async applySample(file: string): Promise<readonly AppliedManifest[]> {
    return this.apply(await readManifests([samplePath(file)]));
  }

  async patch(kind: Kind, key: string, patch: object): Promise<void> {
    await this.drive(this.kube.mergePatch(kind, nameIn(kind, key), patch));
  }

  async delete(kind: Kind, key: string): Promise<void> {
    await this.drive(this.kube.delete(kind, nameIn(kind, key)));
    this.#applied.delete(`${kind.kind}/${key}`);
  }

  async get<T extends KubeObject>(kind: Kind<T>, key: string): Promise<T | undefined> {
    return this.drive(this.kube.get(kind, nameIn(kind, key)));
  }

  async list<T extends KubeObject>(kind: Kind<T>): Promise<readonly T[]> {
    return this.drive(this.kube.list(kind, {}));
  }

  /** How far the applied objects are, by `Kind/namespace/name`. */
  async readiness(): Promise<ReadonlyMap<string, Readiness>> {
    const reports = (await this.list(loadBalancerKind)) as readonly LoadBalancer[];
    const result = new Map<string, Readiness>();
    for (const [name, { kind, object }] of this.#applied) {
      const { namespace, name: objectName } = object.metadata;
      const now = await this.get(kind, namespace === undefined ? objectName : `${namespace}/${objectName}`);
      if (now !== undefined) result.set(name, readiness({ ...now, kind: kind.kind }, reports));
    }
    return result;
  }

  /** Lets time pass until everything that was applied is ready and the operator rests; fails with what is not. */
  async untilReady(limitMs = 900_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    for (;;) {
      await this.rest();
      const states = await this.readiness();
      const open = [...states].filter(([, { state }]) => state !== "ready");
      if (open.length === 0) return;
      if (this.clock.now() >= end)
        throw new Error(`not ready in ${limitMs / 1000} s:\n${stringify(Object.fromEntries(open))}`);
      await this.clock.advance(5_000);
    }
  }

  /** Lets time pass until nothing was due for a while. */
  async rest(quietMs = 3_000, limitMs = 600_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    for (let quiet = 0; quiet < quietMs; ) {
      await this.clock.advance(500);
      quiet = this.process.dead || this.process.operator.idle ? quiet + 500 : 0;
      if (this.clock.now() > end) throw new Error("the operator does not come to rest");
    }
  }

  /** Lets time pass until `done` holds of what the operator or the sandbox holds now. */
  async until(done: () => boolean | Promise<boolean>, limitMs = 600_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    while (!(await done())) {
      if (this.clock.now() >= end) throw new Error(`not reached within ${limitMs / 1000} s of simulated time`);
      await this.clock.advance(1_000);
    }
  }

  /** Does something, waits until the operator rests and all is ready, and tells what that took. */
  async step(action: () => Promise<unknown>, { ready = true, passMs = 0 } = {}): Promise<Step> {
    this.sandbox.aws.calls.reset();
    this.#process?.forgetWrites();
    await action();
    if (passMs > 0) await this.clock.advance(passMs);
    if (ready) await this.untilReady();
    else await this.rest();
    return this.taken();
  }

  /** What happened since the last step began. */
  taken(): Step {
    const { records } = this.sandbox.aws.calls;
    const { writes } = this.process;
    const isEvent = ({ path }: KubeWrite): boolean => path.includes("/events");
    return {
      records: [...records],
      calls: records.map(({ service, operation }) => `${service}.${operation}`),
      writes: writes.filter((write) => !isEvent(write)).map(writeName),
      events: writes.filter(isEvent),
    };
  }
}

/** Fails with the calls by name when there are more than that. */
export function atMost(calls: readonly string[], most: number): void {
  assert.ok(calls.length <= most, `${calls.length} calls instead of ${most}: ${tally(calls).join(", ")}`);
}

/** `Operation` or `Operation xN`, sorted, for calls whose order does not matter. */
export function tally(names: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => (count === 1 ? name : `${name} x${count}`));
}

/** The inventory's listings of whole pages, shared by all objects, and the tags that it reads in turns. */
export function isListing({ operation, parameters }: CallRecord): boolean {
  if (operation === "DescribeTags") {
    return !(parameters["ResourceArns"] as readonly string[]).some((arn) => arn.includes(":listener"));
  }
  return (
    ["DescribeLoadBalancers", "DescribeTargetGroups", "DescribeSecurityGroups"].includes(operation) &&
    ("PageSize" in parameters || "MaxResults" in parameters)
  );
}

export function samplePath(file: string): string {
  return fileURLToPath(new URL(`../../config/samples/${file}`, import.meta.url));
}

const verbose = createLogger({ level: "debug", format: "text" });

const ingressClass: ManifestObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name: "alb" },
  spec: { controller: "ingress.k8s.aws/alb" },
};

function noting(handle: HttpHandler, warnings: string[]): HttpHandler {
  return async (request) => {
    const response = await handle(request);
    const { warning } = response.headers;
    if (warning !== undefined) warnings.push(`${request.method} ${request.path}: ${warning}`);
    return response;
  };
}

function nameOf({ object }: AppliedManifest): string {
  const { namespace, name } = object.metadata;
  return `${object.kind}/${objectKey({ name, ...(namespace === undefined ? {} : { namespace }) })}`;
}

function nameIn(kind: Kind, key: string): { readonly namespace?: string; readonly name: string } {
  if (!kind.namespaced) return { name: key };
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}

function writeName({ method, path }: KubeWrite): string {
  const parts = (path.split("?")[0] ?? "").split("/").filter((part) => part !== "");
  const from = parts.indexOf("namespaces");
  const rest = from >= 0 && parts.length > from + 2 ? parts.slice(from + 2) : parts.slice(parts[0] === "api" ? 2 : 3);
  return `${method} ${rest.join("/")}`;
}

export const deploymentKind: Kind = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};
