import assert from "node:assert/strict";
import type { Ingress } from "../../../src/api/builtin.ts";
import type { LoadBalancer } from "../../../src/api/load-balancer.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { IngressReconciler } from "../../../src/controllers/ingress/reconcile.ts";
import { LoadBalancerReporter } from "../../../src/controllers/load-balancing/report.ts";
import type { Engine, Reconciled, ReconcileOptions } from "../../../src/engine/engine.ts";
import { stackHash } from "../../../src/engine/hash.ts";
import type { Observed } from "../../../src/engine/resource-type.ts";
import { ownerKey, type Stack } from "../../../src/engine/stack.ts";
import { AppError } from "../../../src/errors.ts";
import type { Outcome } from "../../../src/kube/controller.ts";
import { SimClock } from "../../support/sim-clock.ts";
import { ingress, path, service, settings } from "./fixtures.ts";
import { classSurroundings, ingressLister, MemoryLister, RecordingClient, serviceLister, type Write } from "./kube.ts";

const dnsName = "K8S-Web-1.us-west-2.elb.amazonaws.com";

/** Takes every Stack at once, or answers what a test tells it to. */
class ScriptedEngine implements Engine {
  readonly stacks: { readonly stack: Stack; readonly options: ReconcileOptions }[] = [];
  answer: (base: Reconciled) => Reconciled = (base) => base;
  readonly #known = new Map<string, { readonly hash: string; readonly observed: readonly Observed[] }>();

  async reconcile(stack: Stack, options: ReconcileOptions): Promise<Reconciled> {
    this.stacks.push({ stack, options });
    const hash = stackHash(stack);
    const before = this.#known.get(ownerKey(stack.owner));
    const observed = stack.resources.map(
      ({ type, id, spec }): Observed => ({ type, id, spec, outputs: outputs(type, id), state: "ready" }),
    );
    const unchanged = before?.hash === hash;
    const changes = unchanged
      ? []
      : stack.resources.map((desired) => ({ action: "create" as const, type: desired.type, id: desired.id, desired }));
    const applied =
      options.mode === "plan"
        ? []
        : changes.map((change, index) => ({
            ...change,
            change,
            ...(observed[index] === undefined ? {} : { observed: observed[index] }),
          }));
    for (const one of applied) options.onApplied?.(one);
    if (options.mode === "apply") this.#known.set(ownerKey(stack.owner), { hash, observed });
    const planned = options.mode === "plan" && changes.length > 0;
    return this.answer({
      outcome: planned ? "planned" : unchanged ? "unchanged" : "applied",
      plan: { owner: stack.owner, changes, blocked: [], kept: [], waiting: [], problems: stack.problems },
      applied,
      failed: [],
      waiting: [],
      observed: planned ? [] : observed,
      hash,
      settled: !planned,
      drift: false,
      againInMs: undefined,
      verifyNext: false,
    });
  }

  async observe(): Promise<readonly Observed[]> {
    return [];
  }

  known(owner: Stack["owner"]): readonly Observed[] | undefined {
    return this.#known.get(ownerKey(owner))?.observed;
  }

  suspect(owner: Stack["owner"]): void {
    this.forget(owner);
  }

  forget(owner: Stack["owner"]): void {
    this.#known.delete(ownerKey(owner));
  }
}

function outputs(type: string, id: string): Readonly<Record<string, string>> {
  return { arn: `arn:${type}/${id}`, ...(type === "elbv2/LoadBalancer" ? { dnsName } : {}) };
}

interface World {
  readonly engine: ScriptedEngine;
  readonly client: RecordingClient;
  readonly ingresses: ReturnType<typeof ingressLister>;
  readonly reports: MemoryLister<LoadBalancer>;
  readonly events: string[];
  readonly clock: SimClock;
  readonly run: (key: string) => Promise<Outcome>;
  readonly restart: () => void;
  /** The writes since the last look. */
  readonly writes: () => readonly Write[];
}

