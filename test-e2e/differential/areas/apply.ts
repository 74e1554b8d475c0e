import type { Area } from "../scenario.ts";

export const apply: Area = { name: "server-side apply", scenarios: [], knownDifferences: [] };
