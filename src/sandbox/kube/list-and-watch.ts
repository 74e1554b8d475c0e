import type { Clock, Random } from "../../clock.ts";
import type { HttpResponse } from "../../http.ts";
import { jsonAnswer, jsonTextAnswer } from "./http-answer.ts";
import { continueExpired, decodeContinue, encodeContinue, type ListOptions, tooLargeVersion } from "./list-options.ts";
import { itemJson, objectJson } from "./object-json.ts";
import type { ServedResource } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";
import { notFound, StatusError } from "./status-error.ts";
import { type Collection, orderKey, type Storage, type StoreEvent } from "./storage.ts";
import { type Representation, represent } from "./table.ts";
import { type WatchEventType, WatchStream } from "./watch-stream.ts";

export interface ReadDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: Storage;
}

export interface ReadRequest {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  readonly representation: Representation;
  readonly includeObject: string | undefined;
}

/** Watches without `timeoutSeconds` end after this to twice this time (`--min-request-timeout`). */
const MIN_REQUEST_TIMEOUT_SECONDS = 1800;
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

export function getAnswer(deps: ReadDependencies, request: ReadRequest, name: string): HttpResponse {
  const { resource, namespace, representation, includeObject } = request;
  const stored = deps.storage.collection(resource.storageKey).get(namespace ?? "", name);
  if (stored === undefined) throw notFound(resource, name);
  if (representation === "Object") return jsonTextAnswer(200, `${objectJson(stored, resource)}\n`);
  const options = { now: deps.clock.now(), includeObject };
  return jsonAnswer(200, represent(representation, resource.definition, resource.fromStorage(stored), options));
}

interface Page {
  readonly items: KubeObject[];
  readonly version: number;
  readonly continueToken: string | undefined;
  readonly remaining: number;
}

export function listAnswer(deps: ReadDependencies, request: ReadRequest, options: ListOptions): HttpResponse {
  const { resource, representation, includeObject } = request;
  const page = readPage(deps.storage, request, options);
  const metadata = {
    resourceVersion: String(page.version),
    ...(page.continueToken === undefined
      ? {}
      : { continue: page.continueToken, ...(options.selectsAll ? { remainingItemCount: page.remaining } : {}) }),
  };
  const { listKind } = resource.definition;
  if (representation === "Object") {
    const items = page.items.map((object) => itemJson(object, resource)).join(",");
    const head = resource.custom
      ? `"apiVersion":${JSON.stringify(resource.apiVersion)},"items":[${items}],"kind":${JSON.stringify(listKind)},"metadata":${JSON.stringify(metadata)}`
      : `"kind":${JSON.stringify(listKind)},"apiVersion":${JSON.stringify(resource.apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[${items}]`;
    return jsonTextAnswer(200, `{${head}}\n`);
  }
  const list = {
    kind: listKind,
    apiVersion: resource.apiVersion,
    metadata,
    items: page.items.map((object) => resource.fromStorage(object)),
  };
  return jsonAnswer(
    200,
    represent(representation, resource.definition, list, { now: deps.clock.now(), includeObject }),
  );
}

function readPage(storage: Storage, { resource, namespace }: ReadRequest, options: ListOptions): Page {
  const collection = storage.collection(resource.storageKey);
  const { version, after, objects } = source(storage, collection, namespace, options);
  const items: KubeObject[] = [];
  let remaining = 0;
  for (const object of objects) {
    if (after !== "" && orderKey(object) <= after) continue;
    if (options.limit > 0 && items.length >= options.limit) {
      if (options.matches(object)) remaining++;
    } else if (options.matches(object)) items.push(object);
  }
  const last = items.at(-1);
  const more = remaining > 0 && last !== undefined;
  return {
    items,
    version,
    continueToken: more ? encodeContinue({ version, after: orderKey(last) }) : undefined,
    remaining,
  };
}

function source(
  storage: Storage,
  collection: Collection,
  namespace: string | undefined,
  options: ListOptions,
): { version: number; after: string; objects: Iterable<KubeObject> } {
  if (options.continueToken !== "") {
    const { version, after } = decodeContinue(options.continueToken);
    if (version === -1) return { version: storage.version, after, objects: collection.objects(namespace) };
    const objects = version < storage.compacted ? undefined : collection.objectsAt(version, namespace);
    if (objects === undefined) throw continueExpired(after);
    return { version, after, objects };
  }
  const wanted = Number(options.resourceVersion || "0");
  if (wanted > storage.version) throw tooLargeVersion(wanted, storage.version);
  const exact =
    options.resourceVersionMatch === "Exact" ||
    (options.resourceVersionMatch === "" && options.limit > 0 && wanted > 0);
  if (!exact) return { version: storage.version, after: "", objects: collection.objects(namespace) };
  const objects = wanted < storage.compacted ? undefined : collection.objectsAt(wanted, namespace);
  if (objects === undefined) {
    throw new StatusError(410, "Expired", `The resourceVersion for the provided list is too old.`);
  }
  return { version: wanted, after: "", objects };
}

