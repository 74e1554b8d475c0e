import type { Area } from "../scenario.ts";
import { badRequestScenarios } from "./apply/bad-requests.ts";
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
    ...customResourceScenarios,
    ...subresourceScenarios,
    ...clientScenarios,
  ],
  knownDifferences: [],
};
