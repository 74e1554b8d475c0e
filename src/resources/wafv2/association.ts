import { hasCode } from "../../aws/errors.ts";
import type { Wafv2Port } from "../../aws/wafv2.ts";
import type { CallContext, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { literal } from "../elbv2/context.ts";
import type { WebACLAssociationSpec } from "./specs.ts";

const type = "wafv2/Association";

/**
 * The web ACL of a load balancer. Looked at only while a Stack says something about it: what others associate with a load
 * balancer whose owner is silent stays. It goes with the load balancer.
 */
export function webACLAssociationType(wafv2: Wafv2Port): ResourceType<WebACLAssociationSpec> {
  /** A web ACL that was made a moment ago may not be usable yet (`WAFUnavailableEntityException`): the caller retries. */
  async function change(resource: Resource<WebACLAssociationSpec>, context: CallContext) {
    const { resourceARN, webACLARN } = resource.spec;
    const ResourceArn = literal(resourceARN);
    const options = { signal: context.signal, resource: ResourceArn };
    if (webACLARN === undefined) await wafv2.disassociateWebACL({ ResourceArn }, options);
    else await wafv2.associateWebACL({ ResourceArn, WebACLArn: webACLARN }, options);
    return observed(resource.id, resource.spec);
  }

  return {
    type,
    iamActions: [
      "wafv2:GetWebACLForResource",
      "wafv2:GetWebACL",
      "wafv2:AssociateWebACL",
      "wafv2:DisassociateWebACL",
      "elasticloadbalancing:SetWebAcl",
    ],
    dependsOn: ["elbv2/LoadBalancer"],
    parents: ["elbv2/LoadBalancer"],
    deletedWith: "elbv2/LoadBalancer",

    async observe({ desired }, { signal }) {
      const found = await Promise.all(
        desired.map(async ({ id, spec }) => {
          if (typeof spec.resourceARN !== "string") return [];
          const webACLARN = await associatedWith(wafv2, spec.resourceARN, signal);
          return [observed(id, { resourceARN: spec.resourceARN, ...(webACLARN === undefined ? {} : { webACLARN }) })];
        }),
      );
      return found.flat();
    },

    compare: (desired, current) =>
      desired.webACLARN === current.webACLARN
        ? []
        : [{ field: "webACLARN", from: current.webACLARN, to: desired.webACLARN }],

    // A load balancer is born without a web ACL: to want none takes no call.
    create: (resource, context) =>
      resource.spec.webACLARN === undefined
        ? Promise.resolve(observed(resource.id, resource.spec))
        : change(resource, context),
    update: ({ resource }, context) => change(resource, context),
    delete: () => Promise.resolve({ kind: "deleted" }),
  };
}

async function associatedWith(wafv2: Wafv2Port, ResourceArn: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { WebACL } = await wafv2.getWebACLForResource({ ResourceArn }, { signal, resource: ResourceArn });
    return WebACL?.ARN;
  } catch (error) {
    // The load balancer is on its way out.
    if (hasCode(error, "WAFNonexistentItem")) return undefined;
    throw error;
  }
}

function observed(id: string, spec: WebACLAssociationSpec): Observed<WebACLAssociationSpec> {
  return { type, id, spec, outputs: {}, state: "ready" };
}
