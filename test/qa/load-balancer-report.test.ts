import assert from "node:assert/strict";
import type { LoadBalancer } from "../../src/api/load-balancer.ts";
import { loadBalancerConditions } from "../../src/controllers/load-balancing/conditions.ts";
import { type LoadBalancerReport, LoadBalancerReporter } from "../../src/controllers/load-balancing/report.ts";
import { AppError } from "../../src/errors.ts";
import type { KubeClient } from "../../src/kube/client.ts";

const now = "2026-01-01T00:00:00Z";
const key = "shop/ingress-web";

const report: LoadBalancerReport = {
  namespace: "shop",
  name: "ingress-web",
  owners: [{ apiVersion: "networking.k8s.io/v1", kind: "Ingress", name: "web", uid: "u" }],
  members: [{ kind: "Ingress", name: "web", accepted: true }],
  type: "Application",
  outcome: { problems: [] },
};

function reporter(apply: () => Promise<void>): {
  readonly subject: LoadBalancerReporter;
  readonly cache: Map<string, LoadBalancer>;
} {
  const cache = new Map<string, LoadBalancer>();
  const client = { apply } as unknown as KubeClient;
  const lister = { get: (name: string) => cache.get(name) } as ConstructorParameters<typeof LoadBalancerReporter>[1];
  return { subject: new LoadBalancerReporter(client, lister), cache };
}

describe("Reports on load balancers", () => {
  it("do not keep a namespace from going: what cannot be written there is left out", async () => {
    for (const refusal of [
      new AppError("forbidden", { class: "invalid", code: "NamespaceTerminating" }),
      new AppError("namespaces not found", { class: "missing", code: "NotFound" }),
    ]) {
      const { subject } = reporter(async () => {
        throw refusal;
      });
      await assert.doesNotReject(subject.write(report, now, AbortSignal.timeout(1000)));
    }
  });

  it("tell of any other refusal", async () => {
    const { subject } = reporter(async () => {
      throw new AppError("forbidden", { class: "denied", code: "Forbidden" });
    });
    await assert.rejects(subject.write(report, now, AbortSignal.timeout(1000)), { code: "Forbidden" });
  });

  it("come back when somebody has deleted them", async () => {
    let writes = 0;
    const { subject, cache } = reporter(async () => {
      writes++;
    });
    await subject.write(report, now, AbortSignal.timeout(1000));
    assert.equal(writes, 2);
    cache.set(key, { metadata: { name: "ingress-web" } } as LoadBalancer);
    await subject.write(report, now, AbortSignal.timeout(1000));
    cache.delete(key);
    writes = 0;
    await subject.write(report, now, AbortSignal.timeout(1000));
    assert.equal(writes, 2);
  });

  it("say in each condition what it means, and name the object that a problem is about", () => {
    const conditions = loadBalancerConditions(
      {
        problems: [
          {
            object: { kind: "Ingress", namespace: "shop", name: "web" },
            reason: "InvalidAnnotation",
            message: "annotation x must be y",
            severity: "error",
          },
        ],
      },
      [],
      now,
    );
    assert.ok(conditions.every(({ message }) => message !== undefined && message !== ""));
    const ready = conditions.find(({ type }) => type === "Ready");
    assert.equal(ready?.message, "Ingress shop/web: annotation x must be y");
  });
});
