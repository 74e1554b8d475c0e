import type { KubeObject } from "../resource-definition.ts";
import { StatusError } from "../status-error.ts";
import type { MergeType } from "./merge-type.ts";

/** An object in one version of its kind, with the type that this version gives it. */
export interface TypedObject {
  readonly object: KubeObject;
  readonly type: MergeType;
}

/** The versions of a kind, for field sets that were recorded in others than the one of the request. */
export interface Versions {
  /** Undefined when the version is not served (any more). */
  convert(object: KubeObject, apiVersion: string): TypedObject | undefined;
  /** What a built-in kind shows of an object in which nothing is set; a custom resource has nothing. */
  empty(apiVersion: string): object;
}

/** 500: an object does not fit a version in which somebody owns fields of it. */
export class ConversionError extends StatusError {
  constructor(message: string) {
    super(500, "", message);
  }
}
