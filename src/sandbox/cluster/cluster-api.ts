import { AppError, type ErrorClass } from "../../errors.ts";
import type { HttpHandler, HttpRequest } from "../../http.ts";
import type { KubeObject } from "../kube/resource-definition.ts";

/** A resource as its path names it, such as `{ group: "apps", version: "v1", plural: "deployments" }`. */
export interface ClusterResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubeObject;
}

export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** The little of the Kubernetes API that cluster behaviour needs. Failures are `AppError`s with the `Status` reason as code. */
export interface ClusterApi {
  list(resource: ClusterResource): Promise<{ readonly items: readonly KubeObject[]; readonly resourceVersion: string }>;
  /** Events after `resourceVersion`, until the server ends the watch or `signal` aborts. */
  watch(resource: ClusterResource, resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
  create(resource: ClusterResource, object: KubeObject, subresource?: string): Promise<KubeObject>;
  update(resource: ClusterResource, object: KubeObject, subresource?: string): Promise<KubeObject>;
  /** A JSON merge patch. */
  patch(resource: ClusterResource, name: ObjectName, patch: unknown, subresource?: string): Promise<KubeObject>;
  /** The object as marked for deletion, or undefined when it is gone. */
  delete(
    resource: ClusterResource,
    name: ObjectName,
    options: { readonly uid?: string | undefined; readonly gracePeriodSeconds?: number },
  ): Promise<KubeObject | undefined>;
}

export const resources = {
  namespaces: { group: "", version: "v1", plural: "namespaces" },
  nodes: { group: "", version: "v1", plural: "nodes" },
  pods: { group: "", version: "v1", plural: "pods" },
  services: { group: "", version: "v1", plural: "services" },
  claims: { group: "", version: "v1", plural: "persistentvolumeclaims" },
  deployments: { group: "apps", version: "v1", plural: "deployments" },
  replicaSets: { group: "apps", version: "v1", plural: "replicasets" },
  statefulSets: { group: "apps", version: "v1", plural: "statefulsets" },
  daemonSets: { group: "apps", version: "v1", plural: "daemonsets" },
  endpointSlices: { group: "discovery.k8s.io", version: "v1", plural: "endpointslices" },
} as const satisfies Record<string, ClusterResource>;

/** The API over HTTP; `headers` carry authentication where the server wants it. */
export function httpClusterApi(handler: HttpHandler, headers: Readonly<Record<string, string>> = {}): ClusterApi {
  return new HttpClusterApi(handler, headers);
}

class HttpClusterApi implements ClusterApi {
  readonly #handler: HttpHandler;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(handler: HttpHandler, headers: Readonly<Record<string, string>>) {
    this.#handler = handler;
    this.#headers = { accept: "application/json", "user-agent": "fairlead-sandbox-cluster", ...headers };
  }

  async list(resource: ClusterResource): Promise<{ items: readonly KubeObject[]; resourceVersion: string }> {
    const items: KubeObject[] = [];
    for (let next: string | undefined = ""; ; ) {
      const query: string = `limit=1000${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`;
      const page = (await this.#call("GET", `${collectionPath(resource)}?${query}`)) as {
        readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
        readonly items: readonly KubeObject[] | null;
      };
      items.push(...(page.items ?? []));
      next = page.metadata.continue;
      if (next === undefined || next === "") return { items, resourceVersion: page.metadata.resourceVersion };
    }
  }

  async *watch(resource: ClusterResource, resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(resourceVersion)}`;
    const request: HttpRequest = {
      method: "GET",
      path: `${collectionPath(resource)}?${query}`,
      headers: this.#headers,
      signal,
    };
    const response = await this.#handler(request);
    if (response.status !== 200) throw statusError(response.status, await readText(response.body));
    if (typeof response.body === "string" || response.body instanceof Uint8Array) {
      for (const line of textOfBody(response.body).split("\n")) if (line !== "") yield JSON.parse(line) as WatchEvent;
      return;
    }
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body) {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as WatchEvent;
    }
  }

  async create(resource: ClusterResource, object: KubeObject, subresource?: string): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    const path =
      subresource === undefined
        ? collectionPath(resource, namespace)
        : itemPath(resource, { namespace, name }, subresource);
    return (await this.#call("POST", path, object)) as KubeObject;
  }

  async update(resource: ClusterResource, object: KubeObject, subresource?: string): Promise<KubeObject> {
    return (await this.#call("PUT", itemPath(resource, object.metadata, subresource), object)) as KubeObject;
  }

  async patch(resource: ClusterResource, name: ObjectName, patch: unknown, subresource?: string): Promise<KubeObject> {
    const path = itemPath(resource, name, subresource);
    return (await this.#call("PATCH", path, patch, "application/merge-patch+json")) as KubeObject;
  }

  async delete(
    resource: ClusterResource,
    name: ObjectName,
    options: { readonly uid?: string | undefined; readonly gracePeriodSeconds?: number },
  ): Promise<KubeObject | undefined> {
    const { uid, gracePeriodSeconds } = options;
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Background",
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    };
    const answer = (await this.#call("DELETE", itemPath(resource, name), body)) as KubeObject;
    if (answer.kind === "Status" || answer.metadata.deletionTimestamp === undefined) return undefined;
    return answer.metadata.deletionGracePeriodSeconds === 0 && (answer.metadata.finalizers ?? []).length === 0
      ? undefined
      : answer;
  }

  async #call(method: string, path: string, body?: unknown, contentType = "application/json"): Promise<unknown> {
    const response = await this.#handler({
      method,
      path,
      headers: body === undefined ? this.#headers : { ...this.#headers, "content-type": contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await readText(response.body);
    if (response.status >= 300) throw statusError(response.status, text);
    return JSON.parse(text) as unknown;
  }
}

function collectionPath({ group, version, plural }: ClusterResource, namespace?: string): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

function itemPath(resource: ClusterResource, { namespace, name }: ObjectName, subresource?: string): string {
  return `${collectionPath(resource, namespace)}/${name}${subresource === undefined ? "" : `/${subresource}`}`;
}

async function readText(body: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (typeof body === "string" || body instanceof Uint8Array) return textOfBody(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function textOfBody(body: string | Uint8Array): string {
  return typeof body === "string" ? body : Buffer.from(body).toString("utf8");
}

const errorClasses: Readonly<Record<number, ErrorClass>> = {
  401: "denied",
  403: "denied",
  404: "missing",
  409: "conflict",
};

function statusError(status: number, text: string): AppError {
  let reason: string | undefined;
  let message = text.trim();
  try {
    const parsed = JSON.parse(text) as { readonly reason?: string; readonly message?: string };
    reason = parsed.reason;
    message = parsed.message ?? message;
  } catch {
    // Not every proxy answers with a Status object: the text itself has to do.
  }
  const kind = errorClasses[status] ?? (status >= 500 || status === 429 ? "transient" : "invalid");
  return new AppError(`Kubernetes API answered ${status}: ${message}`, {
    class: kind,
    code: reason ?? `Http${status}`,
  });
}
