import type { Clock, Random } from "../../clock.ts";
import type { HttpResponse } from "../../http.ts";
import type { Representation } from "./content-negotiation.ts";
import { continueExpired, decodeContinue, encodeContinue } from "./continue-token.ts";
import { jsonAnswer, jsonTextAnswer } from "./http-answer.ts";
import { type ListOptions, tooLargeVersion, unreadableVersion, versionNumber } from "./list-options.ts";
import { itemJson, objectJson } from "./object-json.ts";
import type { ServedResource } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";
import { badRequest, notFound, StatusError } from "./status-error.ts";
import { type Collection, orderKey, type Storage } from "./storage.ts";
import { represent } from "./table.ts";
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
  /** Texts for `Warning` headers. */
  readonly warnings: readonly string[];
}

/** Watches without `timeoutSeconds` end after this to twice this time (`--min-request-timeout`). */
const MIN_REQUEST_TIMEOUT_SECONDS = 1800;
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** `resourceVersion` is the query parameter: the oldest state that will do. There is only the present one. */
export function getAnswer(
  deps: ReadDependencies,
  request: ReadRequest,
  name: string,
  resourceVersion: string,
): HttpResponse {
  const { resource, namespace, representation, includeObject, warnings } = request;
  const wanted = versionNumber(resourceVersion, unreadableVersion);
  if (wanted > deps.storage.version) throw tooLargeVersion(wanted, deps.storage.version);
  const stored = deps.storage.collection(resource.storageKey).get(namespace ?? "", name);
  if (stored === undefined) throw notFound(resource, name);
  if (representation.as === "Object") return jsonTextAnswer(200, `${objectJson(stored, resource)}\n`, warnings);
  const options = { now: deps.clock.now(), includeObject };
  return jsonAnswer(
    200,
    represent(representation, resource.definition, resource.fromStorage(stored), options),
    warnings,
  );
}

export interface Page {
  readonly items: KubeObject[];
  readonly version: number;
  readonly continueToken: string | undefined;
  readonly remaining: number;
}

export function listAnswer(deps: ReadDependencies, request: ReadRequest, options: ListOptions): HttpResponse {
  return pageAnswer(deps, request, readPage(deps.storage, request, options), options);
}

/** A page in the form that the client accepts. */
export function pageAnswer(
  deps: ReadDependencies,
  request: ReadRequest,
  page: Page,
  options: ListOptions,
): HttpResponse {
  const { resource, representation, includeObject, warnings } = request;
  const metadata = {
    resourceVersion: String(page.version),
    ...(page.continueToken === undefined
      ? // Lists of custom resources have the field in any case.
        resource.custom && representation.as === "Object"
        ? { continue: "" }
        : {}
      : { continue: page.continueToken, ...(options.selectsAll ? { remainingItemCount: page.remaining } : {}) }),
  };
  const { listKind } = resource.definition;
  if (representation.as === "Object") {
    const items = page.items.map((object) => itemJson(object, resource)).join(",");
    const head = resource.custom
      ? `"apiVersion":${JSON.stringify(resource.apiVersion)},"items":[${items}],"kind":${JSON.stringify(listKind)},"metadata":${JSON.stringify(metadata)}`
      : `"kind":${JSON.stringify(listKind)},"apiVersion":${JSON.stringify(resource.apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[${items}]`;
    return jsonTextAnswer(200, `{${head}}\n`, warnings);
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
    warnings,
  );
}

/** The part of a list that the options ask for. As of the API server, a page is full when `limit` objects match. */
export function readPage(
  storage: Storage,
  { resource, namespace }: Pick<ReadRequest, "resource" | "namespace">,
  options: ListOptions,
): Page {
  const collection = storage.collection(resource.storageKey);
  const { version, after, objects } = source(storage, collection, namespace, options);
  // From version 0, the API server reads its cache, and gives all that is there.
  const limit =
    options.limit > 0 && !options.single && options.resourceVersion !== "0" ? options.limit : Number.POSITIVE_INFINITY;
  const items: KubeObject[] = [];
  let seen = 0;
  let more = false;
  let last = "";
  for (const object of objects) {
    const key = continueKey(object, namespace);
    if (after !== "" && key <= after) continue;
    seen++;
    if (items.length >= limit) more = true;
    else if (options.matches(object)) {
      items.push(object);
      last = key;
    }
  }
  return {
    items,
    version,
    continueToken: more ? encodeContinue({ version, after: last }) : undefined,
    remaining: seen - limit,
  };
}

