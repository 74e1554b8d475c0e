import { type Pod, podKind } from "../../src/api/builtin.ts";
import { createInformer, type Informer, type InformerOptions } from "../../src/kube/informer.ts";
import { silentLogger } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { FakeKube } from "./fake-kube.ts";
import { SimClock } from "./sim-clock.ts";

/** The collection of the fake API server that the informer of `setUp` watches. */
export const pods = "/api/v1/pods";

export function pod(name: string, ip = "10.0.0.1", extra: object = {}): object {
  return { metadata: { namespace: "shop", name, ...extra }, spec: { nodeName: "n1" }, status: { podIP: ip } };
}

/** An informer of pods, not yet started, and all that a test wants to see or break. */
export function setUp(options: Partial<InformerOptions<Pod>> = {}) {
  const kube = new FakeKube();
  const clock = new SimClock();
  const metrics = createMetrics();
  const events: string[] = [];
  const warnings: string[] = [];
  const log = {
    ...silentLogger,
    warn: (text: string) => void warnings.push(text),
    error: (text: string) => void warnings.push(text),
  };
  const informer = createInformer<Pod>({
    kind: podKind,
    http: kube.handler,
    clock,
    random: () => 0.5,
    log: { ...log, child: () => ({ ...log, child: () => silentLogger }) },
    metrics,
    onEvent: (event) => void events.push(`${event.type} ${event.key}`),
    ...options,
  });
  return { kube, clock, metrics, events, warnings, informer };
}

/** Addresses by name, as the cache has them. */
export function cached(informer: Informer<Pod>): Record<string, string | undefined> {
  return Object.fromEntries([...informer.list()].map((object) => [object.metadata.name, object.status?.podIP]));
}
