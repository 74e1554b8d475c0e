import type { EndpointSlice, Node, Pod, Service } from "../../api/builtin.ts";
import { objectKey, parseObjectKey } from "../../api/object.ts";
import type { TargetGroupBinding } from "../../api/target-group-binding.ts";
import type { Clock } from "../../clock.ts";
import type { Engine, Reconciled } from "../../engine/engine.ts";
import type { Owner, Problem } from "../../engine/stack.ts";
import { errorMessage } from "../../errors.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import type { Lister } from "../../kube/lister.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { servicePort } from "../load-balancing/service-port.ts";
import { type BindingBuild, bindingStack, buildBinding, isManaged } from "./build.ts";
import { nodeTargets } from "./node-targets.ts";
import { podTargets } from "./pod-targets.ts";
import type { BindingFacts, TargetGroupFact } from "./ports.ts";
import { gateCondition, gateOf, gatePatch, hasGate, isGateOpen, type TargetHealth } from "./readiness-gate.ts";
import type { BindingReporter } from "./report.ts";
import { recordedTarget, type TargetRecords } from "./target-record.ts";

export const bindingFinalizer = "elbv2.k8s.aws/resources";

/** How long after the caches disagreed another look is taken: a slice may name a pod before the pod arrives. */
const cacheLagMs = 2_000;
const healthPollMs = 15_000;
const firstHealthPollMs = 5_000;
/** A Service or port that vanished keeps its targets that long: renames come as two events. */
const backendGraceMs = 30_000;

export interface BindingDependencies {
  readonly engine: Engine;
  readonly facts: BindingFacts;
  readonly reporter: BindingReporter;
  readonly records: TargetRecords;
  /** The Stack that was last applied to each target group, over restarts. */
  readonly registrations: { hash(arn: string): string | undefined; applied(arn: string, hash: string): void };
  /** It has turned out what kind of targets a binding has that does not say so itself. */
  readonly onTargetTypeKnown?: () => void;
  readonly clock: Clock;
  readonly bindings: Lister<TargetGroupBinding>;
  readonly services: Lister<Service>;
  readonly slices: Lister<EndpointSlice>;
  readonly pods: Lister<Pod>;
  readonly nodes: Lister<Node>;
  /** Index of slices by `namespace/service`. */
  readonly slicesByService: string;
  /** Index of bindings by target group ARN. */
  readonly bindingsByTargetGroup: string;
  readonly failOpen: boolean;
  readonly maxTargets: number;
  readonly mode: "apply" | "plan";
  readonly drift: "repair" | "report";
  /** Problems of the rules that open the way to a binding's endpoints. */
  readonly networkProblems: (key: string) => readonly Problem[];
}

/** Keeps the targets of one target group equal to the endpoints of a Service, and opens readiness gates. */
export class BindingReconciler {
  readonly #deps: BindingDependencies;
  /** Since when a binding's backend is gone (monotonic milliseconds). */
  readonly #backendGoneAt = new Map<string, number>();
  readonly #groups = new Map<string, TargetGroupFact>();

  constructor(deps: BindingDependencies) {
    this.#deps = deps;
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { bindings, engine } = this.#deps;
    const binding = bindings.get(key);
    if (binding === undefined) {
      engine.forget(bindingOwner(key));
      this.#backendGoneAt.delete(key);
      await this.#openGatesForGood(key, notFound, signal);
      return { kind: "done" };
    }
    if (binding.metadata.deletionTimestamp !== undefined) return this.#delete(binding, signal);
    const group = await this.#targetGroup(binding, signal);
    if (group === undefined) {
      await this.#deps.reporter.report(binding, { problems: [noSuchGroup(binding)] }, signal);
      return { kind: "wait", afterMs: 60_000, reason: "the target group does not exist" };
    }
    const owner = this.#deps.facts.ownerNamespace(group.arn);
    if (owner !== undefined && owner !== binding.metadata.namespace) {
      await this.#deps.reporter.report(binding, { problems: [ownedElsewhere(binding, owner, group.arn)] }, signal);
      return { kind: "done" };
    }
    const winner = this.#rightfulBinding(group.arn, binding);
    if (winner !== undefined) {
      await this.#deps.reporter.report(binding, { problems: [alreadyBound(binding, winner, group.arn)] }, signal);
      return { kind: "done" };
    }
    if (!isManaged(binding)) await this.#deps.reporter.addFinalizer(binding, bindingFinalizer, signal);
    return this.#bind(binding, group, signal);
  }

