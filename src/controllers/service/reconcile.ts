import { type Controls, defaultControls, parseControls } from "../../api/annotations.ts";
import { type Service, serviceKind } from "../../api/builtin.ts";
import type { Reconciled } from "../../engine/engine.ts";
import type { Observed } from "../../engine/resource-type.ts";
import type { Problem, Stack } from "../../engine/stack.ts";
import { errorClass } from "../../errors.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import { addFinalizer, removeFinalizers } from "../../kube/finalizers.ts";
import type { LoadBalancerOutcome } from "../load-balancing/conditions.ts";
import { heldRetryMs, nextOutcome } from "../load-balancing/next-outcome.ts";
import { dnsNameOf } from "../load-balancing/report.ts";
import { type ServiceBuild, serviceStackTypes } from "./build.ts";
import { readDeletionProtection } from "./deletion-protection.ts";
import type { ServiceDependencies } from "./dependencies.ts";
import { loadAndBuild } from "./load.ts";
import { isHeld, serviceFinalizer, serviceOwner, serviceOwnership, wantsLoadBalancer } from "./ownership.ts";
import { ServiceReporter } from "./report.ts";
import { clearingPatch, statusPatch } from "./status.ts";

/** How soon the deletion goes on once the load balancer is no longer protected. */
const unprotectedMs = 1_000;

/** One run over one Service. */
interface Pass {
  readonly service: Service;
  readonly controls: Controls;
  readonly problems: readonly Problem[];
  readonly signal: AbortSignal;
}

/** Keeps one network load balancer for each Service that wants one. Keys are `namespace/name`. */
export class ServiceReconciler {
  readonly #deps: ServiceDependencies;
  readonly #reports: ServiceReporter;

