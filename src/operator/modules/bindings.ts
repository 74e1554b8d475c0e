import { objectKey } from "../../api/object.ts";
import type { TargetsCache } from "../../aws/targets-cache.ts";
import type { EndpointNetwork } from "../../controllers/endpoint-rules/ports.ts";
import { EndpointRulesReconciler, endpointRulesKey } from "../../controllers/endpoint-rules/reconcile.ts";
import { createBindingReporter } from "../../controllers/target-group-binding/kube-reporter.ts";
import type { BindingFacts } from "../../controllers/target-group-binding/ports.ts";
import { BindingReconciler } from "../../controllers/target-group-binding/reconcile.ts";
import { targetRecords } from "../../controllers/target-group-binding/target-record.ts";
import {
  bindingNeedsWork,
  bindingsOfPod,
  nodeConcerns,
  serviceChanged,
  serviceOfSlice,
} from "../../controllers/target-group-binding/wake.ts";
import type { Problem } from "../../engine/stack.ts";
import { canonicalJson } from "../../json.ts";
import type { WorkQueue } from "../../kube/work-queue.ts";
import { indexes } from "../caches.ts";
import type { ControllerModule } from "../module.ts";
import type { OperatorParts } from "../parts.ts";
import { priorityOf } from "../priority.ts";
import type { Registrations } from "../registrations.ts";

/** Endpoint events that come close together become one registration; a busy group waits longer. */
const quietMs = 50;
const busyMs = 1_000;
/** How long a pod may wait for a binding that does not exist. */
const missingBindingMs = 30_000;
/** Rules on endpoints' security groups are computed for the whole cluster: a burst of changes is one pass. */
const rulesDelayMs = 200;

/** Target registration, and the rules that let load balancers reach the targets. */
export function bindingModules(
  parts: OperatorParts,
  facts: {
    readonly binding: BindingFacts;
    readonly network: EndpointNetwork;
    readonly targets: TargetsCache;
    readonly registrations: Registrations;
    /** What is registered in a target group is another than before. */
    readonly onTargetsChanged: (targetGroupARN: string) => void;
  },
): { readonly targets: ControllerModule; readonly rules: ControllerModule } {
  const { caches, engine, clock, settings } = parts;
  const networkProblems = new Map<string, readonly Problem[]>();
  const lastWorkAt = new Map<string, number>();
  const mode = settings.mode === "apply" ? "apply" : "plan";
  let bindingQueue: WorkQueue | undefined;
  let rulesQueue: WorkQueue | undefined;

  const bindings = new BindingReconciler({
    engine,
    facts: facts.binding,
    reporter: createBindingReporter(parts),
    records: targetRecords(parts.kube),
    registrations: facts.registrations,
    onTargetTypeKnown: () => rulesQueue?.addAfter(endpointRulesKey, rulesDelayMs, "edit"),
    clock,
    bindings: caches.bindings,
    services: caches.services,
    slices: caches.slices,
    pods: caches.pods,
    nodes: caches.nodes,
    slicesByService: indexes.service,
    bindingsByTargetGroup: indexes.targetGroup,
    failOpen: settings.gates.EndpointsFailOpen,
    maxTargets: settings.maxTargetsPerTargetGroup,
    mode,
    drift: settings.drift,
    networkProblems: (key) => networkProblems.get(key) ?? [],
  });
  const rules = new EndpointRulesReconciler({
    engine,
    network: facts.network,
    bindings: caches.bindings,
    nodes: caches.nodes,
    endpointsOf: (binding) => bindings.endpoints(binding),
    onProblems(key, problems) {
      const before = networkProblems.get(key) ?? [];
      if (problems.length === 0) networkProblems.delete(key);
      else networkProblems.set(key, problems);
      if (before.length > 0 || problems.length > 0) bindingQueue?.add(key, "retry");
    },
    mode,
    drift: settings.drift,
  });

  /** Merges what comes close together, without letting a new pod wait for long. */
  function wakeSoon(queue: WorkQueue, key: string): void {
    const now = clock.monotonic();
    const since = now - (lastWorkAt.get(key) ?? Number.NEGATIVE_INFINITY);
    queue.addAfter(key, since >= busyMs ? quietMs : Math.max(quietMs, busyMs - since), "urgent");
    rulesQueue?.addAfter(endpointRulesKey, rulesDelayMs, "urgent");
  }

  const bindingModule: ControllerModule = {
    name: "targetGroupBinding",
    concurrency: settings.workers.targetGroupBinding,
    watch(queue) {
      bindingQueue = queue;
      const wakeService = (service: string, keep: (targetType: string | undefined) => boolean): void => {
        for (const binding of caches.bindings.byIndex(indexes.service, service)) {
          if (keep(binding.spec.targetType)) wakeSoon(queue, objectKey(binding.metadata));
        }
      };
      caches.bindings.onEvent((event) => {
        if (bindingNeedsWork(event)) queue.add(event.key, priorityOf(event, caches.bindings.synced));
      });
      caches.slices.onEvent((event) => {
        const service = serviceOfSlice(event);
        if (service !== undefined) wakeService(service, (type) => type !== "instance");
      });
      caches.services.onEvent((event) => {
        if (serviceChanged(event)) wakeService(event.key, () => true);
      });
      caches.nodes.onEvent((event) => {
        for (const binding of caches.bindings.list()) {
          if (binding.spec.targetType !== "ip" && nodeConcerns(event, binding)) {
            wakeSoon(queue, objectKey(binding.metadata));
          }
        }
      });
      caches.pods.onEvent((event) => {
        for (const key of bindingsOfPod(event)) {
          if (caches.bindings.get(key) !== undefined) wakeSoon(queue, key);
          // A binding that is still to come gets its time; one that never comes must not hold the pod for ever.
          else queue.addAfter(key, missingBindingMs, "resync");
        }
      });
    },
    async reconcile(key, context) {
      lastWorkAt.set(key, clock.monotonic());
      const arn = caches.bindings.get(key)?.spec.targetGroupARN;
      if (arn === undefined) return bindings.reconcile(key, context);
      const registered = (): string => canonicalJson(facts.targets.get(arn) ?? []);
      const before = registered();
      const outcome = await bindings.reconcile(key, context);
      if (registered() !== before) facts.onTargetsChanged(arn);
      return outcome;
    },
  };

  const rulesModule: ControllerModule = {
    name: "endpointRules",
    concurrency: 1,
    watch(queue) {
      rulesQueue = queue;
      caches.bindings.onEvent((event) => {
        if (bindingNeedsWork(event)) queue.addAfter(endpointRulesKey, rulesDelayMs, "edit");
      });
      queue.add(endpointRulesKey, "resync");
    },
    reconcile: (key, context) => rules.reconcile(key, context),
  };
  return { targets: bindingModule, rules: rulesModule };
}
