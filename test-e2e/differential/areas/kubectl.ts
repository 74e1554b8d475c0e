import type { Area } from "../scenario.ts";

export const kubectlSessions: Area = { name: "kubectl", scenarios: [], knownDifferences: [] };
