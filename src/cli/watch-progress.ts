import { type LoadBalancer, loadBalancerKind } from "../api/load-balancer.ts";
import { type KubeObject, objectKey } from "../api/object.ts";
import { type Clock, sleep } from "../clock.ts";
import type { KubeClient } from "../kube/client.ts";
import type { AppliedManifest } from "./apply-manifests.ts";
import { type Readiness, readiness } from "./readiness.ts";

export interface WatchedObject {
  readonly name: string;
  readonly object: KubeObject;
  readonly readiness: Readiness;
}

export interface ProgressOptions {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told whenever what there is to say of an object changes; `elapsedMs` since the start. */
  readonly onChange: (object: WatchedObject, elapsedMs: number) => void;
}

const pollMs = 200;

/** Watches applied objects until all are ready or time is up; gives their last state. */
export async function watchProgress(
  applied: readonly AppliedManifest[],
  { kube, clock, timeoutMs, signal, onChange }: ProgressOptions,
): Promise<readonly WatchedObject[]> {
  const start = clock.monotonic();
  const told = new Map<string, string>();
  for (;;) {
    const objects = await look(applied, kube, signal);
    for (const one of objects) {
      const text = `${one.readiness.state} ${one.readiness.detail}`;
      if (told.get(one.name) === text) continue;
      told.set(one.name, text);
      onChange(one, clock.monotonic() - start);
    }
    const done = objects.every((one) => one.readiness.state === "ready");
    if (done || clock.monotonic() - start > timeoutMs || signal.aborted) return objects;
    await sleep(clock, pollMs, signal).catch(() => undefined);
  }
}

async function look(
  applied: readonly AppliedManifest[],
  kube: KubeClient,
  signal: AbortSignal,
): Promise<readonly WatchedObject[]> {
  const reports = (await kube.list(loadBalancerKind, {}, { signal })) as readonly LoadBalancer[];
  const objects = await Promise.all(
    applied.map(async ({ kind, object }) => {
      const current = await kube.get(kind, object.metadata, { signal });
      return current === undefined
        ? undefined
        : {
            name: `${current.kind} ${objectKey(current.metadata)}`,
            object: current,
            readiness: readiness(current, reports),
          };
    }),
  );
  return objects.filter((one) => one !== undefined);
}
