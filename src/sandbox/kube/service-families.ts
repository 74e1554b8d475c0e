import { invalidValue } from "./builtin/field-errors.ts";
import { listAt } from "./builtin/fields.ts";
import { checkServiceAddresses, familyOf } from "./builtin/service-address-validation.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import type { FieldError } from "./resource-definition.ts";

/**
 * The IP families of a Service of a single-stack IPv4 cluster, with the addresses that it asks for; a headless Service
 * without a selector is left to who fills it. `errors` tells what the cluster does not have.
 */
export function completeFamilies(spec: JsonObject, oldSpec: JsonObject | undefined, errors: FieldError[]): void {
  const selector = spec["selector"];
  const isOpen = spec["clusterIP"] === "None" && (!isObject(selector) || Object.keys(selector).length === 0);
  spec["ipFamilyPolicy"] ??= oldSpec?.["ipFamilyPolicy"] ?? (isOpen ? "RequireDualStack" : "SingleStack");
  const policy = spec["ipFamilyPolicy"];
  if (typeof spec["clusterIP"] === "string" && spec["clusterIP"] !== "") spec["clusterIPs"] ??= [spec["clusterIP"]];
  errors.push(...checkServiceAddresses(spec, oldSpec ?? {}));
  if (errors.length > 0) return;
  const addresses = listAt(spec, "clusterIPs").map(String);
  const families = listAt(spec, "ipFamilies").map(String);
  if (policy === "SingleStack") errors.push(...singleStackErrors(addresses, families));
  for (const [index, address] of addresses.entries()) {
    if (address === "None" || index < families.length) continue;
    const family = familyOf(address);
    if (family === "IPv4") families.push(family);
    else
      errors.push(invalidValue(`spec.clusterIPs[${index}]`, addresses, `${family} is not configured on this cluster`));
  }
  if (errors.length > 0) return;
  if (isOpen) {
    const first = families[0] ?? "IPv4";
    const other = first === "IPv4" ? "IPv6" : "IPv4";
    spec["ipFamilies"] = families.length > 1 || policy === "SingleStack" ? withDefault(families) : [first, other];
    return;
  }
  if (policy === "RequireDualStack") {
    errors.push(invalidValue("spec.ipFamilyPolicy", policy, "this cluster is not configured for dual-stack services"));
  }
  for (const [index, family] of families.entries()) {
    if (family !== "IPv4") {
      errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, "not configured on this cluster"));
    }
  }
  spec["ipFamilies"] = withDefault(families);
}

function withDefault(families: readonly string[]): readonly string[] {
  return families.length === 0 ? ["IPv4"] : families;
}

function singleStackErrors(addresses: readonly string[], families: readonly string[]): readonly FieldError[] {
  const message = (what: string): string =>
    `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  const field = "spec.ipFamilyPolicy";
  return [
    ...(addresses.length === 2 ? [invalidValue(field, "SingleStack", message("cluster IPs"))] : []),
    ...(families.length === 2 ? [invalidValue(field, "SingleStack", message("IP families"))] : []),
  ];
}
