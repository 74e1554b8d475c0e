import type { Area } from "../scenario.ts";
import { definitionNameScenarios } from "./custom-resources/definition-names.ts";
import { definitionSchemaScenarios } from "./custom-resources/definition-schemas.ts";
import { definitionVersionScenarios } from "./custom-resources/definition-versions.ts";
import { ownKindScenarios } from "./custom-resources/own-kinds.ts";
import { ruleScenarios } from "./custom-resources/rules.ts";
import { shapeScenarios } from "./custom-resources/shapes.ts";
import { valueScenarios } from "./custom-resources/values.ts";

export const customResources: Area = {
  name: "custom resources",
  scenarios: [
    ...valueScenarios,
    ...shapeScenarios,
    ...ruleScenarios,
    ...ownKindScenarios,
    ...definitionNameScenarios,
    ...definitionVersionScenarios,
    ...definitionSchemaScenarios,
  ],
  knownDifferences: [
    {
      scenario: "schemas whose members are not of their types",
      request: "*",
      at: "*",
      reason:
        "In the schema of a CustomResourceDefinition, the sandbox drops unknown members without a warning, and does not refuse members of a wrong type (such as a text as `maxLength`), which a real API server answers with 400.",
    },
  ],
};