  constructor(deps: ServiceDependencies) {
    this.#deps = deps;
    this.#reports = new ServiceReporter(deps);
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { services, engine, settings } = this.#deps;
    const service = services.get(key);
    if (service === undefined) {
      const [namespace = "", name = ""] = key.split("/");
      engine.forget({ kind: "Service", namespace, name });
      return { kind: "done" };
    }
    const wanted = wantsLoadBalancer(service, settings);
    if (!wanted && !isHeld(service)) return { kind: "done" };
    const { controls, problems } = parseControls(service, this.#deps.controls ?? defaultControls);
    const pass: Pass = { service, controls, problems, signal };
    if (controls.mode === "pause") {
      await this.#reports.report(service, { outcome: { problems, paused: true } }, signal);
      return { kind: "done" };
    }
    return wanted ? this.#apply(pass) : this.#delete(pass);
  }

  async #apply(pass: Pass): Promise<Outcome> {
    const { service, controls, signal } = pass;
    let build: ServiceBuild;
    try {
      build = await this.#build(pass);
    } catch (error) {
      await this.#reports.report(service, { outcome: { problems: pass.problems, error } }, signal);
      return { kind: "retry", error };
    }
    const problems = [...pass.problems, ...build.problems];
    if (build.stack === undefined) {
      const held = build.held ?? "the load balancer cannot be built";
      await this.#reports.report(service, { build, outcome: { problems, held } }, signal);
      // What stands in the way may lie in AWS (subnets, security groups), of which no event tells.
      return { kind: "wait", afterMs: heldRetryMs, reason: held };
    }
    // Before the first resource is made: the Service must not go without it.
    if (controls.mode === "apply")
      await addFinalizer(this.#deps.client, serviceKind, service, serviceFinalizer, { signal });
    const outcome = await this.#reconcile(pass, build.stack, (observed) => this.#publish(pass, observed));
    if (outcome.result !== undefined) await this.#publish(pass, outcome.result.observed);
    await this.#reports.report(service, { build, outcome: { ...outcome, problems } }, signal);
    return nextOutcome(outcome);
  }

  async #reconcile(
    { service, controls, signal }: Pass,
    stack: Stack,
    onLoadBalancer: (observed: readonly Observed[]) => Promise<void> = async () => undefined,
  ): Promise<Pick<LoadBalancerOutcome, "result" | "error">> {
    const appliedHash = this.#reports.appliedHash(service);
    let early: Promise<void> | undefined;
    try {
      const result = await this.#deps.engine.reconcile(stack, {
        mode: controls.mode === "plan" ? "plan" : "apply",
        drift: controls.drift,
        signal,
        ...(appliedHash === undefined ? {} : { appliedHash }),
        onApplied: ({ action, observed }) => {
          if (action !== "create" || observed?.type !== "elbv2/LoadBalancer") return;
          // The name is of use long before the load balancer serves; a failure shows again in the last step.
          early ??= onLoadBalancer([observed]).catch(() => undefined);
        },
      });
      await early;
      return { result };
    } catch (error) {
      await early;
      return { error };
    }
  }

  async #publish(pass: Pass, observed: readonly Observed[]): Promise<void> {
    const hostname = dnsNameOf(observed);
    const patch = hostname === undefined ? undefined : statusPatch(this.#latest(pass), hostname);
    if (patch !== undefined) await this.#patchStatus(pass, patch);
  }

  /** The cache may be ahead of the object that the pass began with. */
  #latest({ service }: Pass): Service {
    const { namespace = "", name, uid } = service.metadata;
    const cached = this.#deps.services.get(`${namespace}/${name}`);
    return cached?.metadata.uid === uid ? cached : service;
  }

  async #patchStatus({ service, signal }: Pass, patch: object): Promise<void> {
    const { namespace = "", name } = service.metadata;
    try {
      await this.#deps.client.mergePatch(serviceKind, { namespace, name }, patch, { signal, subresource: "status" });
    } catch (error) {
      if (errorClass(error) !== "missing") throw error;
    }
  }

  /** The Service goes, or wants no load balancer of us any more: the empty Stack takes everything away. */
  async #delete(pass: Pass): Promise<Outcome> {
    const { service, controls, problems, signal } = pass;
    const { engine, client, settings } = this.#deps;
    const owner = serviceOwner(service);
    if (controls.deletionPolicy !== "retain") {
      const protection = readDeletionProtection(service);
      if (protection.kind === "on" || protection.kind === "invalid") {
        const outcome = { problems: [...problems, protection.problem], held: protection.problem.message };
        await this.#reports.report(service, { outcome }, signal);
        return { kind: "wait", afterMs: heldRetryMs, reason: protection.problem.message };
      }
      const stack: Stack = {
        owner,
        ownership: serviceOwnership(service, settings.clusterName),
        types: serviceStackTypes,
        resources: [],
        problems: [],
      };
      const outcome = await this.#reconcile(pass, stack);
      await this.#reports.report(service, { outcome: { ...outcome, problems, deleting: true } }, signal);
      if (protection.kind === "off" && controls.mode === "apply" && isProtected(outcome.result))
        return this.#unprotect(pass);
      if (outcome.error !== undefined || outcome.result?.settled !== true) return nextOutcome(outcome);
    }
    engine.forget(owner);
    const patch = service.metadata.deletionTimestamp === undefined ? clearingPatch(this.#latest(pass)) : undefined;
    if (patch !== undefined) await this.#patchStatus(pass, patch);
    await this.#reports.remove(service, signal);
    await removeFinalizers(client, serviceKind, service, [serviceFinalizer], { signal });
    return { kind: "done" };
  }

  /** The user gives the protection up on a Service that is going: it is switched off first, then the deletion goes on. */
  async #unprotect(pass: Pass): Promise<Outcome> {
    const build = await this.#build(pass);
    if (build.stack === undefined)
      return { kind: "wait", afterMs: heldRetryMs, reason: build.held ?? "deletion protection" };
    const outcome = await this.#reconcile(pass, build.stack);
    const failed = outcome.error ?? outcome.result?.failed[0]?.error;
    if (failed !== undefined) return { kind: "retry", error: failed };
    return { kind: "wait", afterMs: unprotectedMs, reason: "deletion protection is switched off" };
  }

  #build({ service, signal }: Pass): Promise<ServiceBuild> {
    return loadAndBuild(service, this.#reports.remembered(service), this.#deps, signal);
  }
}

function isProtected(result: Reconciled | undefined): boolean {
  return (
    result?.plan.blocked.some(({ change }) => change.action === "delete" && change.type === "elbv2/LoadBalancer") ===
    true
  );
}
