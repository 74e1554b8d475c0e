import assert from "node:assert/strict";
import { AppError } from "../../src/errors.ts";
import { createKubeClient } from "../../src/kube/rest-client.ts";
import { createMetrics } from "../../src/metrics.ts";
import { FakeKube } from "./fake-kube.ts";
import { SimClock } from "./sim-clock.ts";

export const services = "/api/v1/services";
export const web = { namespace: "shop", name: "web" };

/** A client of a fake API server, both in simulated time. */
export function setUp() {
  const kube = new FakeKube();
  const clock = new SimClock();
  const metrics = createMetrics();
  const client = createKubeClient({ http: kube.handler, clock, random: () => 0.5, metrics });
  return { kube, clock, metrics, client };
}

/** The outcome of a call that needs simulated time to pass. */
export async function outcome<T>(clock: SimClock, promise: Promise<T>, ms = 120_000): Promise<T | AppError> {
  const settled = promise.catch((error: unknown) => {
    assert.ok(error instanceof AppError, String(error));
    return error;
  });
  await clock.advance(ms);
  return settled;
}

export function service(extra: object = {}): object {
  return { metadata: web, spec: { type: "LoadBalancer" }, ...extra };
}
