import { AppError } from "../../errors.ts";
import type { Ec2Port } from "../ec2.ts";
import { hasCode } from "../errors.ts";
import type { Inventory, SecurityGroupEntry } from "../inventory.ts";

export interface SecurityGroupFacts {
  /**
   * The ids of groups that a user named by id (`sg-...`) or by the tag `Name`: ids first, then those found by name.
   *
   * @throws AppError `invalid` when one of them does not exist.
   */
  resolve(namesOrIDs: readonly string[]): Promise<readonly string[]>;
  /** Tags of a group, read from AWS if the inventory lacks it; undefined when it does not exist. */
  tagsOf(id: string): Promise<Readonly<Record<string, string>> | undefined>;
}

export function securityGroupFacts({
  ec2,
  inventory,
}: {
  readonly ec2: Ec2Port;
  readonly inventory: Inventory;
}): SecurityGroupFacts {
  /** A group made by hand a moment ago is not in the inventory yet: asked for once, before it is called missing. */
  async function byID(id: string): Promise<SecurityGroupEntry | undefined> {
    return inventory.securityGroups.get(id) ?? inventory.readSecurityGroup(id);
  }

  async function byName(name: string, vpcID: string): Promise<readonly string[]> {
    const known = inventory.securityGroups.withTags({ Name: name }).map(({ key }) => key);
    if (known.length > 0) return known.toSorted();
    const { SecurityGroups } = await ec2.describeSecurityGroups({
      Filters: [
        { Name: "vpc-id", Values: [vpcID] },
        { Name: "tag:Name", Values: [name] },
      ],
    });
    return (SecurityGroups ?? []).map((item) => inventory.putSecurityGroup(item).key).toSorted();
  }

  return {
    async resolve(namesOrIDs) {
      await inventory.ready();
      const ids = [...new Set(namesOrIDs.filter((item) => item.startsWith("sg-")))];
      const names = [...new Set(namesOrIDs.filter((item) => !item.startsWith("sg-")))];
      const foundIDs = (await Promise.all(ids.map(byID))).flatMap((entry) => (entry === undefined ? [] : [entry.key]));
      if (foundIDs.length !== ids.length) throw notFound("ids", ids, foundIDs);
      const byNames = await Promise.all(
        names.map(async (name) => [name, await byName(name, inventory.vpcID)] as const),
      );
      const foundNames = byNames.filter(([, found]) => found.length > 0).map(([name]) => name);
      if (foundNames.length !== names.length) throw notFound("names", names, foundNames);
      return [...new Set([...foundIDs, ...byNames.flatMap(([, found]) => found)])];
    },
    async tagsOf(id) {
      await inventory.ready();
      try {
        return (await byID(id))?.tags;
      } catch (error) {
        if (hasCode(error, "InvalidGroup.NotFound")) return undefined;
        throw error;
      }
    },
  };
}

function notFound(what: string, wanted: readonly string[], found: readonly string[]): AppError {
  return new AppError(
    `couldn't find all security groups: requested ${what} [${wanted.join(" ")}] but found [${found.join(" ")}]`,
    { class: "invalid", code: "SecurityGroupsNotFound" },
  );
}

/** A security group with its tags, as choices are made from. */
export interface TaggedGroup {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Which security group of an endpoint's network interface is opened for a load balancer: the only one, or else the only one
 * tagged for the cluster (and with `extraTags`, where the operator was given some). Pure.
 *
 * @throws AppError `invalid` when none or several qualify.
 */
export function endpointGroup(
  groups: readonly TaggedGroup[],
  of: {
    readonly networkInterfaceID: string;
    readonly clusterName: string;
    readonly extraTags?: Readonly<Record<string, string>>;
  },
): string {
  const [only, ...others] = groups;
  if (only !== undefined && others.length === 0) return only.id;
  const clusterTag = `kubernetes.io/cluster/${of.clusterName}`;
  const extra = Object.entries(of.extraTags ?? {});
  const candidates = groups.filter(
    ({ tags }) => clusterTag in tags && extra.every(([key, value]) => tags[key] === value),
  );
  const [chosen, ...rest] = candidates;
  if (chosen !== undefined && rest.length === 0) return chosen.id;
  const tagged =
    extra.length === 0
      ? clusterTag
      : `${clusterTag} and map[${extra.map(([key, value]) => `${key}:${value}`).join(" ")}]`;
  throw new AppError(
    `expected exactly one securityGroup tagged with ${tagged} for eni ${of.networkInterfaceID}, got: [${candidates
      .map(({ id }) => id)
      .toSorted()
      .join(" ")}] (clusterName: ${of.clusterName})`,
    { class: "invalid", code: "EndpointSecurityGroupAmbiguous" },
  );
}
