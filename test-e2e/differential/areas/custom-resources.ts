import type { Area } from "../scenario.ts";
import { ownKindScenarios } from "./custom-resources/own-kinds.ts";
import { ruleScenarios } from "./custom-resources/rules.ts";
import { shapeScenarios } from "./custom-resources/shapes.ts";
import { valueScenarios } from "./custom-resources/values.ts";

export const customResources: Area = {
  name: "custom resources",
  scenarios: [...valueScenarios, ...shapeScenarios, ...ruleScenarios, ...ownKindScenarios],
  knownDifferences: [],
};
