import { spawnSync } from "node:child_process";
import type { Area } from "../scenario.ts";
import { kubectlApplyScenarios } from "./kubectl/apply.ts";
import { kubectlEditScenarios } from "./kubectl/edit.ts";
import { kubectlReadScenarios } from "./kubectl/read.ts";

const hasKubectl = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" }).status === 0;

/** Sessions of a stock kubectl; what it sends, what it gets and what it prints. Without kubectl on the PATH there are none. */
export const kubectlSessions: Area = {
  name: "kubectl",
  scenarios: hasKubectl ? [...kubectlReadScenarios, ...kubectlApplyScenarios, ...kubectlEditScenarios] : [],
  knownDifferences: [],
};
