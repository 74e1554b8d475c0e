import { LRUCache } from "lru-cache";
import type { Kind, KubeObject } from "../api/object.ts";
import type { Clock, Random } from "../clock.ts";
import { errorMessage, isAppError } from "../errors.ts";
import { canonicalJson, sha256Hex } from "../json.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { KubeClient } from "./client.ts";
import { secondsTimestamp } from "./status.ts";

export interface EventInput {
  readonly type: "Normal" | "Warning";
  /** PascalCase, from a closed list. */
  readonly reason: string;
  readonly message: string;
  /** Who says it: `ingress`, `service` ... as the AWS Load Balancer Controller names its sources. */
  readonly component: string;
}

/** Tells users, on the object itself, what happened to it. Never waits, never throws. */
export interface EventRecorder {
  record(object: KubeObject, event: EventInput): void;
  /** Resolves when what has been recorded is written, or after two seconds. */
  stop(): Promise<void>;
}

export const eventKind: Kind = { group: "", version: "v1", kind: "Event", plural: "events", namespaced: true };

/** The rules of Kubernetes' own recorder (client-go `EventCorrelator`), and the hour of ours. */
export const eventLimits = {
  /** Events of one source about one object: this many at once, then one in `refillMs`. */
  burst: 25,
  refillMs: 300_000,
  /** More than this many texts of one reason within `similarMs` become one event. */
  similar: 10,
  similarMs: 600_000,
  /** The same text is told again after this time, or when the object has changed. */
  repeatMs: 3_600_000,
  remembered: 4096,
  /** What the API server keeps of a message. */
  messageLength: 1024,
  queued: 1000,
  flushMs: 2_000,
} as const;

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: Metrics;
  /** Host name of this process. */
  readonly instance: string;
}

interface Written {
  readonly name: string;
  count: number;
}

interface Told {
  readonly at: number;
  readonly order: number;
  readonly change: string;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, random, log, metrics, instance } = options;
  const max = eventLimits.remembered;
  const buckets = new LRUCache<string, { tokens: number; at: number }>({ max });
  const texts = new LRUCache<string, Told>({ max });
  /** The order of the last event of each type about each object. */
  const lastOfType = new LRUCache<string, number>({ max });
  let order = 0;
  const similar = new LRUCache<string, { at: number; readonly messages: Set<string> }>({ max });
  const written = new LRUCache<string, Written>({ max });
  const queue: (() => Promise<void>)[] = [];
  const stopping = new AbortController();
  let writing: Promise<void> | undefined;

  function record(object: KubeObject, event: EventInput): void {
    if (stopping.signal.aborted) return;
    const id = `${event.component} ${object.metadata.uid}`;
    const sameText = [id, event.type, event.reason, event.message].join("\n");
    const change = changeOf(object);
    if (isRepeated(id, event.type, texts.get(sameText), change)) return count("repeated");
    if (queue.length >= eventLimits.queued || !takeToken(id)) return count("throttled");
    texts.set(sameText, { at: clock.monotonic(), order: ++order, change });
    lastOfType.set(`${id} ${event.type}`, order);
    const message = combined(id, event);
    const series = message === event.message ? sameText : [id, event.type, event.reason].join("\n");
    const at = secondsTimestamp(clock.now());
    if (event.type === "Warning") log.warn(event.message, { ...identityOf(object), reason: event.reason });
    queue.push(() => write(object, { ...event, message: shortened(message) }, series, at));
    writing ??= drain();
  }

  /** The same about an unchanged object within the hour, with nothing of the other type told in between. */
  function isRepeated(id: string, type: EventInput["type"], last: Told | undefined, change: string): boolean {
    if (last === undefined || last.change !== change) return false;
    if (clock.monotonic() - last.at >= eventLimits.repeatMs) return false;
    const opposite = lastOfType.get(`${id} ${type === "Normal" ? "Warning" : "Normal"}`) ?? 0;
    return opposite < last.order;
  }

  function takeToken(id: string): boolean {
    const now = clock.monotonic();
    const bucket = buckets.get(id) ?? { tokens: eventLimits.burst, at: now };
    bucket.tokens = Math.min(eventLimits.burst, bucket.tokens + (now - bucket.at) / eventLimits.refillMs);
    bucket.at = now;
    buckets.set(id, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  function combined(id: string, event: EventInput): string {
    const key = [id, event.type, event.reason].join("\n");
    const now = clock.monotonic();
    let group = similar.get(key);
    if (group === undefined || now - group.at > eventLimits.similarMs) {
      group = { at: now, messages: new Set() };
      similar.set(key, group);
    }
    group.at = now;
    group.messages.add(event.message);
    return group.messages.size > eventLimits.similar
      ? `(combined from similar events): ${event.message}`
      : event.message;
  }

  async function write(object: KubeObject, event: EventInput, series: string, at: string): Promise<void> {
    const namespace = object.metadata.namespace ?? "default";
    const known = written.get(series);
    const { signal } = stopping;
    if (known !== undefined) {
      const name = { namespace, name: known.name };
      try {
        const patch = { count: known.count + 1, lastTimestamp: at, message: event.message };
        await client.mergePatch(eventKind, name, patch, { signal });
        known.count++;
        return;
      } catch (error) {
        // Events live for an hour; this one is told anew.
        if (!isAppError(error) || error.class !== "missing") throw error;
        written.delete(series);
      }
    }
    const suffix = sha256Hex([series, at, String(random())], 16);
    const name = `${object.metadata.name.slice(0, 200)}.${suffix}`;
    await client.create(
      eventKind,
      {
        metadata: { name, namespace },
        involvedObject: {
          apiVersion: object.apiVersion,
          kind: object.kind,
          name: object.metadata.name,
          ...(object.metadata.namespace === undefined ? {} : { namespace }),
          uid: object.metadata.uid,
          resourceVersion: object.metadata.resourceVersion,
        },
        type: event.type,
        reason: event.reason,
        message: event.message,
        source: { component: event.component },
        reportingComponent: event.component,
        reportingInstance: instance,
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
      },
      { signal },
    );
    written.set(series, { name, count: 1 });
  }

  async function drain(): Promise<void> {
    for (let next = queue.shift(); next !== undefined && !stopping.signal.aborted; next = queue.shift()) {
      try {
        await next();
        count("written");
      } catch (error) {
        count("failed");
        log.debug("an event could not be written", { error: errorMessage(error) });
      }
    }
    writing = undefined;
  }

  function count(result: string): void {
    metrics?.add("fairlead_events_recorded_total", { result });
  }

  return {
    record,
    async stop() {
      const timer = clock.setTimer(eventLimits.flushMs, () => stopping.abort(new DOMException("stop", "AbortError")));
      await writing;
      timer.cancel();
      stopping.abort(new DOMException("the recorder has stopped", "AbortError"));
    },
  };
}

/** Differs when a user changed the object; what controllers write to it does not count. */
function changeOf(object: KubeObject): string {
  const { generation, annotations, deletionTimestamp, labels } = object.metadata;
  return sha256Hex([canonicalJson({ generation, annotations, labels, deletionTimestamp })], 16);
}

function shortened(message: string): string {
  return message.length > eventLimits.messageLength ? `${message.slice(0, eventLimits.messageLength - 1)}…` : message;
}

function identityOf({ kind, metadata: { namespace, name } }: KubeObject): Readonly<Record<string, string>> {
  return { object: [kind, namespace, name].filter((part) => part !== undefined).join("/") };
}
