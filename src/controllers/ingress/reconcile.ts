import { defaultControls } from "../../api/annotations.ts";
import { type Ingress, ingressKind } from "../../api/builtin.ts";
import type { Reconciled } from "../../engine/engine.ts";
import type { Observed } from "../../engine/resource-type.ts";
import { type Owner, type Problem, resourceKey, type Stack } from "../../engine/stack.ts";
import { errorClass } from "../../errors.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import { addFinalizer, removeFinalizers } from "../../kube/finalizers.ts";
import { parseMap } from "../load-balancing/annotation-value.ts";
import type { LoadBalancerOutcome } from "../load-balancing/conditions.ts";
import { heldRetryMs, nextOutcome } from "../load-balancing/next-outcome.ts";
import { dnsNameOf } from "../load-balancing/report.ts";
import { albPrefix } from "./annotation-keys.ts";
import { type IngressBuild, ingressStackTypes } from "./build.ts";
import type { IngressDependencies } from "./dependencies.ts";
import { groupFinalizer, groupOwner, groupOwnership, ingressKey, parseGroupKey } from "./group.ts";
import { groupControls, retains } from "./group-controls.ts";
import { GroupReporter } from "./group-reporter.ts";

import type { AcceptedVersion, GroupMember } from "./input.ts";
import { loadAndBuild } from "./load.ts";
import { loadBalancerID } from "./load-balancer.ts";
import { departurePatch, statusPatch, wantedEntries } from "./member-status.ts";
import { type Membership, membershipOf } from "./membership.ts";
import { Pass } from "./pass.ts";
import { presentGroup } from "./wake.ts";

/** Keeps one load balancer for each ingress group. Keys are those of `groupKey`. */
export class IngressReconciler {
  readonly #deps: IngressDependencies;
  readonly #reports: GroupReporter;
  /** Since when a group misses a backend (monotonic milliseconds). */
  readonly #missingSince = new Map<string, number>();

  constructor(deps: IngressDependencies) {
    this.#deps = deps;
    this.#reports = new GroupReporter(deps);
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const group = parseGroupKey(key);
    const membership = membershipOf(group, this.#deps);
    if (membership.active.length === 0 && membership.inactive.length === 0) {
      this.#deps.engine.forget(groupOwner(group));
      this.#reports.forget(group);
      this.#missingSince.delete(key);
      return { kind: "done" };
    }
    const members = membership.active.map(({ ingress }) => ingress);
    const controls = groupControls(
      members.length > 0 ? members : membership.inactive,
      this.#deps.controls ?? defaultControls,
    );
    const pass = new Pass(group, membership, signal);
    if (controls.mode === "pause") {
      await this.#reports.report(pass, { problems: controls.problems, paused: true });
      return { kind: "done" };
    }
    if (members.length === 0) return this.#delete(pass, controls);
    return this.#apply(pass, { ...controls, mode: controls.mode });
  }

  async #apply(
    pass: Pass,
    controls: {
      readonly mode: "apply" | "plan";
      readonly drift: "repair" | "report";
      readonly problems: readonly Problem[];
    },
  ): Promise<Outcome> {
    try {
      pass.build = await this.#build(pass, pass.membership);
    } catch (error) {
      await this.#reports.report(pass, { problems: controls.problems, error });
      return { kind: "retry", error };
    }
    const { build } = pass;
    const problems = [...controls.problems, ...build.problems];
    if (build.stack === undefined) {
      await this.#reports.report(pass, { problems, ...(build.held === undefined ? {} : { held: build.held }) });
      // What stands in the way may lie in AWS (subnets, security groups), of which no event tells.
      return { kind: "wait", afterMs: heldRetryMs, reason: build.held ?? "the group cannot be built" };
    }
    const lagMs = this.#cacheLag(pass, build);
    if (lagMs > 0) return { kind: "wait", afterMs: lagMs, reason: "a backend that the cache may not have yet" };
    const { mode } = controls;
    if (mode === "apply") await this.#holdMembers(pass, build);
    const outcome = await this.#reconcile(pass, build.stack, controls);
    await this.#publish(pass, outcome.result?.observed ?? []);
    await this.#reports.report(pass, { ...outcome, problems });
    if (outcome.error === undefined && outcome.result !== undefined && mode === "apply")
      await this.#release(pass, build.stack, outcome.result);
    return nextOutcome(outcome);
  }

