import type { Kind } from "../api/object.ts";
import { AppError } from "../errors.ts";
import type { KubeHttp } from "../kube/http-client.ts";

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly singularName?: string;
  readonly shortNames?: readonly string[];
}

/** Finds served kinds by what manifests and people call them (Kubernetes API discovery). */
export interface KindFinder {
  /** Throws an `invalid` AppError when the server does not serve the kind. */
  forManifest(manifest: { readonly apiVersion: string; readonly kind: string }): Promise<Kind>;
}

export function createKindFinder(http: KubeHttp): KindFinder {
  const lists = new Map<string, Promise<readonly ApiResource[]>>();
  const resources = (groupVersion: string): Promise<readonly ApiResource[]> => {
    const known = lists.get(groupVersion);
    if (known !== undefined) return known;
    const path = groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    const list = http({ what: `discover ${groupVersion}`, method: "GET", path, repeatable: true }).then(
      (answer) => (answer as { readonly resources?: readonly ApiResource[] }).resources ?? [],
      (error: unknown) => {
        lists.delete(groupVersion);
        if (error instanceof AppError && error.class === "missing") return [];
        throw error;
      },
    );
    lists.set(groupVersion, list);
    return list;
  };
  return {
    async forManifest({ apiVersion, kind }) {
      const served = (await resources(apiVersion)).find((item) => item.kind === kind && !item.name.includes("/"));
      if (served === undefined) {
        // A definition may just have been applied: the next question looks again.
        lists.delete(apiVersion);
        throw new AppError(`the cluster serves no ${kind} of ${apiVersion}`, { class: "invalid", code: "UnknownKind" });
      }
      const [group, version] = apiVersion.includes("/")
        ? (apiVersion.split("/") as [string, string])
        : ["", apiVersion];
      return { group, version, kind, plural: served.name, namespaced: served.namespaced };
    },
  };
}
