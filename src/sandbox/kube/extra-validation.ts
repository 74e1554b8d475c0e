import { CRD_KEY } from "./crd-lifecycle.ts";
import { validateCrd } from "./crd-validation.ts";
import { validateCustom } from "./custom-validation.ts";
import type { ServedResource } from "./registry.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";

/**
 * Checks that need more than a definition's own: objects of custom kinds, and CustomResourceDefinitions themselves.
 * What is `found` is known to be wrong already.
 */
export function extraValidation(
  resource: ServedResource,
  object: KubeObject,
  old: KubeObject | undefined,
  known: { readonly found: readonly FieldError[]; readonly subresource: string; readonly warnings: string[] },
): readonly FieldError[] {
  if (resource.custom) return validateCustom(resource, object, old, known);
  return resource.storageKey === CRD_KEY ? validateCrd(object, old, known.subresource) : [];
}
