import { defaultControls } from "../../api/annotations.ts";
import { type KubeObject, objectKey } from "../../api/object.ts";
import type { Aws } from "../../aws/clients.ts";
import { FargateProfileReconciler } from "../../controllers/fargate-profile/reconcile.ts";
import { sharesPrincipal } from "../../controllers/iam-identity-mapping/duplicates.ts";
import { defaultMappingGuardrails } from "../../controllers/iam-identity-mapping/guardrails.ts";
import { mappingPrincipals } from "../../controllers/iam-identity-mapping/principals.ts";
import { IamIdentityMappingReconciler } from "../../controllers/iam-identity-mapping/reconcile.ts";
import { defaultGuardrails } from "../../controllers/iam-service-account/guardrails.ts";
import { IamServiceAccountReconciler } from "../../controllers/iam-service-account/reconcile.ts";
import { NodeGroupReconciler } from "../../controllers/node-group/reconcile.ts";
import { nodeGroupSurroundings } from "../../controllers/node-group/surroundings.ts";
import type { EventSink } from "../../controllers/reporting/problem-events.ts";
import { canonicalJson } from "../../json.ts";
import type { Informer, InformerEvent } from "../../kube/informer.ts";
import type { WorkQueue } from "../../kube/work-queue.ts";
import { ownersOfChanged } from "../../resources/kubernetes/aws-auth-config-map.ts";
import type { AwsParts } from "../aws-parts.ts";
import type { ControllerModule } from "../module.ts";
import type { OperatorParts } from "../parts.ts";
import { priorityOf } from "../priority.ts";

/** The kinds of our own: identities, node groups and Fargate profiles. */
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
  const surroundings = nodeGroupSurroundings({ ec2: aws.ec2, clock, clusterName, cluster, subnets: awsParts.subnets });
  const nodeGroups = new NodeGroupReconciler({
    engine,
    surroundings,
    cluster,
    clusterName,
    kube,
    events: sink(parts, "node-group"),
    clock,
    objects: caches.nodeGroups,
    nodes: caches.nodes,
    defaults,
  });
  const fargateProfiles = new FargateProfileReconciler({
    engine,
    surroundings,
    cluster,
    clusterName,
    kube,
    events: sink(parts, "fargate-profile"),
    clock,
    objects: caches.fargateProfiles,
    pods: caches.pods,
    queue: awsParts.fargateQueue,
    defaults,
  });
  const mappings = new IamIdentityMappingReconciler({
    engine,
    cluster,
    clusterName,
    kube,
    events: sink(parts, "iam-identity-mapping"),
    clock,
    objects: caches.identityMappings,
    guardrails: defaultMappingGuardrails,
    principals: mappingPrincipals({ iam: aws.iam, sts: aws.sts, serviceAccounts: caches.iamServiceAccounts }),
    defaults,
  });
  return [
    {
      name: "iamIdentityMapping",
      concurrency: settings.workers.identity,
      watch: (queue) => watchMappings(parts, mappings, queue),
      reconcile: (key, context) => mappings.reconcile(key, context),
    },
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
    {
      name: "fargateProfile",
      concurrency: settings.workers.nodes,
      watch(queue) {
        wakeBySpec(caches.fargateProfiles, queue);
        caches.fargateProfiles.onEvent((event) => {
          if (event.type === "update" && event.old.metadata.generation === event.new.metadata.generation) return;
          // Profiles that match the same pods tell of each other.
          for (const { metadata } of caches.fargateProfiles.list()) {
            if (metadata.name !== event.key) queue.addAfter(metadata.name, podEventsMs, "retry");
          }
        });
        caches.pods.onEvent((event) => {
          const pod = event.new ?? event.old;
          for (const key of fargateProfiles.keysOfPod(pod)) queue.addAfter(key, podEventsMs, "retry");
        });
      },
      reconcile: (key, context) => fargateProfiles.reconcile(key, context),
    },
  ];
}

function watchMappings({ caches }: OperatorParts, mappings: IamIdentityMappingReconciler, queue: WorkQueue): void {
  const { identityMappings, iamServiceAccounts, awsAuth } = caches;
  wakeBySpec(identityMappings, queue);
  // Who waited behind a mapping of the same principal is due when that one goes.
  identityMappings.onEvent((event) => {
    if (event.type !== "delete") return;
    for (const other of identityMappings.list())
      if (sharesPrincipal(event.old, other)) queue.add(other.metadata.name, "retry");
  });
  iamServiceAccounts.onEvent((event) => {
    if (event.old?.status?.roleARN === event.new?.status?.roleARN) return;
    for (const { metadata, spec } of identityMappings.list()) {
      const account = spec.principal.iamServiceAccountRef;
      if (account !== undefined && objectKey(account) === event.key) queue.add(metadata.name, "retry");
    }
  });
  awsAuth.onEvent((event) => {
    for (const name of ownersOfChanged(event.old, event.new)) {
      if (identityMappings.get(name) === undefined) continue;
      mappings.suspect(name);
      queue.add(name, "retry");
    }
  });
}

/** Nodes of a group come and go together. */
const nodeEventsMs = 1_000;

/** Pods start in crowds, and only a number is shown of them. */
const podEventsMs = 5_000;

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
