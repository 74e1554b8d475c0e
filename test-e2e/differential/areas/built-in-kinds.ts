import type { Area } from "../scenario.ts";
import { storedScenarios } from "./built-in-kinds/stored.ts";

export const builtInKinds: Area = { name: "built-in kinds", scenarios: [...storedScenarios], knownDifferences: [] };
