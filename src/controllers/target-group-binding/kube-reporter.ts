import { podKind } from "../../api/builtin.ts";
import type { Condition } from "../../api/object.ts";
import { type TargetGroupBinding, targetGroupBindingKind } from "../../api/target-group-binding.ts";
import type { Clock } from "../../clock.ts";
import { AppError } from "../../errors.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { EventRecorder } from "../../kube/events.ts";
import { addFinalizer, removeFinalizers } from "../../kube/finalizers.ts";
import { writeStatus } from "../../kube/status.ts";
import { conditionsFrom } from "../reporting/conditions.ts";
import { judge, summaryConditions } from "../reporting/summary.ts";
import { isManaged } from "./build.ts";
import type { BindingOutcome, BindingReporter } from "./report.ts";

const component = "targetGroupBinding";

/** Reports through the Kubernetes API. */
export function createBindingReporter({
  kube,
  events,
  clock,
}: {
  readonly kube: KubeClient;
  readonly events: EventRecorder;
  readonly clock: Clock;
}): BindingReporter {
  async function writeConditions(
    binding: TargetGroupBinding,
    drafts: Parameters<typeof conditionsFrom>[0],
    signal: AbortSignal,
  ): Promise<void> {
    const previous = (binding.status?.conditions ?? []) as readonly Condition[];
    const generation = binding.metadata.generation;
    const conditions = conditionsFrom(drafts, { previous, generation, now: clock.now() });
    const status = { ...(generation === undefined ? {} : { observedGeneration: generation }), conditions };
    await writeStatus(kube, targetGroupBindingKind, binding, status, { signal });
  }

  return {
    async report(binding: TargetGroupBinding, { problems, result, error }: BindingOutcome, signal: AbortSignal) {
      const pass = {
        mode: "apply" as const,
        problems,
        ...(result === undefined ? {} : { reconciled: result }),
        ...(error === undefined ? {} : { error }),
      };
      const verdict = judge(pass);
      const missing = problems.find(({ reason }) => reason === "BackendNotFound" || reason === "PortMissing");
      if (missing !== undefined) {
        events.record(binding, {
          type: "Warning",
          reason: "BackendNotFound",
          message: `backend not found: ${missing.message}`,
          component,
        });
      } else if (verdict.state === "stalled") {
        const message = `Failed reconcile due to ${verdict.message}`;
        events.record(binding, { type: "Warning", reason: "FailedReconcile", message, component });
      } else if (verdict.state === "ready" && (result?.applied.length ?? 0) > 0) {
        events.record(binding, {
          type: "Normal",
          reason: "SuccessfullyReconciled",
          message: "Successfully reconciled",
          component,
        });
      }
      // Thousands of managed bindings that are well need no word in their status: their owner's report has it.
      const silent = isManaged(binding) && verdict.state === "ready" && binding.status?.conditions === undefined;
      if (!silent && verdict.state !== "reconciling") await writeConditions(binding, summaryConditions(pass), signal);
    },

    async cleanupFailed(binding, message, signal) {
      events.record(binding, { type: "Warning", reason: "FailedCleanup", message, component });
      await writeConditions(binding, [{ type: "Ready", status: "False", reason: "FailedCleanup", message }], signal);
    },

    async patchPodStatus(pod, patch, signal) {
      try {
        const { namespace = "", name } = pod.metadata;
        await kube.strategicPatch(podKind, { namespace, name }, patch, { signal, subresource: "status" });
      } catch (error) {
        // The pod is gone, or a successor of the same name has come.
        if (error instanceof AppError && (error.class === "missing" || error.class === "conflict")) return;
        throw error;
      }
    },

    async addFinalizer(binding, finalizer, signal) {
      if ((binding.metadata.finalizers ?? []).includes(finalizer)) return;
      await addFinalizer(kube, targetGroupBindingKind, binding, finalizer, { signal });
    },

    async removeFinalizer(binding, finalizer, signal) {
      await removeFinalizers(kube, targetGroupBindingKind, binding, [finalizer], { signal });
    },
  };
}
