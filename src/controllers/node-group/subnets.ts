import type { NodeGroupSpec } from "../../api/node-group.ts";
import type { ProblemList } from "../problem-list.ts";
import type { NodeSubnet } from "./facts.ts";

/**
 * The subnets of a node group, sorted. AWS never changes them, so what was chosen at first stays as long as the spec
 * allows it (`sticky`): a subnet that appears later is only told.
 */
export function chooseSubnets(
  wanted: NodeGroupSpec["subnets"],
  {
    subnets,
    sticky,
    problems,
  }: { readonly subnets: readonly NodeSubnet[]; readonly sticky: readonly string[]; readonly problems: ProblemList },
): readonly string[] {
  if (wanted?.ids !== undefined) {
    const missing = wanted.ids.filter((id) => !subnets.some((subnet) => subnet.id === id));
    if (missing.length > 0) {
      problems.error(
        "SubnetNotFound",
        "spec.subnets.ids",
        `the cluster's VPC has no subnet ${missing.join(", ")}`,
        missing[0],
      );
    }
    return wanted.ids.toSorted();
  }
  const fit = subnets.filter((subnet) => fits(subnet, wanted)).map((subnet) => subnet.id);
  const kept = sticky.filter((id) => fit.includes(id));
  if (kept.length > 0 && kept.length === sticky.length) {
    if (fit.length > sticky.length)
      problems.warning(
        "SubnetsChanged",
        "spec.subnets",
        `a new group would also use ${fit
          .filter((id) => !sticky.includes(id))
          .toSorted()
          .join(", ")}; AWS does not change the subnets of an existing one`,
      );
    return kept.toSorted();
  }
  if (fit.length === 0) {
    const kind = wanted?.type === "Public" ? "public" : "private";
    const zones = wanted?.zones === undefined ? "" : ` in zones ${wanted.zones.join(", ")}`;
    const tags = wanted?.tags === undefined ? "" : " with the wanted tags";
    problems.error("SubnetNotFound", "spec.subnets", `the cluster's VPC has no ${kind} subnet${zones}${tags}`);
  }
  return fit.toSorted();
}

function fits(subnet: NodeSubnet, wanted: NodeGroupSpec["subnets"]): boolean {
  const zones = wanted?.zones;
  return (
    !subnet.isOutpost &&
    subnet.isPublic === (wanted?.type === "Public") &&
    (zones === undefined || zones.includes(subnet.zone) || zones.includes(subnet.zoneID)) &&
    Object.entries(wanted?.tags ?? {}).every(([key, value]) => subnet.tags[key] === value)
  );
}
