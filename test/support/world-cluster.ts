import assert from "node:assert/strict";
import type { HttpHandler } from "../../src/http.ts";
import { CausalFence } from "./real-cluster/causal-fence.ts";
import { textOf } from "./real-cluster/change-log.ts";
import { acquireCluster } from "./real-cluster/pool.ts";
import { SimClock } from "./sim-clock.ts";

/** The Kubernetes API of a test world, and the time in which it lives. */
export interface WorldCluster {
  readonly clock: SimClock;
  /** A real API server as its administrator sees it; absent: the sandbox has one of its own. */
  readonly admin?: HttpHandler;
  /** As the operator sees it; absent: as everybody does. */
  readonly operator?: HttpHandler;
  /** Of the administrator of a real API server. */
  readonly kubeconfig?: string;
  /** Fails when the API server refused the operator anything for lack of rights. */
  close(): Promise<void>;
}

/** `npm run test:e2e` runs the whole-operator tests against a real API server. */
export function isReal(): boolean {
  return process.env["FAIRLEAD_TEST_KUBE"] === "real";
}

export function createWorldCluster(): Promise<WorldCluster> {
  return isReal() ? realCluster() : Promise.resolve({ clock: new SimClock(), close: () => Promise.resolve() });
}

async function realCluster(): Promise<WorldCluster> {
  const evicted = new AbortController();
  const cluster = await acquireCluster(() => evicted.abort());
  // The server writes times of its own: simulated time begins with its present.
  const clock = new SimClock(Math.floor(Date.now() / 1000) * 1000);
  const fence = new CausalFence(cluster.changes, clock);
  evicted.signal.addEventListener("abort", () => fence.cut());
  clock.network = fence;
  const refused = new Set<string>();
  const operator: HttpHandler = async (request) => {
    const response = await cluster.operator(request);
    // A namespace that is being deleted takes nothing new: that is answered with 403 too.
    if (response.status !== 403) return response;
    const body = await textOf(response);
    const { message } = JSON.parse(body) as { readonly message: string };
    if (message.includes("cannot")) refused.add(message);
    return { ...response, body };
  };
  return {
    clock,
    kubeconfig: cluster.kubeconfig,
    admin: fence.wrap(cluster.admin, cluster.admin),
    operator: fence.wrap(operator, cluster.admin),
    async close() {
      await fence.whenAtRest();
      fence.cut();
      cluster.release();
      assert.deepEqual([...refused], [], "the API server refused the operator what config/rbac does not allow");
    },
  };
}
