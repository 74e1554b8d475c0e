import type { KubeObject } from "../kube/resource-definition.ts";
import { keyOf, type ObjectCache } from "./object-cache.ts";

/** The objects of a cache by namespace and label, so that a selector reads few of them. */
export class LabelIndex {
  readonly #byLabel = new Map<string, Map<string, KubeObject>>();

  constructor(cache: ObjectCache) {
    cache.onChange((current, old) => {
      for (const label of old === undefined ? [] : labelKeys(old)) {
        const members = this.#byLabel.get(label);
        members?.delete(keyOf(old as KubeObject));
        if (members?.size === 0) this.#byLabel.delete(label);
      }
      for (const label of current === undefined ? [] : labelKeys(current)) {
        let members = this.#byLabel.get(label);
        if (members === undefined) {
          members = new Map();
          this.#byLabel.set(label, members);
        }
        members.set(keyOf(current as KubeObject), current as KubeObject);
      }
    });
  }

  /** The objects of the namespace that have all these labels; none for an empty selector. */
  select(namespace: string, selector: Readonly<Record<string, string>>): readonly KubeObject[] {
    const [first, ...rest] = Object.entries(selector);
    if (first === undefined) return [];
    const candidates = [...(this.#byLabel.get(labelKey(namespace, first[0], first[1]))?.values() ?? [])];
    if (rest.length === 0) return candidates;
    return candidates.filter((object) => rest.every(([name, value]) => object.metadata.labels?.[name] === value));
  }
}

/** Selectors by owner, for the question whose selectors an object's labels meet. */
export class SelectorIndex {
  readonly #selectors = new Map<string, Readonly<Record<string, string>>>();
  readonly #byLabel = new Map<string, Set<string>>();

  /** Sets the selector of an owner (`namespace/name`); without a selector, forgets it. */
  set(owner: string, namespace: string, selector: Readonly<Record<string, string>> | undefined): void {
    const before = this.#selectors.get(owner);
    if (before !== undefined) this.#byLabel.get(firstKey(namespace, before))?.delete(owner);
    this.#selectors.delete(owner);
    if (selector === undefined || Object.keys(selector).length === 0) return;
    this.#selectors.set(owner, selector);
    const key = firstKey(namespace, selector);
    const owners = this.#byLabel.get(key) ?? new Set();
    this.#byLabel.set(key, owners.add(owner));
  }

  ownersSelecting(object: KubeObject): readonly string[] {
    const labels = object.metadata.labels ?? {};
    return labelKeys(object).flatMap((key) =>
      [...(this.#byLabel.get(key) ?? [])].filter((owner) =>
        Object.entries(this.#selectors.get(owner) ?? {}).every(([name, value]) => labels[name] === value),
      ),
    );
  }
}

function firstKey(namespace: string, selector: Readonly<Record<string, string>>): string {
  const [name = "", value = ""] = Object.entries(selector)[0] ?? [];
  return labelKey(namespace, name, value);
}

function labelKeys({ metadata }: KubeObject): readonly string[] {
  return Object.entries(metadata.labels ?? {}).map(([name, value]) => labelKey(metadata.namespace ?? "", name, value));
}

function labelKey(namespace: string, name: string, value: string): string {
  return `${namespace} ${name}=${value}`;
}