  /** An Ingress often arrives before the Service that was made with it: a backend must be missing for a while to count. */
  #cacheLag(pass: Pass, build: IngressBuild): number {
    const missing = build.problems.some(({ reason }) => reason === "BackendNotFound" || reason === "PortMissing");
    if (!missing) {
      this.#missingSince.delete(pass.key);
      return 0;
    }
    const now = this.#deps.clock.monotonic();
    const since = this.#missingSince.get(pass.key) ?? now;
    this.#missingSince.set(pass.key, since);
    return Math.max(0, since + cacheLagMs - now);
  }

  /** Before the first resource is made: nobody whose content is in AWS may go without it being taken out. */
  async #holdMembers(pass: Pass, build: IngressBuild): Promise<void> {
    const versions = new Map(build.members.map(({ key, version }) => [key, version]));
    const finalizer = groupFinalizer(pass.group);
    for (const { ingress } of pass.membership.active) {
      if (versions.get(ingressKey(ingress)) === "omitted") continue;
      await addFinalizer(this.#deps.client, ingressKind, ingress, finalizer, { signal: pass.signal });
    }
  }

  async #reconcile(
    pass: Pass,
    stack: Stack,
    { mode, drift }: { readonly mode: "apply" | "plan"; readonly drift: "repair" | "report" },
  ): Promise<Omit<LoadBalancerOutcome, "problems">> {
    const appliedHash = this.#reports.appliedHash(pass);
    let early: Promise<void> | undefined;
    try {
      const result = await this.#deps.engine.reconcile(stack, {
        mode,
        drift,
        signal: pass.signal,
        ...(appliedHash === undefined ? {} : { appliedHash }),
        onApplied: ({ action, observed }) => {
          if (action === "replace" || observed?.type !== "elbv2/LoadBalancer") return;
          if (dnsNameOf([observed]) === undefined) return;
          // The name is of use to people and DNS controllers long before the load balancer serves; a failure shows again in
          // the last step.
          early ??= this.#publish(pass, [observed]).catch(() => undefined);
        },
      });
      await early;
      return { result };
    } catch (error) {
      await early;
      return { error };
    }
  }

  /** The host names in the status of each member. */
  async #publish(pass: Pass, observed: readonly Observed[]): Promise<void> {
    if (dnsNameOf(observed) === undefined) return;
    for (const { ingress } of pass.membership.active) {
      const result = pass.result(ingress);
      if (result === undefined || result.version === "omitted") continue;
      if (isServedElsewhere(pass.latest(ingress), observed)) continue;
      const patch = statusPatch(pass.latest(ingress), wantedEntries(observed, result.ports));
      if (patch !== undefined) await this.#patchStatus(pass, ingress, patch);
    }
  }

  async #patchStatus(pass: Pass, ingress: Ingress, patch: object): Promise<void> {
    const { namespace = "", name } = ingress.metadata;
    try {
      const patched = await this.#deps.client.mergePatch(ingressKind, { namespace, name }, patch, {
        signal: pass.signal,
        subresource: "status",
      });
      pass.patched.set(ingress.metadata.uid, patched);
    } catch (error) {
      if (errorClass(error) !== "missing") throw error;
    }
  }

  /** Members that left may go as soon as nothing of theirs is in AWS any more, whatever else is still open. */
  async #release(pass: Pass, stack: Stack, result: Reconciled): Promise<void> {
    for (const ingress of departed(pass, stack, result)) {
      if (ingress.metadata.deletionTimestamp === undefined) {
        const patch = departurePatch(ingress, result.observed);
        if (patch !== undefined) await this.#patchStatus(pass, ingress, patch);
      }
      await this.#letGo(pass, ingress);
    }
  }

  async #letGo(pass: Pass, ingress: Ingress): Promise<void> {
    const { signal } = pass;
    await removeFinalizers(this.#deps.client, ingressKind, ingress, [groupFinalizer(pass.group)], { signal });
  }

  /** No member is left: the empty Stack takes everything away, then the finalizers go. */
  async #delete(
    pass: Pass,
    controls: {
      readonly mode: "apply" | "plan" | "pause";
      readonly drift: "repair" | "report";
      readonly problems: readonly Problem[];
    },
  ): Promise<Outcome> {
    const { engine, settings } = this.#deps;
    const { inactive } = pass.membership;
    const owner: Owner = groupOwner(pass.group);
    const moving = controls.mode === "apply" ? await this.#stillServed(pass) : undefined;
    if (moving !== undefined) {
      const reason = `Ingress ${ingressKey(moving)} is served from here until the load balancer of its new group serves`;
      return { kind: "wait", afterMs: movingMs, reason };
    }
    if (!retains(inactive, this.#deps.controls ?? defaultControls)) {
      const stack: Stack = {
        owner,
        ownership: groupOwnership(pass.group, settings.clusterName),
        types: ingressStackTypes,
        resources: [],
        problems: [],
      };
      const mode = controls.mode === "plan" ? "plan" : "apply";
      const before = engine.known(owner) ?? [];
      const outcome = await this.#reconcile(pass, stack, { mode, drift: "repair" });
      await this.#reports.report(pass, { ...outcome, problems: controls.problems, deleting: true });
      if (
        mode === "apply" &&
        outcome.result !== undefined &&
        isProtected(outcome.result) &&
        inactive.some(givesUpProtection)
      )
        return this.#unprotect(pass);
      if (outcome.error !== undefined || outcome.result?.settled !== true) return nextOutcome(outcome);
      await this.#clearDeparted(pass, before);
    }
    engine.forget(owner);
    for (const ingress of inactive) await this.#letGo(pass, ingress);
    await this.#reports.remove(pass);
    return { kind: "done" };
  }

  /**
   * The user wrote `deletion_protection.enabled=false` on an object that is going: the load balancer is made as that
   * object wants it once more, which switches the protection off, and only then deleted.
   */
  async #unprotect(pass: Pass): Promise<Outcome> {
    const leaving = pass.membership.inactive.map((ingress) => ({ ingress }));
    const build = await this.#build(pass, { active: leaving, inactive: [] });
    if (build.stack === undefined)
      return { kind: "wait", afterMs: heldRetryMs, reason: build.held ?? "deletion protection" };
    const outcome = await this.#reconcile(pass, build.stack, { mode: "apply", drift: "repair" });
    const failed = outcome.error ?? outcome.result?.failed[0]?.error;
    if (failed !== undefined) return { kind: "retry", error: failed };
    return { kind: "wait", afterMs: unprotectedMs, reason: "deletion protection is switched off" };
  }

  async #build(pass: Pass, membership: Membership): Promise<IngressBuild> {
    const { settings, surroundings, clock } = this.#deps;
    const ownership = groupOwnership(pass.group, settings.clusterName);
    const existing = await surroundings.existingLoadBalancers({ ...ownership, id: loadBalancerID }, pass.signal);
    const accepted = (member: GroupMember): AcceptedVersion | undefined =>
      this.#reports.remembered(pass.group, member.ingress);
    const context = { ...this.#deps, now: clock.now() };
    const { build } = await loadAndBuild(pass.group, membership, { existing, accepted }, context, pass.signal);
    return build;
  }

  /** A member that moved to another group and still publishes a load balancer of this one. */
  async #stillServed(pass: Pass): Promise<Ingress | undefined> {
    const { settings, surroundings, classes } = this.#deps;
    const moved = pass.membership.inactive.filter(
      (ingress) => ingress.metadata.deletionTimestamp === undefined && presentGroup(ingress, classes) !== undefined,
    );
    if (moved.length === 0) return undefined;
    const ownership = groupOwnership(pass.group, settings.clusterName);
    const living = await surroundings.existingLoadBalancers({ ...ownership, id: loadBalancerID }, pass.signal);
    const names = new Set(living.map(({ dnsName }) => dnsName));
    return moved.find(({ status }) => status?.loadBalancer?.ingress?.some(({ hostname }) => names.has(hostname)));
  }

  async #clearDeparted(pass: Pass, before: readonly Observed[]): Promise<void> {
    for (const ingress of pass.membership.inactive) {
      if (ingress.metadata.deletionTimestamp !== undefined) continue;
      const patch = departurePatch(ingress, before);
      if (patch !== undefined) await this.#patchStatus(pass, ingress, patch);
    }
  }
}

