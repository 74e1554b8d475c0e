import assert from "node:assert/strict";
import { ApiClient, configMap } from "./api-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

interface List {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

async function list(client: ApiClient, query: string): Promise<List> {
  const { status, body } = await client.get(`${MAPS}?${query}`);
  if (status !== 200) throw new Error(`${status} ${body.message ?? ""}`);
  return body as unknown as List;
}

function names(result: List): string[] {
  return result.items.map(({ metadata }) => metadata.name);
}

async function filled(): Promise<ApiClient> {
  const client = new ApiClient();
  await client.clock.settle();
  await client.call("DELETE", `${MAPS}/kube-root-ca.crt`);
  await client.create(MAPS, configMap("c", {}, { labels: { tier: "web", size: "3" } }));
  await client.create(MAPS, configMap("a", {}, { labels: { tier: "web" } }));
  await client.create(MAPS, configMap("b", {}, { labels: { tier: "db" } }));
  return client;
}

describe("lists", () => {
  const selections: readonly (readonly [query: string, expected: readonly string[]])[] = [
    ["", ["a", "b", "c"]],
    ["labelSelector=tier%3Dweb", ["a", "c"]],
    ["labelSelector=tier!%3Dweb", ["b"]],
    ["labelSelector=tier+in+(web,db),size", ["c"]],
    ["labelSelector=tier+notin+(db)", ["a", "c"]],
    ["labelSelector=!size", ["a", "b"]],
    ["labelSelector=size%3E2", ["c"]],
    ["labelSelector=size%3C3", []],
    ["fieldSelector=metadata.name%3Da", ["a"]],
    ["fieldSelector=metadata.name!%3Da,metadata.namespace%3Ddefault", ["b", "c"]],
  ];
  for (const [query, expected] of selections) {
    it(`select by ${query === "" ? "nothing" : decodeURIComponent(query)}`, async () => {
      assert.deepEqual(names(await list(await filled(), query)), expected);
    });
  }

  it("refuse a field that cannot be selected", async () => {
    const { status, body } = await (await filled()).get(`${MAPS}?fieldSelector=data.x%3Da`);
    assert.deepEqual(
      [status, body.message],
      [400, '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    );
  });

  it("leave kind and version out of the items of built-in kinds", async () => {
    const { body } = await (await filled()).get(MAPS);
    assert.equal(body["kind"], "ConfigMapList");
    assert.deepEqual(Object.keys((body["items"] as object[])[0] ?? {}).includes("kind"), false);
  });

  it("come in pages of one state, whatever happens meanwhile", async () => {
    const client = await filled();
    const first = await list(client, "limit=1");
    await client.call("DELETE", `${MAPS}/b`);
    await client.create(MAPS, configMap("bb"));
    const second = await list(client, `limit=1&continue=${first.metadata.continue ?? ""}`);
    const third = await list(client, `limit=1&continue=${second.metadata.continue ?? ""}`);
    assert.deepEqual([names(first), names(second), names(third)], [["a"], ["b"], ["c"]]);
    assert.deepEqual(
      [first.metadata.remainingItemCount, second.metadata.remainingItemCount, third.metadata.continue],
      [2, 1, undefined],
    );
    assert.equal(third.metadata.resourceVersion, first.metadata.resourceVersion);
  });

  it("tell with 410 that a page is too old, and how to go on", async () => {
    const client = await filled();
    const first = await list(client, "limit=1");
    await client.create(MAPS, configMap("aa"));
    client.api.compact();
    const { status, body } = await client.get(`${MAPS}?limit=5&continue=${first.metadata.continue ?? ""}`);
    assert.deepEqual([status, body.reason], [410, "Expired"]);
    const token = (body["metadata"] as { continue: string }).continue;
    assert.deepEqual(names(await list(client, `continue=${token}`)), ["aa", "b", "c"]);
  });

  it("show an exact old state on demand, and wait for no future one", async () => {
    const client = await filled();
    const before = (await list(client, "")).metadata.resourceVersion;
    await client.call("DELETE", `${MAPS}/a`);
    assert.deepEqual(names(await list(client, `resourceVersion=${before}&resourceVersionMatch=Exact`)), [
      "a",
      "b",
      "c",
    ]);
    const { status, body } = await client.get(`${MAPS}?resourceVersion=99999&resourceVersionMatch=NotOlderThan`);
    assert.equal(status, 504);
    assert.match(body.message ?? "", /^Timeout: Too large resource version: 99999, current: \d+$/);
  });
});

describe("watches", () => {
  const shown = (events: readonly { type: string; object: { metadata: { name: string } } }[]): string[] =>
    events.map(({ type, object }) => `${type} ${object.metadata.name}`);

  it("tell of every change after the version they start from", async () => {
    const client = await filled();
    const { metadata } = await list(client, "");
    await client.create(MAPS, configMap("d"));
    const watch = await client.watch(`${MAPS}?watch=1&resourceVersion=${metadata.resourceVersion}`);
    await client.patch(`${MAPS}/d`, "merge", { data: { x: "1" } });
    await client.call("DELETE", `${MAPS}/d`);
    await client.clock.settle();
    assert.deepEqual(shown(watch.events), ["ADDED d", "MODIFIED d", "DELETED d"]);
    const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
    assert.deepEqual(
      [...versions].sort((a, b) => a - b),
      versions,
    );
  });

  it("begin with what is there when no version is given", async () => {
    const watch = await (await filled()).watch(`${MAPS}?watch=true`);
    assert.deepEqual(shown(watch.events), ["ADDED a", "ADDED b", "ADDED c"]);
  });

  it("mark the end of the initial state for streaming lists", async () => {
    const watch = await (await filled()).watch(
      `${MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    assert.deepEqual(
      watch.events.map(({ type }) => type),
      ["ADDED", "ADDED", "ADDED", "BOOKMARK"],
    );
    assert.deepEqual(watch.events[3]?.object.metadata.annotations, { "k8s.io/initial-events-end": "true" });
  });

  it("show objects that enter and leave the selection as added and deleted", async () => {
    const client = await filled();
    const { metadata } = await list(client, "");
    const watch = await client.watch(
      `${MAPS}?watch=1&labelSelector=tier%3Dweb&resourceVersion=${metadata.resourceVersion}`,
    );
    await client.patch(`${MAPS}/b`, "merge", { metadata: { labels: { tier: "web" } } });
    await client.patch(`${MAPS}/b`, "merge", { data: { x: "1" } });
    await client.patch(`${MAPS}/b`, "merge", { metadata: { labels: { tier: "db" } } });
    await client.patch(`${MAPS}/b`, "merge", { data: { x: "2" } });
    await client.clock.settle();
    assert.deepEqual(shown(watch.events), ["ADDED b", "MODIFIED b", "DELETED b"]);
    assert.equal(watch.events[2]?.object.metadata.labels?.["tier"], "web");
  });

  it("send a bookmark a minute, and end at their time-out", async () => {
    const client = await filled();
    const watch = await client.watch(
      `${MAPS}?watch=1&resourceVersion=${(await list(client, "")).metadata.resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=150`,
    );
    await client.clock.advance(149_000);
    assert.deepEqual(
      watch.events.map(({ type }) => type),
      ["BOOKMARK", "BOOKMARK", "BOOKMARK"],
    );
    assert.equal(watch.ended(), false);
    await client.clock.advance(1_000);
    assert.equal(watch.ended(), true);
  });

  it("end with an ERROR event of code 410 when the version is too old", async () => {
    const client = await filled();
    const { metadata } = await list(client, "");
    await client.create(MAPS, configMap("d"));
    const compacted = (await list(client, "")).metadata.resourceVersion;
    client.api.compact();
    const watch = await client.watch(`${MAPS}?watch=1&resourceVersion=${metadata.resourceVersion}`);
    assert.deepEqual(
      watch.events.map(({ type, object }) => ({ type, reason: object.reason, code: object.code })),
      [{ type: "ERROR", reason: "Expired", code: 410 }],
    );
    // The version in brackets is the oldest that a watch can still start from.
    assert.equal(
      watch.events[0]?.object["message"],
      `too old resource version: ${metadata.resourceVersion} (${compacted})`,
    );
    assert.equal(watch.ended(), true);
  });

  it("end when the client goes away", async () => {
    const client = await filled();
    const controller = new AbortController();
    const response = await client.api.handle({
      method: "GET",
      path: `${MAPS}?watch=1`,
      headers: {},
      signal: controller.signal,
    });
    controller.abort();
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
    assert.equal(chunks.length, 1);
  });
});
