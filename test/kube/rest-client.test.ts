import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { type Ingress, ingressKind, namespaceKind, type Service, serviceKind } from "../../src/api/builtin.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { AppError } from "../../src/errors.ts";
import type { HttpResponse } from "../../src/http.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { createKubeClient } from "../../src/kube/rest-client.ts";
import { createMetrics } from "../../src/metrics.ts";
import { FakeKube, json, status } from "../support/fake-kube.ts";
import { SimClock } from "../support/sim-clock.ts";

const services = "/api/v1/services";
const web = { namespace: "shop", name: "web" };

function setUp() {
  const kube = new FakeKube();
  const clock = new SimClock();
  const metrics = createMetrics();
  const client = createKubeClient({ http: kube.handler, clock, random: () => 0.5, metrics });
  return { kube, clock, metrics, client };
}

/** The outcome of a call that needs simulated time to pass. */
async function outcome<T>(clock: SimClock, promise: Promise<T>, ms = 120_000): Promise<T | AppError> {
  const settled = promise.catch((error: unknown) => {
    assert.ok(error instanceof AppError, String(error));
    return error;
  });
  await clock.advance(ms);
  return settled;
}

function service(extra: object = {}): object {
  return { metadata: web, spec: { type: "LoadBalancer" }, ...extra };
}

describe("Kubernetes client", () => {
  it("reads one object, and knows when there is none", async () => {
    const { kube, client } = setUp();
    kube.put(services, service());
    assert.equal((await client.get(serviceKind, web))?.spec?.type, "LoadBalancer");
    assert.equal(await client.get(serviceKind, { namespace: "shop", name: "other" }), undefined);
    assert.deepEqual(
      kube.requests.map((request) => [request.method, request.path]),
      [
        ["GET", "/api/v1/namespaces/shop/services/web"],
        ["GET", "/api/v1/namespaces/shop/services/other"],
      ],
    );
  });

  it("reads collections in pages and starts over when the version expires between them", async () => {
    const { kube, client } = setUp();
    for (let index = 0; index < 700; index++)
      kube.put(services, { metadata: { namespace: "shop", name: `s${index}` } });
    let faults = 1;
    kube.fault = (request) =>
      request.query.has("continue") && faults-- > 0 ? status(410, "Expired", "continue expired") : undefined;
    const all = await client.list(serviceKind, { labelSelector: "a=b" });
    assert.equal(all.length, 700);
    assert.deepEqual([all[0]?.kind, all[0]?.apiVersion], ["Service", "v1"]);
    assert.equal(kube.lists.length, 4);
    assert.equal(kube.lists[0]?.query.get("labelSelector"), "a=b");
  });

  it("creates an object with its kind and our field manager", async () => {
    const { kube, client } = setUp();
    const created = await client.create(serviceKind, { metadata: web, spec: { type: "ClusterIP" } });
    assert.equal(created.metadata.uid, "uid-1");
    const [request] = kube.requests;
    assert.equal(request?.path, "/api/v1/namespaces/shop/services?fieldManager=fairlead");
    assert.deepEqual(JSON.parse(request?.body ?? ""), {
      apiVersion: "v1",
      kind: "Service",
      metadata: web,
      spec: { type: "ClusterIP" },
    });
  });

  it("deletes under a uid as precondition, and takes an object that is gone or replaced as deleted", async () => {
    const { kube, client } = setUp();
    kube.put(services, service());
    await client.delete(serviceKind, web, { uid: "uid-1" });
    assert.deepEqual(JSON.parse(kube.requests[0]?.body ?? "").preconditions, { uid: "uid-1" });
    await client.delete(serviceKind, web);
    kube.fault = () => status(409, "Conflict", "Precondition failed: UID in precondition: a, UID in object meta: b");
    await client.delete(serviceKind, web, { uid: "uid-1" });
  });

  it("refuses a namespaced object without a namespace", async () => {
    const { client } = setUp();
    await assert.rejects(client.get(serviceKind, { name: "web" }), TypeError);
    await assert.rejects(client.create(serviceKind, { metadata: { name: "web" } }), TypeError);
  });

  const patches: readonly {
    readonly title: string;
    readonly type: string;
    readonly body: unknown;
    readonly send: (client: KubeClient) => Promise<KubeObject>;
    readonly path?: string;
  }[] = [
    {
      title: "a merge patch",
      type: "application/merge-patch+json",
      body: { a: 1 },
      send: (client) => client.mergePatch(serviceKind, web, { a: 1 }),
    },
    {
      title: "a merge patch of the status of a custom object",
      type: "application/merge-patch+json",
      body: { status: {} },
      send: (client) =>
        client.mergePatch(
          { group: "fairlead.io", version: "v1alpha1", kind: "NodeGroup", plural: "nodegroups", namespaced: true },
          web,
          { status: {} },
          { subresource: "status" },
        ),
      path: "/apis/fairlead.io/v1alpha1/namespaces/shop/nodegroups/web/status?fieldManager=fairlead",
    },
    {
      title: "a JSON patch",
      type: "application/json-patch+json",
      body: [{ op: "remove", path: "/a" }],
      send: (client) => client.jsonPatch(serviceKind, web, [{ op: "remove", path: "/a" }]),
    },
    {
      title: "a strategic merge patch",
      type: "application/strategic-merge-patch+json",
      body: { a: 1 },
      send: (client) => client.strategicPatch(serviceKind, web, { a: 1 }),
    },
    {
      title: "a server-side apply",
      type: "application/apply-patch+yaml",
      body: { metadata: web, spec: {}, apiVersion: "v1", kind: "Service" },
      send: (client) => client.apply(serviceKind, { metadata: web, spec: {} }),
      path: "/api/v1/namespaces/shop/services/web?fieldManager=fairlead&force=false",
    },
    {
      title: "a server-side apply that takes fields over",
      type: "application/apply-patch+yaml",
      body: { metadata: web, apiVersion: "v1", kind: "Service" },
      send: (client) => client.apply(serviceKind, { metadata: web }, { force: true, subresource: "status" }),
      path: "/api/v1/namespaces/shop/services/web/status?fieldManager=fairlead&force=true",
    },
  ];
  for (const { title, type, body, send, path } of patches) {
    it(`J13: sends ${title} with its own content type`, async () => {
      const { kube, client } = setUp();
      kube.fault = () => json(200, {});
      await send(client);
      const [request] = kube.requests;
      assert.equal(request?.method, "PATCH");
      assert.equal(request?.headers["content-type"], type);
      assert.equal(request?.path, path ?? "/api/v1/namespaces/shop/services/web?fieldManager=fairlead");
      assert.deepEqual(JSON.parse(request?.body ?? ""), body);
    });
  }

  it("J14: fields that we do not know survive all our writes byte for byte", async () => {
    const { kube, client } = setUp();
    const unknown = { "x-kubernetes-int-or-string": true, at: "2026-01-01T00:00:00.123456Z", deep: [{ big: 0.1 }] };
    kube.put(services, service({ unknown }));
    await client.mergePatch(serviceKind, web, { metadata: { annotations: { a: "b" } } });
    await client.apply(serviceKind, { metadata: web, spec: { type: "ClusterIP" } });
    const read = (await client.get(serviceKind, web)) as unknown as { unknown: unknown };
    assert.equal(JSON.stringify(read.unknown), JSON.stringify(unknown));
    for (const request of kube.requests) assert.notEqual(request.method, "PUT");
  });
});

