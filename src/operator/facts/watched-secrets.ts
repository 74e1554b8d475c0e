import { type Kind, type KubeObject, objectKey } from "../../api/object.ts";
import type { KubeClient } from "../../kube/client.ts";
import { createInformer, type Informer, type InformerOptions } from "../../kube/informer.ts";

export interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export const secretKind: Kind<Secret> = {
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
};

/** The Secrets that builds have asked for, each watched by itself: no list of all Secrets is ever read. */
export interface WatchedSecrets {
  /** Reads a Secret, and watches it from now on. */
  get(namespace: string, name: string, signal: AbortSignal): Promise<Secret | undefined>;
  /** Hears of each change of a watched Secret, by `namespace/name`. */
  onChange(listener: (key: string) => void): void;
  /** Ends the watches of Secrets that nobody needs any more. */
  release(isNeeded: (key: string) => boolean): void;
  stop(): Promise<void>;
}

export function watchedSecrets(
  kube: KubeClient,
  common: Pick<InformerOptions<Secret>, "http" | "clock" | "random" | "log" | "metrics">,
): WatchedSecrets {
  const informers = new Map<string, Informer<Secret>>();
  const listeners: ((key: string) => void)[] = [];
  let stopped = false;

  function watch(namespace: string, name: string): void {
    const key = objectKey({ namespace, name });
    if (stopped || informers.has(key)) return;
    const informer = createInformer<Secret>({
      ...common,
      kind: secretKind,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      onEvent(event) {
        // The first list brings what the build has read itself; one that comes into being later is news.
        if (event.type === "add" && !informer.synced) return;
        for (const listen of listeners) listen(key);
      },
    });
    informers.set(key, informer);
    informer.start();
  }

  return {
    async get(namespace, name, signal) {
      watch(namespace, name);
      return kube.get(secretKind, { namespace, name }, { signal });
    },
    onChange: (listener) => void listeners.push(listener),
    release(isNeeded) {
      for (const [key, informer] of informers) {
        if (isNeeded(key)) continue;
        informers.delete(key);
        void informer.stop();
      }
    },
    async stop() {
      stopped = true;
      await Promise.all([...informers.values()].map((informer) => informer.stop()));
      informers.clear();
    },
  };
}
