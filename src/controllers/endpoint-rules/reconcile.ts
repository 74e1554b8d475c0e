import type { Node, Pod } from "../../api/builtin.ts";
import { objectKey } from "../../api/object.ts";
import type { TargetGroupBinding } from "../../api/target-group-binding.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Problem } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import type { Lister } from "../../kube/lister.ts";
import type { IngressPermission, SecurityGroupRulesSpec } from "../../resources/ec2/specs.ts";
import { type BindingEndpoints, buildEndpointRules, endpointRefs, endpointRulesStack } from "./build.ts";
import type { EndpointNetwork } from "./ports.ts";

/** The one key of this controller: rules are computed for all bindings of the cluster together. */
export const endpointRulesKey = "cluster";

/** Rules that AWS allows per security group and address family, less some that others need. */
const ruleBudget = 50;

export interface EndpointRulesDependencies {
  readonly engine: Engine;
  readonly network: EndpointNetwork;
  readonly bindings: Lister<TargetGroupBinding>;
  readonly nodes: Lister<Node>;
  /** The pods and nodes that a binding's targets are now. */
  readonly endpointsOf: (binding: TargetGroupBinding) => {
    readonly pods: readonly Pod[];
    readonly nodes: readonly Node[];
  };
  /** Told for each binding with `networking`, also when there is nothing to tell. */
  readonly onProblems: (bindingKey: string, problems: readonly Problem[]) => void;
  readonly mode: "apply" | "plan";
  readonly drift: "repair" | "report";
}

/**
 * Keeps the inbound rules on the security groups of nodes and pods such that load balancers reach their targets.
 * Nothing is revoked while it is not known for every endpoint where its rules belong.
 */
export class EndpointRulesReconciler {
  readonly #deps: EndpointRulesDependencies;
  /** Groups that carry, or may carry, rules of ours. */
  readonly #tracked = new Set<string>();
  #sweptLeftovers = false;

  constructor(deps: EndpointRulesDependencies) {
    this.#deps = deps;
  }

  async reconcile(_key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { network, nodes, onProblems } = this.#deps;
    const bindings = this.#bindings();
    const refs = endpointRefs(bindings, (name) => nodes.get(name));
    const groupOf = refs.length === 0 ? new Map<string, never>() : await network.securityGroups(refs, signal);
    const { groups, complete, problems } = buildEndpointRules(bindings, groupOf, ruleBudget);
    for (const { binding } of bindings) {
      const key = objectKey(binding.metadata);
      onProblems(key, problems.get(key) ?? []);
    }
    if (complete && !this.#sweptLeftovers) {
      for (const groupID of await network.clusterGroups(signal)) this.#tracked.add(groupID);
      this.#sweptLeftovers = true;
    }
    const leftovers = complete ? [...this.#tracked].filter((groupID) => !groups.has(groupID)) : [];
    const wanted = new Map([...groups, ...leftovers.map((groupID) => [groupID, []] as const)]);
    const outcomes = await Promise.allSettled(
      [...wanted].map(([groupID, ingress]) => this.#apply({ groupID, ingress, complete }, signal)),
    );
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) return { kind: "retry", error: failed.reason };
    const again = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : undefined));
    const soonest = Math.min(...again.filter((ms) => ms !== undefined), complete ? Number.POSITIVE_INFINITY : 15_000);
    return Number.isFinite(soonest)
      ? { kind: "wait", afterMs: soonest, reason: complete ? "next check" : "endpoints without a known security group" }
      : { kind: "done" };
  }

  #bindings(): readonly BindingEndpoints[] {
    return [...this.#deps.bindings.list()]
      .filter(({ metadata, spec }) => metadata.deletionTimestamp === undefined && spec.networking !== undefined)
      .map((binding) => ({ binding, ...this.#deps.endpointsOf(binding) }));
  }

  async #apply(
    { groupID, ingress, complete }: { groupID: string; ingress: readonly IngressPermission[]; complete: boolean },
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { engine, mode, drift } = this.#deps;
    const keep = complete ? [] : await this.#present(groupID, signal);
    const result = await engine.reconcile(endpointRulesStack(groupID, union(ingress, keep)), { mode, drift, signal });
    const failure = result.failed[0];
    if (failure !== undefined) {
      if (failure.error instanceof AppError && failure.error.class === "missing") {
        this.#tracked.delete(groupID);
        return undefined;
      }
      throw failure.error;
    }
    if (ingress.length > 0) this.#tracked.add(groupID);
    else if (complete) this.#tracked.delete(groupID);
    return result.againInMs;
  }

  async #present(groupID: string, signal: AbortSignal): Promise<readonly IngressPermission[]> {
    const { engine } = this.#deps;
    const stack = endpointRulesStack(groupID, []);
    const observed = engine.known(stack.owner) ?? (await engine.observe(stack, signal));
    return observed.flatMap(({ spec }) => (spec as SecurityGroupRulesSpec).ingress);
  }
}

function union(a: readonly IngressPermission[], b: readonly IngressPermission[]): readonly IngressPermission[] {
  return [...new Map([...b, ...a].map((permission) => [canonicalJson(permission), permission])).values()];
}
