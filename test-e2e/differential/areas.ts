import { admission } from "./areas/admission.ts";
import { apply } from "./areas/apply.ts";
import { builtInKinds } from "./areas/built-in-kinds.ts";
import { customResources } from "./areas/custom-resources.ts";
import { discoveryAndTables } from "./areas/discovery-and-tables.ts";
import { kubectlSessions } from "./areas/kubectl.ts";
import { listsAndWatches } from "./areas/lists-and-watches.ts";
import { objects } from "./areas/objects.ts";
import type { Area } from "./scenario.ts";

/** Everything that is compared, in the order of docs/sandbox.md. */
export const areas: readonly Area[] = [
  objects,
  apply,
  listsAndWatches,
  discoveryAndTables,
  customResources,
  admission,
  builtInKinds,
  kubectlSessions,
];
