import type { Registry } from "../registry.ts";
import type { KubeObject } from "../resource-definition.ts";
import { objectSelector } from "../selectors.ts";
import type { Storage } from "../storage.ts";
import type { ParamRef, PolicySpec } from "./policy.ts";

/** A policy or binding that cannot be used as it is: the failure policy decides what comes of that. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/**
 * The objects that a policy is evaluated with, once for each: null alone when it has no parameters, none when there are
 * none and the binding allows that. Throws ConfigurationError.
 */
export function paramsOf(
  { registry, storage }: { readonly registry: Registry; readonly storage: Storage },
  paramKind: NonNullable<PolicySpec["paramKind"]> | undefined,
  reference: ParamRef | undefined,
  namespace: string | undefined,
): readonly (KubeObject | null)[] {
  if (paramKind === undefined || reference === undefined) return [null];
  const resource = registry.findKind(paramKind.apiVersion, paramKind.kind);
  if (resource === undefined) throw new ConfigurationError("the kind of the parameters is not known");
  const { name = "", namespace: own = "" } = reference;
  const { namespaced } = resource.definition;
  if (!namespaced && own !== "") {
    throw new ConfigurationError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  }
  const from = !namespaced ? "" : own === "" ? (namespace ?? "") : own;
  if (namespaced && from === "") {
    throw new ConfigurationError(
      "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
    );
  }
  const collection = storage.collection(resource.storageKey);
  const found =
    name === ""
      ? [...collection.objects(namespaced ? from : undefined)].filter(({ metadata }) =>
          objectSelector(reference.selector)(metadata.labels ?? {}),
        )
      : [collection.get(from, name)].flatMap((object) => (object === undefined ? [] : [object]));
  if (found.length === 0 && reference.parameterNotFoundAction === "Deny") {
    throw new ConfigurationError("no params found for policy binding with `Deny` parameterNotFoundAction");
  }
  return found.map((object) => resource.fromStorage(object));
}

/** Throws ConfigurationError when the kind of a policy's parameters is not served. */
export function checkParamKind(registry: Registry, paramKind: PolicySpec["paramKind"]): void {
  if (paramKind === undefined || registry.findKind(paramKind.apiVersion, paramKind.kind) !== undefined) return;
  const version = paramKind.apiVersion.includes("/") ? paramKind.apiVersion : `/${paramKind.apiVersion}`;
  throw new ConfigurationError(`failed to find resource referenced by paramKind: '${version}, Kind=${paramKind.kind}'`);
}
