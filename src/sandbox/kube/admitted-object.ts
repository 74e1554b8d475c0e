import { isObject } from "./json-value.ts";
import type { ServedResource } from "./registry.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { badRequest, invalid } from "./status-error.ts";

const BROKEN_FIELDS =
  ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests";

/**
 * What mutating admission has made of an object, with what it must not touch: the namespace may not change, and managed
 * fields that are none any more are those from before.
 */
export function checkedAfterAdmission(before: KubeObject, after: KubeObject, warnings: string[]): KubeObject {
  if (after === before) return after;
  const { namespace } = after.metadata;
  if (namespace !== undefined && namespace !== before.metadata.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const problem = managedFieldsProblem(after.metadata.managedFields);
  const metadata = {
    ...after.metadata,
    ...(before.metadata.namespace === undefined ? {} : { namespace: before.metadata.namespace }),
  };
  if (problem === undefined) return { ...after, metadata };
  warnings.push(`${BROKEN_FIELDS}: ${problem}`);
  const { managedFields: _broken, ...rest } = metadata;
  const { managedFields } = before.metadata;
  return {
    ...after,
    metadata: managedFields === undefined ? rest : { ...rest, managedFields },
  };
}

function managedFieldsProblem(entries: readonly unknown[] | undefined): string | undefined {
  for (const entry of entries ?? []) {
    const { operation, fieldsType } = isObject(entry) ? entry : {};
    if (operation !== "Apply" && operation !== "Update") return "operation must be `Apply` or `Update`";
    if (fieldsType !== "FieldsV1") return "fieldsType must be `FieldsV1`";
  }
  return undefined;
}

/** Refuses that mutating admission renames an object that is there. */
export function checkName(resource: ServedResource, current: KubeObject, after: KubeObject): void {
  const { name } = after.metadata;
  if (name === current.metadata.name) return;
  const detail = `Invalid value: ${JSON.stringify(name)}: field is immutable`;
  // Metadata are checked for all kinds and once more for each kind.
  const error: FieldError = { field: "metadata.name", type: "FieldValueInvalid", detail };
  throw invalid(resource, name, [error, error]);
}
