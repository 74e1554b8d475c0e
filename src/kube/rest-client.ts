import { apiVersion, type Kind, type KubeObject, type ObjectName, objectKey } from "../api/object.ts";
import { AppError, isAppError } from "../errors.ts";
import { isExpired } from "./api-error.ts";
import type { JsonPatchOperation, KubeClient } from "./client.ts";
import { createKubeHttp, type KubeHttp, type KubeHttpOptions } from "./http-client.ts";
import { collectionPath, objectPath } from "./resource-path.ts";

/** The name under which Fairlead owns fields, on every write. */
export const fieldManager = "fairlead";
/** Objects a page; what the API server's own clients ask for. */
export const pageSize = 500;

const patchTypes = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** A client of the Kubernetes API over any HttpHandler: a connection, or an API server in the same process. */
export function createKubeClient(options: KubeHttpOptions): KubeClient {
  const call = createKubeHttp(options);

  async function patch<T extends KubeObject>(
    type: keyof typeof patchTypes,
    kind: Kind<T>,
    name: ObjectName,
    body: unknown,
    options: { signal?: AbortSignal; subresource?: "status"; force?: boolean; repeatable: boolean },
  ): Promise<T> {
    const query = { fieldManager, ...(options.force === undefined ? {} : { force: String(options.force) }) };
    return (await call({
      what: `${type === "apply" ? "apply" : "patch"} ${title(kind, name)}`,
      method: "PATCH",
      path: objectPath(kind, name, query, options.subresource),
      contentType: patchTypes[type],
      // JSON is YAML, which is what server-side apply asks for.
      body: JSON.stringify(body),
      repeatable: options.repeatable,
      signal: options.signal,
    })) as T;
  }

  return {
    async get<T extends KubeObject>(kind: Kind<T>, name: ObjectName, options: { signal?: AbortSignal } = {}) {
      try {
        return (await call({
          what: `get ${title(kind, name)}`,
          method: "GET",
          path: objectPath(kind, name),
          repeatable: true,
          signal: options.signal,
        })) as T;
      } catch (error) {
        if (isAppError(error) && error.class === "missing") return undefined;
        throw error;
      }
    },
    async list<T extends KubeObject>(
      kind: Kind<T>,
      filter: { namespace?: string; labelSelector?: string; fieldSelector?: string },
      options: { signal?: AbortSignal } = {},
    ) {
      for (let restarts = 0; ; restarts++) {
        try {
          const items: T[] = [];
          await listPages(call, kind, filter, {
            signal: options.signal,
            onPage: (page) => void items.push(...page),
          });
          return items;
        } catch (error) {
          if (!isExpired(error) || restarts >= 3) throw error;
        }
      }
    },
    async create<T extends KubeObject>(kind: Kind<T>, object: object, options: { signal?: AbortSignal } = {}) {
      const body = { ...object, apiVersion: apiVersion(kind), kind: kind.kind } as unknown as KubeObject;
      const { name, namespace } = body.metadata as Partial<KubeObject["metadata"]>;
      if (kind.namespaced && namespace === undefined) throw new TypeError(`a new ${kind.kind} needs a namespace`);
      return (await call({
        what: `create ${title(kind, { name: name ?? "(generated)", ...(namespace === undefined ? {} : { namespace }) })}`,
        method: "POST",
        path: collectionPath(kind, namespace, { fieldManager }),
        contentType: "application/json",
        body: JSON.stringify(body),
        repeatable: false,
        signal: options.signal,
      })) as T;
    },
    async apply<T extends KubeObject>(
      kind: Kind<T>,
      object: object,
      options: { signal?: AbortSignal; force?: boolean; subresource?: "status" } = {},
    ) {
      const body = { ...object, apiVersion: apiVersion(kind), kind: kind.kind } as unknown as KubeObject;
      const { force = false, ...rest } = options;
      return patch<T>("apply", kind, body.metadata, body, { ...rest, force, repeatable: true });
    },
    mergePatch(kind, name, body, options = {}) {
      // With a version as precondition, a repetition of what was carried out would look like somebody else's change.
      return patch("merge", kind, name, body, { ...options, repeatable: !hasPrecondition(body) });
    },
    async jsonPatch(kind, name, operations: readonly JsonPatchOperation[], options = {}) {
      try {
        return await patch("json", kind, name, operations, { ...options, repeatable: false });
      } catch (error) {
        throw isAppError(error) && isFailedTest(error, operations) ? asConflict(error) : error;
      }
    },
    strategicPatch(kind, name, body, options = {}) {
      return patch("strategic", kind, name, body, { ...options, repeatable: !hasPrecondition(body) });
    },
    async delete(kind, name, options = {}) {
      const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: "Background",
        ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
      };
      try {
        await call({
          what: `delete ${title(kind, name)}`,
          method: "DELETE",
          path: objectPath(kind, name),
          contentType: "application/json",
          body: JSON.stringify(body),
          repeatable: true,
          signal: options.signal,
        });
      } catch (error) {
        if (isAppError(error) && (error.class === "missing" || isSuccessor(error, options.uid))) return;
        throw error;
      }
    },
  };
}

/**
 * Reads a collection page by page; resolves with the version of the list. Rejects with code `Expired` when the list
 * must be started over.
 */
export async function listPages<T extends KubeObject>(
  call: KubeHttp,
  kind: Kind<T>,
  filter: {
    readonly namespace?: string | undefined;
    readonly labelSelector?: string | undefined;
    readonly fieldSelector?: string | undefined;
  },
  options: { readonly signal?: AbortSignal | undefined; readonly onPage: (items: readonly T[]) => void },
): Promise<string> {
  let next: string | undefined;
  for (;;) {
    const page = (await call({
      what: `list ${kind.plural}`,
      method: "GET",
      path: collectionPath(kind, filter.namespace, {
        labelSelector: filter.labelSelector,
        fieldSelector: filter.fieldSelector,
        limit: pageSize,
        continue: next,
      }),
      repeatable: true,
      signal: options.signal,
    })) as
      | {
          readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
          readonly items?: readonly T[] | null;
        }
      | undefined;
    const version = page?.metadata?.resourceVersion;
    if (page === undefined || version === undefined)
      throw new AppError(`list ${kind.plural} failed: the answer is not a list`, {
        class: "transient",
        code: "MalformedAnswer",
      });
    // Items of a list carry neither kind nor version of their own.
    const typed = (page.items ?? []).map((item) => ({ ...item, apiVersion: apiVersion(kind), kind: kind.kind }));
    options.onPage(typed);
    next = page.metadata?.continue;
    if (next === undefined || next === "") return version;
  }
}

function title(kind: Kind, name: ObjectName): string {
  return `${kind.kind} ${objectKey(name)}`;
}

function hasPrecondition(body: object): boolean {
  const { metadata } = body as { metadata?: { resourceVersion?: string } };
  return metadata?.resourceVersion !== undefined;
}

/** The object that was to be deleted is gone, and another bears its name. */
function isSuccessor(error: AppError, uid: string | undefined): boolean {
  return uid !== undefined && error.class === "conflict" && /uid/i.test(error.message);
}

/** The API answers a failed `test` as it answers an object that is not valid, but names no field. */
function isFailedTest(error: AppError, operations: readonly JsonPatchOperation[]): boolean {
  const { status, field } = error.details;
  return status === 422 && field === undefined && operations.some(({ op }) => op === "test");
}

function asConflict(error: AppError): AppError {
  return new AppError(error.message, { class: "conflict", code: "Conflict", details: error.details, cause: error });
}
