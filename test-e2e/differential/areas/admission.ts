import type { Area } from "../scenario.ts";

export const admission: Area = { name: "admission", scenarios: [], knownDifferences: [] };
