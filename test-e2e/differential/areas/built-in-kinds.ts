import type { Area } from "../scenario.ts";
import { changeScenarios, refusedScenarios } from "./built-in-kinds/refused.ts";
import { storedScenarios } from "./built-in-kinds/stored.ts";

const untoldDifference =
  "Why a change of what stays fixed is refused (a Pod's spec, a claim's, a Job's template) is told without the two values, which the API server prints as its own Go structures.";

const fixedSpecs = ["pods", "persistentvolumeclaims", "jobs"].flatMap((plural) =>
  ["/body/message", "/body/details/causes/0/message"].map((at) => ({
    scenario: `changes of ${plural} web`,
    request: `PATCH *`,
    at,
    reason: untoldDifference,
  })),
);

export const builtInKinds: Area = {
  name: "built-in kinds",
  scenarios: [...storedScenarios, ...refusedScenarios, ...changeScenarios],
  knownDifferences: fixedSpecs,
};
