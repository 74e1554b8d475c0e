import { EMPTY_SET, type FieldSet, setOf } from "./field-set.ts";

const STATUS = setOf(["f:status"]);
const SPEC = setOf(["f:spec"]);

/** Beside `spec`, what `status` of a kind does not write (`GetResetFields` of the kind's status strategy). */
const STATUS_ENDPOINT: Readonly<Record<string, FieldSet>> = {
  "/pods": setOf(["f:spec"], ["f:metadata", "f:deletionTimestamp"], ["f:metadata", "f:ownerReferences"]),
  "apps/deployments": setOf(["f:spec"], ["f:metadata", "f:labels"]),
};
const CUSTOM_STATUS_ENDPOINT = setOf(["f:metadata"], ["f:spec"]);

/** The fields that an endpoint leaves as they are, and which nobody comes to own by writing there. */
export function resetFields(
  resource: {
    readonly storageKey: string;
    readonly custom: boolean;
    readonly definition: { readonly hasStatus: boolean };
  },
  subresource: string,
): FieldSet {
  if (subresource === "status") {
    return resource.custom ? CUSTOM_STATUS_ENDPOINT : (STATUS_ENDPOINT[resource.storageKey] ?? SPEC);
  }
  return subresource === "" && resource.definition.hasStatus ? STATUS : EMPTY_SET;
}
