import type { FieldError } from "../resource-definition.ts";
import { checkIp, isIPv6Text } from "./address-checks.ts";
import { duplicate, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, listAt, stringAt } from "./fields.ts";

const families = ["IPv4", "IPv6"];
const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];

/** Whether the Service has no address by its own wish. */
export function isHeadless(spec: Fields): boolean {
  return stringAt(spec, "clusterIP") === "None" || listAt(spec, "clusterIPs")[0] === "None";
}

/** A Service's addresses and their families, by themselves and together (`ValidateServiceClusterIPsRelatedFields`). */
export function checkServiceAddresses(spec: Fields, old: Fields): readonly FieldError[] {
  if (spec["type"] === "ExternalName") return [];
  const field = "spec.clusterIPs";
  const address = stringAt(spec, "clusterIP") ?? "";
  const addresses = listAt(spec, "clusterIPs").map(String);
  const errors: FieldError[] = [];
  if (address === "") {
    if (addresses.length > 0) {
      errors.push(invalidValue(field, addresses, "must be empty when `clusterIP` is not specified"));
    }
  } else if (addresses.length === 0) errors.push(required(field));
  else if (addresses[0] !== address) errors.push(invalidValue(field, addresses, "first value must match `clusterIP`"));
  errors.push(...checkFamilies(spec));
  const malformed: FieldError[] = [];
  for (const [index, text] of addresses.entries()) {
    if (index === 0 && text === "None") {
      if (addresses.length > 1) {
        malformed.push(invalidValue(field, addresses, "'None' must be the first and only value"));
      }
      continue;
    }
    malformed.push(...checkIp(`${field}[${index}]`, text, listAt(old, "clusterIPs").map(String)));
  }
  errors.push(...malformed);
  if (addresses.length > 2) errors.push(invalidValue(field, addresses, "may only hold up to 2 values"));
  if (malformed.length > 0) return errors;
  if (addresses.length > 1 && !isDualStack(addresses)) {
    errors.push(invalidValue(field, addresses, "may specify no more than one IP for each IP family"));
  }
  return [...errors, ...checkFamilyOfEach(spec, addresses)];
}

function checkFamilies(spec: Fields): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, family] of listAt(spec, "ipFamilies").map(String).entries()) {
    const path = `spec.ipFamilies[${index}]`;
    if (!families.includes(family)) errors.push(notSupported(path, family, families));
    if (seen.has(family)) errors.push(duplicate(path, family));
    seen.add(family);
  }
  const policy = stringAt(spec, "ipFamilyPolicy");
  if (policy !== undefined && !policies.includes(policy)) {
    errors.push(notSupported("spec.ipFamilyPolicy", policy, policies));
  }
  return errors;
}

function checkFamilyOfEach(spec: Fields, addresses: readonly string[]): readonly FieldError[] {
  if (isHeadless(spec)) return [];
  return listAt(spec, "ipFamilies").flatMap((family, index) => {
    const address = addresses[index];
    if (address === undefined || familyOf(address) === family) return [];
    const message = `expected an ${String(family)} value as indicated by \`ipFamilies[${index}]\``;
    return [invalidValue(`spec.clusterIPs[${index}]`, address, message)];
  });
}

/** Whether there is exactly one address of each family. */
function isDualStack(addresses: readonly string[]): boolean {
  return new Set(addresses.map(familyOf)).size === 2 && addresses.length === 2;
}

export function familyOf(address: string): "IPv4" | "IPv6" {
  return isIPv6Text(address) ? "IPv6" : "IPv4";
}
