import { type Succession, successionOf } from "../load-balancing/replacement.ts";
import type { ExistingNetworkLoadBalancer } from "./input.ts";
import type { Scheme } from "./placement.ts";
import type { ServiceView } from "./service-view.ts";

export type ServiceSuccession = Succession<ExistingNetworkLoadBalancer>;

const protection = "deletion_protection.enabled";

/**
 * Whether the load balancer stays or is replaced. One that is protected from deletion stays with the scheme that it has,
 * and so does its traffic: the user hears that the replacement is refused, all else is done.
 */
export function serviceSuccession(
  view: ServiceView,
  scheme: Scheme,
): { readonly succession: ServiceSuccession; readonly scheme: Scheme } {
  const succession = successionOf(view.input.existing, (one) => one.scheme === scheme);
  if (succession.kind !== "replaces") return { succession, scheme };
  const { predecessor } = succession;
  const answer = view.facts.ask({ kind: "deletion-protection", loadBalancerARN: predecessor.arn });
  if (!("value" in answer) || !answer.value) return { succession, scheme };
  const { annotations } = view;
  const advice =
    annotations.map("attributes")?.[protection] === "false"
      ? "the protection is being switched off"
      : `set ${protection}=false in annotation ${annotations.key("attributes")} first`;
  view.report({
    reason: "ReplacementBlocked",
    field: `metadata.annotations[${annotations.key("scheme")}]`,
    value: scheme,
    message: `load balancer ${predecessor.name} is ${predecessor.scheme}, and to become ${scheme} it must be replaced; it is protected from deletion and stays as it is: ${advice}`,
    severity: "error",
  });
  return { succession: { kind: "stays", present: predecessor }, scheme: predecessor.scheme };
}

/** The load balancer that goes on, if there is one. */
export function presentOf(succession: ServiceSuccession): ExistingNetworkLoadBalancer | undefined {
  return succession.kind === "stays" ? succession.present : undefined;
}

export function generationOf(succession: ServiceSuccession): string | undefined {
  return succession.kind === "replaces" ? succession.generation : presentOf(succession)?.generation;
}
