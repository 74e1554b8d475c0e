import type { KubeObject } from "../resource-definition.ts";
import { ensureFields, type Fields, isFields, listAt, setDefault } from "./fields.ts";

export function defaultAutoscaler(autoscaler: KubeObject): void {
  const spec = ensureFields(autoscaler, "spec");
  setDefault(spec, "minReplicas", 1);
  if (autoscaler.apiVersion === "autoscaling/v1") {
    setDefault(spec, "targetCPUUtilizationPercentage", 80);
    return;
  }
  if (listAt(spec, "metrics").length === 0) {
    const target = { type: "Utilization", averageUtilization: 80 };
    spec["metrics"] = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
  const behavior = spec["behavior"];
  if (!isFields(behavior)) return;
  const doubled = { type: "Percent", value: 100, periodSeconds: 15 };
  const up = defaultRules(behavior, "scaleUp", [{ type: "Pods", value: 4, periodSeconds: 15 }, doubled]);
  setDefault(up, "stabilizationWindowSeconds", 0);
  defaultRules(behavior, "scaleDown", [doubled]);
}

/** The window for scaling down is a setting of the controller, and stays open. */
function defaultRules(behavior: Fields, direction: string, policies: readonly object[]): Fields {
  const rules = ensureFields(behavior, direction);
  setDefault(rules, "selectPolicy", "Max");
  if (listAt(rules, "policies").length === 0) rules["policies"] = policies.map((policy) => ({ ...policy }));
  return rules;
}
