import type { HttpResponse } from "../../src/http.ts";
import { withSortedCauses } from "./cause-order.ts";
import { type Kubectl, type KubectlResult, kubectlLines, startKubectl } from "./kubectl.ts";
import { Normalizer } from "./normalize.ts";
import { RecordedWatch } from "./recorded-watch.ts";
import type { ProxiedRequest } from "./recording-proxy.ts";
import type { ComparedServer } from "./servers.ts";

/** A request and what came back, with stand-ins for what differs between any two servers. */
export interface Exchange {
  readonly request: string;
  readonly answer: unknown;
}

export interface CallOptions {
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is wrong comes in an order of the server's own, such as that of a map in Go. */
  readonly anyOrder?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: scenarios read into answers of any shape.
// oxlint-disable-next-line typescript/no-explicit-any
export type Body = any;

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

const comparedHeaders = ["content-type", "warning", "retry-after", "location", "allow"] as const;
const managedBy = "differential";

/** One scenario's conversation with one server. Every call is recorded for the comparison. */
export class Session {
  /** A namespace of the scenario's own, the same on both servers. */
  readonly namespace: string;
  readonly exchanges: Exchange[] = [];
  readonly #server: ComparedServer;
  readonly #normalizer = new Normalizer();
  readonly #watches: RecordedWatch[] = [];
  #kubectl: Kubectl | undefined;

  constructor(server: ComparedServer, namespace: string) {
    this.#server = server;
    this.namespace = namespace;
  }

  /** Path of a namespaced resource in the scenario's namespace: `at("apps/v1", "deployments", "web", "status")`. */
  at(apiVersion: string, plural: string, ...rest: readonly string[]): string {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return [`${root}/namespaces/${this.namespace}/${plural}`, ...rest].join("/");
  }

  get(path: string, options: CallOptions = {}): Promise<RawAnswer> {
    return this.call("GET", path, undefined, options);
  }

  post(path: string, body: unknown, options: CallOptions = {}): Promise<RawAnswer> {
    return this.call("POST", path, body, options);
  }

  put(path: string, body: unknown, options: CallOptions = {}): Promise<RawAnswer> {
    return this.call("PUT", path, body, options);
  }

  delete(path: string, body?: unknown, options: CallOptions = {}): Promise<RawAnswer> {
    return this.call("DELETE", path, body, options);
  }

  patch(path: string, type: "json" | "merge" | "strategic-merge", body: unknown): Promise<RawAnswer> {
    return this.call("PATCH", path, body, { contentType: `application/${type}-patch+json` });
  }

  /** Server-side apply. `query` begins with `&`. */
  apply(path: string, manager: string, body: unknown, query = ""): Promise<RawAnswer> {
    const at = `${path}?fieldManager=${manager}${query}`;
    return this.call("PATCH", at, body, { contentType: "application/apply-patch+yaml" });
  }

