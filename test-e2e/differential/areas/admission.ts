import type { Area } from "../scenario.ts";
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
  ],
  knownDifferences: [
    {
      scenario: "defaults and validation after mutation",
      request: "* */services*",
      at: "/body/*",
      reason:
        "A value of the wrong type is refused with the same error, but the Go type that the text names is an outer one.",
    },
    {
      scenario: "mutation of status and scale",
      request: "reviews of subresources",
      at: "*/metadata/managedFields*",
      reason: "What webhooks are shown of a Scale has no managed fields.",
    },
  ],
};