function world(ingresses: readonly Ingress[], options: { readonly certificateError?: AppError } = {}): World {
  const lister = ingressLister(ingresses);
  const reports = new MemoryLister<LoadBalancer>([]);
  const client = new RecordingClient(lister, reports as unknown as MemoryLister<KubeObject>);
  const engine = new ScriptedEngine();
  const clock = new SimClock();
  const events: string[] = [];
  const unknown = async (): Promise<undefined> => undefined;
  const make = (): IngressReconciler =>
    new IngressReconciler({
      engine,
      client,
      reporter: new LoadBalancerReporter(client, reports),
      events: {
        event: (object, type, reason, message) =>
          void events.push(`${object.metadata.name} ${type} ${reason}: ${message}`),
      },
      clock,
      ingresses: lister,
      services: serviceLister(["a", "b", "web"].map((name) => service(`ns/${name}`))),
      classes: classSurroundings(),
      surroundings: {
        subnets: async () => [
          { id: "subnet-a", zone: "a" },
          { id: "subnet-b", zone: "b" },
        ],
        securityGroups: async (names) => names,
        certificates: async () => {
          if (options.certificateError !== undefined) throw options.certificateError;
          return [];
        },
        webACL: unknown,
        trustStore: unknown,
        targetGroup: unknown,
        secret: unknown,
        shieldSubscribed: async () => false,
        vpcCIDRs: async () => ({ ipv4: ["10.0.0.0/16"], ipv6: [] }),
        targetCounts: () => ({ healthy: 1, total: 2, registered: [] }),
        defaultCertificates: async () => ({}),
        accountLimits: async () => ({}),
        isDeletionProtected: async () => false,
        isNameInUse: async () => false,
        existingLoadBalancers: async () => [],
      },
      settings,
    });
  let reconciler = make();
  let seen = 0;
  return {
    engine,
    client,
    ingresses: lister,
    reports,
    events,
    clock,
    run: (key) => reconciler.reconcile(key, { signal: new AbortController().signal, priority: "edit", failures: 0 }),
    restart: () => {
      reconciler = make();
    },
    writes: () => {
      const fresh = client.writes.slice(seen);
      seen = client.writes.length;
      return fresh;
    },
  };
}

const spec = (name = "web"): Ingress["spec"] => ({
  ingressClassName: "alb",
  rules: [{ host: `${name}.example.com`, http: path("/", name) }],
});

function verbs(writes: readonly Write[]): readonly string[] {
  return writes.map(
    ({ verb, kind, name, subresource }) =>
      `${verb} ${kind} ${name}${subresource === undefined ? "" : `/${subresource}`}`,
  );
}