  /** Sends a request, and records what came back. A string is sent as it is. */
  async call(method: string, path: string, body: unknown, options: CallOptions = {}): Promise<RawAnswer> {
    const { status, headers, text } = await this.#send(method, path, body, options);
    const parsed = parse(text);
    this.exchanges.push({
      request: this.#normalizer.request(`${method} ${path}`),
      answer: {
        status,
        headers: Object.fromEntries(
          comparedHeaders.flatMap((name) => {
            const value = headers[name];
            return value === undefined ? [] : [[name, this.#normalizer.text(value)]];
          }),
        ),
        body: this.#normalizer.value(options.anyOrder === true ? withSortedCauses(parsed) : parsed),
      },
    });
    return { status, headers, body: parsed };
  }

  /** Sends a request that is not compared: to set the stage, or to clear it. */
  async silently(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<RawAnswer> {
    const { status, headers, text } = await this.#send(method, path, body, options);
    return { status, headers, body: parse(text) };
  }

  /** Asks again, without a record, until `done` holds of the answer; fails after 20 s. */
  async until(path: string, done: (answer: RawAnswer) => boolean): Promise<RawAnswer> {
    for (const end = Date.now() + 20_000; ; ) {
      const answer = await this.silently("GET", path);
      if (done(answer)) return answer;
      if (Date.now() > end) {
        const last = `${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`;
        throw new Error(`${this.#server.name}: GET ${path} does not come to what is awaited, it is ${last}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Opens a watch. What it brings is recorded when the scenario asks for it. */
  async watch(path: string, options: CallOptions = {}): Promise<RecordedWatch> {
    const controller = new AbortController();
    const response = await this.#server.http({
      method: "GET",
      path,
      headers: headersOf(undefined, options),
      signal: controller.signal,
    });
    const record = (what: string, answer: unknown): void => {
      this.exchanges.push({
        request: this.#normalizer.request(`WATCH ${path} ${what}`),
        answer: this.#normalizer.value(answer),
      });
    };
    record("opened", { status: response.status, contentType: response.headers["content-type"] });
    const watch = new RecordedWatch(response, controller, record);
    this.#watches.push(watch);
    return watch;
  }

  /** Has the server forget all versions but the present one. For scenarios with servers of their own. */
  async compact(): Promise<void> {
    if (this.#server.compact === undefined) throw new Error("others share this server: it cannot be compacted");
    await this.#server.compact();
    // Connections to a server that was restarted break once.
    for (const end = Date.now() + 20_000; ; ) {
      try {
        if ((await this.silently("GET", `/api/v1/namespaces/${this.namespace}`)).status === 200) return;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
      if (Date.now() > end) throw new Error(`${this.#server.name}: it does not come back after a compaction`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Has a value that the server has made up, such as a generated name, appear as `<label>`. */
  alias(value: string, label: string): void {
    this.#normalizer.alias(value, label);
  }

  /** Records a fact that the scenario has found out by itself, such as whether a version has grown. */
  note(what: string, answer: unknown): void {
    this.exchanges.push({ request: what, answer });
  }

  /** Records a value that came from the server by another way than an answer, such as what a webhook was asked. */
  compared(what: string, value: unknown): void {
    this.exchanges.push({ request: what, answer: this.#normalizer.value(value) });
  }

  /** Runs kubectl in the scenario's namespace. Its exit code and output are compared, and each request that it makes. */
  async kubectl(args: readonly string[], input?: string): Promise<KubectlResult> {
    this.#kubectl ??= await startKubectl(this.#server.http, this.namespace);
    const { result, requests } = await this.#kubectl.run(args, input);
    const command = this.#normalizer.text(`kubectl ${args.join(" ")}`);
    for (const { method, path, requestBody, status, contentType, body } of comparable(requests)) {
      this.exchanges.push({
        request: this.#normalizer.request(`${command}: ${method} ${withoutChance(path)}`),
        answer: {
          sent: requestBody.startsWith("{") ? this.#normalizer.value(parse(requestBody)) : requestBody !== "",
          status,
          contentType,
          body: body === undefined ? undefined : this.#normalizer.value(parse(body)),
        },
      });
    }
    const lines = (text: string): readonly unknown[] =>
      kubectlLines(this.#normalizer.text(text)).map((line) =>
        line.startsWith('{"') ? this.#normalizer.value(parse(line)) : line,
      );
    this.exchanges.push({
      request: command,
      answer: { code: result.code, stdout: lines(result.stdout), stderr: lines(result.stderr) },
    });
    return result;
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    for (const watch of this.#watches) watch.abort();
    await this.#kubectl?.close();
  }

  async #send(
    method: string,
    path: string,
    body: unknown,
    options: CallOptions,
  ): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string }> {
    const content = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await this.#server.http({ method, path, headers: headersOf(body, options), ...content });
    return { status: response.status, headers: response.headers, text: await textOf(response) };
  }
}

/** Without discovery, which is an area of its own; sorted, as kubectl sends many requests at the same time. */
function comparable(requests: readonly ProxiedRequest[]): readonly ProxiedRequest[] {
  const key = ({ method, path }: ProxiedRequest): string => `${path} ${method}`;
  return requests
    .filter(
      ({ path }) =>
        !/^\/(api|version|openapi|apis)\b/.test(path) || /^\/(api\/[^/]+|apis\/[^/]+\/[^/]+)\/[^/?]/.test(path),
    )
    .toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** kubectl watches for a time that it chooses by chance, from the version of the whole store, and Go orders selectors by chance. */
function withoutChance(path: string): string {
  return path
    .replace(/(?<=[?&]timeoutSeconds=)\d+/, "<seconds>")
    .replace(/(?<=[?&]resourceVersion=)\d+(?=.*watch=true)/, "<list version>")
    .replace(/(?<=[?&]fieldSelector=)[^&]+/, (selector) => selector.split("%2C").sort().join("%2C"));
}

function headersOf(
  body: unknown,
  { contentType = "application/json", accept, headers }: CallOptions,
): Record<string, string> {
  return {
    accept: accept ?? "application/json",
    "user-agent": managedBy,
    ...(body === undefined ? {} : { "content-type": contentType }),
    ...headers,
  };
}

function parse(text: string): Body {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { text };
  }
}

async function textOf({ body }: HttpResponse): Promise<string> {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
