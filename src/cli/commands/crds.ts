import { stringify } from "yaml";
import { crdOf } from "../../api/crd.ts";
import { customKinds } from "../../api/custom-kinds.ts";
import type { CommandIO } from "../io.ts";

/** Prints the CustomResourceDefinitions as YAML documents, ready for `kubectl apply -f -`. */
export function crdsCommand(io: CommandIO): void {
  for (const kind of customKinds) {
    io.out(`---\n${stringify(crdOf(kind), { lineWidth: 0, aliasDuplicateObjects: false })}`);
  }
}
