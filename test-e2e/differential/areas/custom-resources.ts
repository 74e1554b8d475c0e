import type { Area } from "../scenario.ts";
import { ruleScenarios } from "./custom-resources/rules.ts";
import { valueScenarios } from "./custom-resources/values.ts";

export const customResources: Area = {
  name: "custom resources",
  scenarios: [...valueScenarios, ...ruleScenarios],
  knownDifferences: [],
};
