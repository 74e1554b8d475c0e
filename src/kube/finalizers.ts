import { type Kind, type KubeObject, objectKey, parseObjectKey } from "../api/object.ts";
import { AppError, isAppError } from "../errors.ts";
import type { KubeCallOptions, KubeClient } from "./client.ts";

/** How often an object that others change at the same time is read again. */
const maxAttempts = 5;

/** Adds a finalizer unless it is there. Returns the object as it is then, or undefined when it is gone or going. */
export function addFinalizer<T extends KubeObject>(
  client: KubeClient,
  kind: Kind<T>,
  object: T,
  finalizer: string,
  options: KubeCallOptions = {},
): Promise<T | undefined> {
  return changeFinalizers(client, kind, object, options, (current, deleting) =>
    // The API server takes no new finalizers for an object that is being deleted.
    current.includes(finalizer) || deleting ? undefined : [...current, finalizer],
  );
}

/** Removes finalizers, if they are there. Returns the object as it is then, or undefined when it is gone. */
export function removeFinalizers<T extends KubeObject>(
  client: KubeClient,
  kind: Kind<T>,
  object: T,
  finalizers: readonly string[],
  options: KubeCallOptions = {},
): Promise<T | undefined> {
  return changeFinalizers(client, kind, object, options, (current) =>
    current.some((name) => finalizers.includes(name))
      ? current.filter((name) => !finalizers.includes(name))
      : undefined,
  );
}

/**
 * The list of finalizers is replaced whole, so the version is a precondition: nobody else's finalizer is lost. On a
 * conflict the object is read again, and left alone when it has become another one of the same name.
 */
async function changeFinalizers<T extends KubeObject>(
  client: KubeClient,
  kind: Kind<T>,
  object: T,
  options: KubeCallOptions,
  change: (current: readonly string[], deleting: boolean) => readonly string[] | undefined,
): Promise<T | undefined> {
  const name = parseObjectKey(objectKey(object.metadata));
  let current = object;
  for (let attempt = 1; ; attempt++) {
    const { resourceVersion, finalizers = [], deletionTimestamp } = current.metadata;
    const next = change(finalizers, deletionTimestamp !== undefined);
    if (next === undefined) return current;
    try {
      const metadata = { resourceVersion, finalizers: next.length === 0 ? null : next };
      return await client.mergePatch(kind, name, { metadata }, options);
    } catch (error) {
      if (isAppError(error) && error.class === "missing") return undefined;
      if (!(error instanceof AppError) || error.class !== "conflict" || attempt >= maxAttempts) throw error;
      const read = await client.get(kind, name, options);
      if (read === undefined || read.metadata.uid !== object.metadata.uid) return undefined;
      current = read;
    }
  }
}
