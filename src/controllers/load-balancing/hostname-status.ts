import type { LoadBalancerIngress } from "../../api/builtin.ts";

/** Entries of `status.loadBalancer.ingress`, compared without regard to their order. */
export function sameHostnames(
  a: readonly LoadBalancerIngress[] | undefined,
  b: readonly LoadBalancerIngress[] | undefined,
): boolean {
  return normal(a) === normal(b);
}

function normal(entries: readonly LoadBalancerIngress[] | undefined): string {
  const lines = (entries ?? []).map(({ hostname, ip, ports }) => {
    const numbers = (ports ?? []).map(({ port, protocol }) => `${port}/${protocol ?? ""}`).toSorted();
    return `${hostname ?? ""} ${ip ?? ""} ${numbers.join(",")}`;
  });
  return lines.toSorted().join("\n");
}
