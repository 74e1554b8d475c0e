import type { KubeObject } from "../resource-definition.ts";
import { fieldsAt, listAt, stringAt } from "./fields.ts";
import { isHeadless } from "./service-address-validation.ts";

/** What of a Service has no effect, or is on its way out. */
export function serviceWarnings(service: KubeObject): readonly string[] {
  const spec = fieldsAt(service, "spec");
  const type = stringAt(spec, "type");
  const hasExternal = listAt(spec, "externalIPs").length > 0;
  const warnings: string[] = [];
  if (service.metadata.annotations?.["service.kubernetes.io/topology-aware-hints"] !== undefined) {
    warnings.push(
      "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
    );
  }
  if (isHeadless(spec)) {
    if ((stringAt(spec, "loadBalancerIP") ?? "") !== "") {
      warnings.push("spec.loadBalancerIP is ignored for headless services");
    }
    if (hasExternal) warnings.push("spec.externalIPs is ignored for headless services");
    if (spec["sessionAffinity"] !== "None") warnings.push("spec.SessionAffinity is ignored for headless services");
  } else if (hasExternal && type !== "ExternalName") {
    warnings.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  if (type === "ExternalName" && hasExternal) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (type !== "ExternalName" && (stringAt(spec, "externalName") ?? "") !== "") {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec["trafficDistribution"] === "PreferClose") {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}
