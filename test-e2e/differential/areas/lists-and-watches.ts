import type { Area } from "../scenario.ts";

export const listsAndWatches: Area = { name: "lists and watches", scenarios: [], knownDifferences: [] };
