import { apiVersion, type Kind, type KubeObject, objectKey } from "../api/object.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../http.ts";
import { untilAborted } from "./until-aborted.ts";

/** An object that shall seem to be in the cluster. */
export interface OverlayObject {
  readonly kind: Kind;
  readonly object: KubeObject;
}

/**
 * A connection to a cluster that changes nothing: reads go through, with some objects laid over what is there; writes are
 * answered as if they had been made. Watches stay open and tell nothing, so that a preview sees one moment.
 */
export function overlay(http: HttpHandler, objects: readonly OverlayObject[]): HttpHandler {
  const byCollection = Map.groupBy(objects, ({ kind }) => collectionPath(kind));
  return async (request) => {
    const url = new URL(request.path, "http://overlay");
    if (request.method !== "GET") return answer(200, echo(request));
    if (url.searchParams.get("watch") === "true" || url.searchParams.get("watch") === "1") return silence(request);
    const response = await http(request);
    const laid = byCollection.get(url.pathname);
    if (laid === undefined || response.status !== 200 || url.searchParams.has("continue")) return response;
    const list = JSON.parse(await text(response)) as { items: KubeObject[] };
    const items = new Map(list.items.map((item) => [objectKey(item.metadata), item]));
    for (const { object } of laid) items.set(objectKey(object.metadata), object);
    return answer(200, { ...list, items: [...items.values()] });
  };
}

/** Objects of all namespaces of a kind: what informers list. */
function collectionPath(kind: Kind): string {
  return `${kind.group === "" ? "/api" : "/apis"}/${apiVersion(kind)}/${kind.plural}`;
}

function echo({ body }: HttpRequest): unknown {
  const patch: unknown = typeof body === "string" && body !== "" ? JSON.parse(body) : {};
  const object = typeof patch === "object" && patch !== null && !Array.isArray(patch) ? patch : {};
  return { metadata: { name: "preview", uid: "preview", resourceVersion: "0" }, ...object };
}

function silence({ signal }: HttpRequest): HttpResponse {
  async function* nothing(): AsyncGenerator<Uint8Array> {
    if (signal !== undefined) await untilAborted(signal);
    yield* [];
  }
  return { status: 200, headers: { "content-type": "application/json" }, body: nothing() };
}

function answer(status: number, body: unknown): HttpResponse {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function text({ body }: HttpResponse): Promise<string> {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new TextDecoder().decode(Buffer.concat(chunks));
}
