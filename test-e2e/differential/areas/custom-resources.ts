import type { Area } from "../scenario.ts";
import { definitionLifeScenarios } from "./custom-resources/definition-lives.ts";
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
    ...definitionLifeScenarios,
  ],
  knownDifferences: [
    {
      scenario: "schemas whose members are not of their types",
      request: "*",
      at: "*",
      reason:
        "In the schema of a CustomResourceDefinition, the sandbox drops unknown members without a warning, and does not refuse members of a wrong type (such as a text as `maxLength`), which a real API server answers with 400.",
    },
    {
      scenario: "*",
      request: "* */customresourcedefinitions/*",
      at: "*/managedFields",
      reason: "The sandbox records no field manager for the status that it gives a CustomResourceDefinition.",
    },
    {
      scenario: "a definition that comes to be established",
      request: "GET */customresourcedefinitions/*",
      at: "/body/columnDefinitions/*/description",
      reason: "The columns of tables of CustomResourceDefinitions have no descriptions in the sandbox.",
    },
    {
      scenario: "schemas whose rules could cost too much",
      request: "POST */customresourcedefinitions*",
      at: "*",
      reason:
        "The sandbox does not estimate what validation rules cost. A real API server refuses a CustomResourceDefinition whose rules go over lists, maps or texts without `maxItems`, `maxProperties` or `maxLength` when the estimate is above its budget.",
    },
    {
      scenario: "versions of a definition that come and go",
      request: "*/turnings/one",
      at: "/body/metadata/managedFields",
      reason:
        "The sandbox forgets the field managers of a version that is no longer served; a real API server keeps them.",
    },
  ],
};
