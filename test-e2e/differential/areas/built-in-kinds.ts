import type { Area, KnownDifference } from "../scenario.ts";
import { changeScenarios, refusedScenarios } from "./built-in-kinds/refused.ts";
import { storedScenarios } from "./built-in-kinds/stored.ts";
import { subresourceScenarios } from "./built-in-kinds/subresources.ts";

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

const others: readonly KnownDifference[] = [
  ...["the least Job *", "*PersistentVolumeClaim *"].map((scenario) => ({
    scenario,
    request: "*",
    at: "/body/metadata/resourceVersion",
    reason: "An update of a Job or a claim that changes nothing gives it no new version.",
  })),
  ...["the least LimitRange *", "the least EndpointSlice *"].map((scenario) => ({
    scenario,
    request: "*",
    at: "/body/metadata/managedFields*",
    reason: "Nobody owns the empty list of limits or of endpoints that an object is created with.",
  })),
  ...["/body/status/conditions", "/body/metadata/managedFields*"].map((at) => ({
    scenario: "eviction of Pods",
    request: "GET *",
    at,
    reason:
      "An eviction that uses up a PodDisruptionBudget leaves its conditions and managed fields to the controller.",
  })),
];

export const builtInKinds: Area = {
  name: "built-in kinds",
  scenarios: [...storedScenarios, ...refusedScenarios, ...changeScenarios, ...subresourceScenarios],
  knownDifferences: [...fixedSpecs, ...others],
};
