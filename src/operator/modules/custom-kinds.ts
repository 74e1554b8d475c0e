import { defaultControls } from "../../api/annotations.ts";
import type { KubeObject } from "../../api/object.ts";
import type { Aws } from "../../aws/clients.ts";
import { defaultGuardrails } from "../../controllers/iam-service-account/guardrails.ts";
import { IamServiceAccountReconciler } from "../../controllers/iam-service-account/reconcile.ts";
import { NodeGroupReconciler } from "../../controllers/node-group/reconcile.ts";
import { nodeGroupSurroundings } from "../../controllers/node-group/surroundings.ts";
import type { EventSink } from "../../controllers/reporting/problem-events.ts";
import { canonicalJson } from "../../json.ts";
import type { Informer, InformerEvent } from "../../kube/informer.ts";
import type { WorkQueue } from "../../kube/work-queue.ts";
import type { AwsParts } from "../aws-parts.ts";
import type { ControllerModule } from "../module.ts";
import type { OperatorParts } from "../parts.ts";
import { priorityOf } from "../priority.ts";

/** The kinds of our own: identities and node groups. */
export function customKindModules(parts: OperatorParts, aws: Aws, awsParts: AwsParts): readonly ControllerModule[] {
  const { caches, engine, kube, clock, settings } = parts;
  const { clusterName } = settings;
  const { cluster } = awsParts;
  const defaults = { ...defaultControls, mode: settings.mode, drift: settings.drift };
  const identities = new IamServiceAccountReconciler({
    engine,
    cluster,
    clusterName,
    kube,
    events: sink(parts, "iam-service-account"),
    clock,
    objects: caches.iamServiceAccounts,
    guardrails: defaultGuardrails,
    defaultMode: "IRSA",
    oidcProviderPolicy: "CreateIfMissing",
    defaults,
  });
  const nodeGroups = new NodeGroupReconciler({
    engine,
    surroundings: nodeGroupSurroundings({ ec2: aws.ec2, clock, clusterName, cluster, subnets: awsParts.subnets }),
    cluster,
    clusterName,
    kube,
    events: sink(parts, "node-group"),
    clock,
    objects: caches.nodeGroups,
    nodes: caches.nodes,
    defaults,
  });
  return [
    {
      name: "iamServiceAccount",
      concurrency: settings.workers.identity,
      watch(queue) {
        wakeBySpec(caches.iamServiceAccounts, queue);
        caches.serviceAccounts.onEvent((event) => {
          for (const object of caches.iamServiceAccounts.list(event.key.split("/")[0])) {
            const name = object.spec?.serviceAccount?.name ?? object.metadata.name;
            if (`${object.metadata.namespace ?? ""}/${name}` !== event.key) continue;
            queue.add(`${object.metadata.namespace ?? ""}/${object.metadata.name}`, "retry");
          }
        });
      },
      reconcile: (key, context) => identities.reconcile(key, context),
    },
    {
      name: "nodeGroup",
      concurrency: settings.workers.nodes,
      watch(queue) {
        wakeBySpec(caches.nodeGroups, queue);
        caches.nodes.onEvent((event) => {
          const group = (event.new ?? event.old).metadata.labels?.["eks.amazonaws.com/nodegroup"];
          if (group === undefined) return;
          for (const object of caches.nodeGroups.list()) {
            if ((object.spec?.name ?? object.metadata.name) !== group) continue;
            queue.addAfter(object.metadata.name, nodeEventsMs, "retry");
          }
        });
      },
      reconcile: (key, context) => nodeGroups.reconcile(key, context),
    },
  ];
}

/** Nodes of a group come and go together. */
const nodeEventsMs = 1_000;

function sink({ events }: OperatorParts, component: string): EventSink {
  return { event: (object, event) => events.record(object, { ...event, component }) };
}

/** Status, labels and managed fields do not matter to our kinds. */
function wakeBySpec<T extends KubeObject & { readonly spec?: object }>(informer: Informer<T>, queue: WorkQueue): void {
  informer.onEvent((event: InformerEvent<T>) => {
    if (event.type === "update" && content(event.old) === content(event.new)) return;
    queue.add(event.key, priorityOf(event, informer.synced));
  });
}

function content(object: KubeObject & { readonly spec?: object }): string {
  const { annotations, deletionTimestamp, uid } = object.metadata;
  return canonicalJson([object.spec ?? {}, annotations ?? {}, deletionTimestamp, uid]);
}
