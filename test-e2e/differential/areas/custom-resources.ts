import type { Area } from "../scenario.ts";
import { valueScenarios } from "./custom-resources/values.ts";

export const customResources: Area = { name: "custom resources", scenarios: [...valueScenarios], knownDifferences: [] };
