import { type Controls, defaultControls, parseControls } from "../../api/annotations.ts";
import type { CustomKind } from "../../api/crd.ts";
import type { Condition, KubeObject } from "../../api/object.ts";
import type { Clock } from "../../clock.ts";
import type { Engine, Reconciled } from "../../engine/engine.ts";
import type { Owner, Stack } from "../../engine/stack.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import { addFinalizer, removeFinalizers } from "../../kube/finalizers.ts";
import type { Lister } from "../../kube/lister.ts";
import { writeStatus } from "../../kube/status.ts";
import { changeEvents } from "../reporting/change-events.ts";

import { outcomeOf } from "../reporting/outcome.ts";
import { type EventSink, ProblemEvents } from "../reporting/problem-events.ts";
import { judge, type PassResult } from "../reporting/summary.ts";

/** What every kind of our own is reconciled with. */
export interface OwnKindDependencies<T extends KubeObject> {
  readonly engine: Engine;
  readonly kube: KubeClient;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly objects: Lister<T>;
  /** The operator-wide settings that annotations of an object override. */
  readonly defaults?: Controls;
}

export interface OwnKindStatus {
  readonly conditions?: readonly Condition[];
}

/** What one kind adds to the frame that all of our kinds share. `Build` is what its build finds beside the Stack. */
export interface OwnKindBehaviour<T extends KubeObject, Build extends { readonly stack: Stack }> {
  readonly kind: CustomKind<T>;
  readonly finalizer: string;
  /** The owner of the Stack of the object with this key. */
  owner(key: string): Owner;
  /** Loads what the build needs, and builds. Throws AppErrors when AWS cannot be asked. */
  build(object: T, controls: Controls, signal: AbortSignal): Promise<Build>;
  /** The Stack that takes everything away. */
  emptyStack(object: T, signal: AbortSignal): Promise<Stack>;
  /** What stays when the object goes with its resources retained, for people. */
  retained(object: T): string;
  /** Whether the resources stay whatever the deletion policy says: they were there before us. */
  keepsOnDelete?(object: T): boolean;
  /** Read AWS in full before a deletion: what is to go may never have been looked at by this process. */
  readonly verifyDeletion?: boolean;
  /** Whether this object's resources are to be read in full now: a watch saw others change them. Asked once a pass. */
  verifyNow?(key: string): boolean;
  status(pass: {
    readonly object: T;
    readonly pass: PassResult;
    readonly build?: Build;
    readonly now: number;
  }): OwnKindStatus;
  /** When to look again although AWS is settled, because the object is not ready for reasons outside of AWS. */
  readonly unreadyPollMs?: number;
}

/**
 * Keeps the AWS resources of the objects of one kind as the objects want them: pause, plan, apply, deletion, retention,
 * reports. A fault in an object changes nothing in AWS: the last good state stays until the object is mended.
 */
export class OwnKindReconciler<T extends KubeObject, Build extends { readonly stack: Stack }> {
  readonly #deps: OwnKindDependencies<T>;
  readonly #behaviour: OwnKindBehaviour<T, Build>;
  readonly #problems: ProblemEvents;
  /** The `fairlead.io/reconcile-at` that was acted on last, by key. */
  readonly #kicks = new Map<string, string>();

