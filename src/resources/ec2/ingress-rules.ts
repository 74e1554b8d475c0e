import type { Ec2Port } from "../../aws/ec2.ts";
import { hasCode } from "../../aws/errors.ts";
import type { Inventory, SecurityGroupEntry } from "../../aws/inventory.ts";
import type { CallContext } from "../../engine/resource-type.ts";
import { AppError } from "../../errors.ts";
import { fromSdkPermissions, permissionChanges, permissionKey, toSdkPermissions } from "./permissions.ts";
import type { IngressPermission } from "./specs.ts";

/** What the EC2 resource types work with. */
export interface SecurityGroupContext {
  readonly ec2: Ec2Port;
  readonly inventory: Inventory;
}

export interface IngressGoal {
  readonly desired: readonly IngressPermission[];
  /** Of the present rules, those that may be revoked. */
  mayRevoke(permission: IngressPermission): boolean;
}

/**
 * Brings a group's inbound rules to what is wanted: one Authorize, then one Revoke, so that nothing that is open now and
 * wanted closes in between. When the quota of rules is full, the other way round. What the inventory holds may be out of
 * date: if AWS disagrees, the group is read and the rest is tried once more.
 */
export async function changeIngress(
  aws: SecurityGroupContext,
  group: SecurityGroupEntry,
  goal: IngressGoal,
  context: CallContext,
): Promise<SecurityGroupEntry> {
  try {
    return await changeOnce(aws, group, { goal, revokeFirst: false }, context);
  } catch (error) {
    const isFull = hasCode(error, "RulesPerSecurityGroupLimitExceeded");
    if (!isFull && !hasCode(error, "InvalidPermission.Duplicate", "InvalidPermission.NotFound")) throw error;
    const fresh = await aws.inventory.readSecurityGroup(group.key, { signal: context.signal, resource: group.key });
    if (fresh === undefined) throw noSuchGroup(group.key);
    return changeOnce(aws, fresh, { goal, revokeFirst: isFull }, context);
  }
}

async function changeOnce(
  { ec2, inventory }: SecurityGroupContext,
  group: SecurityGroupEntry,
  { goal, revokeFirst }: { readonly goal: IngressGoal; readonly revokeFirst: boolean },
  { signal }: CallContext,
): Promise<SecurityGroupEntry> {
  const options = { signal, resource: group.key };
  let present = fromSdkPermissions(group.item.IpPermissions);
  const { missing, surplus } = permissionChanges(goal.desired, present);
  const leaving = surplus.filter((permission) => goal.mayRevoke(permission));
  let entry = group;
  const remember = (permissions: readonly IngressPermission[]): void => {
    present = permissions;
    entry = inventory.putSecurityGroup({ ...entry.item, IpPermissions: toSdkPermissions(permissions) });
  };
  const authorize = async (): Promise<void> => {
    if (missing.length === 0) return;
    const IpPermissions = toSdkPermissions(missing);
    await ec2.authorizeSecurityGroupIngress({ GroupId: group.key, IpPermissions }, options);
    remember([...present, ...missing]);
  };
  const revoke = async (): Promise<void> => {
    if (leaving.length === 0) return;
    const IpPermissions = toSdkPermissions(leaving.map(withoutDescription));
    await ec2.revokeSecurityGroupIngress({ GroupId: group.key, IpPermissions }, options);
    const gone = new Set(leaving.map(permissionKey));
    remember(present.filter((permission) => !gone.has(permissionKey(permission))));
  };
  try {
    if (revokeFirst) {
      await revoke();
      await authorize();
    } else {
      await authorize();
      await revoke();
    }
  } catch (error) {
    throw settled(error, group.key, inventory);
  }
  return entry;
}

function withoutDescription({ description: _unasked, ...permission }: IngressPermission): IngressPermission {
  return permission;
}

export function noSuchGroup(id: string): AppError {
  return new AppError(`security group ${id} does not exist`, { class: "missing", code: "InvalidGroup.NotFound" });
}

const settlingRetryMs = 2_000;

/** A group that we made a moment ago may be unknown for some seconds: then it is no failure. */
function settled(error: unknown, id: string, inventory: Inventory): unknown {
  if (!hasCode(error, "InvalidGroup.NotFound") || inventory.securityGroups.get(id) === undefined) return error;
  return new AppError(`AWS does not show security group ${id} everywhere yet`, {
    class: "waiting",
    code: "Settling",
    retryAfterMs: settlingRetryMs,
    cause: error,
  });
}
