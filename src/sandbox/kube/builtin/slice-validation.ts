import ipaddr from "ipaddr.js";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { duplicate, invalidValue, notSupported, required } from "./field-errors.ts";
import { listAt, stringAt } from "./fields.ts";

const addressTypes = ["FQDN", "IPv4", "IPv6"];

export function validateEndpointSlice(slice: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(slice, "addressType") ?? "";
  if (type === "") errors.push(required("addressType"));
  else if (!addressTypes.includes(type)) errors.push(notSupported("addressType", type, addressTypes));
  if (old !== undefined && stringAt(old, "addressType") !== type) {
    errors.push(invalidValue("addressType", type, "field is immutable"));
  }
  for (const [index, endpoint] of listAt(slice, "endpoints").entries()) {
    const addresses = listAt(endpoint, "addresses");
    const path = `endpoints[${index}].addresses`;
    if (addresses.length === 0) errors.push(required(path, "must contain at least 1 endpoint address"));
    for (const [position, address] of addresses.entries()) {
      const text = String(address);
      const fits =
        type === "FQDN" || (type === "IPv4" ? ipaddr.IPv4.isValidFourPartDecimal(text) : ipaddr.IPv6.isValid(text));
      if (!fits) errors.push(invalidValue(`${path}[${position}]`, address, `must be a valid ${type} address`));
    }
  }
  const names = new Set<string>();
  for (const [index, port] of listAt(slice, "ports").entries()) {
    const name = stringAt(port, "name") ?? "";
    if (names.has(name)) errors.push(duplicate(`ports[${index}].name`, name));
    names.add(name);
    const protocol = stringAt(port, "protocol") ?? "";
    if (!["SCTP", "TCP", "UDP"].includes(protocol)) {
      errors.push(notSupported(`ports[${index}].protocol`, protocol, ["SCTP", "TCP", "UDP"]));
    }
  }
  return errors;
}
