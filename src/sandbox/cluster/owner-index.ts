import type { KubeObject } from "../kube/resource-definition.ts";
import { controllerOf } from "./cluster-context.ts";
import { keyOf, type ObjectCache } from "./object-cache.ts";

/** The objects of a cache by the uid of their controller. */
export class OwnerIndex {
  readonly #byOwner = new Map<string, Map<string, KubeObject>>();

  constructor(cache: ObjectCache) {
    cache.onChange((current, old) => {
      if (old !== undefined) remove(this.#byOwner, controllerOf(old)?.uid, old);
      if (current !== undefined) add(this.#byOwner, controllerOf(current)?.uid, current);
    });
  }

  ownedBy(owner: KubeObject): readonly KubeObject[] {
    return [...(this.#byOwner.get(owner.metadata.uid ?? "")?.values() ?? [])];
  }
}

function add(index: Map<string, Map<string, KubeObject>>, key: string | undefined, object: KubeObject): void {
  if (key === undefined) return;
  let members = index.get(key);
  if (members === undefined) {
    members = new Map();
    index.set(key, members);
  }
  members.set(keyOf(object), object);
}

function remove(index: Map<string, Map<string, KubeObject>>, key: string | undefined, object: KubeObject): void {
  const members = index.get(key ?? "");
  members?.delete(keyOf(object));
  if (members?.size === 0) index.delete(key ?? "");
}