describe("Kubernetes client retries", () => {
  it("J11: 429 three times, then success, is one successful call that waited as asked", async () => {
    const { kube, clock, metrics, client } = setUp();
    const times: number[] = [];
    kube.fault = () => {
      times.push(clock.monotonic());
      return times.length <= 3
        ? status(429, "TooManyRequests", "slow down", { headers: { "retry-after": "2" } })
        : undefined;
    };
    const created = await outcome(clock, client.create(serviceKind, { metadata: web }));
    assert.ok(!(created instanceof AppError));
    assert.deepEqual(times, [0, 2_100, 4_200, 6_300]);
    const retries = await metrics.value("fairlead_kube_request_retries_total", { code: "429", method: "POST" });
    assert.equal(retries, 3);
  });

  it("J11: no wait is longer than 15 s, and after five tries the error is given back", async () => {
    const { kube, clock, client } = setUp();
    const times: number[] = [];
    kube.fault = () => {
      times.push(clock.monotonic());
      return status(503, "ServiceUnavailable", "starting", { headers: { "retry-after": "13" } });
    };
    const error = await outcome(clock, client.get(serviceKind, web));
    assert.ok(error instanceof AppError);
    assert.deepEqual([error.class, error.code, error.retryAfterMs], ["transient", "ServiceUnavailable", 13_000]);
    assert.equal(times.length, 5);
    kube.fault = () => {
      times.push(clock.monotonic());
      return times.length === 6
        ? status(429, "TooManyRequests", "", { headers: { "retry-after": "3600" } })
        : json(200, {});
    };
    await outcome(clock, client.get(serviceKind, web));
    assert.equal((times[6] ?? 0) - (times[5] ?? 0), 15_100);
  });

  const repeats: readonly {
    readonly title: string;
    readonly answer: () => HttpResponse | Promise<HttpResponse>;
    readonly call: (client: KubeClient) => Promise<unknown>;
    readonly repeated: boolean;
  }[] = [
    {
      title: "a read after 500",
      answer: () => status(500, "InternalError", "etcd"),
      call: (client) => client.get(serviceKind, web),
      repeated: true,
    },
    {
      title: "a read after a lost connection",
      answer: () => Promise.reject(new Error("ECONNRESET")),
      call: (client) => client.get(serviceKind, web),
      repeated: true,
    },
    {
      title: "an apply after a lost connection",
      answer: () => Promise.reject(new Error("ECONNRESET")),
      call: (client) => client.apply(serviceKind, { metadata: web }),
      repeated: true,
    },
    {
      title: "a merge patch after 500",
      answer: () => status(500, "InternalError", "etcd"),
      call: (client) => client.mergePatch(serviceKind, web, {}),
      repeated: true,
    },
    {
      title: "a delete after 502",
      answer: () => ({ status: 502, headers: {}, body: "" }),
      call: (client) => client.delete(serviceKind, web),
      repeated: true,
    },
    {
      title: "a create after a lost connection",
      answer: () => Promise.reject(new Error("ECONNRESET")),
      call: (client) => client.create(serviceKind, { metadata: web }),
      repeated: false,
    },
    {
      title: "a create after 503 without a time",
      answer: () => status(503, "ServiceUnavailable", ""),
      call: (client) => client.create(serviceKind, { metadata: web }),
      repeated: false,
    },
    {
      title: "a merge patch with a version after 500",
      answer: () => status(500, "InternalError", ""),
      call: (client) => client.mergePatch(serviceKind, web, { metadata: { resourceVersion: "1" } }),
      repeated: false,
    },
    {
      title: "a JSON patch after 500",
      answer: () => status(500, "InternalError", ""),
      call: (client) => client.jsonPatch(serviceKind, web, []),
      repeated: false,
    },
    {
      title: "a read after 403",
      answer: () => status(403, "Forbidden", "no"),
      call: (client) => client.get(serviceKind, web),
      repeated: false,
    },
    {
      title: "a write after 409",
      answer: () => status(409, "Conflict", "changed"),
      call: (client) => client.apply(serviceKind, { metadata: web }),
      repeated: false,
    },
  ];
  for (const { title, answer, call, repeated } of repeats) {
    it(`J11: ${title} is ${repeated ? "" : "not "}tried again`, async () => {
      const { kube, clock, client } = setUp();
      kube.put(services, service());
      let first = true;
      kube.fault = () => {
        if (!first) return undefined;
        first = false;
        return answer();
      };
      const result = await outcome(clock, call(client));
      assert.equal(result instanceof AppError, !repeated);
      assert.equal(kube.requests.length, repeated ? 2 : 1);
    });
  }

  it("gives up on a server that never answers, in time and with a transient error", async () => {
    const { kube, clock, client } = setUp();
    kube.fault = () => new Promise(() => undefined);
    const error = await outcome(clock, client.get(serviceKind, web), 60_000);
    assert.ok(error instanceof AppError);
    assert.deepEqual([error.class, error.code], ["transient", "Timeout"]);
    const create = await outcome(clock, client.create(serviceKind, { metadata: web }), 30_000);
    assert.ok(create instanceof AppError && create.code === "Timeout");
  });

  it("gives up on an answer that stops in the middle, and lets go of its body", async () => {
    const { kube, clock, client } = setUp();
    let freed = 0;
    kube.fault = () => ({
      status: 200,
      headers: {},
      body: {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => undefined),
          return: () => {
            freed++;
            return Promise.resolve({ done: true as const, value: undefined });
          },
        }),
      },
    });
    const error = await outcome(clock, client.create(serviceKind, { metadata: web }), 30_000);
    assert.ok(error instanceof AppError && error.code === "Timeout");
    assert.equal(freed, 1);
  });

  it("ends at once with the reason of the caller's signal", async () => {
    const { kube, client } = setUp();
    kube.fault = () => new Promise(() => undefined);
    const controller = new AbortController();
    const call = client.get(serviceKind, web, { signal: controller.signal });
    const reason = new Error("stop");
    controller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
  });

  it("J18: calls with one long-lived signal leave no listener on it", async () => {
    const { kube, client } = setUp();
    kube.put(services, service());
    const { signal } = new AbortController();
    for (let times = 0; times < 1_000; times++) await client.get(serviceKind, web, { signal });
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });
});

