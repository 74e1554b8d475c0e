import type { KubeObject, OwnerReference } from "../kube/resource-definition.ts";
import type { DiscoveredResource } from "./cluster-api.ts";

/** What garbage collection has to know of an object. */
export interface OwnedObject {
  readonly resource: DiscoveredResource;
  readonly uid: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
  readonly deleting: boolean;
  /** It goes once its dependents have gone (`foregroundDeletion`). */
  readonly foreground: boolean;
  /** Its dependents are to be released before it goes (`orphan`). */
  readonly orphaning: boolean;
}

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";

const none: readonly OwnerReference[] = [];

export function ownedObject(resource: DiscoveredResource, { metadata }: KubeObject): OwnedObject {
  const deleting = metadata.deletionTimestamp !== undefined;
  return {
    resource,
    uid: metadata.uid ?? "",
    namespace: metadata.namespace,
    name: metadata.name,
    owners: metadata.ownerReferences ?? none,
    deleting,
    foreground: deleting && metadata.finalizers?.includes(foregroundFinalizer) === true,
    orphaning: deleting && metadata.finalizers?.includes(orphanFinalizer) === true,
  };
}

/** Objects by uid, with the way from an owner to its dependents, whether the owner itself is known or not. */
export class OwnerGraph {
  readonly #objects = new Map<string, OwnedObject>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): OwnedObject | undefined {
    return this.#objects.get(uid);
  }

  set(object: OwnedObject): void {
    const before = this.#objects.get(object.uid);
    this.#objects.set(object.uid, object);
    if (before?.owners === object.owners) return;
    this.#unlink(before);
    for (const { uid } of object.owners) {
      const dependents = this.#dependents.get(uid);
      if (dependents === undefined) this.#dependents.set(uid, new Set([object.uid]));
      else dependents.add(object.uid);
    }
  }

  delete(uid: string): void {
    this.#unlink(this.#objects.get(uid));
    this.#objects.delete(uid);
  }

  dependentsOf(uid: string): readonly OwnedObject[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#objects.get(dependent) ?? []);
  }

  #unlink(object: OwnedObject | undefined): void {
    for (const { uid } of object?.owners ?? none) {
      const dependents = this.#dependents.get(uid);
      dependents?.delete(object?.uid ?? "");
      if (dependents?.size === 0) this.#dependents.delete(uid);
    }
  }
}
