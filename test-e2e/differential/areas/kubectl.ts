import { spawnSync } from "node:child_process";
import type { Area, KnownDifference } from "../scenario.ts";
import { kubectlApplyScenarios } from "./kubectl/apply.ts";
import { kubectlEditScenarios } from "./kubectl/edit.ts";
import { kubectlReadScenarios } from "./kubectl/read.ts";

const hasKubectl = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" }).status === 0;

const unserved = "There is no API aggregation, and no ComponentStatus.";

const knownDifferences: readonly KnownDifference[] = [
  {
    scenario: "*",
    request: "kubectl *: GET *",
    at: "/body/columnDefinitions/*/description",
    reason: "The columns of tables have no descriptions.",
  },
  {
    scenario: "explain and api resources",
    request: "kubectl explain *",
    at: "/stdout",
    reason: "`kubectl explain` shows no enumerations, and of fields that are structures only what they are.",
  },
  {
    scenario: "what is refused",
    request: "kubectl apply -f -*",
    at: "/request",
    reason:
      "OpenAPI documents hold some kinds that the API server leaves out, so kubectl asks less often for definitions.",
  },
  {
    scenario: "patch, label, annotate, scale",
    request: "kubectl label *: PATCH *",
    at: "/body/details/causes",
    reason:
      "What is wrong with metadata is told once in the causes of an error, not once for each time it was looked at.",
  },
  {
    scenario: "explain and api resources",
    request: "kubectl auth *: POST *",
    at: "/body/metadata/*",
    reason: "Reviews bear no time and no managed fields.",
  },
  { scenario: "explain and api resources", request: "kubectl api-versions", at: "/stdout", reason: unserved },
  {
    scenario: "explain and api resources",
    request: "kubectl api-resources --namespaced=false -o wide",
    at: "/stdout",
    reason: unserved,
  },
];

/** Sessions of a stock kubectl; what it sends, what it gets and what it prints. Without kubectl on the PATH there are none. */
export const kubectlSessions: Area = {
  name: "kubectl",
  scenarios: hasKubectl ? [...kubectlReadScenarios, ...kubectlApplyScenarios, ...kubectlEditScenarios] : [],
  knownDifferences: hasKubectl ? knownDifferences : [],
};
