import type { KubeObject } from "../resource-definition.ts";
import { ageSince } from "./age.ts";
import { firstThree, orNone, orUnset, selectorText } from "./cell-text.ts";
import { defineKind } from "./define-kind.ts";
import { listAt, stringAt, textAt, valueAt } from "./fields.ts";
import { ingressWarnings, validateIngress, validateIngressClass, validateIngressStatus } from "./ingress-validation.ts";
import { validateNetworkPolicy } from "./network-policy-validation.ts";
import { defaultEndpointSlice, defaultIngress, defaultIngressClass, defaultNetworkPolicy } from "./other-defaults.ts";
import { loadBalancerText } from "./service-cells.ts";
import { validateEndpointSlice } from "./slice-validation.ts";

const networking = { group: "networking.k8s.io", version: "v1" };

/** `networking.k8s.io/v1` and `discovery.k8s.io/v1`. */
export const networkingKinds = [
  defineKind({
    ...networking,
    kind: "Ingress",
    model: "V1Ingress",
    plural: "ingresses",
    shortNames: ["ing"],
    status: true,
    generation: true,
    columns: [["Name"], ["Class"], ["Hosts"], ["Address"], ["Ports"], ["Age"]],
    cells: (object, now) => [
      object.metadata.name,
      orNone(
        stringAt(object, "spec", "ingressClassName") ?? object.metadata.annotations?.["kubernetes.io/ingress.class"],
      ),
      hostsText(object),
      loadBalancerText(object),
      listAt(object, "spec", "tls").length > 0 ? "80, 443" : "80",
      ageSince(object.metadata.creationTimestamp, now),
    ],
    defaults: defaultIngress,
    validate: validateIngress,
    validateStatus: validateIngressStatus,
    warnings: ingressWarnings,
  }),
  defineKind({
    ...networking,
    kind: "IngressClass",
    model: "V1IngressClass",
    plural: "ingressclasses",
    clusterScoped: true,
    generation: true,
    columns: [["Name"], ["Controller"], ["Parameters"], ["Age"]],
    cells: (object, now) => [
      object.metadata.name,
      stringAt(object, "spec", "controller") ?? "",
      parametersText(object),
      ageSince(object.metadata.creationTimestamp, now),
    ],
    defaults: defaultIngressClass,
    validate: validateIngressClass,
  }),
  defineKind({
    ...networking,
    kind: "NetworkPolicy",
    model: "V1NetworkPolicy",
    plural: "networkpolicies",
    shortNames: ["netpol"],
    generation: true,
    columns: [["Name"], ["Pod-Selector"], ["Age"]],
    cells: (object, now) => [
      object.metadata.name,
      selectorText(valueAt(object, "spec", "podSelector")),
      ageSince(object.metadata.creationTimestamp, now),
    ],
    defaults: defaultNetworkPolicy,
    validate: validateNetworkPolicy,
  }),
  defineKind({
    group: "discovery.k8s.io",
    version: "v1",
    kind: "EndpointSlice",
    model: "V1EndpointSlice",
    plural: "endpointslices",
    generation: true,
    columns: [["Name"], ["AddressType"], ["Ports"], ["Endpoints"], ["Age"]],
    cells: (object, now) => [
      object.metadata.name,
      stringAt(object, "addressType") ?? "",
      orUnset(firstThree(listAt(object, "ports").map((port) => textAt(port, "port") ?? "*"))),
      orUnset(firstThree(listAt(object, "endpoints").flatMap((endpoint) => listAt(endpoint, "addresses").map(String)))),
      ageSince(object.metadata.creationTimestamp, now),
    ],
    defaults: defaultEndpointSlice,
    validate: validateEndpointSlice,
  }),
];

function hostsText(ingress: KubeObject): string {
  const rules = listAt(ingress, "spec", "rules");
  const hosts = rules.map((rule) => stringAt(rule, "host") ?? "").filter((host) => host !== "");
  if (hosts.length === 0) return "*";
  const shown = hosts.slice(0, 3).join(",");
  return rules.length > 3 && hosts.length > 3 ? `${shown} + ${rules.length - 3} more...` : shown;
}

function parametersText(ingressClass: KubeObject): string {
  const kind = stringAt(ingressClass, "spec", "parameters", "kind");
  if (kind === undefined) return "<none>";
  const group = stringAt(ingressClass, "spec", "parameters", "apiGroup");
  return `${kind}${group === undefined ? "" : `.${group}`}/${stringAt(ingressClass, "spec", "parameters", "name") ?? ""}`;
}
