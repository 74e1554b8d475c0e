import { type Kind, type KubeObject, objectKey } from "../../api/object.ts";
import type { Reason } from "../../api/reasons.ts";
import { isAppError } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";
import type { KubeClient } from "../../kube/client.ts";

/** Where the lines that people see with `kubectl describe` go; repeated ones are counted, not listed. */
export interface EventSink {
  event(
    object: KubeObject,
    event: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string },
  ): void;
}

/**
 * Stores a status when it differs from the object's own, by server-side apply: fields that are left out go. An object
 * that has gone meanwhile is no error.
 */
export async function writeStatus<T extends KubeObject & { readonly status?: object }>(
  kube: KubeClient,
  kind: Kind<T>,
  { object, status, signal }: { readonly object: T; readonly status: object; readonly signal: AbortSignal },
): Promise<void> {
  if (canonicalJson(object.status ?? {}) === canonicalJson(status)) return;
  const { namespace, name } = object.metadata;
  try {
    await kube.apply<T>(
      kind,
      { metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, status },
      { signal, force: true, subresource: "status" },
    );
  } catch (error) {
    if (!isAppError(error) || error.class !== "missing") throw error;
  }
}

/** Adds a finalizer before the first write to AWS; the patch fails when the list has changed meanwhile. */
export async function addFinalizer<T extends KubeObject>(
  kube: KubeClient,
  kind: Kind<T>,
  { object, finalizer, signal }: { readonly object: T; readonly finalizer: string; readonly signal: AbortSignal },
): Promise<void> {
  const present = object.metadata.finalizers ?? [];
  if (present.includes(finalizer)) return;
  await kube.jsonPatch(
    kind,
    object.metadata,
    [
      { op: "test", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion },
      { op: "add", path: "/metadata/finalizers", value: [...present, finalizer] },
    ],
    { signal },
  );
}

/** Lets the object go. */
export async function removeFinalizer<T extends KubeObject>(
  kube: KubeClient,
  kind: Kind<T>,
  { object, finalizer, signal }: { readonly object: T; readonly finalizer: string; readonly signal: AbortSignal },
): Promise<void> {
  const present = object.metadata.finalizers ?? [];
  if (!present.includes(finalizer)) return;
  try {
    await kube.jsonPatch(
      kind,
      object.metadata,
      [
        { op: "test", path: "/metadata/finalizers", value: present },
        { op: "replace", path: "/metadata/finalizers", value: present.filter((one) => one !== finalizer) },
      ],
      { signal },
    );
  } catch (error) {
    if (!isAppError(error) || error.class !== "missing") throw error;
  }
}

/** Tells each Problem once for every generation of an object. */
export class ProblemEvents {
  readonly #sink: EventSink;
  readonly #told = new Map<string, string>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  tell(object: KubeObject, verdict: { readonly reason: Reason; readonly message: string } | undefined): void {
    const key = `${object.kind} ${objectKey(object.metadata)}`;
    if (verdict === undefined) {
      this.#told.delete(key);
      return;
    }
    const text = `${object.metadata.generation ?? 0} ${verdict.reason} ${verdict.message}`;
    if (this.#told.get(key) === text) return;
    this.#told.set(key, text);
    this.#sink.event(object, { type: "Warning", reason: verdict.reason, message: verdict.message });
  }

  forget(kind: string, key: string): void {
    this.#told.delete(`${kind} ${key}`);
  }
}
