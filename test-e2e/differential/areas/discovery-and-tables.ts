import type { Area } from "../scenario.ts";

export const discoveryAndTables: Area = { name: "discovery and tables", scenarios: [], knownDifferences: [] };
