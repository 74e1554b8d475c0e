import { type Cidr, parseCidr } from "../load-balancing/cidr.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { sourceRangesSuffix } from "./annotation-keys.ts";
import type { ServiceView } from "./service-view.ts";

/** The clients that the user admits: of the spec, else of the annotation; empty: no word about it. */
export function readSourceRanges(view: ServiceView): readonly Cidr[] {
  const fromSpec = view.spec.loadBalancerSourceRanges ?? [];
  const texts = fromSpec.length > 0 ? fromSpec : (view.plain.list(sourceRangesSuffix) ?? []);
  return texts.map((text) => {
    const cidr = parseCidr(text.trim());
    if (cidr !== undefined) return cidr;
    if (fromSpec.length === 0) throw view.plain.invalid(sourceRangesSuffix, `has ${text}, which is not a CIDR block`);
    throw new InputError(`spec.loadBalancerSourceRanges has ${JSON.stringify(text)}, which is not a CIDR block`, {
      reason: "InvalidSpec",
      field: "spec.loadBalancerSourceRanges",
      value: text,
    });
  });
}