  /** The pods and nodes behind a binding now; used for the rules on their security groups. */
  endpoints(binding: TargetGroupBinding): { readonly pods: readonly Pod[]; readonly nodes: readonly Node[] } {
    const { namespace = "" } = binding.metadata;
    const { services, pods, nodes, failOpen } = this.#deps;
    const service = services.get(objectKey({ namespace, name: binding.spec.serviceRef.name }));
    if (service === undefined) return { pods: [], nodes: [] };
    try {
      const port = servicePort(service, binding.spec.serviceRef.port);
      const known = this.#groups.get(binding.spec.targetGroupARN ?? binding.spec.targetGroupName ?? "");
      const targetType = binding.spec.targetType ?? known?.targetType;
      if (targetType === undefined) return { pods: [], nodes: [] };
      if (targetType !== "ip") {
        const selector = binding.spec.nodeSelector;
        const found = nodeTargets({
          nodes: nodes.list(),
          nodePort: port.nodePort ?? 0,
          failOpen,
          ...(selector === undefined ? {} : { selector }),
        });
        return { pods: [], nodes: found.targets.map(({ node }) => node) };
      }
      const found = podTargets({
        port,
        slices: this.#slices(service),
        addressFamily: binding.spec.ipAddressType ?? known?.ipAddressType ?? "ipv4",
        pod: (podKey) => pods.get(podKey),
        node: (name) => nodes.get(name),
        failOpen,
        inVPC: () => true,
      });
      return { pods: found.targets.map(({ pod }) => pod), nodes: [] };
    } catch (error) {
      // The binding's own reconcile tells the user; here it has no endpoints.
      if (error instanceof InputError) return { pods: [], nodes: [] };
      throw error;
    }
  }

  async #bind(binding: TargetGroupBinding, group: TargetGroupFact, signal: AbortSignal): Promise<Outcome> {
    const { engine, facts, mode, drift, reporter } = this.#deps;
    const key = objectKey(binding.metadata);
    const build = this.#build(binding, group, await facts.vpcContains(signal));
    const failure = build.problems.find(({ severity }) => severity === "error");
    const graceMs = failure === undefined ? this.#backendIsBack(key) : this.#graceLeft(key, binding);
    if (graceMs > 0) {
      await reporter.report(binding, { problems: build.problems }, signal);
      return { kind: "wait", afterMs: graceMs, reason: "the backend may come back" };
    }
    const mayDeregister = await this.#mayDeregister(binding, build, signal);
    const stack = bindingStack(binding, group.arn, { ...build, ...mayDeregister });
    const appliedHash = this.#deps.registrations.hash(group.arn);
    const result = await engine.reconcile(stack, {
      mode,
      drift,
      signal,
      ...(appliedHash === undefined ? {} : { appliedHash }),
    });
    if (result.settled && mode === "apply") this.#deps.registrations.applied(group.arn, result.hash);
    if (mayDeregister !== undefined && result.settled)
      await this.#deps.records.write(binding, build.targets.map(recordedTarget), signal);
    const problems = [...build.problems, ...this.#deps.networkProblems(key)];
    const failed = result.failed[0]?.error;
    const health =
      failed === undefined && mode === "apply" ? await this.#gates(binding, build, result, signal) : undefined;
    await reporter.report(binding, { problems, result, ...(failed === undefined ? {} : { error: failed }) }, signal);
    if (failed !== undefined) return { kind: "retry", error: failed };
    return next({ build, result, unhealthyGates: health?.waiting ?? false });
  }

