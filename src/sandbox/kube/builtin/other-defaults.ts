import type { KubeObject } from "../resource-definition.ts";
import { ensureFields, isFields, listAt, objectsAt, setDefault, stringAt } from "./fields.ts";

const rbacGroup = "rbac.authorization.k8s.io";

export function defaultIngress(ingress: KubeObject): void {
  const status = ensureFields(ingress, "status");
  if (!isFields(status["loadBalancer"])) status["loadBalancer"] = {};
}

export function defaultIngressClass(ingressClass: KubeObject): void {
  const spec = ensureFields(ingressClass, "spec");
  if (isFields(spec["parameters"])) setDefault(spec["parameters"], "scope", "Cluster");
}

export function defaultNetworkPolicy(policy: KubeObject): void {
  const spec = ensureFields(policy, "spec");
  setDefault(spec, "podSelector", {});
  if (listAt(spec, "policyTypes").length === 0) {
    spec["policyTypes"] = listAt(spec, "egress").length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  }
  for (const direction of ["ingress", "egress"]) {
    for (const rule of objectsAt(spec, direction)) {
      for (const port of objectsAt(rule, "ports")) setDefault(port, "protocol", "TCP");
    }
  }
}

export function defaultEndpointSlice(slice: KubeObject): void {
  for (const port of objectsAt(slice, "ports")) {
    setDefault(port, "name", "");
    setDefault(port, "protocol", "TCP");
  }
  if (slice["endpoints"] === undefined) slice["endpoints"] = [];
  if (slice["ports"] === undefined) slice["ports"] = [];
}

export function defaultBinding(binding: KubeObject): void {
  const reference = binding["roleRef"];
  if (isFields(reference)) setDefault(reference, "apiGroup", rbacGroup);
  for (const subject of objectsAt(binding, "subjects")) {
    const kind = stringAt(subject, "kind");
    if (kind === "User" || kind === "Group") setDefault(subject, "apiGroup", rbacGroup);
  }
}

export function defaultWebhooks(configuration: KubeObject): void {
  for (const webhook of objectsAt(configuration, "webhooks")) {
    setDefault(webhook, "failurePolicy", "Fail");
    setDefault(webhook, "matchPolicy", "Equivalent");
    setDefault(webhook, "namespaceSelector", {});
    setDefault(webhook, "objectSelector", {});
    setDefault(webhook, "timeoutSeconds", 10);
    if (configuration.kind === "MutatingWebhookConfiguration") setDefault(webhook, "reinvocationPolicy", "Never");
    for (const rule of objectsAt(webhook, "rules")) setDefault(rule, "scope", "*");
    const client = webhook["clientConfig"];
    if (isFields(client) && isFields(client["service"])) setDefault(client["service"], "port", 443);
  }
}

export function defaultStorageClass(storageClass: KubeObject): void {
  setDefault(storageClass, "reclaimPolicy", "Delete");
  setDefault(storageClass, "volumeBindingMode", "Immediate");
}

export function defaultPriorityClass(priorityClass: KubeObject): void {
  setDefault(priorityClass, "preemptionPolicy", "PreemptLowerPriority");
}

export function defaultAutoscaler(autoscaler: KubeObject): void {
  const spec = ensureFields(autoscaler, "spec");
  setDefault(spec, "minReplicas", 1);
  if (autoscaler.apiVersion === "autoscaling/v1") {
    setDefault(spec, "targetCPUUtilizationPercentage", 80);
  } else if (listAt(spec, "metrics").length === 0) {
    const target = { type: "Utilization", averageUtilization: 80 };
    spec["metrics"] = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
}

export function defaultCustomResourceDefinition(definition: KubeObject): void {
  const spec = ensureFields(definition, "spec");
  const names = ensureFields(spec, "names");
  const kind = stringAt(names, "kind");
  if (kind !== undefined && kind !== "") {
    setDefault(names, "singular", kind.toLowerCase());
    setDefault(names, "listKind", `${kind}List`);
  }
  setDefault(ensureFields(spec, "conversion"), "strategy", "None");
}
