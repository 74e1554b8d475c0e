import assert from "node:assert/strict";
import { createMetrics, metricTable } from "../src/metrics.ts";

describe("metrics", () => {
  it("names every metric by the rules of Prometheus, with a help text", () => {
    for (const [name, row] of Object.entries(metricTable)) {
      assert.match(name, /^[a-z][a-z0-9_]*$/);
      assert.match(row.help, /\.$/, name);
      for (const label of row.labels) assert.match(label, /^[a-z][a-z0-9_]*$/, name);
    }
  });

  it("counts, sets and observes by labels", async () => {
    const metrics = createMetrics();
    const work = { controller: "ingress", result: "success" };
    metrics.add("controller_runtime_reconcile_total", work);
    metrics.add("controller_runtime_reconcile_total", work, 2);
    metrics.set("controller_runtime_active_workers", { controller: "ingress" }, 4);
    metrics.observe("controller_runtime_reconcile_time_seconds", { controller: "ingress" }, 0.2);
    assert.equal(await metrics.value("controller_runtime_reconcile_total", work), 3);
    assert.equal(await metrics.value("controller_runtime_reconcile_total", { ...work, result: "error" }), undefined);
    assert.equal(await metrics.value("controller_runtime_active_workers", { controller: "ingress" }), 4);
    assert.equal(await metrics.value("controller_runtime_reconcile_time_seconds", { controller: "ingress" }), 1);
    const text = await metrics.text();
    assert.match(text, /^controller_runtime_reconcile_total\{controller="ingress",result="success"\} 3$/m);
    assert.match(text, /^controller_runtime_reconcile_time_seconds_bucket\{le="0.25",controller="ingress"\} 1$/m);
  });

  it("drops the series of an object that is gone, whatever its other labels", async () => {
    const metrics = createMetrics();
    const web = { kind: "Ingress", namespace: "shop", name: "web" };
    metrics.set("fairlead_object_ready", { ...web, reason: "Ready" }, 1);
    metrics.set("fairlead_object_ready", { ...web, reason: "Failed" }, 0);
    metrics.set("fairlead_object_ready", { ...web, name: "db", reason: "Ready" }, 1);
    metrics.remove("fairlead_object_ready", web);
    const text = await metrics.text();
    assert.doesNotMatch(text, /name="web"/);
    assert.match(text, /name="db"/);
  });

  it("keeps registries apart, and measures on demand", async () => {
    const [first, second] = [createMetrics(), createMetrics()];
    const labels = { controller: "ingress" };
    let reads = 0;
    const end = first.onCollect(() => first.set("controller_runtime_active_workers", labels, ++reads));
    assert.match(await first.text(), /^controller_runtime_active_workers\{controller="ingress"\} 1$/m);
    assert.equal(await first.value("controller_runtime_active_workers", labels), 2);
    end();
    await first.text();
    assert.equal(reads, 2);
    assert.doesNotMatch(await second.text(), /ingress/);
  });
});
