import type { Area } from "../scenario.ts";

export const customResources: Area = { name: "custom resources", scenarios: [], knownDifferences: [] };
