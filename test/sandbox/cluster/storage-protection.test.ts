import assert from "node:assert/strict";
import { resources } from "../../../src/sandbox/cluster/cluster-api.ts";
import { type ClusterHarness, startHarness, stopPlane } from "./cluster-harness.ts";

const volumes = { group: "", version: "v1", plural: "persistentvolumes" };

describe("storage of the sandbox cluster", () => {
  let harness: ClusterHarness;

  afterEach(() => harness.stop());
  after(stopPlane);

  it("keeps a deleted claim until no pod uses it any longer", async () => {
    harness = await startHarness();
    const { api, namespace } = harness;
    await harness.create(resources.claims, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "disk" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    // The account of a new namespace takes a moment.
    await harness.until(async () => {
      try {
        await harness.create(resources.pods, podWith("disk"));
        return true;
      } catch {
        return false;
      }
    });
    const name = { name: "disk", namespace };
    await api.delete(resources.claims, name, {});
    await harness.until(async () => (await api.get(resources.pods, { name: "user", namespace })) !== undefined);
    const kept = await api.get(resources.claims, name);
    assert.notEqual(kept?.metadata.deletionTimestamp, undefined);
    await api.delete(resources.pods, { name: "user", namespace }, { gracePeriodSeconds: 0 });
    await harness.until(async () => (await api.get(resources.claims, name)) === undefined);
  });

  it("lets a volume go that no claim is bound to", async () => {
    harness = await startHarness();
    const name = "storage-protection";
    await harness.api.create(volumes, {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, hostPath: { path: "/data" } },
    });
    const left = await harness.api.delete(volumes, { name }, {});
    assert.deepEqual(left?.metadata.finalizers, ["kubernetes.io/pv-protection"]);
    await harness.until(async () => (await harness.api.get(volumes, { name })) === undefined);
  });
});

function podWith(claim: string): Parameters<ClusterHarness["create"]>[1] {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "user" },
    spec: {
      // Nothing is done with it on a node that is not there.
      nodeSelector: { nowhere: "yes" },
      containers: [{ name: "main", image: "example.test/main" }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }],
    },
  };
}
