import type { Kind } from "../api/object.ts";
import { type Clock, sleep } from "../clock.ts";
import { AppError, errorMessage } from "../errors.ts";
import type { Draft, KubeClient } from "../kube/client.ts";
import type { KindFinder } from "./kind-finder.ts";
import { inApplyOrder, type Manifest, type ManifestObject } from "./manifests.ts";

export interface AppliedManifest {
  readonly source: string;
  readonly kind: Kind;
  readonly object: ManifestObject;
}

export interface ApplyOptions {
  readonly kube: KubeClient;
  readonly kinds: KindFinder;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Namespace of namespaced objects that name none. */
  readonly namespace?: string;
}

/** How long a kind may take to be served after its definition was applied, in milliseconds. */
const definitionLimitMs = 10_000;

/** Applies manifests server-side, in an order that works. Rejects at the first that the API server refuses, and names it. */
export async function applyManifests(
  manifests: readonly Manifest[],
  options: ApplyOptions,
): Promise<readonly AppliedManifest[]> {
  const applied: AppliedManifest[] = [];
  for (const { source, object } of inApplyOrder(manifests)) {
    const kind = await served(object, manifests, options);
    const withNamespace = kind.namespaced
      ? {
          ...object,
          metadata: { ...object.metadata, namespace: object.metadata.namespace ?? options.namespace ?? "default" },
        }
      : object;
    try {
      await options.kube.apply(kind, withNamespace as Draft, {
        force: true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (error) {
      const { kind: name, metadata } = withNamespace;
      throw new AppError(`${source}: ${name} ${metadata.name}: ${errorMessage(error)}`, {
        class: error instanceof AppError ? error.class : "bug",
        code: error instanceof AppError ? error.code : "ApplyFailed",
        cause: error,
      });
    }
    applied.push({ source, kind, object: withNamespace });
  }
  return applied;
}

/** The kind of an object, which a definition that has just been applied may take a moment to bring. */
async function served(
  object: ManifestObject,
  manifests: readonly Manifest[],
  options: Pick<ApplyOptions, "kinds" | "clock" | "signal">,
): Promise<Kind> {
  return manifests.some((one) => defines(one, object))
    ? whenServed(object, options)
    : options.kinds.forManifest(object);
}

/** Resolves once the API server serves a kind; rejects with what `KindFinder` says when it does not within ten seconds. */
export async function whenServed(
  object: Pick<ManifestObject, "apiVersion" | "kind">,
  { kinds, clock, signal }: Pick<ApplyOptions, "kinds" | "clock" | "signal">,
): Promise<Kind> {
  const deadline = clock.monotonic() + definitionLimitMs;
  for (;;) {
    try {
      return await kinds.forManifest(object);
    } catch (error) {
      if (clock.monotonic() >= deadline || !(error instanceof AppError) || error.code !== "UnknownKind") throw error;
      await sleep(clock, 100, signal);
    }
  }
}

function defines({ object: { kind, spec } }: Manifest, object: ManifestObject): boolean {
  if (kind !== "CustomResourceDefinition") return false;
  const { names, group } = (spec ?? {}) as { readonly names?: { readonly kind?: string }; readonly group?: string };
  return names?.kind === object.kind && object.apiVersion.startsWith(`${group ?? ""}/`);
}
