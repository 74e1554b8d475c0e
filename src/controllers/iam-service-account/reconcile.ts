import { type Controls, defaultControls, parseControls } from "../../api/annotations.ts";
import {
  type IamServiceAccount,
  iamServiceAccountFinalizer,
  iamServiceAccountKind,
} from "../../api/iam-service-account.ts";
import { parseObjectKey } from "../../api/object.ts";
import type { ClusterFacts } from "../../aws/facts/cluster.ts";
import type { Clock } from "../../clock.ts";
import type { Engine, Reconciled } from "../../engine/engine.ts";
import type { Stack } from "../../engine/stack.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Outcome, ReconcileContext } from "../../kube/controller.ts";
import type { Lister } from "../../kube/lister.ts";
import { changeEvents } from "../reporting/change-events.ts";
import { outcomeOf } from "../reporting/outcome.ts";
import {
  addFinalizer,
  type EventSink,
  ProblemEvents,
  removeFinalizer,
  writeStatus,
} from "../reporting/status-writer.ts";
import { judge, type PassResult } from "../reporting/summary.ts";
import { buildIamServiceAccount, emptyStack, type IamServiceAccountBuild, type Mode } from "./build.ts";
import type { Guardrails } from "./guardrails.ts";
import { iamServiceAccountStatus } from "./report.ts";

export interface IamServiceAccountDependencies {
  readonly engine: Engine;
  readonly cluster: ClusterFacts;
  readonly clusterName: string;
  readonly kube: KubeClient;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly objects: Lister<IamServiceAccount>;
  readonly guardrails: Guardrails;
  readonly defaultMode: Mode;
  readonly oidcProviderPolicy: "CreateIfMissing" | "Never";
  /** The operator-wide settings that annotations of an object override. */
  readonly defaults?: Controls;
}

/** Keeps the role, the association and the ServiceAccount of each IamServiceAccount as the object wants them. */
export class IamServiceAccountReconciler {
  readonly #deps: IamServiceAccountDependencies;
  readonly #problems: ProblemEvents;
  /** The `fairlead.io/reconcile-at` that was acted on last, by key. */
  readonly #kicks = new Map<string, string>();

  constructor(deps: IamServiceAccountDependencies) {
    this.#deps = deps;
    this.#problems = new ProblemEvents(deps.events);
  }

