import type { Area } from "../scenario.ts";
import { builtInPluginScenarios } from "./admission/built-in-plugins.ts";
import { policyEffectScenarios } from "./admission/policy-effects.ts";
import { policyObjectScenarios } from "./admission/policy-objects.ts";
import { webhookAnswerScenarios } from "./admission/webhook-answers.ts";
import { webhookConfigurationScenarios } from "./admission/webhook-configurations.ts";
import { webhookMatchingScenarios } from "./admission/webhook-matching.ts";
import { webhookOrderScenarios } from "./admission/webhook-order.ts";

export const admission: Area = {
  name: "admission",
  scenarios: [
    ...webhookOrderScenarios,
    ...webhookAnswerScenarios,
    ...webhookMatchingScenarios,
    ...webhookConfigurationScenarios,
    ...builtInPluginScenarios,
    ...policyObjectScenarios,
    ...policyEffectScenarios,
  ],
  knownDifferences: [
    {
      scenario: "PodSecurity",
      request: "create of pod*",
      at: "*",
      reason: "The `pod-security.kubernetes.io` labels of Namespaces have no effect.",
    },
    {
      scenario: "LimitRanger and ResourceQuota",
      request: "create of pod*",
      at: "*",
      reason: "LimitRanges and ResourceQuotas are stored and not enforced.",
    },
    {
      scenario: "a MutatingAdmissionPolicy",
      request: "POST */configmaps",
      at: "/body/data",
      reason: "MutatingAdmissionPolicies are stored, neither validated nor obeyed.",
    },
    {
      scenario: "parts with kinds of their own",
      request: "reviews of a*",
      at: "*/metadata/managedFields",
      reason: "What webhooks are shown of Bindings, Evictions and TokenRequests has no managed fields.",
    },
    {
      scenario: "mutation of status and scale",
      request: "reviews of subresources",
      at: "*/metadata/managedFields*",
      reason: "What webhooks are shown of a Scale has no managed fields.",
    },
  ],
};
