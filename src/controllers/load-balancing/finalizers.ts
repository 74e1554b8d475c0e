import type { Kind, KubeObject } from "../../api/object.ts";
import type { KubeClient } from "../../kube/client.ts";

/**
 * Finalizers keep an object until its AWS resources are gone. Both calls read the object anew, so that a cache that
 * lags costs nothing but the read; both reject with a `conflict` AppError when it changed in between.
 */
export async function addFinalizer<T extends KubeObject>(
  client: KubeClient,
  kind: Kind<T>,
  object: T,
  finalizer: string,
  signal: AbortSignal,
): Promise<void> {
  if (object.metadata.finalizers?.includes(finalizer) === true) return;
  const fresh = await client.get(kind, nameOf(object), { signal });
  if (
    fresh === undefined ||
    fresh.metadata.uid !== object.metadata.uid ||
    fresh.metadata.deletionTimestamp !== undefined
  )
    return;
  const present = fresh.metadata.finalizers ?? [];
  if (!present.includes(finalizer)) await write(client, kind, fresh, [...present, finalizer], signal);
}

/** An object that is gone is no error. */
export async function removeFinalizer<T extends KubeObject>(
  client: KubeClient,
  kind: Kind<T>,
  object: T,
  finalizer: string,
  signal: AbortSignal,
): Promise<void> {
  if (object.metadata.finalizers?.includes(finalizer) !== true) return;
  const fresh = await client.get(kind, nameOf(object), { signal });
  if (fresh === undefined || fresh.metadata.uid !== object.metadata.uid) return;
  const present = fresh.metadata.finalizers ?? [];
  if (!present.includes(finalizer)) return;
  await write(
    client,
    kind,
    fresh,
    present.filter((one) => one !== finalizer),
    signal,
  );
}

async function write<T extends KubeObject>(
  client: KubeClient,
  kind: Kind<T>,
  fresh: T,
  finalizers: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { resourceVersion } = fresh.metadata;
  await client.mergePatch(kind, nameOf(fresh), { metadata: { resourceVersion, finalizers } }, { signal });
}

function nameOf({ metadata }: KubeObject): { readonly namespace?: string; readonly name: string } {
  return { name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) };
}
