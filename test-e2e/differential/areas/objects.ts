import type { Area, KnownDifference } from "../scenario.ts";
import { bodyScenarios } from "./objects/bodies.ts";
import { creatingScenarios } from "./objects/creating.ts";
import { removeCustomKinds, serveCustomKinds } from "./objects/custom-kinds.ts";
import { deletingScenarios } from "./objects/deleting.ts";
import { patchingScenarios } from "./objects/patching.ts";
import { subresourceScenarios } from "./objects/subresources.ts";
import { updatingScenarios } from "./objects/updating.ts";
import { verbScenarios } from "./objects/verbs.ts";

/** What the sandbox does not answer as the real server yet; each is to come off this list, not onto the known differences. */
const open = new Set(["fields that are not known or given twice", "other parts of Pods", "forms of an answer"]);

function wrongType(scenario: string, request: string, at: string): KnownDifference {
  return {
    scenario,
    request,
    at,
    reason:
      "A patch that brings a value of the wrong type is refused with the same code and field; the text names the type otherwise, for the sandbox has no Go types.",
  };
}

export const objects: Area = {
  name: "objects",
  scenarios: [
    ...[
      ...creatingScenarios,
      ...bodyScenarios,
      ...updatingScenarios,
      ...patchingScenarios,
      ...deletingScenarios,
      ...subresourceScenarios,
      ...verbScenarios,
    ].filter(({ name }) => !open.has(name)),
    {
      name: "the custom kinds go",
      async run(session) {
        await serveCustomKinds(session);
        await removeCustomKinds(session);
        await session.get("/apis/objects.differential.test/v1/gadgets");
      },
    },
  ],
  knownDifferences: [
    wrongType("strategic merge patches", "PATCH */deployments/one", "/body/*message"),
    {
      scenario: "warnings",
      request: "GET /api/v1/componentstatuses/nothing",
      at: "*",
      reason: "ComponentStatuses, deprecated since Kubernetes 1.19, are not served: there is no such resource.",
    },
  ],
};
