import type { KubeObject } from "../../src/api/object.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../src/http.ts";

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers a request in place of the fake; undefined lets the fake answer. */
export type Fault = (
  request: RecordedRequest,
  signal: AbortSignal | undefined,
) => HttpResponse | Promise<HttpResponse> | undefined;

interface Watch {
  readonly collection: string;
  readonly push: (line: string) => void;
  readonly end: (error?: Error) => void;
}

interface StoredObject {
  readonly metadata: { name: string; namespace?: string; resourceVersion: string; uid: string };
}

/**
 * A small API server in the same process for tests of the client side: collections, versions, pages, watches with
 * bookmarks on demand, merge and JSON bodies, and whatever fault a test wants. It checks nothing.
 */
export class FakeKube {
  readonly requests: RecordedRequest[] = [];
  /** Consulted before each answer. */
  fault: Fault | undefined;
  openWatches = 0;
  #version = 100;
  #uids = 0;
  /** By collection path, then by key. */
  readonly #objects = new Map<string, Map<string, StoredObject>>();
  readonly #watches = new Set<Watch>();
  readonly #history: { readonly version: number; readonly collection: string; readonly line: string }[] = [];
  #oldest = 0;

  get version(): number {
    return this.#version;
  }

  get watches(): readonly RecordedRequest[] {
    return this.requests.filter((request) => request.query.get("watch") === "true");
  }

  get lists(): readonly RecordedRequest[] {
    return this.requests.filter((request) => request.method === "GET" && request.query.has("limit"));
  }

