import type { AppliedChange } from "../engine/applier.ts";
import type { Engine } from "../engine/engine.ts";
import type { Owner } from "../engine/stack.ts";
import type { Logger } from "../log.ts";

/** One line at level info for each change that AWS has taken: for whom, what, and which fields. */
export function loggedEngine(engine: Engine, log: Logger): Engine {
  return {
    reconcile: (stack, options) =>
      engine.reconcile(stack, {
        ...options,
        onApplied: (applied) => {
          log.info(pastTense[applied.action], changeFields(stack.owner, applied));
          options.onApplied?.(applied);
        },
      }),
    observe: (stack, signal) => engine.observe(stack, signal),
    known: (owner) => engine.known(owner),
    forget: (owner) => engine.forget(owner),
    suspect: (owner) => engine.suspect(owner),
  };
}

const pastTense: Readonly<Record<AppliedChange["action"], string>> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
};

/** Names of fields, never their values: a listener's action may hold a client secret. */
function changeFields(owner: Owner, { type, id, change, observed }: AppliedChange): Readonly<Record<string, unknown>> {
  const name = [owner.namespace ?? "", owner.name].filter((part) => part !== "").join("/");
  const instance = observed ?? ("observed" in change ? change.observed : undefined);
  const aws = instance?.outputs["arn"] ?? instance?.outputs["id"];
  return {
    owner: `${owner.kind} ${name}`,
    type,
    id,
    ...(aws === undefined ? {} : { aws }),
    ...("differences" in change ? { fields: change.differences.map(({ field }) => field) } : {}),
  };
}
