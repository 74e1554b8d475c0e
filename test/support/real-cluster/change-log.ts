import type { HttpHandler, HttpRequest, HttpResponse } from "../../../src/http.ts";
import { WatchDecoder, type WatchEvent } from "../../../src/kube/watch-stream.ts";
import type { RequestInfo } from "../../../src/sandbox/kube/request-info.ts";

/** One change of an object, in the order in which the API server made it. */
export interface Change {
  readonly revision: number;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Before and after; absent where the object was not there. */
  readonly labels: readonly Readonly<Record<string, string>>[];
}

interface WatchedMeta {
  readonly uid: string;
  readonly name: string;
  readonly namespace?: string;
  readonly resourceVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** All changes of one resource since it was first asked for, told by a watch of our own that selects nothing. */
export class ChangeLog {
  readonly changes: Change[] = [];
  readonly deleted = new Set<string>();
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();
  /** The version up to which all changes are known. */
  position = 0;
  failure: unknown;

  list(version: string, items: readonly { readonly metadata: WatchedMeta }[]): void {
    this.position = Number(version);
    for (const { metadata } of items) this.#labels.set(metadata.uid, metadata.labels ?? {});
  }

  take({ type, object }: WatchEvent): Change | undefined {
    const { metadata } = object as { readonly metadata: WatchedMeta };
    if (type === "ERROR") throw new Error(`a watch of the tests was refused: ${JSON.stringify(object)}`);
    this.position = Number(metadata.resourceVersion);
    if (type === "BOOKMARK") return undefined;
    const { uid, name, namespace, labels = {} } = metadata;
    const before = this.#labels.get(uid);
    if (type === "DELETED") {
      this.#labels.delete(uid);
      this.deleted.add(uid);
    } else this.#labels.set(uid, labels);
    const change = {
      revision: this.position,
      namespace,
      name,
      labels: before === undefined ? [labels] : [before, labels],
    };
    this.changes.push(change);
    return change;
  }
}

type Listener = (key: string, change: Change | undefined) => void;

/** The change logs of one API server, each opened when somebody first lists or watches its resource. */
export class ChangeLogs {
  readonly #http: HttpHandler;
  readonly #logs = new Map<string, Promise<ChangeLog>>();
  readonly #opened = new Map<string, ChangeLog>();
  readonly #stopping = new AbortController();
  /** Told of each change that came to be known. */
  listener: Listener = () => undefined;

  /** `http` is the administrator's. */
  constructor(http: HttpHandler) {
    this.#http = http;
  }

  /** Resolves once all changes from now on will be known. */
  async open(info: RequestInfo): Promise<void> {
    const key = keyOf(info);
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = this.#follow(key, info);
      this.#logs.set(key, log);
    }
    await log;
  }

  /** The log of a resource that somebody follows. */
  get(key: string): ChangeLog | undefined {
    return this.#opened.get(key);
  }

  get all(): Iterable<readonly [string, ChangeLog]> {
    return this.#opened;
  }

  /** Nobody asks any more about what was before. */
  forget(): void {
    for (const log of this.#opened.values()) {
      log.changes.length = 0;
      log.deleted.clear();
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #follow(key: string, { group, version, resource }: RequestInfo): Promise<ChangeLog> {
    const path = `${group === "" ? `/api/${version}` : `/apis/${group}/${version}`}/${resource}`;
    const list = JSON.parse(await textOf(await this.#send(path))) as {
      readonly metadata?: { readonly resourceVersion: string };
      readonly items?: readonly { readonly metadata: WatchedMeta }[];
    };
    const log = new ChangeLog();
    // A resource that is not served has no changes.
    if (list.metadata?.resourceVersion === undefined) {
      this.#logs.delete(key);
      return log;
    }
    log.list(list.metadata.resourceVersion, list.items ?? []);
    this.#opened.set(key, log);
    await this.#watch(key, log, path);
    return log;
  }

  async #watch(key: string, log: ChangeLog, path: string): Promise<void> {
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${log.position}&timeoutSeconds=86400`;
    const { body, status } = await this.#send(`${path}?${query}`);
    if (status !== 200 || typeof body === "string" || body instanceof Uint8Array)
      throw new Error(`the tests cannot watch ${key}: ${status}`);
    this.#read(key, log, body)
      .then(() => this.#watch(key, log, path))
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        log.failure = error;
        this.listener(key, undefined);
      });
  }

  async #read(key: string, log: ChangeLog, body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new WatchDecoder();
    for await (const chunk of body) for (const event of decoder.push(chunk)) this.listener(key, log.take(event));
  }

  #send(path: string): Promise<HttpResponse> {
    const request: HttpRequest = {
      method: "GET",
      path,
      // Metadata is all that counts here.
      headers: { accept: path.includes("watch=true") ? partialObject : partialList },
      signal: this.#stopping.signal,
    };
    return this.#http(request);
  }
}

const partialObject = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const partialList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** Versions of a group share what is stored. */
export function keyOf({ group, resource }: Pick<RequestInfo, "group" | "resource">): string {
  return group === "" ? resource : `${resource}.${group}`;
}

export async function textOf({ body }: HttpResponse): Promise<string> {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