function condition(report: LoadBalancer | undefined, type: string): string | undefined {
  const found = report?.status?.conditions?.find((one) => one.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}`;
}

describe("reconciling an Ingress", () => {
  it("holds it, makes its Stack, and tells host name, report and event; a second run writes nothing", async () => {
    const { run, writes, ingresses, reports, events, engine } = world([ingress("ns/web", { spec: spec() })]);
    assert.deepEqual(await run("ns/web"), { kind: "done" });
    assert.deepEqual(verbs(writes()), [
      "mergePatch Ingress ns/web",
      "mergePatch Ingress ns/web/status",
      "apply LoadBalancer ns/ingress-web",
      "apply LoadBalancer ns/ingress-web/status",
    ]);
    const after = ingresses.get("ns/web");
    assert.deepEqual(after?.metadata.finalizers, ["ingress.k8s.aws/resources"]);
    assert.deepEqual(after?.status?.loadBalancer?.ingress, [
      { hostname: dnsName.toLowerCase(), ports: [{ port: 80, protocol: "TCP" }] },
    ]);
    const report = reports.get("ns/ingress-web");
    assert.deepEqual(report?.spec, { owners: [{ kind: "Ingress", name: "web" }] });
    assert.equal(report?.metadata.ownerReferences?.[0]?.uid, "uid-ns/web");
    assert.equal(condition(report, "Ready"), "True Synced");
    assert.equal(condition(report, "Stalled"), "False Synced");
    assert.equal(condition(report, "AnnotationsValid"), "True AnnotationsValid");
    assert.equal(report?.status?.targets?.summary, "1/2");
    assert.equal(report?.status?.dnsName, dnsName.toLowerCase());
    assert.deepEqual(events, ["web Normal SuccessfullyReconciled: Successfully reconciled"]);

    await run("ns/web");
    assert.deepEqual(verbs(writes()), []);
    assert.equal(events.length, 1);
    assert.equal(engine.stacks.length, 2);
  });

  it("publishes the host name as soon as the load balancer exists, whatever comes after", async () => {
    const { run, ingresses, engine, reports, events } = world([ingress("ns/web", { spec: spec() })]);
    const error = new AppError("rule not created: no more rules", { class: "invalid", code: "TooManyRules" });
    const desired = { type: "elbv2/Rule", id: "80:1", spec: {} };
    const change = { action: "create", type: desired.type, id: desired.id, desired } as const;
    engine.answer = (base) => ({ ...base, failed: [{ change, error }], observed: [], settled: false });
    assert.deepEqual(await run("ns/web"), { kind: "retry", error });
    assert.equal(ingresses.get("ns/web")?.status?.loadBalancer?.ingress?.[0]?.hostname, dnsName.toLowerCase());
    assert.equal(condition(reports.get("ns/ingress-web"), "Ready"), "False QuotaExceeded");
    assert.equal(condition(reports.get("ns/ingress-web"), "Stalled"), "True QuotaExceeded");
    assert.deepEqual(events, [
      "web Warning FailedDeployModel: Failed deploy model due to rule not created: no more rules",
    ]);
    await run("ns/web");
    assert.equal(events.length, 1);
  });

  it("keeps the last good content over a restart", async () => {
    const { run, restart, ingresses, engine, reports, events } = world([ingress("ns/web", { spec: spec() })]);
    await run("ns/web");
    const bad = ingress("ns/web", {
      annotations: { scheme: "public" },
      spec: spec("b"),
      metadata: { generation: 2, finalizers: ["ingress.k8s.aws/resources"] },
    });
    ingresses.put(bad);
    restart();
    await run("ns/web");
    const [first, second] = engine.stacks;
    assert.deepEqual(second?.stack.resources, first?.stack.resources);
    assert.equal(second?.options.appliedHash, first === undefined ? "" : stackHash(first.stack));
    const [member] = reports.get("ns/ingress-web")?.status?.members ?? [];
    assert.equal(member?.accepted, false);
    assert.equal(member?.reason, "InvalidAnnotation");
    assert.match(member?.message ?? "", /scheme must be one of internal, internet-facing \(value "public"\)/);
    assert.equal(condition(reports.get("ns/ingress-web"), "AnnotationsValid"), "False InvalidAnnotation");
    assert.match(events[1] ?? "", /^web Warning FailedBuildModel: Failed build model due to annotation .*scheme/);
    await run("ns/web");
    assert.equal(events.length, 2);
  });

  it("does not hold an Ingress that was never good", async () => {
    const { run, writes, ingresses, reports } = world([
      ingress("ns/web", { annotations: { scheme: "public" }, spec: spec() }),
    ]);
    await run("ns/web");
    assert.deepEqual(verbs(writes()), [
      "apply LoadBalancer ns/ingress-web",
      "apply LoadBalancer ns/ingress-web/status",
    ]);
    assert.equal(ingresses.get("ns/web")?.metadata.finalizers, undefined);
    assert.equal(condition(reports.get("ns/ingress-web"), "Ready"), "False InvalidAnnotation");
  });

  it("deletes by the empty Stack, and lets the object go only once that is done", async () => {
    const deleting = { finalizers: ["ingress.k8s.aws/resources"], deletionTimestamp: "2026-01-01T00:00:00Z" };
    const { run, writes, ingresses, engine, reports } = world([
      ingress("ns/web", { spec: spec(), metadata: deleting }),
    ]);
    engine.answer = (base) => ({
      ...base,
      settled: false,
      againInMs: 10_000,
      waiting: [{ type: "ec2/SecurityGroup", id: "x", reason: "still in use", retryAfterMs: 10_000 }],
    });
    assert.deepEqual(await run("ns/web"), { kind: "wait", afterMs: 10_000, reason: "AWS" });
    assert.deepEqual(engine.stacks[0]?.stack.resources, []);
    assert.deepEqual(ingresses.get("ns/web")?.metadata.finalizers, ["ingress.k8s.aws/resources"]);
    assert.equal(condition(reports.get("ns/ingress-web"), "Reconciling"), "True Deleting");
    engine.answer = (base) => base;
    writes();
    assert.deepEqual(await run("ns/web"), { kind: "done" });
    assert.deepEqual(verbs(writes()).slice(-2), ["mergePatch Ingress ns/web", "delete LoadBalancer ns/ingress-web"]);
    assert.equal(ingresses.get("ns/web")?.metadata.finalizers, null);
  });

  it("does not delete a protected load balancer until the object gives the protection up", async () => {
    const deleting = { finalizers: ["ingress.k8s.aws/resources"], deletionTimestamp: "2026-01-01T00:00:00Z" };
    const { run, ingresses, engine, reports, events } = world([
      ingress("ns/web", { spec: spec(), metadata: deleting }),
    ]);
    const observed: Observed = {
      type: "elbv2/LoadBalancer",
      id: "LoadBalancer",
      spec: {},
      outputs: {},
      state: "ready",
    };
    const change = { action: "delete", type: observed.type, id: observed.id, observed } as const;
    const message = "elbv2/LoadBalancer LoadBalancer is not deleted: deletion_protection.enabled is true";
    const blocked = [{ change, reason: "DeletionBlocked", message }];
    engine.answer = (base) =>
      base.plan.changes.length > 0 ? base : { ...base, plan: { ...base.plan, blocked }, settled: false };
    assert.deepEqual(await run("ns/web"), { kind: "wait", afterMs: 300_000, reason: message });
    assert.deepEqual(ingresses.get("ns/web")?.metadata.finalizers, deleting.finalizers);
    assert.equal(condition(reports.get("ns/ingress-web"), "Stalled"), "True DeletionBlocked");
    assert.deepEqual(events, [`web Warning FailedDeployModel: Failed deploy model due to ${message}`]);

    const annotations = { "load-balancer-attributes": "deletion_protection.enabled=false" };
    const { annotations: keys = {} } = ingress("ns/web", { annotations }).metadata;
    ingresses.put(ingress("ns/web", { spec: spec(), metadata: { ...deleting, annotations: keys } }));
    assert.deepEqual(await run("ns/web"), {
      kind: "wait",
      afterMs: 1_000,
      reason: "deletion protection is switched off",
    });
    const loadBalancer = engine.stacks.at(-1)?.stack.resources.find(({ type }) => type === "elbv2/LoadBalancer");
    assert.deepEqual((loadBalancer?.spec as { attributes?: unknown } | undefined)?.attributes, {
      "deletion_protection.enabled": "false",
    });
  });

  it("leaves AWS alone when the object says retain", async () => {
    const deleting = {
      annotations: { "fairlead.io/deletion-policy": "retain" },
      finalizers: ["ingress.k8s.aws/resources"],
      deletionTimestamp: "2026-01-01T00:00:00Z",
    };
    const { run, engine, writes } = world([ingress("ns/web", { spec: spec(), metadata: deleting })]);
    assert.deepEqual(await run("ns/web"), { kind: "done" });
    assert.equal(engine.stacks.length, 0);
    assert.deepEqual(verbs(writes()), ["mergePatch Ingress ns/web"]);
  });

  it("shows the plan and changes nothing in mode plan", async () => {
    const metadata = { annotations: { "fairlead.io/mode": "plan" } };
    const { run, engine, writes, reports } = world([ingress("ns/web", { spec: spec(), metadata })]);
    await run("ns/web");
    assert.equal(engine.stacks[0]?.options.mode, "plan");
    assert.ok(writes().every(({ kind }) => kind === "LoadBalancer"));
    const report = reports.get("ns/ingress-web");
    assert.equal(condition(report, "Ready"), "False PlanOnly");
    assert.ok(report?.status?.plan?.some(({ action, type }) => action === "create" && type === "elbv2/LoadBalancer"));
    assert.equal(report?.status?.stackHash, undefined);
  });

  it("reads and writes nothing in mode pause", async () => {
    const metadata = { annotations: { "fairlead.io/mode": "pause" } };
    const { run, engine, reports } = world([ingress("ns/web", { spec: spec(), metadata })]);
    assert.deepEqual(await run("ns/web"), { kind: "done" });
    assert.equal(engine.stacks.length, 0);
    assert.equal(condition(reports.get("ns/ingress-web"), "Ready"), "False Paused");
  });

  it("is tried again when AWS does not answer, and nothing is changed meanwhile", async () => {
    const certificateError = new AppError("ListCertificates: slow down", { class: "transient", code: "Throttling" });
    const object = ingress("ns/web", { annotations: { "listen-ports": '[{"HTTPS":443}]' }, spec: spec() });
    const { run, engine, reports } = world([object], { certificateError });
    assert.deepEqual(await run("ns/web"), { kind: "retry", error: certificateError });
    assert.equal(engine.stacks.length, 0);
    assert.equal(condition(reports.get("ns/ingress-web"), "Reconciling"), "True Throttled");
    assert.equal(condition(reports.get("ns/ingress-web"), "Stalled"), "False Throttled");
  });
});

describe("reconciling a group", () => {
  const member = (key: string, metadata: Partial<Ingress["metadata"]> = {}): Ingress =>
    ingress(key, {
      spec: spec("a"),
      metadata: { annotations: { "alb.ingress.kubernetes.io/group.name": "shop" }, ...metadata },
    });
  const held = { finalizers: ["group.ingress.k8s.aws/shop"] };

  it("reports in each namespace, about its own members only", async () => {
    const { run, reports, engine, clock } = world([member("ns/a"), member("ns/b"), member("other/c")]);
    const lag = await run("shop");
    assert.deepEqual(lag, { kind: "wait", afterMs: 1_000, reason: "a backend that the cache may not have yet" });
    assert.equal(engine.stacks.length, 0);
    await clock.advance(1_000);
    await run("shop");
    const members = (key: string): unknown => reports.get(key)?.status?.members?.map(({ name }) => name);
    assert.deepEqual(members("ns/ingress-group-shop"), ["a", "b"]);
    assert.deepEqual(members("other/ingress-group-shop"), ["c"]);
    assert.equal(reports.get("ns/ingress-group-shop")?.status?.group, "shop");
    // The Service of other/c does not exist: its own namespace hears of it, the others do not.
    assert.equal(condition(reports.get("ns/ingress-group-shop"), "Ready"), "True Synced");
    assert.equal(condition(reports.get("other/ingress-group-shop"), "Ready"), "False BackendNotFound");
  });

  it("lets a member go that is being deleted while another one is in error", async () => {
    const leaving = member("ns/b", { ...held, deletionTimestamp: "2026-01-01T00:00:00Z" });
    const bad = ingress("ns/c", { spec: spec("a"), annotations: { "group.name": "shop", scheme: "public" } });
    const { run, ingresses, engine } = world([member("ns/a"), leaving, bad]);
    await run("shop");
    assert.equal(ingresses.get("ns/b")?.metadata.finalizers, null);
    assert.deepEqual(ingresses.get("ns/a")?.metadata.finalizers, held.finalizers);
    const ids = engine.stacks[0]?.stack.resources.map(({ id }) => id) ?? [];
    assert.ok(ids.includes("ns/a-a:80") && !ids.includes("ns/b-a:80"));
  });

  it("takes our host name from a member that left and lives on", async () => {
    const status = {
      loadBalancer: { ingress: [{ hostname: dnsName.toLowerCase() }, { hostname: "other.example.com" }] },
    };
    const moved: Ingress = { ...ingress("ns/b", { spec: spec("b"), metadata: held }), status };
    const { run, ingresses } = world([member("ns/a"), moved]);
    await run("shop");
    assert.deepEqual(ingresses.get("ns/b")?.status?.loadBalancer?.ingress, [{ hostname: "other.example.com" }]);
    assert.equal(ingresses.get("ns/b")?.metadata.finalizers, null);
  });

  it("forgets a group without members", async () => {
    const { run, engine, writes } = world([]);
    assert.deepEqual(await run("shop"), { kind: "done" });
    assert.equal(engine.stacks.length, 0);
    assert.deepEqual(writes(), []);
  });
});
