import type { Area } from "../scenario.ts";
import { changeScenarios, refusedScenarios } from "./built-in-kinds/refused.ts";
import { storedScenarios } from "./built-in-kinds/stored.ts";

export const builtInKinds: Area = {
  name: "built-in kinds",
  scenarios: [...storedScenarios, ...refusedScenarios, ...changeScenarios],
  knownDifferences: [],
};
