import type { Area } from "../scenario.ts";

export const builtInKinds: Area = { name: "built-in kinds", scenarios: [], knownDifferences: [] };
