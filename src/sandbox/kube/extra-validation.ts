import { validateRules } from "./cel/schema-rules.ts";
import { CRD_KEY } from "./crd-lifecycle.ts";
import { validateCrd } from "./crd-validation.ts";
import type { ServedResource } from "./registry.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";

/** Checks that need more than a definition's own: the CEL rules of custom resources, and CustomResourceDefinitions themselves. */
export function extraValidation(
  resource: ServedResource,
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  if (resource.storageKey === CRD_KEY) return validateCrd(object, old);
  return resource.custom ? validateRules(object, old, resource.definition.schema) : [];
}