  async reconcile(key: string, { signal }: ReconcileContext): Promise<Outcome> {
    const { objects, engine } = this.#deps;
    const object = objects.get(key);
    if (object === undefined) {
      const { namespace = "", name } = parseObjectKey(key);
      engine.forget({ kind: "IamServiceAccount", namespace, name });
      this.#problems.forget("IamServiceAccount", key);
      this.#kicks.delete(key);
      return { kind: "done" };
    }
    const { controls, problems } = parseControls(object, this.#deps.defaults ?? defaultControls);
    if (controls.mode === "pause") {
      await this.#report(object, { pass: { mode: "pause", problems }, signal });
      return { kind: "done" };
    }
    if (object.metadata.deletionTimestamp !== undefined) return this.#delete(object, { controls, signal });
    return this.#apply(object, { controls, problems, key, signal });
  }

  async #apply(
    object: IamServiceAccount,
    {
      controls,
      problems,
      key,
      signal,
    }: {
      readonly controls: Controls;
      readonly problems: PassResult["problems"];
      readonly key: string;
      readonly signal: AbortSignal;
    },
  ): Promise<Outcome> {
    const { engine, cluster, clusterName, kube } = this.#deps;
    const mode = controls.mode === "plan" ? "plan" : "apply";
    let build: IamServiceAccountBuild | undefined;
    try {
      build = buildIamServiceAccount({
        object,
        cluster: await cluster.get(clusterName),
        controls,
        guardrails: this.#deps.guardrails,
        defaultMode: this.#deps.defaultMode,
        oidcProviderPolicy: this.#deps.oidcProviderPolicy,
        olderInNamespace: this.#olderThan(object),
      });
      const all = [...problems, ...build.stack.problems];
      if (all.some((problem) => problem.severity === "error")) {
        // The last good state stays until the object is mended.
        await this.#report(object, { build, pass: { mode, problems: all }, signal });
        return { kind: "done" };
      }
      if (mode === "apply") {
        await addFinalizer(kube, iamServiceAccountKind, { object, finalizer: iamServiceAccountFinalizer, signal });
      }
      const reconciled = await engine.reconcile(build.stack, {
        mode,
        drift: controls.drift,
        verify: this.#kicked(key, controls),
        signal,
      });
      await this.#report(object, { build, pass: { mode, problems: all, reconciled }, signal });
      return outcomeOf(reconciled);
    } catch (error) {
      await this.#report(object, {
        ...(build === undefined ? {} : { build }),
        pass: { mode, problems, error },
        signal,
      });
      return { kind: "retry", error };
    }
  }

  async #delete(
    object: IamServiceAccount,
    { controls, signal }: { readonly controls: Controls; readonly signal: AbortSignal },
  ): Promise<Outcome> {
    const { engine, cluster, clusterName, kube, guardrails, events } = this.#deps;
    if (!(object.metadata.finalizers ?? []).includes(iamServiceAccountFinalizer)) return { kind: "done" };
    if (controls.mode === "plan") return { kind: "done" };
    const stack: Stack = emptyStack(object, await cluster.get(clusterName), guardrails.roleNamePrefix);
    // A role that was there before us is not ours to delete unless the user says so.
    const retain = controls.deletionPolicy === "retain" || object.status?.role?.adopted === true;
    if (retain) {
      events.event(object, {
        type: "Normal",
        reason: "Retained",
        message: `role ${object.status?.role?.name ?? ""} and what belongs to it stay`,
      });
    } else {
      let reconciled: Reconciled;
      try {
        reconciled = await engine.reconcile(stack, { mode: "apply", drift: "repair", verify: true, signal });
      } catch (error) {
        await this.#report(object, { pass: { mode: "apply", problems: [], error }, signal });
        return { kind: "retry", error };
      }
      if (!reconciled.settled) {
        await this.#report(object, { pass: { mode: "apply", problems: [], reconciled }, signal });
        return outcomeOf(reconciled);
      }
      changeEvents(events, object, reconciled);
    }
    engine.forget(stack.owner);
    await removeFinalizer(kube, iamServiceAccountKind, { object, finalizer: iamServiceAccountFinalizer, signal });
    return { kind: "done" };
  }

  async #report(
    object: IamServiceAccount,
    {
      pass,
      build,
      signal,
    }: { readonly pass: PassResult; readonly build?: IamServiceAccountBuild; readonly signal: AbortSignal },
  ): Promise<void> {
    const { kube, clock, guardrails, events } = this.#deps;
    const verdict = judge(pass);
    this.#problems.tell(object, verdict.state === "stalled" ? verdict : undefined);
    if (pass.reconciled !== undefined) changeEvents(events, object, pass.reconciled);
    const status = iamServiceAccountStatus({
      object,
      pass,
      ...(build === undefined ? {} : { build }),
      trustPolicyQuota: guardrails.trustPolicyQuota,
      now: clock.now(),
    });
    await writeStatus(kube, iamServiceAccountKind, { object, status, signal });
  }

  #olderThan(object: IamServiceAccount): number {
    const age = ({ metadata }: IamServiceAccount): string => `${metadata.creationTimestamp ?? ""} ${metadata.uid}`;
    let older = 0;
    for (const other of this.#deps.objects.list(object.metadata.namespace)) {
      if (other.metadata.uid !== object.metadata.uid && age(other) < age(object)) older++;
    }
    return older;
  }

  /** A new `fairlead.io/reconcile-at` asks for a full reading, once. */
  #kicked(key: string, controls: Controls): boolean {
    const { reconcileAt } = controls;
    if (reconcileAt === undefined || this.#kicks.get(key) === reconcileAt) return false;
    this.#kicks.set(key, reconcileAt);
    return true;
  }
}
