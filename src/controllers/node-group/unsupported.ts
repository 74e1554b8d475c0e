import type { NodeGroupSpec } from "../../api/node-group.ts";
import type { ProblemList } from "../problem-list.ts";

/**
 * Fields that the kind has and this version of the operator does not act on. What would give other nodes than asked for
 * is an error, so that nothing is half done; what only guides the operator is a warning.
 */
export function checkSupported(spec: NodeGroupSpec, problems: ProblemList): void {
  const refuse = (field: string, instead: string): void => {
    problems.error("Unsupported", `spec.${field}`, `is not supported by this version of the operator; ${instead}`);
  };
  const warn = (field: string, effect: string): void => {
    problems.warning("Unsupported", `spec.${field}`, `has no effect in this version of the operator; ${effect}`);
  };
  if (spec.capacityType === "CapacityBlock") refuse("capacityType", "allowed are OnDemand and Spot");
  if (spec.efa === true) refuse("efa", "use spec.launchTemplate with the interfaces that you need");
  if (spec.warmPool?.enabled !== false && spec.warmPool !== undefined) refuse("warmPool", "leave it out");
  if (spec.bottlerocket !== undefined) refuse("bottlerocket", "use spec.launchTemplate with user data of your own");
  if (spec.ami?.ssmParameter !== undefined) refuse("ami.ssmParameter", "use ami.id");
  const { sourceSecurityGroups = [], sourceCIDRs = [] } = spec.ssh ?? {};
  if (sourceSecurityGroups.length > 0 || sourceCIDRs.length > 0)
    refuse("ssh", "name a security group that allows port 22 in securityGroups.ids and leave the sources out");
  if (spec.amiUpdates?.channel === "Latest") warn("amiUpdates.channel", "set releaseVersion to update");
  if (spec.upgrade?.followCluster === true) warn("upgrade.followCluster", "set kubernetesVersion to update");
  if (spec.replaceStrategy === "CreateBefore")
    warn("replaceStrategy", "changes that need a new group are refused as ReplacementBlocked");
  if (spec.drain !== undefined) warn("drain", "EKS empties nodes itself when it removes them");
  if (spec.autoscaler?.propagate === "Always") warn("autoscaler", "EKS tags the Auto Scaling group for discovery only");
}
