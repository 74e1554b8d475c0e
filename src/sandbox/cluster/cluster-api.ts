import { AppError, type ErrorClass, errorClass } from "../../errors.ts";
import type { HttpHandler, HttpRequest } from "../../http.ts";
import type { KubeObject } from "../kube/resource-definition.ts";
import { type DiscoveryDocument, discoveredIn } from "./discovery-document.ts";

/** A resource as its path names it, such as `{ group: "apps", version: "v1", plural: "deployments" }`. */
export interface ClusterResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** A resource as discovery tells of it. */
export interface DiscoveredResource extends ClusterResource {
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubeObject;
}

export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Whole objects, or their metadata alone (`PartialObjectMetadata`), which is much less to send and to keep. */
export type ObjectView = "object" | "metadata";

export interface DeleteOptions {
  readonly uid?: string | undefined;
  /** The delete is refused with a conflict when the object has changed since. */
  readonly resourceVersion?: string | undefined;
  readonly gracePeriodSeconds?: number;
  /** `Background` when absent. */
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

/** The little of the Kubernetes API that cluster behaviour needs. Failures are `AppError`s with the `Status` reason as code. */
export interface ClusterApi {
  /** All objects, or those of one namespace. */
  list(
    resource: ClusterResource,
    options?: { readonly view?: ObjectView; readonly namespace?: string },
  ): Promise<{ readonly items: readonly KubeObject[]; readonly resourceVersion: string }>;
  /** Events after `resourceVersion`, until the server ends the watch or `signal` aborts. */
  watch(
    resource: ClusterResource,
    resourceVersion: string,
    signal: AbortSignal,
    view?: ObjectView,
  ): AsyncIterable<WatchEvent>;
  /** Undefined when there is none of that name. */
  get(resource: ClusterResource, name: ObjectName, view?: ObjectView): Promise<KubeObject | undefined>;
  create(resource: ClusterResource, object: KubeObject, subresource?: string): Promise<KubeObject>;
  update(resource: ClusterResource, object: KubeObject, subresource?: string): Promise<KubeObject>;
  /** A JSON merge patch. */
  patch(resource: ClusterResource, name: ObjectName, patch: unknown, subresource?: string): Promise<KubeObject>;
  /** The object as marked for deletion, or undefined when it is gone. */
  delete(resource: ClusterResource, name: ObjectName, options: DeleteOptions): Promise<KubeObject | undefined>;
  /** Deletes all of a namespace in one request. */
  deleteCollection(resource: ClusterResource, namespace: string): Promise<void>;
  /** What the server serves, by aggregated discovery: every resource of every group in the versions that it prefers. */
  discover(): Promise<readonly DiscoveredResource[]>;
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

  async list(
    resource: ClusterResource,
    { view = "object", namespace }: { readonly view?: ObjectView; readonly namespace?: string } = {},
  ): Promise<{ items: readonly KubeObject[]; resourceVersion: string }> {
    const items: KubeObject[] = [];
    const path = collectionPath(resource, namespace);
    for (let next: string | undefined = ""; ; ) {
      const query: string = `limit=1000${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`;
      const page = (await this.#call("GET", `${path}?${query}`, { accept: accepted(view, "List") })) as {
        readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
        readonly items: readonly KubeObject[] | null;
      };
      items.push(...(page.items ?? []));
      next = page.metadata.continue;
      if (next === undefined || next === "") return { items, resourceVersion: page.metadata.resourceVersion };
    }
  }

  async get(resource: ClusterResource, name: ObjectName, view?: ObjectView): Promise<KubeObject | undefined> {
    try {
      return (await this.#call("GET", itemPath(resource, name), { accept: accepted(view) })) as KubeObject;
    } catch (error) {
      if (errorClass(error) === "missing") return undefined;
      throw error;
    }
  }

  async *watch(
    resource: ClusterResource,
    resourceVersion: string,
    signal: AbortSignal,
    view?: ObjectView,
  ): AsyncIterable<WatchEvent> {
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(resourceVersion)}`;
    const request: HttpRequest = {
      method: "GET",
      path: `${collectionPath(resource)}?${query}`,
      headers: { ...this.#headers, accept: accepted(view) },
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
    return (await this.#call("POST", path, { body: object })) as KubeObject;
  }

  async update(resource: ClusterResource, object: KubeObject, subresource?: string): Promise<KubeObject> {
    const path = itemPath(resource, object.metadata, subresource);
    return (await this.#call("PUT", path, { body: object })) as KubeObject;
  }

  async patch(resource: ClusterResource, name: ObjectName, patch: unknown, subresource?: string): Promise<KubeObject> {
    const path = itemPath(resource, name, subresource);
    const contentType = "application/merge-patch+json";
    return (await this.#call("PATCH", path, { body: patch, contentType })) as KubeObject;
  }

  async delete(
    resource: ClusterResource,
    name: ObjectName,
    { uid, resourceVersion, gracePeriodSeconds, propagationPolicy = "Background" }: DeleteOptions,
  ): Promise<KubeObject | undefined> {
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy,
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    };
    const answer = (await this.#call("DELETE", itemPath(resource, name), { body })) as KubeObject;
    if (answer.kind === "Status" || answer.metadata.deletionTimestamp === undefined) return undefined;
    return answer.metadata.deletionGracePeriodSeconds === 0 && (answer.metadata.finalizers ?? []).length === 0
      ? undefined
      : answer;
  }

  async deleteCollection(resource: ClusterResource, namespace: string): Promise<void> {
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" };
    await this.#call("DELETE", collectionPath(resource, namespace), { body });
  }

  async discover(): Promise<readonly DiscoveredResource[]> {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const documents = await Promise.all(["/api", "/apis"].map((path) => this.#call("GET", path, { accept })));
    return documents.flatMap((document) => discoveredIn(document as DiscoveryDocument));
  }

  async #call(method: string, path: string, { body, contentType, accept }: CallOptions = {}): Promise<unknown> {
    const headers = {
      ...this.#headers,
      ...(accept === undefined ? {} : { accept }),
      ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
    };
    const response = await this.#handler({
      method,
      path,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await readText(response.body);
    if (response.status >= 300) throw statusError(response.status, text);
    return JSON.parse(text) as unknown;
  }
}

interface CallOptions {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

function accepted(view: ObjectView = "object", list: "List" | "" = ""): string {
  return view === "object" ? "application/json" : `application/json;as=PartialObjectMetadata${list};g=meta.k8s.io;v=v1`;
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
