import assert from "node:assert/strict";
import type { LogLine, OperatorChild } from "./support/operator-child.ts";
import { Scene } from "./support/scene.ts";
import { openTcpProxy, type TcpProxy } from "./support/tcp-proxy.ts";

async function etcd(
  url: string,
  path: string,
  body: object,
): Promise<{ readonly header: { readonly revision: string } }> {
  const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
  assert.equal(response.status, 200, path);
  return (await response.json()) as { header: { revision: string } };
}

describe("an operator whose watches are behind what etcd still knows", function () {
  this.timeout(150_000);
  let scene: Scene;
  let proxy: TcpProxy;
  let operator: OperatorChild;

  before(async () => {
    scene = await Scene.create();
    const { hostname: host, port } = new URL(scene.plane.controlPlane.url);
    proxy = await openTcpProxy({ host, port: Number(port) });
    operator = await scene.operator(await scene.identity("one"), { port: proxy.port, alone: true });
    await operator.saw("started");
  });
  after(async () => {
    await scene?.close();
    await proxy?.close();
  });

  it("lists again, and notices what was deleted and made meanwhile", async () => {
    const { controlPlane } = scene.plane;
    const expected = await scene.baseline();
    proxy.blackhole("new");
    proxy.reset();
    await scene.remove();
    const { header } = await etcd(controlPlane.etcdUrl, "/v3/kv/range", { key: Buffer.from("a").toString("base64") });
    await etcd(controlPlane.etcdUrl, "/v3/kv/compaction", { revision: header.revision, physical: true });
    // Its watch cache still knows what etcd has forgotten.
    await controlPlane.stopApiServer("kill");
    await controlPlane.startApiServer();
    const from = operator.lines.length;
    proxy.heal();
    await scene.untilReady(expected.part);
    const expired = operator.lines
      .slice(from)
      .filter(({ message }: LogLine) => message === "the watched version has expired; listing again")
      .map(({ kind }) => kind);
    for (const kind of ["Ingress", "IamServiceAccount"]) assert.ok(expired.includes(kind), `410 for ${kind}`);
    await scene.restore();
    await scene.untilReady(expected.whole);
  });
});
