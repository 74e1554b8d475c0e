import { authorizationFunctions } from "./authorization.ts";
import { conversions } from "./conversions.ts";
import type { Overload } from "./declare.ts";
import { listFunctions } from "./lists.ts";
import { nameFunctions } from "./names.ts";
import { networkFunctions } from "./network.ts";
import { operators } from "./operators.ts";
import { quantityFunctions } from "./quantity.ts";
import { textFunctions } from "./text.ts";
import { timeFunctions } from "./time.ts";

const overloads = new Map<string, Overload[]>();
for (const overload of [
  ...operators,
  ...conversions,
  ...textFunctions,
  ...listFunctions,
  ...timeFunctions,
  ...quantityFunctions,
  ...networkFunctions,
  ...nameFunctions,
  ...authorizationFunctions,
]) {
  overloads.set(overload.name, [...(overloads.get(overload.name) ?? []), overload]);
}

/** The functions that Kubernetes gives to validation rules, by name; operators have names such as `_+_`. */
export function overloadsOf(name: string): readonly Overload[] | undefined {
  return overloads.get(name);
}
