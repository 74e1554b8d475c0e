import assert from "node:assert/strict";
import { namespaceKind } from "../src/api/builtin.ts";
import { systemClock } from "../src/clock.ts";
import { createKubeClient } from "../src/kube/rest-client.ts";
import { startTestControlPlane, type TestControlPlane } from "../test/support/control-plane.ts";

describe("a control plane", () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  after(() => plane.stop());

  const client = (): ReturnType<typeof createKubeClient> =>
    createKubeClient({ http: plane.admin.http, clock: systemClock, random: Math.random });

  for (const how of ["stop", "kill"] as const) {
    it(`keeps what it holds over a restart of the API server (${how})`, async () => {
      await client().create(namespaceKind, { metadata: { name: `kept-${how}` } });
      await plane.controlPlane.stopApiServer(how);
      await plane.controlPlane.startApiServer();
      const kept = await client().get(namespaceKind, { name: `kept-${how}` });
      assert.equal(kept?.metadata.name, `kept-${how}`);
    });
  }

  it("refuses who has no token", async () => {
    const stranger = await plane.connect("nobody");
    const response = await stranger.http({ method: "GET", path: "/api/v1/namespaces", headers: {} });
    assert.equal(response.status, 401);
  });
});
