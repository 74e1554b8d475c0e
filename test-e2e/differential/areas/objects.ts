import type { Area, KnownDifference } from "../scenario.ts";
import { bodyScenarios } from "./objects/bodies.ts";
import { creatingScenarios } from "./objects/creating.ts";
import { removeCustomKinds, serveCustomKinds } from "./objects/custom-kinds.ts";
import { deletingScenarios } from "./objects/deleting.ts";
import { patchingScenarios } from "./objects/patching.ts";
import { subresourceScenarios } from "./objects/subresources.ts";
import { updatingScenarios } from "./objects/updating.ts";
import { verbScenarios } from "./objects/verbs.ts";

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
    ...creatingScenarios,
    ...bodyScenarios,
    ...updatingScenarios,
    ...patchingScenarios,
    ...deletingScenarios,
    ...subresourceScenarios,
    ...verbScenarios,
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
    ...["/headers/warning", "/body/*message", "/status"].map((at) => ({
      scenario: "fields that are not known or given twice",
      request: "PATCH *",
      at,
      reason:
        "Fields in patches that are not known are told in another order, with the patch as the value where the real server shows the patched object; fields that a patch gives twice are not noticed.",
    })),
    {
      scenario: "other parts of Pods",
      request: "* *pods/four*",
      at: "*",
      reason:
        "Ephemeral containers, resizing and logs of Pods are not served, addresses in a Pod's status are not checked, and the refusal of a change of a Pod does not show what was changed.",
    },
    {
      scenario: "forms of an answer",
      request: "*",
      at: "*",
      reason: "Answers are JSON also for clients that prefer YAML.",
    },
    wrongType("strategic merge patches", "PATCH */deployments/one", "/body/*message"),
    {
      scenario: "warnings",
      request: "GET /api/v1/componentstatuses/nothing",
      at: "*",
      reason: "ComponentStatuses, deprecated since Kubernetes 1.19, are not served: there is no such resource.",
    },
  ],
};
