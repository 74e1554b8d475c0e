import type { HttpResponse } from "../../../src/http.ts";
import { createKubeApi, type KubeApi, type KubeApiOptions } from "../../../src/sandbox/kube/kube-api.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { SimClock } from "../../support/sim-clock.ts";

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly message?: string; readonly reason?: string };
  readonly warning: string | undefined;
}

export type ObjectAnswer = Answer & { readonly body: KubeObject };

/** An API of its own in simulated time, with calls that read as one line. */
export class ApiClient {
  readonly clock: SimClock;
  readonly api: KubeApi;

  constructor(options: Partial<KubeApiOptions> = {}) {
    this.clock = new SimClock();
    this.api = createKubeApi({ clock: this.clock, random: seeded(7), ...options });
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.api.handle({
      method,
      path,
      headers: { "user-agent": "tester/1.0", "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await bodyOf(response);
    const isJson = response.headers["content-type"]?.startsWith("application/json") === true;
    return {
      status: response.status,
      body: isJson ? (JSON.parse(text) as Answer["body"]) : { message: text },
      warning: response.headers["warning"],
    };
  }

  get(path: string): Promise<Answer> {
    return this.call("GET", path);
  }

  /** Creates and gives the object; fails on any refusal. */
  async create(path: string, object: Record<string, unknown>): Promise<KubeObject> {
    const { status, body } = await this.call("POST", path, object);
    if (status !== 201) throw new Error(`${path}: ${status} ${body.message ?? ""}`);
    return body as unknown as KubeObject;
  }

  /** The account that Pods of the namespace `default` need; in a cluster a controller makes it. */
  async createAccount(): Promise<void> {
    await this.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  }

  patch(path: string, type: "json" | "merge" | "strategic-merge", patch: unknown): Promise<Answer> {
    return this.call("PATCH", path, patch, { "content-type": `application/${type}-patch+json` });
  }

  apply(path: string, manager: string, object: Record<string, unknown>, query = ""): Promise<Answer> {
    return this.call("PATCH", `${path}?fieldManager=${manager}${query}`, object, {
      "content-type": "application/apply-patch+yaml",
    });
  }

  /** Starts a watch; the array fills as events come. */
  async watch(path: string): Promise<{ readonly events: WatchEvent[]; readonly ended: () => boolean }> {
    const response = await this.api.handle({ method: "GET", path, headers: {} });
    const events: WatchEvent[] = [];
    let ended = false;
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        for (const line of decoder.decode(chunk).split("\n"))
          if (line !== "") events.push(JSON.parse(line) as WatchEvent);
      }
      ended = true;
    })();
    await this.clock.settle();
    return { events, ended: () => ended };
  }
}

export interface WatchEvent {
  readonly type: string;
  readonly object: KubeObject & { readonly message?: string; readonly reason?: string; readonly code?: number };
}

/** A random source that gives the same numbers each time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

export function configMap(
  name: string,
  data: Record<string, string> = {},
  metadata: Record<string, unknown> = {},
): Record<string, unknown> {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata }, data };
}

export function deployment(name: string, image = "nginx"): Record<string, unknown> {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image }] } },
    },
  };
}

async function bodyOf(response: HttpResponse): Promise<string> {
  const { body } = response;
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  throw new Error("the answer is a stream");
}
