import { type Resource, ref } from "../../engine/stack.ts";
import type { ShieldProtectionSpec } from "../../resources/shield/specs.ts";
import type { WebACLAssociationSpec } from "../../resources/wafv2/specs.ts";
import type { FactReader } from "../load-balancing/facts.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { GroupError } from "./group-error.ts";
import type { IngressSettings } from "./input.ts";
import { loadBalancerID } from "./load-balancer.ts";
import type { MemberView } from "./member-view.ts";
import { exclusive, type Setting } from "./merge.ts";

/** Firewall and DDoS protection of the load balancer; nothing while no member says anything. */
export function addOns(
  members: readonly MemberView[],
  settings: IngressSettings,
  facts: FactReader,
): readonly (Resource<WebACLAssociationSpec> | Resource<ShieldProtectionSpec>)[] {
  const loadBalancerARN = ref("elbv2/LoadBalancer", loadBalancerID, "arn");
  const resources: (Resource<WebACLAssociationSpec> | Resource<ShieldProtectionSpec>)[] = [];
  const webACL = settings.enableWAFv2 ? webACLOf(members, facts) : undefined;
  if (webACL !== undefined) {
    resources.push({
      type: "wafv2/Association",
      id: loadBalancerID,
      spec: { resourceARN: loadBalancerARN, ...(webACL === "none" ? {} : { webACLARN: webACL }) },
    });
  }
  const shield = exclusive(members, "shield-advanced-protection", (view) =>
    view.annotations.bool("shield-advanced-protection"),
  );
  if (shield !== undefined && settings.enableShield && subscribed(shield, facts)) {
    resources.push({
      type: "shield/Protection",
      id: loadBalancerID,
      spec: { resourceARN: loadBalancerARN, enabled: shield.value },
    });
  }
  return resources;
}

/** A name wins over an ARN; empty means unset. */
function webACLOf(members: readonly MemberView[], facts: FactReader): string | undefined {
  const read = (view: MemberView, fromParams: string | undefined, suffix: string): string | undefined =>
    fromParams || view.annotations.text(suffix) || undefined;
  const arn = exclusive(members, "wafv2-acl-arn", (view) => read(view, view.params.wafv2AclArn, "wafv2-acl-arn"));
  const name = exclusive(members, "wafv2-acl-name", (view) => read(view, view.params.wafv2AclName, "wafv2-acl-name"));
  if (name === undefined || name.value === "none") return name?.value ?? arn?.value;
  const answer = facts.ask({ kind: "web-acl", name: name.value });
  if ("value" in answer) return answer.value;
  throw new GroupError(
    new InputError(`wafv2-acl-name: couldn't find WAFv2 WebACL with name ${name.value}: ${answer.error}`, {
      reason: "ResourceNotFound",
      field: "wafv2-acl-name",
      value: name.value,
    }),
    name.member,
  );
}

/** Shield Advanced is a subscription of the account; without it the wish is told and left. */
function subscribed(shield: Setting<boolean>, facts: FactReader): boolean {
  const answer = facts.ask({ kind: "shield-subscription" });
  if ("value" in answer && answer.value) return true;
  if (shield.value) {
    shield.member.report({
      reason: "Unsupported",
      field: "shield-advanced-protection",
      value: "true",
      message: `shield-advanced-protection has no effect: ${"error" in answer ? answer.error : "the account does not subscribe to Shield Advanced"}`,
      severity: "warning",
    });
  }
  return false;
}
