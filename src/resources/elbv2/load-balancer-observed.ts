import type { LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { LoadBalancerEntry } from "../../aws/inventory.ts";
import type { CallContext, Observed } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { ownershipTags, tagsAsSpec } from "../tagging.ts";
import type { Elbv2Context } from "./context.ts";
import { describedSpec } from "./load-balancer-compare.ts";
import type { LoadBalancerSpec } from "./specs.ts";

export const loadBalancerTypeName = "elbv2/LoadBalancer";

/** A load balancer of the inventory that belongs to a Stack. */
export interface Candidate {
  readonly entry: LoadBalancerEntry;
  /** Its desired counterpart, if there is one. */
  readonly resource: Resource<LoadBalancerSpec> | undefined;
  readonly id: string;
}

/** What is known of a load balancer, in the words of the engine. */
export function asObserved(
  aws: Elbv2Context,
  { entry, id, resource }: Candidate,
  known: { readonly attributes?: Readonly<Record<string, string>> | undefined; readonly capacity?: number | undefined },
  context: CallContext,
): Observed<LoadBalancerSpec> {
  const ownership =
    resource === undefined
      ? { ...context.ownership.tags, [context.ownership.idTag]: id }
      : ownershipTags(resource, context);
  const { item } = entry;
  const spec = {
    ...describedSpec(item),
    ...(known.attributes === undefined ? {} : { attributes: known.attributes }),
    ...(known.capacity === undefined ? {} : { minimumCapacityUnits: known.capacity }),
    tags: tagsAsSpec(entry.tags, ownership, aws.tagPolicy),
    // Attributes that were not read are absent, as the contract of `Observed` has it.
  } as LoadBalancerSpec;
  return {
    type: loadBalancerTypeName,
    id,
    spec,
    outputs: {
      arn: entry.key,
      name: entry.name,
      dnsName: item.DNSName ?? "",
      canonicalHostedZoneID: item.CanonicalHostedZoneId ?? "",
      vpcID: item.VpcId ?? "",
    },
    ...stateOf(item),
  };
}

function stateOf(item: LoadBalancer): Pick<Observed, "state" | "reason"> {
  switch (item.State?.Code) {
    case "provisioning":
      return { state: "pending", reason: "AWS is setting up the load balancer, which takes a few minutes" };
    case "failed":
      return { state: "failed", reason: item.State.Reason ?? "AWS could not provision the load balancer" };
    default:
      return { state: "ready" };
  }
}