  #build(binding: TargetGroupBinding, group: TargetGroupFact, inVPC: (ip: string) => boolean): BindingBuild {
    const { services, pods, nodes, failOpen, maxTargets } = this.#deps;
    const { namespace = "" } = binding.metadata;
    const service = services.get(objectKey({ namespace, name: binding.spec.serviceRef.name }));
    return buildBinding({
      binding,
      group,
      service,
      slices: service === undefined ? [] : this.#slices(service),
      pod: (key) => pods.get(key),
      node: (name) => nodes.get(name),
      nodes: nodes.list(),
      inVPC,
      failOpen,
      maxTargets,
    });
  }

  #slices(service: Service): readonly EndpointSlice[] {
    return this.#deps.slices.byIndex(this.#deps.slicesByService, objectKey(service.metadata));
  }

  /**
   * Of a target group that others share, only what this binding has recorded is its own. What it is about to register is
   * recorded first, so that nothing is forgotten whatever becomes of the call. Undefined: the whole group is ours.
   */
  async #mayDeregister(
    binding: TargetGroupBinding,
    build: BindingBuild,
    signal: AbortSignal,
  ): Promise<{ readonly mayDeregister: readonly string[] } | undefined> {
    if (binding.spec.multiClusterTargetGroup !== true) return undefined;
    const { records, mode } = this.#deps;
    const recorded = (await records.read(binding, signal)) ?? [];
    if (mode === "apply") await records.write(binding, [...recorded, ...build.targets.map(recordedTarget)], signal);
    return { mayDeregister: recorded };
  }

  /** Opens or closes the gates of the pods that wait for this binding, from the health that AWS reports. */
  async #gates(
    binding: TargetGroupBinding,
    build: BindingBuild,
    result: Reconciled,
    signal: AbortSignal,
  ): Promise<{ readonly waiting: boolean }> {
    const { facts, reporter, clock } = this.#deps;
    const gate = gateOf(binding.metadata.name);
    const gated = [...build.pods].filter(([, pod]) => hasGate(pod, gate));
    const arn = String(result.observed[0]?.outputs["targetGroupARN"] ?? result.observed[0]?.id ?? "");
    const closed = gated.filter(([, pod]) => !isGateOpen(pod, gate));
    if (closed.length === 0) return { waiting: false };
    const changed = result.applied.length > 0;
    const health = changed ? [] : await facts.targetHealth(arn, signal);
    const byTarget = new Map(health.map((target) => [`${target.id}:${target.port}`, target]));
    let waiting = false;
    for (const [target, pod] of closed) {
      const known = changed ? justRegistered(target) : byTarget.get(target);
      if (known?.state !== "healthy") waiting = true;
      const patch = gatePatch(pod, gateCondition(gate, known), clock.now());
      if (patch !== undefined) await reporter.patchPodStatus(pod, patch, signal);
    }
    return { waiting };
  }

  async #delete(binding: TargetGroupBinding, signal: AbortSignal): Promise<Outcome> {
    const { engine, reporter, mode } = this.#deps;
    if (!(binding.metadata.finalizers ?? []).includes(bindingFinalizer)) return { kind: "done" };
    if (mode === "plan") return { kind: "done" };
    // The target group of a managed binding goes with its owner's Stack; emptying it first would cost calls and drain time.
    const group = isManaged(binding) ? undefined : await this.#targetGroup(binding, signal);
    const owner = group === undefined ? undefined : this.#deps.facts.ownerNamespace(group.arn);
    const mayEmpty = owner === undefined || owner === binding.metadata.namespace;
    if (group !== undefined && mayEmpty && this.#rightfulBinding(group.arn, binding) === undefined) {
      const build: BindingBuild = { targets: [], pods: new Map(), incomplete: false, problems: [] };
      const own = await this.#mayDeregister(binding, build, signal);
      const stack = bindingStack(binding, group.arn, { ...build, ...own });
      const result = await engine.reconcile(stack, { mode, drift: "repair", signal });
      const failed = result.failed[0]?.error;
      if (failed !== undefined) {
        await reporter.cleanupFailed(binding, errorMessage(failed), signal);
        return { kind: "retry", error: failed };
      }
    }
    if (binding.spec.multiClusterTargetGroup === true) await this.#deps.records.remove(binding, signal);
    const key = objectKey(binding.metadata);
    await this.#openGatesForGood(key, { reason: "", message: "Target Group Binding is deleted" }, signal);
    engine.forget(bindingOwner(key));
    await reporter.removeFinalizer(binding, bindingFinalizer, signal);
    return { kind: "done" };
  }

  /** Pods must not wait for a binding that is gone. */
  async #openGatesForGood(
    key: string,
    why: { readonly reason: string; readonly message: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { pods, reporter, clock } = this.#deps;
    const { namespace, name } = parseObjectKey(key);
    const gate = gateOf(name);
    for (const pod of pods.list(namespace)) {
      if (!hasGate(pod, gate) || isGateOpen(pod, gate)) continue;
      const condition = { type: gate, status: "True", ...why };
      const patch = gatePatch(pod, condition, clock.now());
      if (patch !== undefined) await reporter.patchPodStatus(pod, patch, signal);
    }
  }

  /** Managed bindings carry all facts; what users write may leave them to AWS. */
  async #targetGroup(binding: TargetGroupBinding, signal: AbortSignal): Promise<TargetGroupFact | undefined> {
    const { targetGroupARN: arn, targetGroupName: name, targetType, ipAddressType } = binding.spec;
    if (arn !== undefined && targetType !== undefined && ipAddressType !== undefined) {
      return { arn, targetType, ipAddressType };
    }
    const cacheKey = arn ?? name ?? "";
    const known = this.#groups.get(cacheKey);
    if (known !== undefined) return known;
    const query = arn !== undefined ? { arn } : name !== undefined ? { name } : undefined;
    const group = query === undefined ? undefined : await this.#deps.facts.targetGroup(query, signal);
    if (group !== undefined) {
      this.#groups.set(cacheKey, group);
      this.#deps.onTargetTypeKnown?.();
    }
    return group;
  }

  /** Of several bindings to one target group the oldest wins, unless all of them share it on purpose. */
  #rightfulBinding(arn: string, binding: TargetGroupBinding): TargetGroupBinding | undefined {
    const others = this.#deps.bindings.byIndex(this.#deps.bindingsByTargetGroup, arn);
    if (others.every(({ spec }) => spec.multiClusterTargetGroup === true)) return undefined;
    const age = ({ metadata }: TargetGroupBinding): string => `${metadata.creationTimestamp ?? ""} ${metadata.uid}`;
    const oldest = others.toSorted((a, b) => (age(a) < age(b) ? -1 : 1))[0];
    return oldest === undefined || oldest.metadata.uid === binding.metadata.uid ? undefined : oldest;
  }

  #backendIsBack(key: string): number {
    this.#backendGoneAt.delete(key);
    return 0;
  }

  /** A deleted Service takes its targets at once; a port that is not there (any more) gets some time. */
  #graceLeft(key: string, binding: TargetGroupBinding): number {
    const { clock, services } = this.#deps;
    const { namespace = "" } = binding.metadata;
    if (services.get(objectKey({ namespace, name: binding.spec.serviceRef.name })) === undefined) return 0;
    const since = this.#backendGoneAt.get(key) ?? clock.monotonic();
    this.#backendGoneAt.set(key, since);
    return Math.max(0, since + backendGraceMs - clock.monotonic());
  }
}