  /** Creates or changes an object; `tell: false` hides the change from open watches, as a lost packet does. */
  put(collection: string, object: object, options: { readonly tell?: boolean } = {}): KubeObject {
    const { metadata, ...rest } = object as { metadata: { name: string; namespace?: string; uid?: string } };
    const key = `${metadata.namespace ?? ""}/${metadata.name}`;
    const objects = this.#collection(collection);
    const old = objects.get(key);
    const stored = {
      ...rest,
      metadata: {
        ...metadata,
        uid: metadata.uid ?? old?.metadata.uid ?? `uid-${++this.#uids}`,
        resourceVersion: String(++this.#version),
      },
    };
    objects.set(key, stored);
    this.#tell(collection, old === undefined ? "ADDED" : "MODIFIED", stored, options.tell ?? true);
    return stored as unknown as KubeObject;
  }

  delete(collection: string, key: string, options: { readonly tell?: boolean } = {}): void {
    const objects = this.#collection(collection);
    const stored = objects.get(key);
    if (stored === undefined) throw new Error(`no ${key}`);
    objects.delete(key);
    const last = { ...stored, metadata: { ...stored.metadata, resourceVersion: String(++this.#version) } };
    this.#tell(collection, "DELETED", last, options.tell ?? true);
  }

  object(collection: string, key: string): KubeObject | undefined {
    return this.#collection(collection).get(key) as unknown as KubeObject | undefined;
  }

  bookmark(): void {
    const line = `${JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(this.#version) } } })}\n`;
    for (const watch of this.#watches) watch.push(line);
  }

  /** Sends raw text down every open watch. */
  sendRaw(text: string): void {
    for (const watch of this.#watches) watch.push(text);
  }

  /** Ends every open watch; with an error, as a cut connection does. */
  endWatches(error?: Error): void {
    for (const watch of this.#watches) watch.end(error);
  }

  /** Forgets the past: watches from an older version get 410. */
  compact(): void {
    this.#history.length = 0;
    this.#oldest = this.#version;
  }

  readonly handler: HttpHandler = async (request) => {
    const recorded = record(request);
    this.requests.push(recorded);
    request.signal?.throwIfAborted();
    const faulty = this.fault?.(recorded, request.signal);
    if (faulty !== undefined) return faulty;
    const { pathname } = new URL(recorded.path, "http://fake");
    if (recorded.query.get("watch") === "true") return this.#watch(pathname, recorded.query, request.signal);
    if (recorded.method === "GET" && recorded.query.has("limit")) return this.#list(pathname, recorded.query);
    return this.#single(recorded, pathname);
  };

  #list(collection: string, query: URLSearchParams): HttpResponse {
    const limit = Number(query.get("limit"));
    const start = Number(query.get("continue") ?? 0);
    const all = [...this.#collection(collection).values()];
    const more = start + limit < all.length;
    return json(200, {
      kind: "List",
      metadata: { resourceVersion: String(this.#version), ...(more ? { continue: String(start + limit) } : {}) },
      items: all.slice(start, start + limit),
    });
  }

  #watch(collection: string, query: URLSearchParams, signal: AbortSignal | undefined): HttpResponse {
    const from = Number(query.get("resourceVersion"));
    if (from < this.#oldest) return status(410, "Expired", "too old resource version");
    const lines: string[] = this.#history
      .filter((entry) => entry.collection === collection && entry.version > from)
      .map((entry) => entry.line);
    let wake = Promise.withResolvers<void>();
    let ended = false;
    let failure: Error | undefined;
    const watch: Watch = {
      collection,
      push: (line) => {
        lines.push(line);
        wake.resolve();
      },
      end: (error) => {
        ended = true;
        failure = error;
        wake.resolve();
      },
    };
    this.#watches.add(watch);
    this.openWatches++;
    const close = (): void => {
      if (this.#watches.delete(watch)) this.openWatches--;
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = (): void => {
      watch.end(signal?.reason as Error);
      close();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          const line = lines.shift();
          if (line !== undefined) yield Buffer.from(line);
          else if (ended) {
            if (failure !== undefined) throw failure;
            return;
          } else {
            await wake.promise;
            wake = Promise.withResolvers();
          }
        }
      } finally {
        close();
      }
    }
    return { status: 200, headers: { "content-type": "application/json" }, body: body() };
  }

  #single(request: RecordedRequest, pathname: string): HttpResponse {
    const parts = pathname.replace(/\/status$/, "").split("/");
    const at = parts.indexOf("namespaces");
    const namespace = at >= 0 && parts.length > at + 2 ? parts[at + 1] : undefined;
    const body = request.body === "" ? undefined : (JSON.parse(request.body) as Record<string, unknown>);
    if (request.method === "POST") {
      const meta = body?.["metadata"] as { name: string; namespace?: string };
      const collection = pathname.replace(/\/namespaces\/[^/]+/, "");
      if (this.object(collection, `${meta.namespace ?? ""}/${meta.name}`) !== undefined)
        return status(409, "AlreadyExists", "already exists");
      return json(201, this.put(collection, body ?? {}));
    }
    const name = parts.at(-1) ?? "";
    const collection = parts
      .slice(0, -1)
      .join("/")
      .replace(/\/namespaces\/[^/]+/, "");
    const old = this.object(collection, `${namespace ?? ""}/${name}`);
    if (request.method === "PATCH" && request.headers["content-type"]?.includes("apply")) {
      return json(200, this.put(collection, mergeInto(old ?? {}, body)));
    }
    if (old === undefined) return status(404, "NotFound", `"${name}" not found`);
    switch (request.method) {
      case "GET":
        return json(200, old);
      case "DELETE":
        this.delete(collection, `${namespace ?? ""}/${name}`);
        return json(200, { kind: "Status", status: "Success" });
      default: {
        const version = (body?.["metadata"] as { resourceVersion?: string } | undefined)?.resourceVersion;
        if (version !== undefined && version !== old.metadata.resourceVersion)
          return status(409, "Conflict", "the object has been modified");
        return json(200, this.put(collection, mergeInto(old, body)));
      }
    }
  }

  #collection(path: string): Map<string, StoredObject> {
    let objects = this.#objects.get(path);
    if (objects === undefined) this.#objects.set(path, (objects = new Map()));
    return objects;
  }

  #tell(collection: string, type: string, object: object, open: boolean): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#history.push({ version: this.#version, collection, line });
    if (open) for (const watch of this.#watches) if (watch.collection === collection) watch.push(line);
  }
}

export function json(code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status: code, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

export function status(
  code: number,
  reason: string,
  message: string,
  extra: { readonly details?: object; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpResponse {
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, details: extra.details };
  return json(code, body, extra.headers);
}

function record(request: HttpRequest): RecordedRequest {
  const url = new URL(request.path, "http://fake");
  return {
    method: request.method,
    path: request.path,
    query: url.searchParams,
    headers: request.headers,
    body: request.body === undefined ? "" : Buffer.from(request.body).toString(),
  };
}

/** JSON merge patch (RFC 7386). */
function mergeInto(target: object, patch: unknown): object {
  const result: Record<string, unknown> = { ...target };
  for (const [field, value] of Object.entries(patch ?? {})) {
    if (value === null) delete result[field];
    else if (typeof value === "object" && !Array.isArray(value))
      result[field] = mergeInto((result[field] as object | undefined) ?? {}, value);
    else result[field] = value;
  }
  return result;
}