describe("errors of the Kubernetes API", () => {
  const cases: readonly [title: string, answer: HttpResponse, expected: Partial<AppError>][] = [
    ["403", status(403, "Forbidden", 'services "web" is forbidden'), { class: "denied", code: "Forbidden" }],
    ["409", status(409, "Conflict", "changed"), { class: "conflict", code: "Conflict" }],
    [
      "409 for a name that is taken",
      status(409, "AlreadyExists", "exists"),
      { class: "conflict", code: "AlreadyExists" },
    ],
    [
      "422",
      status(422, "Invalid", "bad port", {
        details: { causes: [{ reason: "FieldValueInvalid", field: "spec.ports[0]" }] },
      }),
      { class: "invalid", code: "Invalid", details: { status: 422, field: "spec.ports[0]" } },
    ],
    [
      "429 without a header",
      status(429, "TooManyRequests", "slow", { details: { retryAfterSeconds: 1 } }),
      { class: "transient", code: "TooManyRequests", retryAfterMs: 1_000 },
    ],
    ["500", status(500, "InternalError", "etcd"), { class: "transient", code: "InternalError" }],
    ["400", status(400, "BadRequest", "no"), { class: "invalid", code: "BadRequest" }],
    ["401", status(401, "Unauthorized", "Unauthorized"), { class: "transient", code: "Unauthorized" }],
    ["410", status(410, "Expired", "too old"), { class: "transient", code: "Expired" }],
    ["415", { status: 415, headers: {}, body: "" }, { class: "bug", code: "UnsupportedMediaType" }],
    [
      "a namespace that is being deleted",
      status(403, "Forbidden", "terminating", { details: { causes: [{ reason: "NamespaceTerminating" }] } }),
      { class: "missing", code: "NamespaceTerminating" },
    ],
    [
      "a text body",
      { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" },
      { class: "missing", code: "NotFound", message: "create Service shop/web failed: 404 page not found" },
    ],
    [
      "a page of a proxy",
      { status: 502, headers: { "content-type": "text/html" }, body: "<html><body>secret</body></html>" },
      { class: "transient", code: "BadGateway", message: "create Service shop/web failed: BadGateway" },
    ],
    [
      "an answer that is not JSON",
      { status: 200, headers: {}, body: "<html>" },
      { class: "transient", code: "MalformedAnswer" },
    ],
  ];
  for (const [title, answer, expected] of cases) {
    it(`J12: ${title} becomes class ${expected.class}, code ${expected.code}`, async () => {
      const { kube, clock, client } = setUp();
      kube.fault = () => ({ ...answer, headers: { ...answer.headers, "x-secret": "token" } });
      const error = await outcome(clock, client.create(serviceKind, { metadata: web }));
      assert.ok(error instanceof AppError);
      for (const [field, value] of Object.entries(expected))
        assert.deepEqual(error[field as keyof AppError], value, field);
      assert.doesNotMatch(`${error.message}${JSON.stringify(error)}`, /token|secret/, "headers and pages stay out");
    });
  }

  it("takes a failed test of a JSON patch as a conflict, not as an object that is not valid", async () => {
    const { kube, client } = setUp();
    const test = [{ op: "test", path: "/metadata/resourceVersion", value: "1" }] as const;
    kube.fault = () => status(422, "Invalid", "the server rejected our request due to an error in our request");
    await assert.rejects(client.jsonPatch(serviceKind, web, test), { class: "conflict", code: "Conflict" });
    await assert.rejects(client.jsonPatch(serviceKind, web, [{ op: "remove", path: "/a" }]), { class: "invalid" });
    kube.fault = () => status(422, "Invalid", "bad", { details: { causes: [{ field: "spec.ports" }] } });
    await assert.rejects(client.jsonPatch(serviceKind, web, test), { class: "invalid" });
  });

  it("says what was tried on which object", async () => {
    const { kube, client } = setUp();
    kube.fault = () => status(403, "Forbidden", "no");
    const cases: [Promise<unknown>, RegExp][] = [
      [client.get<Ingress>(ingressKind, web), /^get Ingress shop\/web failed: no$/],
      [client.delete(namespaceKind, { name: "shop" }), /^delete Namespace shop failed: no$/],
      [client.list<Service>(serviceKind, {}), /^list services failed: no$/],
      [client.apply(serviceKind, { metadata: web }), /^apply Service shop\/web failed: no$/],
      [client.jsonPatch(serviceKind, web, []), /^patch Service shop\/web failed: no$/],
    ];
    for (const [call, message] of cases) await assert.rejects(call, { message });
  });
});