function next({
  build,
  result,
  unhealthyGates,
}: {
  build: BindingBuild;
  result: Reconciled;
  unhealthyGates: boolean;
}): Outcome {
  if (build.incomplete) return { kind: "wait", afterMs: cacheLagMs, reason: "pods that are not in the cache yet" };
  if (unhealthyGates) {
    const afterMs = result.applied.length > 0 ? firstHealthPollMs : healthPollMs;
    return { kind: "wait", afterMs, reason: "targets to become healthy" };
  }
  return result.againInMs === undefined
    ? { kind: "done" }
    : { kind: "wait", afterMs: result.againInMs, reason: result.settled ? "next check" : "AWS" };
}

/** A pod waits for a binding that was replaced by another one before the pod came up. */
const notFound = { reason: "TargetGroupBindingNotFound", message: "Target Group Binding does not exist" };

function bindingOwner(key: string): Owner {
  const { namespace = "", name } = parseObjectKey(key);
  return { kind: "TargetGroupBinding", namespace, name };
}

function justRegistered(target: string): TargetHealth {
  const colon = target.lastIndexOf(":");
  return {
    id: target.slice(0, colon),
    port: Number(target.slice(colon + 1)),
    state: "initial",
    reason: "Elb.RegistrationInProgress",
    description: "Target registration is in progress",
  };
}

function noSuchGroup(binding: TargetGroupBinding): Problem {
  const { targetGroupARN, targetGroupName } = binding.spec;
  const given = targetGroupARN ?? targetGroupName;
  return {
    ...problemOn(binding),
    reason: "TargetGroupNotFound",
    field: targetGroupARN === undefined ? "spec.targetGroupName" : "spec.targetGroupARN",
    ...(given === undefined ? {} : { value: given }),
    message:
      given === undefined
        ? "must provide either TargetGroupARN or TargetGroupName"
        : `there is no target group "${given}" in this account and region`,
  };
}

/** Nobody may send another namespace's traffic to pods of his own. */
function ownedElsewhere(binding: TargetGroupBinding, namespace: string, arn: string): Problem {
  return {
    ...problemOn(binding),
    reason: "NotOwned",
    field: "spec.targetGroupARN",
    value: arn,
    message: `target group ${arn} belongs to an Ingress or Service of namespace ${namespace}: only bindings of that namespace may fill it`,
  };
}

function alreadyBound(binding: TargetGroupBinding, winner: TargetGroupBinding, arn: string): Problem {
  return {
    ...problemOn(binding),
    reason: "ConflictingSettings",
    field: "spec.targetGroupARN",
    value: arn,
    message: `target group ${arn} is already bound to TargetGroupBinding ${objectKey(winner.metadata)}; set multiClusterTargetGroup: true on all of its bindings or choose another target group`,
  };
}

function problemOn({ kind, metadata }: TargetGroupBinding): Pick<Problem, "object" | "severity"> {
  const { namespace, name } = metadata;
  return { object: { kind, name, ...(namespace === undefined ? {} : { namespace }) }, severity: "error" };
}
