import type { FactReader } from "../load-balancing/facts.ts";
import { type Succession, successionOf } from "../load-balancing/replacement.ts";
import type { ExistingLoadBalancer, IngressGroupInput } from "./input.ts";
import type { LoadBalancerSettings } from "./load-balancer-settings.ts";
import type { MemberView } from "./member-view.ts";

export type GroupSuccession = Succession<ExistingLoadBalancer>;

const protection = "deletion_protection.enabled";

/**
 * Whether the group's load balancer stays or is replaced. One that is protected from deletion stays with the scheme that
 * it has, and so does its traffic: the members hear that the replacement is refused, all else that they want is done.
 */
export function groupSuccession(
  input: IngressGroupInput,
  wanted: LoadBalancerSettings,
  { facts, seniority }: { readonly facts: FactReader; readonly seniority: readonly MemberView[] },
): { readonly succession: GroupSuccession; readonly wanted: LoadBalancerSettings } {
  const succession = successionOf(input.existing, ({ scheme }) => scheme === wanted.scheme);
  if (succession.kind !== "replaces") return { succession, wanted };
  const { predecessor } = succession;
  const answer = facts.ask({ kind: "deletion-protection", loadBalancerARN: predecessor.arn });
  if (!("value" in answer) || !answer.value) return { succession, wanted };
  const advice =
    wanted.attributes[protection] === "false"
      ? "the protection is being switched off"
      : `set ${protection}=false in annotation alb.ingress.kubernetes.io/load-balancer-attributes first`;
  for (const view of seniority) {
    view.report({
      reason: "ReplacementBlocked",
      field: "scheme",
      value: wanted.scheme,
      message: `load balancer ${predecessor.name} is ${predecessor.scheme}, and to become ${wanted.scheme} it must be replaced; it is protected from deletion and stays as it is: ${advice}`,
      severity: "error",
    });
  }
  return {
    succession: { kind: "stays", present: predecessor },
    wanted: { ...wanted, scheme: predecessor.scheme },
  };
}
