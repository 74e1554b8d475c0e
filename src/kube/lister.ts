import type { KubeObject } from "../api/object.ts";

/** Read access to a cache that an informer keeps current. No call to the API server is ever made. */
export interface Lister<T extends KubeObject> {
  /** By `objectKey`. */
  get(key: string): T | undefined;
  list(namespace?: string): Iterable<T>;
  /** Objects whose index function gave this value. Throws for an index that was not declared. */
  byIndex(index: string, value: string): readonly T[];
  /** False until the first complete list has arrived. */
  readonly synced: boolean;
}