/** Tokens of a list in a namespace do not name the namespace. */
function continueKey(object: KubeObject, namespace: string | undefined): string {
  return namespace === undefined ? `/${orderKey(object)}`.replace(/^\/+/, "/") : `/${object.metadata.name}`;
}

function source(
  storage: Storage,
  collection: Collection,
  namespace: string | undefined,
  options: ListOptions,
): { version: number; after: string; objects: Iterable<KubeObject> } {
  if (options.continueToken !== "") {
    const { version, after } = decodeContinue(options.continueToken);
    if (options.resourceVersion !== "" && options.resourceVersion !== "0")
      throw badRequest("specifying resource version is not allowed when using continue");
    if (version < 0) return { version: storage.version, after, objects: collection.objects(namespace) };
    if (version > storage.version) throw tooLargeVersion(version, storage.version);
    const objects = version < storage.compacted ? undefined : collection.objectsAt(version, namespace);
    if (objects === undefined) throw continueExpired(after);
    return { version, after, objects };
  }
  const wanted = versionNumber(options.resourceVersion, (text) => badRequest(`invalid resource version: ${text}`));
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
  const wanted = versionNumber(options.resourceVersion, unreadableVersion);
  const encode = lineEncoder(deps, request);
  const seconds = options.timeoutSeconds ?? MIN_REQUEST_TIMEOUT_SECONDS * (1 + deps.random());
  const bookmark = (annotations?: Record<string, string>): Uint8Array | undefined => {
    const metadata = {
      resourceVersion: String(storage.version),
      ...(annotations === undefined ? {} : { annotations }),
    };
    const { kind, apiVersion } = resource;
    // It has no name, nor anything else of an object.
    return encode("BOOKMARK", { kind, apiVersion, metadata } as unknown as KubeObject);
  };
  const stream = new WatchStream({
    clock,
    signal,
    timeoutMs: Math.max(0, Math.round(seconds * 1000)),
    bookmark: options.allowWatchBookmarks ? () => bookmark() : undefined,
    matches: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) && options.matches(object),
    encode,
  });
  start(stream, { collection, storage, namespace, options, wanted, bookmark });
  return {
    status: 200,
    headers: jsonTextAnswer(200, "", request.warnings).headers,
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
    /** The version to start from; 0: from the present one. */
    readonly wanted: number;
    readonly bookmark: (annotations?: Record<string, string>) => Uint8Array | undefined;
  },
): void {
  const { collection, storage, namespace, options, wanted } = context;
  try {
    if (options.sendInitialEvents === true) {
      if (wanted > storage.version) throw tooLargeVersion(wanted, storage.version);
      for (const object of collection.objects(namespace)) stream.sendInitial(object);
      if (options.allowWatchBookmarks) stream.sendLine(context.bookmark({ [INITIAL_EVENTS_END]: "true" }));
    } else if (wanted !== 0) {
      for (const event of collection.eventsSince(wanted)) stream.send(event);
    }
    // A watch from a version that is not there yet brings nothing up to that version.
    stream.follow((listener, ended) =>
      collection.watch((event) => {
        if (event.version > wanted) listener(event);
      }, ended),
    );
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    stream.fail(error);
  }
}

/** Each event is turned into bytes once, however many watches it goes to. */
function lineEncoder(
  deps: ReadDependencies,
  { resource, representation, includeObject }: ReadRequest,
): (type: WatchEventType | "BOOKMARK", object: KubeObject) => Uint8Array | undefined {
  // A list is no form for an event; the API server finds out at the first one.
  if (representation.as === "PartialObjectMetadataList") return () => undefined;
  if (representation.as !== "Object") {
    let first = true;
    return (type, object) => {
      const value = type === "BOOKMARK" ? object : resource.fromStorage(object);
      const shown = represent(representation, resource.definition, value, {
        now: deps.clock.now(),
        includeObject,
        headers: first,
      });
      first = false;
      return encoder.encode(`${JSON.stringify({ type, object: shown })}\n`);
    };
  }
  return (type, object) => {
    if (type === "BOOKMARK") return encoder.encode(`${JSON.stringify({ type, object })}\n`);
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