/** An Ingress that has the name of another load balancer keeps it until its new one serves. */
function isServedElsewhere({ status }: Ingress, observed: readonly Observed[]): boolean {
  const names = (status?.loadBalancer?.ingress ?? []).flatMap(({ hostname }) => hostname ?? []);
  const name = dnsNameOf(observed);
  if (names.length === 0 || name === undefined || names.includes(name)) return false;
  return !observed.some(({ type, outputs, state }) => {
    const isOurs = type === "elbv2/LoadBalancer" && outputs["dnsName"]?.toLowerCase() === name;
    return isOurs && state === "ready";
  });
}

/** How much later than an Ingress its Service may enter the cache. */
const cacheLagMs = 1_000;
/** How soon a group whose last member moved away looks whether that is served elsewhere. */
const movingMs = 10_000;
/** How soon the deletion goes on once its load balancer is no longer protected. */
const unprotectedMs = 1_000;

function isProtected({ plan }: Reconciled): boolean {
  return plan.blocked.some(({ change }) => change.action === "delete" && change.type === "elbv2/LoadBalancer");
}

function givesUpProtection({ metadata }: Ingress): boolean {
  const attributes = parseMap(metadata.annotations?.[`${albPrefix}load-balancer-attributes`] ?? "");
  return attributes.ok && attributes.value["deletion_protection.enabled"] === "false";
}

/** The leaving members of which neither rules nor target groups are left. */
function departed(pass: Pass, stack: Stack, result: Reconciled): readonly Ingress[] {
  const routing = ["elbv2/LoadBalancer", "elbv2/Listener", "elbv2/Rule"];
  if (result.failed.some(({ change }) => routing.includes(change.type))) return [];
  const wanted = new Set(stack.resources.map(resourceKey));
  const left = result.observed.filter(
    (instance) => instance.type === "elbv2/TargetGroup" && !wanted.has(resourceKey(instance)),
  );
  return pass.membership.inactive.filter((ingress) => !left.some(({ id }) => id.startsWith(`${ingressKey(ingress)}-`)));
}
