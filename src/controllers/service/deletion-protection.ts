import type { Service } from "../../api/builtin.ts";
import type { Problem } from "../../engine/stack.ts";
import { parseBool, parseMap } from "../load-balancing/annotation-value.ts";
import { nlbPrefix } from "./annotation-keys.ts";
import { serviceObject } from "./ownership.ts";

const attribute = "deletion_protection.enabled";

/** What the annotations of a Service say of the deletion of its load balancer. */
export type DeletionProtection =
  | { readonly kind: "unsaid" }
  | { readonly kind: "off" }
  | { readonly kind: "on" | "invalid"; readonly problem: Problem };

export function readDeletionProtection(service: Service): DeletionProtection {
  const key = `${nlbPrefix}attributes`;
  const text = service.metadata.annotations?.[key];
  if (text === undefined) return { kind: "unsaid" };
  const attributes = parseMap(text);
  const value = attributes.ok ? attributes.value[attribute] : undefined;
  if (attributes.ok && value === undefined) return { kind: "unsaid" };
  const parsed = value === undefined ? undefined : parseBool(value);
  if (parsed?.ok === true && !parsed.value) return { kind: "off" };
  const problem = (reason: Problem["reason"], message: string): Problem => ({
    object: serviceObject(service),
    reason,
    field: `metadata.annotations[${key}]`,
    value: text,
    message,
    severity: "error",
  });
  const name = `service ${service.metadata.namespace ?? ""}/${service.metadata.name}`;
  if (parsed?.ok === true)
    return {
      kind: "on",
      problem: problem(
        "DeletionBlocked",
        `${attribute} is true in annotation ${key}: deletion protection is enabled, cannot delete ${name}; set it to false first`,
      ),
    };
  return {
    kind: "invalid",
    problem: problem(
      "InvalidAnnotation",
      `annotation ${key} cannot be read, so it is not known whether the load balancer of ${name} may go`,
    ),
  };
}
