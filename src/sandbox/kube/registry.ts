import { completeSchema } from "./object-meta.ts";
import type { KubeObject, ResourceDefinition } from "./resource-definition.ts";
import { applyDefaults, dropNulls } from "./schema/default.ts";
import { pruneUnknown } from "./schema/prune.ts";
import type { ErrorSubject } from "./status-error.ts";
import { convertVersion, storageKeyOf } from "./version-conversion.ts";

/** A served version of a resource, as the request handlers use it. */
export interface ServedResource extends ErrorSubject {
  readonly definition: ResourceDefinition;
  /** From a CustomResourceDefinition. */
  readonly custom: boolean;
  readonly storageKey: string;
  readonly apiVersion: string;
  /** The stored form of an object given in this version. */
  toStorage(object: KubeObject): KubeObject;
  /** A stored object in this version. */
  fromStorage(object: KubeObject): KubeObject;
}

export function apiVersionOf(definition: { readonly group: string; readonly version: string }): string {
  return definition.group === "" ? definition.version : `${definition.group}/${definition.version}`;
}

/** Which resources are served, built in and from CustomResourceDefinitions. */
export class Registry {
  readonly #builtin: readonly ServedResource[];
  #custom: readonly ServedResource[] = [];
  #byPath = new Map<string, ServedResource>();
  #byKind = new Map<string, ServedResource>();
  #byStorageKey = new Map<string, ServedResource>();
  #definitions: readonly ResourceDefinition[] = [];
  #groupVersions = new Set<string>();

  constructor(builtin: readonly ResourceDefinition[]) {
    this.#builtin = served(builtin, false);
    this.#index();
  }

  /** Every served definition; the same array as long as nothing changes. */
  get definitions(): readonly ResourceDefinition[] {
    return this.#definitions;
  }

  setCustom(definitions: readonly ResourceDefinition[]): void {
    this.#custom = served(definitions, true);
    this.#index();
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  hasBuiltinGroup(group: string): boolean {
    return this.#builtin.some(({ definition }) => definition.group === group);
  }

  hasGroupVersion(group: string, version: string): boolean {
    return this.#groupVersions.has(`${group}/${version}`);
  }

  /** By `apiVersion` and `kind`, as owner references and manifests name it. */
  findKind(apiVersion: string, kind: string): ServedResource | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  /** The other versions (and groups) in which the objects of a resource are served. */
  equivalentsOf(resource: ServedResource): readonly ServedResource[] {
    const all = [...this.#builtin, ...this.#custom];
    return all.filter((other) => other !== resource && other.storageKey === resource.storageKey);
  }

  /** The storage version of what is stored under `key`. */
  forStorageKey(key: string): ServedResource | undefined {
    return this.#byStorageKey.get(key);
  }

  /** The served versions of what is stored under `key`. */
  versionsOf(key: string): readonly ServedResource[] {
    return [...this.#byPath.values()].filter(({ storageKey }) => storageKey === key);
  }

  /** One served resource for each kind of stored object. */
  stored(): IterableIterator<ServedResource> {
    return this.#byStorageKey.values();
  }

  #index(): void {
    const all = [...this.#builtin, ...this.#custom];
    this.#definitions = all.map((resource) => resource.definition);
    this.#byPath = new Map();
    this.#byKind = new Map();
    this.#byStorageKey = new Map();
    this.#groupVersions = new Set();
    for (const resource of all) {
      const { group, version, plural, kind, storageVersion } = resource.definition;
      this.#byPath.set(`${group}/${version}/${plural}`, resource);
      this.#byKind.set(`${resource.apiVersion}/${kind}`, resource);
      this.#groupVersions.add(`${group}/${version}`);
      const known = this.#byStorageKey.get(resource.storageKey);
      const home = resource.storageKey === `${group}/${plural}`;
      if (known === undefined || (storageVersion && home)) this.#byStorageKey.set(resource.storageKey, resource);
    }
  }
}

/** What was stored under another schema, as the one of now has it: unknown members dropped, new defaults filled in. */
function completed(object: KubeObject, { schema, prune }: ResourceDefinition): KubeObject {
  const pruned = prune ? pruneUnknown(object, completeSchema(schema), []) : object;
  return applyDefaults(dropNulls(pruned, schema), schema) as KubeObject;
}

function served(definitions: readonly ResourceDefinition[], custom: boolean): ServedResource[] {
  return definitions.map((definition) => {
    const storageKey = storageKeyOf(definition.group, definition.plural);
    const home = definitions.find((other) => other.storageVersion && `${other.group}/${other.plural}` === storageKey);
    const apiVersion = apiVersionOf(definition);
    const storageApiVersion = apiVersionOf(home ?? definition);
    return {
      definition,
      custom,
      storageKey,
      apiVersion,
      group: definition.group,
      resource: definition.plural,
      kind: definition.kind,
      toStorage: (object) => convertVersion(object, storageApiVersion, definition.kind),
      fromStorage: (object) => {
        const converted = convertVersion(object, apiVersion, definition.kind);
        return custom ? completed(converted, definition) : converted;
      },
    };
  });
}
