import { tidySchema } from "../crd-rules/schema-document.ts";
import type { KubeObject } from "../resource-definition.ts";
import { ensureFields, fieldsAt, isFields, listAt, objectsAt, setDefault, stringAt } from "./fields.ts";

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
  // Stored without a difference between an empty list and none.
  for (const name of ["endpoints", "ports"]) if (listAt(slice, name).length === 0) delete slice[name];
}

export function defaultEndpoints(endpoints: KubeObject): void {
  for (const subset of objectsAt(endpoints, "subsets")) {
    for (const port of objectsAt(subset, "ports")) setDefault(port, "protocol", "TCP");
  }
}

/** Limits of a container that are not given follow from those that are. */
export function defaultLimitRange(range: KubeObject): void {
  const limits = objectsAt(range, "spec", "limits");
  if (limits.length === 0) delete ensureFields(range, "spec")["limits"];
  for (const limit of limits) {
    if (limit["type"] !== "Container") continue;
    const { max, min } = limit;
    const given = { ...(isFields(max) ? max : {}), ...fieldsAt(limit, "default") };
    const requested = { ...(isFields(min) ? min : {}), ...given, ...fieldsAt(limit, "defaultRequest") };
    if (Object.keys(given).length > 0) limit["default"] = given;
    if (Object.keys(requested).length > 0) limit["defaultRequest"] = requested;
  }
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

export function defaultPolicy(policy: KubeObject): void {
  const spec = ensureFields(policy, "spec");
  setDefault(spec, "failurePolicy", "Fail");
  defaultMatch(spec["matchConstraints"]);
}

export function defaultPolicyBinding(binding: KubeObject): void {
  defaultMatch(ensureFields(binding, "spec")["matchResources"]);
}

function defaultMatch(resources: unknown): void {
  if (!isFields(resources)) return;
  setDefault(resources, "matchPolicy", "Equivalent");
  setDefault(resources, "namespaceSelector", {});
  setDefault(resources, "objectSelector", {});
  for (const member of ["resourceRules", "excludeResourceRules"]) {
    for (const rule of objectsAt(resources, member)) setDefault(rule, "scope", "*");
  }
}

export function defaultPriorityClass(priorityClass: KubeObject): void {
  setDefault(priorityClass, "preemptionPolicy", "PreemptLowerPriority");
}

export function defaultCustomResourceDefinition(definition: KubeObject): void {
  const spec = ensureFields(definition, "spec");
  const names = ensureFields(spec, "names");
  const kind = stringAt(names, "kind");
  if (kind !== undefined && kind !== "") {
    setDefault(names, "singular", kind.toLowerCase());
    setDefault(names, "listKind", `${kind}List`);
  }
  setDefault(spec, "conversion", { strategy: "None" });
  for (const { schema } of objectsAt(spec, "versions")) {
    if (isFields(schema) && isFields(schema["openAPIV3Schema"])) {
      schema["openAPIV3Schema"] = tidySchema(schema["openAPIV3Schema"]);
    }
  }
  let service: unknown = spec;
  for (const member of ["conversion", "webhook", "clientConfig", "service"]) {
    service = isFields(service) ? service[member] : undefined;
  }
  if (isFields(service)) setDefault(service, "port", 443);
}
