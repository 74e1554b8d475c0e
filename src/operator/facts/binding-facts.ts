import type { Elbv2Port } from "../../aws/elbv2.ts";
import { hasCode } from "../../aws/errors.ts";
import { isInVpc, type VpcFacts } from "../../aws/facts/vpc.ts";
import type { Inventory } from "../../aws/inventory.ts";
import { clusterTag } from "../../controllers/load-balancing/tracking.ts";
import type { BindingFacts, TargetGroupFact } from "../../controllers/target-group-binding/ports.ts";

/** What bindings ask of AWS. */
export function bindingFacts(options: {
  readonly elbv2: Elbv2Port;
  readonly vpc: VpcFacts;
  readonly vpcID: string;
  readonly inventory: Inventory;
  readonly clusterName: string;
}): BindingFacts {
  const { elbv2, vpc, vpcID, inventory, clusterName } = options;
  return {
    async targetGroup(query, signal): Promise<TargetGroupFact | undefined> {
      try {
        const input = "arn" in query ? { TargetGroupArns: [query.arn] } : { Names: [query.name] };
        const { TargetGroups } = await elbv2.describeTargetGroups(input, { signal });
        const group = TargetGroups?.[0];
        if (group?.TargetGroupArn === undefined) return undefined;
        return {
          arn: group.TargetGroupArn,
          targetType: group.TargetType ?? "instance",
          ipAddressType: group.IpAddressType ?? "ipv4",
          ...(group.Protocol === undefined ? {} : { protocol: group.Protocol }),
          ...(group.VpcId === undefined ? {} : { vpcID: group.VpcId }),
        };
      } catch (error) {
        if (hasCode(error, "TargetGroupNotFound")) return undefined;
        throw error;
      }
    },
    ownerNamespace(arn) {
      const tags = inventory.targetGroups.get(arn)?.tags ?? {};
      if (tags[clusterTag] !== clusterName) return undefined;
      // Of an Ingress the resource's id starts with the namespace, also in groups that span several.
      const place = tags["ingress.k8s.aws/resource"] ?? tags["service.k8s.aws/stack"];
      return place?.includes("/") === true ? place.split("/")[0] : undefined;
    },
    async vpcContains() {
      const facts = await vpc.get(vpcID);
      return (ip) => isInVpc(ip, facts);
    },
    async targetHealth(arn, signal) {
      const { TargetHealthDescriptions } = await elbv2.describeTargetHealth({ TargetGroupArn: arn }, { signal });
      return (TargetHealthDescriptions ?? []).flatMap(({ Target, TargetHealth }) => {
        if (Target?.Id === undefined) return [];
        const { State = "unknown", Reason, Description } = TargetHealth ?? {};
        return [
          {
            id: Target.Id,
            port: Target.Port ?? 0,
            state: State,
            ...(Reason === undefined ? {} : { reason: Reason }),
            ...(Description === undefined ? {} : { description: Description }),
          },
        ];
      });
    },
  };
}
