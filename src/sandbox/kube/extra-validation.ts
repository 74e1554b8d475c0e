import { hasRules, validateRules } from "./cel/schema-rules.ts";
import { CRD_KEY } from "./crd-lifecycle.ts";
import { validateCrd } from "./crd-validation.ts";
import type { ServedResource } from "./registry.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";

/** Errors after which the shape of an object cannot be relied upon. */
const BLOCKING = new Set<FieldError["type"]>([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

/**
 * Checks that need more than a definition's own: the CEL rules of custom resources, and CustomResourceDefinitions
 * themselves. `found` is what is known to be wrong already.
 */
export function extraValidation(
  resource: ServedResource,
  object: KubeObject,
  old: KubeObject | undefined,
  found: readonly FieldError[],
): readonly FieldError[] {
  const blocked = found.some(({ type }) => BLOCKING.has(type));
  if (resource.storageKey === CRD_KEY) return blocked ? [] : validateCrd(object, old);
  const { schema } = resource.definition;
  if (!resource.custom || !hasRules(schema)) return [];
  if (!blocked) return validateRules(object, old, schema);
  return [
    {
      field: "<nil>",
      type: "FieldValueInvalid",
      detail:
        "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
    },
  ];
}
