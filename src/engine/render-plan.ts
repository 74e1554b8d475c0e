import { withoutSecrets } from "./hash.ts";
import type { Change, Plan } from "./plan.ts";
import type { Difference } from "./resource-type.ts";
import { isRef, type Owner, type Problem, type Resource, type Stack } from "./stack.ts";

/** One owner's part of `fairlead plan -o json`. */
export interface PlanDocument {
  readonly owner: Owner;
  readonly resources: readonly { readonly type: string; readonly id: string; readonly spec: unknown }[];
  readonly changes: readonly {
    readonly action: Change["action"];
    readonly type: string;
    readonly id: string;
    readonly differences: readonly Difference[];
  }[];
  readonly problems: readonly Problem[];
}

/** The plan as data: stable order, no secrets; what is only known after an apply is a `$ref`. */
export function planDocument(stack: Stack, plan: Plan): PlanDocument {
  return {
    owner: stack.owner,
    resources: stack.resources.map(({ type, id, spec }: Resource) => ({ type, id, spec: withoutSecrets(spec) })),
    changes: plan.changes.map((change) => ({
      action: change.action,
      type: change.type,
      id: change.id,
      differences: "differences" in change ? (withoutSecrets(change.differences) as readonly Difference[]) : [],
    })),
    problems: [
      ...plan.problems,
      ...plan.blocked.map(({ reason, message }) => ({
        object: plan.owner,
        reason,
        message,
        severity: "error" as const,
      })),
    ],
  };
}

const signs = { create: "+", update: "~", replace: "-/+", delete: "-" } as const;

/** The plan as text, in the manner of infrastructure tools: one block an owner, one line a field. */
export function renderPlan(document: PlanDocument): string {
  const { kind, namespace, name } = document.owner;
  const title = namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  const specs = new Map(document.resources.map((resource) => [`${resource.type} ${resource.id}`, resource.spec]));
  const changes = document.changes.flatMap((change) => [
    `  ${signs[change.action].padStart(3)} ${change.type} ${change.id}`,
    ...(change.action === "create" ? fields(specs.get(`${change.type} ${change.id}`)) : []),
    ...change.differences.map(
      ({ field, from, to, replace }) =>
        `        ${field}: ${text(from)} -> ${text(to)}${replace === true ? "  # forces replacement" : ""}`,
    ),
  ]);
  const problems = document.problems.map(
    ({ severity, reason, message }) => `    ${severity === "error" ? "!" : "?"} ${reason}: ${message}`,
  );
  const nothing = changes.length === 0 && problems.length === 0 ? ["    no changes"] : [];
  return [title, ...changes, ...problems, ...nothing].join("\n");
}

/** The closing line of a plan over several owners. */
export function renderSummary(documents: readonly PlanDocument[]): string {
  const count = (action: Change["action"]): number =>
    documents.flatMap(({ changes }) => changes).filter((change) => change.action === action).length;
  const problems = documents
    .flatMap((document) => document.problems)
    .filter(({ severity }) => severity === "error").length;
  const counts = `${count("create")} to create, ${count("update")} to update, ${count("replace")} to replace, ${count("delete")} to delete`;
  return `Plan: ${counts}${problems === 0 ? "" : `; ${problems} problem${problems === 1 ? "" : "s"}`}.`;
}

function fields(spec: unknown): readonly string[] {
  if (typeof spec !== "object" || spec === null) return [];
  return Object.entries(spec)
    .filter(([, value]) => !isEmpty(value))
    .map(([key, value]) => `        ${key}: ${text(value)}`);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function text(value: unknown): string {
  if (value === undefined) return "(none)";
  if (isRef(value)) return `(${value.$ref.output} of ${value.$ref.type} ${value.$ref.id}, known after apply)`;
  if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${key}: ${text(inner)}`)
    .join(", ")}}`;
}