  constructor(deps: OwnKindDependencies<T>, behaviour: OwnKindBehaviour<T, Build>) {
    this.#deps = deps;
    this.#behaviour = behaviour;
    this.#problems = new ProblemEvents(deps.events);
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const object = this.#deps.objects.get(key);
    if (object === undefined) {
      this.#deps.engine.forget(this.#behaviour.owner(key));
      this.#problems.forget(this.#behaviour.kind.kind, key);
      this.#kicks.delete(key);
      return { kind: "done" };
    }
    const { controls, problems } = parseControls(object, this.#deps.defaults ?? defaultControls);
    if (controls.mode === "pause") {
      await this.#report(object, { mode: "pause", problems }, undefined, signal);
      return { kind: "done" };
    }
    if (object.metadata.deletionTimestamp !== undefined) return this.#delete(object, controls, signal);
    return this.#apply(object, { key, controls, problems, signal });
  }

  async #apply(
    object: T,
    {
      key,
      controls,
      problems,
      signal,
    }: {
      readonly key: string;
      readonly controls: Controls;
      readonly problems: PassResult["problems"];
      readonly signal: AbortSignal;
    },
  ): Promise<Outcome> {
    const { engine, kube } = this.#deps;
    const { kind, finalizer, unreadyPollMs } = this.#behaviour;
    const mode = controls.mode === "plan" ? "plan" : "apply";
    let build: Build | undefined;
    try {
      build = await this.#behaviour.build(object, controls, signal);
      const all = [...problems, ...build.stack.problems];
      if (all.some((problem) => problem.severity === "error")) {
        await this.#report(object, { mode, problems: all }, build, signal);
        return { kind: "done" };
      }
      if (mode === "apply") await addFinalizer(kube, kind, object, finalizer, { signal });
      const kicked = this.#kicked(key, controls);
      const verify = this.#behaviour.verifyNow?.(key) === true || kicked;
      const reconciled = await engine.reconcile(build.stack, { mode, drift: controls.drift, verify, signal });
      const ready = await this.#report(object, { mode, problems: all, reconciled }, build, signal);
      const outcome = outcomeOf(reconciled);
      if (ready || !reconciled.settled || unreadyPollMs === undefined) return outcome;
      if (outcome.kind === "wait" && outcome.afterMs <= unreadyPollMs) return outcome;
      return { kind: "wait", afterMs: unreadyPollMs, reason: `${kind.kind} is not ready` };
    } catch (error) {
      await this.#report(object, { mode, problems, error }, build, signal);
      return { kind: "retry", error };
    }
  }

  async #delete(object: T, controls: Controls, signal: AbortSignal): Promise<Outcome> {
    const { engine, kube, events } = this.#deps;
    const { kind, finalizer, verifyDeletion } = this.#behaviour;
    if (!(object.metadata.finalizers ?? []).includes(finalizer)) return { kind: "done" };
    if (controls.mode === "plan") return { kind: "done" };
    let stack: Stack;
    try {
      stack = await this.#behaviour.emptyStack(object, signal);
    } catch (error) {
      await this.#report(object, { mode: "apply", problems: [], error }, undefined, signal);
      return { kind: "retry", error };
    }
    if (controls.deletionPolicy === "retain" || this.#behaviour.keepsOnDelete?.(object) === true) {
      events.event(object, { type: "Normal", reason: "Retained", message: this.#behaviour.retained(object) });
    } else {
      const verify = verifyDeletion === true;
      let reconciled: Reconciled;
      try {
        reconciled = await engine.reconcile(stack, { mode: "apply", drift: "repair", verify, signal });
      } catch (error) {
        await this.#report(object, { mode: "apply", problems: [], error }, undefined, signal);
        return { kind: "retry", error };
      }
      if (!reconciled.settled) {
        await this.#report(object, { mode: "apply", problems: [], reconciled }, undefined, signal);
        return outcomeOf(reconciled);
      }
      changeEvents(events, object, reconciled);
    }
    engine.forget(stack.owner);
    await removeFinalizers(kube, kind, object, [finalizer], { signal });
    return { kind: "done" };
  }

  /** Whether the object is ready, as was reported. */
  async #report(object: T, pass: PassResult, build: Build | undefined, signal: AbortSignal): Promise<boolean> {
    const { kube, clock, events } = this.#deps;
    const verdict = judge(pass);
    this.#problems.tell(object, verdict.state === "stalled" ? verdict : undefined);
    if (pass.reconciled !== undefined) changeEvents(events, object, pass.reconciled);
    const status = this.#behaviour.status({
      object,
      pass,
      ...(build === undefined ? {} : { build }),
      now: clock.now(),
    });
    await writeStatus(kube, this.#behaviour.kind, object, status, { signal });
    return status.conditions?.find((condition) => condition.type === "Ready")?.status === "True";
  }

  /** A new `fairlead.io/reconcile-at` asks for a full reading, once. */
  #kicked(key: string, { reconcileAt }: Controls): boolean {
    if (reconcileAt === undefined || this.#kicks.get(key) === reconcileAt) return false;
    this.#kicks.set(key, reconcileAt);
    return true;
  }
}
