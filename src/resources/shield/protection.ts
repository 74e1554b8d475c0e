import { hasCode } from "../../aws/errors.ts";
import type { ShieldPort } from "../../aws/shield.ts";
import type { CallContext, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { literal } from "../elbv2/context.ts";
import type { ShieldProtectionSpec } from "./specs.ts";

const type = "shield/Protection";

/** The names by which protections of ours, and of our predecessors, are known; all others are left alone. */
const ownName = "managed by aws-load-balancer-controller";
const ownNames: readonly string[] = [ownName, "managed by aws-alb-ingress-controller"];

/** Shield Advanced protection of a load balancer. Looked at only while a Stack says something about it. */
export function shieldProtectionType(shield: ShieldPort): ResourceType<ShieldProtectionSpec> {
  async function protect(resource: Resource<ShieldProtectionSpec>, { signal }: CallContext) {
    const ResourceArn = literal(resource.spec.resourceARN);
    try {
      await shield.createProtection({ Name: ownName, ResourceArn }, { signal, resource: ResourceArn });
    } catch (error) {
      // A lost answer, or somebody else's protection: it is protected, which is what is wanted.
      if (!hasCode(error, "ResourceAlreadyExists")) throw error;
    }
    return observed(resource.id, resource.spec, "");
  }

  return {
    type,
    iamActions: ["shield:DescribeProtection", "shield:CreateProtection", "shield:DeleteProtection"],
    dependsOn: ["elbv2/LoadBalancer"],
    parents: ["elbv2/LoadBalancer"],
    deletedWith: "elbv2/LoadBalancer",

    async observe({ desired }, { signal }) {
      const found = await Promise.all(
        desired.map(async ({ id, spec }) => {
          if (typeof spec.resourceARN !== "string") return [];
          const protection = await protectionOf(shield, spec.resourceARN, signal);
          // A protection that others made counts as wanted: it is not ours to take away.
          const foreign = protection !== undefined && !ownNames.includes(protection.name);
          const enabled = foreign ? spec.enabled : protection !== undefined;
          return [observed(id, { resourceARN: spec.resourceARN, enabled }, protection?.id ?? "")];
        }),
      );
      return found.flat();
    },

    compare: (desired, current) =>
      desired.enabled === current.enabled ? [] : [{ field: "enabled", from: current.enabled, to: desired.enabled }],

    create: (resource, context) =>
      resource.spec.enabled ? protect(resource, context) : Promise.resolve(observed(resource.id, resource.spec, "")),

    async update({ resource, observed: before }, context) {
      if (resource.spec.enabled) return protect(resource, context);
      const ResourceArn = literal(resource.spec.resourceARN);
      const known = before.outputs["id"] ?? "";
      const ProtectionId = known === "" ? (await protectionOf(shield, ResourceArn, context.signal))?.id : known;
      if (ProtectionId !== undefined) {
        await shield.deleteProtection({ ProtectionId }, { signal: context.signal, resource: ResourceArn });
      }
      return observed(resource.id, resource.spec, "");
    },

    delete: () => Promise.resolve({ kind: "deleted" }),
  };
}

async function protectionOf(
  shield: ShieldPort,
  ResourceArn: string,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly name: string } | undefined> {
  try {
    const { Protection } = await shield.describeProtection({ ResourceArn }, { signal, resource: ResourceArn });
    return Protection?.Id === undefined ? undefined : { id: Protection.Id, name: Protection.Name ?? "" };
  } catch (error) {
    if (hasCode(error, "ResourceNotFound")) return undefined;
    throw error;
  }
}

function observed(id: string, spec: ShieldProtectionSpec, protectionID: string): Observed<ShieldProtectionSpec> {
  return { type, id, spec, outputs: { id: protectionID }, state: "ready" };
}
