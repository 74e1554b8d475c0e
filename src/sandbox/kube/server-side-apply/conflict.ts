import { type StatusCause, StatusError } from "../status-error.ts";
import { type FieldSet, hasMember, setOf } from "./field-set.ts";
import { identity, type Manager } from "./manager-entries.ts";
import { type PathElement, pathText } from "./path-element.ts";

/** A field that somebody else owns and the applied configuration would change. */
export interface FieldConflict {
  readonly manager: Manager;
  readonly path: readonly PathElement[];
}

/** 409 with the API server's text: which fields of which managers would change. */
export class ApplyConflict extends StatusError {
  readonly conflicts: readonly FieldConflict[];

  constructor(conflicts: readonly FieldConflict[]) {
    const causes: StatusCause[] = conflicts.map(({ manager, path }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${managerText(manager)}`,
      field: pathText(path),
    }));
    super(409, "Conflict", messageOf(conflicts), { details: { causes } });
    this.conflicts = conflicts;
  }

  /** The fields in conflict, whoever owns them. */
  get fields(): FieldSet {
    return setOf(...this.conflicts.map(({ path }) => path));
  }

  /** The conflicts on other fields. */
  without(fields: FieldSet): readonly FieldConflict[] {
    return this.conflicts.filter(({ path }) => !hasMember(fields, path));
  }
}

function messageOf(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts;
  if (first === undefined) return "Apply failed";
  if (conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.manager)}: ${pathText(first.path)}`;
  }
  const groups = new Map<string, { readonly manager: Manager; readonly paths: string[] }>();
  for (const { manager, path } of conflicts) {
    const key = identity(manager);
    const group = groups.get(key) ?? { manager, paths: [] };
    groups.set(key, group);
    group.paths.push(`- ${pathText(path)}`);
  }
  const lines = [...groups.keys()].sort().flatMap((key) => {
    const group = groups.get(key);
    return group === undefined ? [] : [`conflicts with ${managerText(group.manager)}:`, ...group.paths];
  });
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

/** The identity of a manager holds no time, so none is shown. */
function managerText({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = subresource === "" ? `"${manager}"` : `"${manager}" with subresource "${subresource}"`;
  return operation === "Apply" ? name : `${name} using ${apiVersion}`;
}
