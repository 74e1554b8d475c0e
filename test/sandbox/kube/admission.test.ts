import assert from "node:assert/strict";
import type { WebhookCaller } from "../../../src/sandbox/kube/admission.ts";
import { ApiClient, configMap } from "./api-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const HOOKS = "/apis/admissionregistration.k8s.io/v1";

interface ReviewRequest {
  readonly uid: string;
  readonly operation: string;
  readonly name: string;
  readonly dryRun: boolean;
  readonly object: { readonly data?: Record<string, string> } | null;
  readonly oldObject: object | null;
}

type Decide = (request: ReviewRequest, url: string) => Record<string, unknown>;

function webhooks(decide: Decide): { readonly call: WebhookCaller; readonly requests: ReviewRequest[] } {
  const requests: ReviewRequest[] = [];
  return {
    requests,
    call: (target, review) => {
      const request = (review as { request: ReviewRequest }).request;
      requests.push(request);
      return Promise.resolve({
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response: { uid: request.uid, ...decide(request, target.url ?? "") },
      });
    },
  };
}

function configuration(kind: "Mutating" | "Validating", extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: kind.toLowerCase() },
    webhooks: [
      {
        name: `${kind.toLowerCase()}.example.io`,
        clientConfig: { url: `https://${kind.toLowerCase()}.test/` },
        rules: [
          {
            operations: ["CREATE", "UPDATE", "DELETE"],
            apiGroups: [""],
            apiVersions: ["v1"],
            resources: ["configmaps"],
          },
        ],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        ...extra,
      },
    ],
  };
}

const patch = (operations: unknown): Record<string, unknown> => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});

async function withHook(kind: "Mutating" | "Validating", decide: Decide, extra: Record<string, unknown> = {}) {
  const hooks = webhooks(decide);
  const client = new ApiClient({ callWebhook: hooks.call });
  await client.clock.settle();
  await client.create(`${HOOKS}/${kind.toLowerCase()}webhookconfigurations`, configuration(kind, extra));
  return { client, requests: hooks.requests };
}

describe("admission webhooks", () => {
  it("change objects before they are stored", async () => {
    const { client } = await withHook("Mutating", () => patch([{ op: "add", path: "/data/added", value: "yes" }]));
    const created = await client.create(MAPS, configMap("a", { x: "1" }));
    assert.deepEqual(created["data"], { x: "1", added: "yes" });
  });

  it("see the operation and both objects", async () => {
    const { client, requests } = await withHook("Validating", () => ({ allowed: true }));
    await client.create(MAPS, configMap("a", { x: "1" }));
    await client.patch(`${MAPS}/a`, "merge", { data: { x: "2" } });
    await client.call("DELETE", `${MAPS}/a`);
    assert.deepEqual(
      requests.map(({ operation, name, object, oldObject }) => [operation, name, object !== null, oldObject !== null]),
      [
        ["CREATE", "a", true, false],
        ["UPDATE", "a", true, true],
        ["DELETE", "a", false, true],
      ],
    );
  });

  it("refuse with their own words and warn", async () => {
    const { client } = await withHook("Validating", () => ({
      allowed: false,
      status: { message: "no maps today" },
      warnings: ["beware"],
    }));
    const { status, body, warning } = await client.call("POST", MAPS, configMap("a"));
    assert.deepEqual(
      [status, body.message, warning],
      [400, 'admission webhook "validating.example.io" denied the request: no maps today', '299 - "beware"'],
    );
    assert.equal((await client.get(`${MAPS}/a`)).status, 404);
  });

  it("that cannot be reached refuse or let pass, as their policy says", async () => {
    const broken: Decide = () => {
      throw new Error("connection refused");
    };
    const failing = await withHook("Validating", broken);
    const { status, body } = await failing.client.call("POST", MAPS, configMap("a"));
    assert.deepEqual(
      [status, body.message],
      [
        500,
        'Internal error occurred: failed calling webhook "validating.example.io": failed to call webhook: connection refused',
      ],
    );
    const ignoring = await withHook("Validating", broken, { failurePolicy: "Ignore" });
    assert.equal((await ignoring.client.call("POST", MAPS, configMap("a"))).status, 201);
  });

  it("are asked only for what their selectors take", async () => {
    const { client, requests } = await withHook("Validating", () => ({ allowed: true }), {
      objectSelector: { matchLabels: { check: "yes" } },
      namespaceSelector: {
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["default"] }],
      },
    });
    await client.create(MAPS, configMap("a"));
    await client.create(MAPS, configMap("b", {}, { labels: { check: "yes" } }));
    await client.create("/api/v1/namespaces/kube-system/configmaps", configMap("c", {}, { labels: { check: "yes" } }));
    await client.create("/api/v1/namespaces/default/secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "d", labels: { check: "yes" } },
    });
    assert.deepEqual(
      requests.map(({ name }) => name),
      ["b"],
    );
  });

  it("cannot be registered with side effects", async () => {
    const client = new ApiClient({});
    const given = configuration("Validating", { sideEffects: "Some" });
    const { status, body } = await client.call("POST", `${HOOKS}/validatingwebhookconfigurations`, given);
    assert.equal(status, 422);
    assert.match(
      body.message ?? "",
      /sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"$/,
    );
  });

  it("own nothing of what they change", async () => {
    const { client } = await withHook("Mutating", () => patch([{ op: "add", path: "/data/added", value: "yes" }]));
    const { metadata } = await client.create(MAPS, configMap("a", { x: "1" }));
    assert.doesNotMatch(JSON.stringify(metadata.managedFields), /f:added/);
    const changed = await client.patch(`${MAPS}/a`, "merge", { data: { x: "2" } });
    assert.doesNotMatch(JSON.stringify(changed.body["metadata"]), /f:added/);
  });

  it("are called once more when a later one has changed the object and they ask for it", async () => {
    const calls: string[] = [];
    const hooks = webhooks(({ object }, url) => {
      calls.push(url);
      return url.includes("second") && object?.data?.["by"] === undefined
        ? patch([{ op: "add", path: "/data/by", value: "second" }])
        : { allowed: true };
    });
    const client = new ApiClient({ callWebhook: hooks.call });
    const of = (name: string, reinvocationPolicy: string): unknown => ({
      ...(configuration("Mutating")["webhooks"] as object[])[0],
      name: `${name}.example.io`,
      clientConfig: { url: `https://${name}/` },
      reinvocationPolicy,
    });
    await client.create(`${HOOKS}/mutatingwebhookconfigurations`, {
      ...configuration("Mutating"),
      webhooks: [of("first", "IfNeeded"), of("never", "Never"), of("second", "IfNeeded"), of("third", "IfNeeded")],
    });
    await client.create(MAPS, configMap("a", { x: "1" }));
    assert.deepEqual(calls, [
      "https://first/",
      "https://never/",
      "https://second/",
      "https://third/",
      "https://first/",
    ]);
    calls.length = 0;
    await client.patch(`${MAPS}/a`, "merge", { data: { x: "2" } });
    assert.equal(calls.length, 4, "nothing has changed, so nobody is called again");
  });
});
