import type { Area } from "../scenario.ts";
import { compactionScenarios } from "./lists-and-watches/compaction.ts";
import { deleteCollectionScenarios } from "./lists-and-watches/delete-collection.ts";
import { fieldSelectorScenarios } from "./lists-and-watches/field-selectors.ts";
import { labelSelectorScenarios } from "./lists-and-watches/label-selectors.ts";
import { listFormScenarios } from "./lists-and-watches/list-forms.ts";
import { pagingScenarios } from "./lists-and-watches/paging.ts";
import { versionScenarios } from "./lists-and-watches/versions.ts";
import { watchEventScenarios } from "./lists-and-watches/watch-events.ts";
import { watchPathScenarios } from "./lists-and-watches/watch-paths.ts";
import { watchStartScenarios } from "./lists-and-watches/watch-starts.ts";

export const listsAndWatches: Area = {
  name: "lists and watches",
  scenarios: [
    ...labelSelectorScenarios,
    ...fieldSelectorScenarios,
    ...pagingScenarios,
    ...versionScenarios,
    ...listFormScenarios,
    ...watchStartScenarios,
    ...watchEventScenarios,
    ...watchPathScenarios,
    ...deleteCollectionScenarios,
    ...compactionScenarios,
  ],
  knownDifferences: [
    {
      scenario: "*",
      request: "*",
      at: "*/columnDefinitions/*/description",
      reason: "The columns of tables have no descriptions.",
    },
    {
      scenario: "YAML answers",
      request: "*",
      at: "*",
      reason: "Answers are in JSON only: who accepts nothing but YAML gets 406.",
    },
  ],
};
