import type { Area } from "../scenario.ts";
import { badRequestScenarios } from "./apply/bad-requests.ts";
import { otherKindScenarios } from "./apply/built-in-kinds.ts";
import { builtInListScenarios } from "./apply/built-in-lists.ts";
import { clientScenarios } from "./apply/clients.ts";
import { configMapScenarios } from "./apply/config-maps.ts";
import { customResourceScenarios } from "./apply/custom-resources.ts";
import { subresourceScenarios } from "./apply/subresources.ts";
import { updateManagerScenarios } from "./apply/update-managers.ts";

export const apply: Area = {
  name: "server-side apply",
  scenarios: [
    ...configMapScenarios,
    ...updateManagerScenarios,
    ...badRequestScenarios,
    ...builtInListScenarios,
    ...otherKindScenarios,
    ...customResourceScenarios,
    ...subresourceScenarios,
    ...clientScenarios,
  ],
  knownDifferences: [
    {
      scenario: "an autoscaler in two versions",
      request: "* *horizontalpodautoscalers/a*",
      at: "/body/spec/*",
      reason:
        "Who has applied a HorizontalPodAutoscaler as autoscaling/v1 and then applies it as v2 without metrics gets the default target; Kubernetes leaves the old one.",
    },
  ],
};
