import type { Pod } from "../src/api/builtin.ts";
import { podKind } from "../src/api/builtin.ts";
import { loadBalancerKind } from "../src/api/load-balancer.ts";
import type { Clock } from "../src/clock.ts";
import type { KubeClient } from "../src/kube/client.ts";
import type { CallRecord } from "../src/sandbox/aws/call-log.ts";
import type { Sandbox } from "../src/sandbox/sandbox.ts";
import { backends, loadBalancers, nodesFor, type Planned, type Size } from "./workload.ts";

/** A sandbox and a running operator, in real or in simulated time. */
export interface Scene {
  readonly clock: Clock;
  readonly sandbox: Sandbox;
  readonly kube: KubeClient;
  /** Lets time pass until the promise settles. */
  drive<T>(promise: Promise<T>): Promise<T>;
  /** Lets this much time pass. */
  pass(ms: number): Promise<void>;
}

export interface Measured {
  /** From the first object to the last load balancer that is ready with healthy targets, in milliseconds of the scene's time. */
  readonly convergeMs: number;
  /** The same in real time. */
  readonly wallMs: number;
  readonly ready: number;
  readonly calls: ReadonlyMap<string, number>;
  readonly throttles: number;
  /** From the moment a new pod is ready to the call that registers it, in milliseconds, ascending. */
  readonly registerMs: readonly number[];
}

const limitMs = 4 * 3_600_000;

/** Brings up nodes and pods, then load balancers, then replaces pods one after the other, and measures. */
export async function measure(scene: Scene, size: Size, note: (text: string) => void): Promise<Measured> {
  const { sandbox, clock } = scene;
  const podsReady = watchPods(scene);
  await create(scene, [nodesFor(size)]);
  await create(scene, backends(size));
  await waitFor(scene, "pods", () => podsReady.size, size.pods, note);
  await scene.pass(10_000);

  sandbox.aws.calls.reset();
  const start = clock.monotonic();
  const wallStart = performance.now();
  await create(scene, loadBalancers(size));
  const wanted = size.ingresses + size.services;
  const ready = await waitFor(scene, "load balancers", () => readyBalancers(scene), wanted, note);
  const convergeMs = clock.monotonic() - start;
  const wallMs = performance.now() - wallStart;
  const calls = new Map(sandbox.aws.calls.counts);
  const { throttles } = sandbox.aws.calls;
  return { convergeMs, wallMs, ready, calls, throttles, registerMs: await replacePods(scene, podsReady) };
}

async function create(scene: Scene, planned: readonly Planned[]): Promise<void> {
  for (const { kind, object } of planned) await scene.drive(scene.kube.create(kind, object));
}

async function waitFor(
  scene: Scene,
  what: string,
  count: () => number | Promise<number>,
  wanted: number,
  note: (text: string) => void,
): Promise<number> {
  const end = scene.clock.monotonic() + limitMs;
  let noted = scene.clock.monotonic();
  for (;;) {
    const now = await count();
    if (now >= wanted || scene.clock.monotonic() > end) return now;
    if (scene.clock.monotonic() - noted > 600_000) {
      noted = scene.clock.monotonic();
      note(`${now} of ${wanted} ${what}`);
    }
    await scene.pass(1_000);
  }
}

async function readyBalancers(scene: Scene): Promise<number> {
  const reports = await scene.drive(scene.kube.list(loadBalancerKind, {}));
  return reports.filter(({ status }) => {
    const ready = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
    const { healthy = 0, total = 0 } = status?.targets ?? {};
    return ready === true && total > 0 && healthy === total;
  }).length;
}

interface ReadyPod {
  readonly ip: string;
  /** Wall time of the scene, in milliseconds. */
  readonly at: number;
}

/** The pods that are ready, by uid (addresses are used again), and since when. Kept current by a watch of the embedded API. */
function watchPods(scene: Scene): ReadonlyMap<string, ReadyPod> {
  const ready = new Map<string, ReadyPod>();
  void follow(scene, (type, { metadata, status }) => {
    const ip = status?.podIP;
    const isReady = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
    if (type === "DELETED" || metadata.deletionTimestamp !== undefined || isReady !== true) ready.delete(metadata.uid);
    else if (ip !== undefined && !ready.has(metadata.uid)) ready.set(metadata.uid, { ip, at: scene.clock.now() });
  });
  return ready;
}

/** The API server ends watches after a while; a new one begins with what is there. */
async function follow(scene: Scene, hear: (type: string, pod: Pod) => void): Promise<never> {
  for (;;) await watchOnce(scene, hear);
}

async function watchOnce({ sandbox }: Scene, hear: (type: string, pod: Pod) => void): Promise<void> {
  const { body } = await sandbox.kube.handle({ method: "GET", path: "/api/v1/pods?watch=true", headers: {} });
  if (typeof body === "string" || body instanceof Uint8Array) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = JSON.parse(line) as { readonly type: string; readonly object: Pod };
      hear(event.type, event.object);
    }
  }
}

const replaced = 200;
const spacingMs = 1_000;

async function replacePods(scene: Scene, ready: ReadonlyMap<string, ReadyPod>): Promise<readonly number[]> {
  const { kube, sandbox } = scene;
  const pods = (await scene.drive(kube.list(podKind, {}))).filter(({ metadata }) => /^(web|tcp)-/.test(metadata.name));
  // Spread over all workloads.
  const step = Math.max(1, Math.floor(pods.length / replaced));
  const chosen = pods.filter((_, index) => index % step === 0).slice(0, replaced);
  const before = new Set(ready.keys());
  sandbox.aws.calls.reset();
  for (const { metadata } of chosen) {
    await scene.drive(kube.delete(podKind, metadata));
    await scene.pass(spacingMs);
  }
  await scene.pass(60_000);
  const registered = registrations(sandbox.aws.calls.records);
  return [...ready]
    .filter(([uid]) => !before.has(uid))
    .flatMap(([, { ip, at }]) => {
      const call = registered.get(ip)?.find((time) => time >= at);
      return call === undefined ? [] : [call - at];
    })
    .toSorted((a, b) => a - b);
}

/** When each IP was registered, in order. */
function registrations(records: readonly CallRecord[]): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, number[]>();
  for (const { operation, parameters, time } of records) {
    if (operation !== "RegisterTargets") continue;
    for (const { Id } of parameters["Targets"] as readonly { readonly Id: string }[]) {
      times.set(Id, [...(times.get(Id) ?? []), time]);
    }
  }
  return times;
}
