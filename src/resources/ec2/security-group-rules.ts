import { hasCode } from "../../aws/errors.ts";
import type { SecurityGroupEntry } from "../../aws/inventory.ts";
import type { CallContext, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { SecurityGroupContext } from "./ingress-rules.ts";
import { changeIngress, noSuchGroup } from "./ingress-rules.ts";
import { fromSdkPermissions, permissionChanges, permissionKey, shownPermissions } from "./permissions.ts";
import type { IngressPermission, SecurityGroupRulesSpec } from "./specs.ts";

export const securityGroupRulesTypeName = "ec2/SecurityGroupRules";

/** In a rule's description, as `key=value`: the rule was made for target group bindings, by LBC or by us. */
const markerKey = "elbv2.k8s.aws/targetGroupBinding";
const markerValue = "shared";

/** Whether a rule is ours: its description is a comma-separated list of `key=value` that has the marker. */
export function isMarked({ description = "" }: IngressPermission): boolean {
  return description
    .split(",")
    .some((pair) => /^\s*([^\s,=]+)=([^\s,=]+)\s*$/.exec(pair)?.slice(1).join("=") === `${markerKey}=${markerValue}`);
}

/**
 * Our inbound rules on a group that belongs to somebody else. A rule that is there already without our marker serves as well
 * and stays without it; only marked rules are ever revoked.
 */
export function securityGroupRulesType(aws: SecurityGroupContext): ResourceType<SecurityGroupRulesSpec> {
  return {
    type: securityGroupRulesTypeName,
    iamActions: ["ec2:DescribeSecurityGroups", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
    dependsOn: ["ec2/SecurityGroup"],
    parents: [],
    inventoried: true,

    async observe({ desired, names }, context) {
      await (context.depth === "full" ? aws.inventory.fresh() : aws.inventory.ready());
      const wanted = new Map(desired.map(({ spec }) => [spec.securityGroupID, spec.ingress]));
      const ids = [...new Set([...wanted.keys(), ...(names ?? [])])];
      const found = await Promise.all(
        ids.map(async (id) => {
          const entry = await find(aws, id, context);
          return entry === undefined ? undefined : observedOf(entry, wanted.get(id) ?? []);
        }),
      );
      return found.filter((item) => item !== undefined);
    },

    compare: compareRules,

    async create({ spec }) {
      throw noSuchGroup(spec.securityGroupID);
    },

    async update({ resource: { spec } }, context) {
      const entry = await find(aws, spec.securityGroupID, context);
      if (entry === undefined) throw noSuchGroup(spec.securityGroupID);
      const goal = { desired: spec.ingress, mayRevoke: isMarked };
      return observedOf(await changeIngress(aws, entry, goal, context), spec.ingress);
    },

    async delete({ spec }, context) {
      try {
        const entry = await find(aws, spec.securityGroupID, context);
        if (entry !== undefined) await changeIngress(aws, entry, { desired: [], mayRevoke: isMarked }, context);
      } catch (error) {
        if (!hasCode(error, "InvalidGroup.NotFound")) throw error;
      }
      return { kind: "deleted" };
    },
  };
}

async function find(
  { inventory }: SecurityGroupContext,
  id: string,
  { depth, signal }: CallContext,
): Promise<SecurityGroupEntry | undefined> {
  const known = inventory.securityGroups.get(id);
  if (known !== undefined || depth === "shallow") return known;
  return inventory.readSecurityGroup(id, { signal, resource: id });
}

/** Ours, and those of others that do what is wanted. */
function observedOf(entry: SecurityGroupEntry, wanted: readonly IngressPermission[]): Observed<SecurityGroupRulesSpec> {
  const keys = new Set(wanted.map(permissionKey));
  const ingress = fromSdkPermissions(entry.item.IpPermissions).filter(
    (permission) => isMarked(permission) || keys.has(permissionKey(permission)),
  );
  return {
    type: securityGroupRulesTypeName,
    id: entry.key,
    spec: { securityGroupID: entry.key, ingress },
    outputs: { id: entry.key },
    state: "ready",
  };
}

function compareRules(desired: SecurityGroupRulesSpec, observed: SecurityGroupRulesSpec): readonly Difference[] {
  const { missing, surplus } = permissionChanges(desired.ingress, observed.ingress);
  if (missing.length === 0 && !surplus.some(isMarked)) return [];
  const from = shownPermissions(observed.ingress);
  return [{ field: "ingress", from, to: shownPermissions(desired.ingress) }];
}
