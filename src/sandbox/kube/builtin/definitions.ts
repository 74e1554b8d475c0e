import type { ResourceDefinition } from "../resource-definition.ts";
import { coreKinds } from "./kinds-core.ts";
import { networkingKinds } from "./kinds-networking.ts";
import { policyKinds } from "./kinds-policy.ts";
import { storedOnlyKinds } from "./kinds-stored-only.ts";
import { workloadKinds } from "./kinds-workloads.ts";

/** Every built-in kind that the API serves. */
export const builtinDefinitions: readonly ResourceDefinition[] = [
  ...coreKinds,
  ...workloadKinds,
  ...networkingKinds,
  ...policyKinds,
  ...storedOnlyKinds,
];
