import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type Ingress,
  ingressKind,
  namespaceKind,
  type Pod,
  podKind,
  type Service,
  serviceAccountKind,
  serviceKind,
} from "../../src/api/builtin.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { HttpHandler } from "../../src/http.ts";
import { connectToCluster } from "../../src/kube/connection.ts";
import { createEventRecorder, eventKind } from "../../src/kube/events.ts";
import { addFinalizer, removeFinalizers } from "../../src/kube/finalizers.ts";
import { createInformer, type Informer } from "../../src/kube/informer.ts";
import { createLeaderElection, type Lease, leaseKind } from "../../src/kube/lease.ts";
import { createKubeClient } from "../../src/kube/rest-client.ts";
import { writeStatus } from "../../src/kube/status.ts";
import { silentLogger } from "../../src/log.ts";
import { serve } from "../../src/sandbox/http-server.ts";
import { createKubeApi, type KubeApi } from "../../src/sandbox/kube/kube-api.ts";
import { SimClock } from "../support/sim-clock.ts";

const web = { namespace: "shop", name: "web" };
const spec: Service["spec"] & object = { type: "ClusterIP", ports: [{ port: 80 }], selector: { app: "web" } };

/** A repeatable source of numbers, different enough for uids and names. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function runtime(http: HttpHandler, clock: Clock) {
  return { http, clock, random: seeded(5), log: silentLogger };
}

async function names(informer: Informer<Service>): Promise<readonly string[]> {
  await informer.whenSynced();
  return [...informer.list("shop")].map((object) => object.metadata.name);
}

describe("client runtime against an API server", () => {
  let clock: SimClock;
  let api: KubeApi;

  beforeEach(async () => {
    clock = new SimClock();
    api = createKubeApi({ clock, random: seeded(11) });
    await createKubeClient(runtime(api.handle, clock)).create(namespaceKind, { metadata: { name: "shop" } });
  });

  it("creates, reads, changes in every way, lists and deletes", async () => {
    const client = createKubeClient(runtime(api.handle, clock));
    const created = await client.create(serviceKind, { metadata: web, spec });
    assert.ok(created.metadata.uid);
    await client.mergePatch(serviceKind, web, { metadata: { annotations: { a: "1" } } });
    await client.jsonPatch(serviceKind, web, [{ op: "add", path: "/metadata/annotations/b", value: "2" }]);
    await client.strategicPatch(serviceKind, web, {
      spec: {
        ports: [
          { port: 443, name: "tls" },
          { port: 80, name: "web" },
        ],
      },
    });
    await client.apply(serviceKind, { metadata: { ...web, labels: { c: "3" } } });
    const read = await client.get(serviceKind, web);
    assert.deepEqual(read?.metadata.annotations, { a: "1", b: "2" });
    assert.deepEqual(read?.metadata.labels, { c: "3" });
    assert.deepEqual(
      read?.spec?.ports?.map(({ port }) => port).sort((a, b) => a - b),
      [80, 443],
    );
    const listed = await client.list(serviceKind, { namespace: "shop", labelSelector: "c=3" });
    assert.deepEqual(listed, [read]);
    await assert.rejects(client.create(serviceKind, { metadata: web, spec }), {
      class: "conflict",
      code: "AlreadyExists",
    });
    await client.delete(serviceKind, web, { uid: "another" });
    assert.ok(await client.get(serviceKind, web), "a successor is left alone");
    await client.delete(serviceKind, web, { uid: created.metadata.uid });
    assert.equal(await client.get(serviceKind, web), undefined);
  });

  it("refuses what is invalid with the field, and what has changed meanwhile as a conflict", async () => {
    const client = createKubeClient(runtime(api.handle, clock));
    await assert.rejects(client.create(serviceKind, { metadata: web, spec: { ...spec, ports: [{ port: 70_000 }] } }), {
      class: "invalid",
    });
    const { metadata } = await client.create(serviceKind, { metadata: web, spec });
    await client.mergePatch(serviceKind, web, { metadata: { labels: { a: "b" } } });
    const stale = { metadata: { resourceVersion: metadata.resourceVersion, labels: { a: "c" } } };
    await assert.rejects(client.mergePatch(serviceKind, web, stale), { class: "conflict", code: "Conflict" });
    const test = { op: "test", path: "/metadata/labels/a", value: "c" } as const;
    await assert.rejects(client.jsonPatch(serviceKind, web, [test]), { class: "conflict", code: "Conflict" });
  });

  it("keeps an informer in sync through cut watches, compaction and paging", async () => {
    const client = createKubeClient(runtime(api.handle, clock));
    await client.create(serviceKind, { metadata: web, spec });
    const events: string[] = [];
    const informer = createInformer<Service>({
      ...runtime(api.handle, clock),
      kind: serviceKind,
      namespace: "shop",
      onEvent: (event) => void events.push(`${event.type} ${event.key}`),
    });
    informer.start();
    assert.deepEqual(await names(informer), ["web"]);
    await client.create(serviceKind, { metadata: { namespace: "shop", name: "db" }, spec });
    await client.delete(serviceKind, web);
    await clock.settle();
    assert.deepEqual(events, ["add shop/web", "add shop/db", "delete shop/web"]);
    // Past the time of a watch several times, with history gone in between.
    for (let round = 0; round < 6; round++) {
      await client.create(serviceKind, { metadata: { namespace: "shop", name: `s${round}` }, spec });
      api.compact();
      await clock.advance(400_000);
    }
    assert.deepEqual([...(await names(informer))].sort(), ["db", "s0", "s1", "s2", "s3", "s4", "s5"]);
    assert.equal(informer.health().live, true);
    await informer.stop();
  });

  it("lists more than a page", async () => {
    const client = createKubeClient(runtime(api.handle, clock));
    await client.create(serviceAccountKind, { metadata: { namespace: "shop", name: "default" } });
    for (let index = 0; index < 1_050; index++)
      await client.create(podKind, {
        metadata: { namespace: "shop", name: `p${index}` },
        spec: { containers: [{ name: "c", image: "i" }] },
      } as never);
    const informer = createInformer<Pod>({ ...runtime(api.handle, clock), kind: podKind });
    informer.start();
    await informer.whenSynced();
    assert.equal(informer.health().objects, 1_050);
    assert.equal(api.requests.filter(({ verb, resource }) => verb === "list" && resource === "pods").length, 3);
    await informer.stop();
  });

  it("writes status and finalizers, which guard the deletion", async () => {
    const client = createKubeClient(runtime(api.handle, clock));
    const ingress = await client.create(ingressKind, {
      metadata: web,
      spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } } },
    });
    const status = { loadBalancer: { ingress: [{ hostname: "a.example" }] } };
    assert.equal(await writeStatus(client, ingressKind, ingress, status), true);
    const guarded = await addFinalizer(client, ingressKind, ingress, "test.example/guard");
    assert.deepEqual(guarded?.status, status);
    await client.delete(ingressKind, web);
    const deleting = (await client.get(ingressKind, web)) as Ingress;
    assert.ok(deleting.metadata.deletionTimestamp);
    assert.equal(await writeStatus(client, ingressKind, deleting, status), false, "nothing changed");
    await removeFinalizers(client, ingressKind, deleting, ["test.example/guard"]);
    assert.equal(await client.get(ingressKind, web), undefined);
  });

  it("records events that the API server takes", async () => {
    const client = createKubeClient(runtime(api.handle, clock));
    const service = await client.create(serviceKind, { metadata: web, spec });
    const recorder = createEventRecorder({ ...runtime(api.handle, clock), client, instance: "host" });
    const event = { type: "Warning", reason: "Failed", message: "no port", component: "service" } as const;
    recorder.record(service, event);
    await clock.settle();
    await clock.advance(3_600_000);
    recorder.record(service, event);
    await clock.settle();
    await recorder.stop();
    const events = await client.list(eventKind, {
      namespace: "shop",
      fieldSelector: `involvedObject.uid=${service.metadata.uid}`,
    });
    assert.ok(events.length >= 1);
    assert.equal((events.at(-1) as unknown as { reason: string }).reason, "Failed");
  });

  it("elects a leader whose lease the API server takes", async () => {
    const client = createKubeClient(runtime(api.handle, clock));
    const election = createLeaderElection({
      ...runtime(api.handle, clock),
      client,
      namespace: "kube-system",
      name: "fairlead",
      identity: "a",
    });
    election.start();
    await election.whenLeading();
    await clock.advance(60_000);
    assert.equal(election.isLeader(), true);
    const lease = (await client.get(leaseKind, { namespace: "kube-system", name: "fairlead" })) as Lease;
    assert.match(lease.spec?.renewTime ?? "", /\.\d{6}Z$/);
    await election.stop();
  });
});

describe("client runtime over a socket", () => {
  for (const secure of [false, true]) {
    it(`connects over ${secure ? "TLS" : "plain HTTP on loopback"}, watches, and leaves no connection on stop`, async () => {
      const directory = await mkdtemp(path.join(tmpdir(), "fairlead-test-"));
      const file = (name: string) => new URL(`../fixtures/tls/${name}`, import.meta.url);
      const api = createKubeApi({ clock: systemClock, random: seeded(11) });
      const keys = {
        cert: readFileSync(file("server-a.pem"), "utf8"),
        key: readFileSync(file("server-a.key"), "utf8"),
      };
      const server = await serve(api.handle, { port: 0, ...(secure ? { tls: keys } : {}) });
      const kubeconfig = path.join(directory, "config");
      const authority = secure ? { "certificate-authority": file("ca-a.pem").pathname } : {};
      await writeFile(
        kubeconfig,
        JSON.stringify({
          clusters: [{ name: "c", cluster: { server: server.url, ...authority } }],
          users: [{ name: "u", user: {} }],
          contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
          "current-context": "x",
        }),
      );
      const connection = await connectToCluster({ kubeconfig, clock: systemClock, log: silentLogger });
      const client = createKubeClient(runtime(connection.http, systemClock));
      await client.create(namespaceKind, { metadata: { name: "shop" } });
      const added = new EventTarget();
      const informer = createInformer<Service>({
        ...runtime(connection.http, systemClock),
        kind: serviceKind,
        namespace: "shop",
        onEvent: (event) => void added.dispatchEvent(new Event(event.key)),
      });
      informer.start();
      await informer.whenSynced();
      const seen = once(added, "shop/web");
      await client.create(serviceKind, { metadata: web, spec });
      await seen;
      assert.equal(informer.get("shop/web")?.spec?.type, "ClusterIP");
      await informer.stop();
      await connection.close();
      await server.close();
      await rm(directory, { recursive: true });
    });
  }
});