const LINES = new WeakMap<KubeObject, Map<string, Uint8Array>>();
const encoder = new TextEncoder();

export function watchAnswer(
  deps: ReadDependencies,
  request: ReadRequest,
  options: ListOptions,
  signal: AbortSignal | undefined,
): HttpResponse {
  const { resource, namespace } = request;
  const { storage, clock } = deps;
  const collection = storage.collection(resource.storageKey);
  const encode = lineEncoder(deps, request);
  const seconds = options.timeoutSeconds ?? MIN_REQUEST_TIMEOUT_SECONDS * (1 + deps.random());
  const bookmark = (annotations?: Record<string, string>): Uint8Array =>
    encoder.encode(
      `${JSON.stringify({ type: "BOOKMARK", object: bookmarkObject(request, storage.version, annotations) })}\n`,
    );
  const stream = new WatchStream({
    clock,
    signal,
    timeoutMs: Math.max(0, Math.round(seconds * 1000)),
    bookmark: options.allowWatchBookmarks ? () => bookmark() : undefined,
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) && options.matches(object),
    encode,
  });
  start(stream, { collection, storage, namespace, options, bookmark });
  return {
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "no-cache, private" },
    body: stream,
  };
}

function start(
  stream: WatchStream,
  context: {
    readonly collection: Collection;
    readonly storage: Storage;
    readonly namespace: string | undefined;
    readonly options: ListOptions;
    readonly bookmark: (annotations?: Record<string, string>) => Uint8Array;
  },
): void {
  const { collection, storage, namespace, options } = context;
  const wanted = Number(options.resourceVersion || "0");
  const initial = options.sendInitialEvents ?? wanted === 0;
  try {
    if (wanted > storage.version && initial) throw tooLargeVersion(wanted, storage.version);
    if (initial) {
      for (const object of collection.objects(namespace)) stream.sendInitial(object);
      if (options.sendInitialEvents === true && options.allowWatchBookmarks) {
        stream.sendLine(context.bookmark({ [INITIAL_EVENTS_END]: "true" }));
      }
    } else if (wanted !== 0) {
      for (const event of collection.eventsSince(wanted)) stream.send(event);
    }
    stream.follow((listener) => collection.watch(listener));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    stream.fail(error);
  }
}

/** Each event is turned into bytes once, however many watches it goes to. */
function lineEncoder(
  deps: ReadDependencies,
  { resource, representation, includeObject }: ReadRequest,
): (type: WatchEventType, object: KubeObject, event: StoreEvent | undefined) => Uint8Array {
  if (representation !== "Object") {
    let first = true;
    return (type, object) => {
      const shown = represent(representation, resource.definition, resource.fromStorage(object), {
        now: deps.clock.now(),
        includeObject,
        headers: first,
      });
      first = false;
      return encoder.encode(`${JSON.stringify({ type, object: shown })}\n`);
    };
  }
  return (type, object) => {
    const make = (): Uint8Array => encoder.encode(`{"type":"${type}","object":${objectJson(object, resource)}}\n`);
    if (!Object.isFrozen(object)) return make();
    const key = `${type} ${resource.apiVersion}`;
    let lines = LINES.get(object);
    if (lines === undefined) LINES.set(object, (lines = new Map()));
    let line = lines.get(key);
    if (line === undefined) lines.set(key, (line = make()));
    return line;
  };
}

function bookmarkObject(
  { resource, representation }: ReadRequest,
  version: number,
  annotations: Record<string, string> | undefined,
): Record<string, unknown> {
  const metadata = {
    resourceVersion: String(version),
    creationTimestamp: null,
    ...(annotations === undefined ? {} : { annotations }),
  };
  if (representation === "Object") return { kind: resource.kind, apiVersion: resource.apiVersion, metadata };
  const apiVersion = "meta.k8s.io/v1";
  if (representation === "Table") {
    const object = { kind: "PartialObjectMetadata", apiVersion, metadata };
    return {
      kind: "Table",
      apiVersion,
      metadata: { resourceVersion: String(version) },
      columnDefinitions: [],
      rows: [{ cells: [], object }],
    };
  }
  return { kind: "PartialObjectMetadata", apiVersion, metadata };
}
