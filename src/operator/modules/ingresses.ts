import { defaultControls } from "../../api/annotations.ts";
import type { Service } from "../../api/builtin.ts";
import { parseObjectKey } from "../../api/object.ts";
import { defaultQuotas, type IngressSettings } from "../../controllers/ingress/input.ts";
import type { IngressSurroundings } from "../../controllers/ingress/load.ts";
import { IngressReconciler } from "../../controllers/ingress/reconcile.ts";
import { secretsOf } from "../../controllers/ingress/service-references.ts";
import {
  ingressIndexes,
  keysForClass,
  keysForClassParams,
  keysForIngress,
  keysForSecret,
  keysForService,
  type WakeContext,
} from "../../controllers/ingress/wake.ts";
import type { LoadBalancerReporter } from "../../controllers/load-balancing/report.ts";
import type { ControllerModule } from "../module.ts";
import type { OperatorParts } from "../parts.ts";
import { priorityOf } from "../priority.ts";
import type { Settings } from "../settings.ts";

/** Ingresses: application load balancers, one for each group. */
export function ingressModule(
  parts: OperatorParts,
  {
    surroundings,
    reporter,
    vpcID,
  }: {
    readonly surroundings: IngressSurroundings;
    readonly reporter: LoadBalancerReporter;
    readonly vpcID: string;
  },
): ControllerModule {
  const { caches, engine, kube, secrets, events, clock, settings } = parts;
  const classes = {
    ingressClass: settings.ingressClass,
    classes: caches.ingressClasses,
    params: caches.ingressClassParams,
    namespaces: caches.namespaces,
  };
  const wake: WakeContext = { ingresses: caches.ingresses, classes };
  const reconciler = new IngressReconciler({
    engine,
    client: kube,
    reporter,
    events: {
      event: (object, type, reason, message) => events.record(object, { type, reason, message, component: "ingress" }),
    },
    clock,
    ingresses: caches.ingresses,
    services: caches.services,
    classes,
    surroundings,
    settings: ingressSettings(settings, vpcID),
    ...(settings.requiredSecretsLabel === undefined ? {} : { requiredSecretsLabel: settings.requiredSecretsLabel }),
    controls: { ...defaultControls, mode: settings.mode, drift: settings.drift },
  });
  const servicesNaming = (key: string): readonly Service[] => {
    const { namespace = "", name } = parseObjectKey(key);
    return [...caches.services.list(namespace)].filter((service) =>
      secretsOf({ kind: "Service", metadata: service.metadata }).includes(name),
    );
  };
  const isNamed = (key: string): boolean =>
    caches.ingresses.byIndex(ingressIndexes.secret, key).length > 0 || servicesNaming(key).length > 0;
  return {
    name: "ingress",
    concurrency: settings.workers.ingress,
    watch(queue) {
      secrets.onChange((key) => {
        for (const group of keysForSecret(key, servicesNaming(key), wake)) queue.add(group, "edit");
      });
      caches.ingresses.onEvent((event) => {
        if (event.type !== "add") secrets.release(isNamed);
        const priority = priorityOf(event, caches.ingresses.synced);
        for (const key of keysForIngress(event, classes)) queue.add(key, priority);
      });
      caches.services.onEvent((event) => {
        if (event.type !== "add") secrets.release(isNamed);
        for (const key of keysForService(event, wake)) queue.add(key, priorityOf(event, caches.services.synced));
      });
      caches.ingressClasses.onEvent((event) => {
        for (const key of keysForClass(event, wake)) queue.add(key, priorityOf(event, caches.ingressClasses.synced));
      });
      caches.ingressClassParams.onEvent((event) => {
        const priority = priorityOf(event, caches.ingressClassParams.synced);
        for (const key of keysForClassParams(event, wake)) queue.add(key, priority);
      });
    },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  };
}

/** What the flags mean for builds of Ingresses. */
export function ingressSettings(settings: Settings, vpcID: string): IngressSettings {
  const { gates } = settings;
  return {
    clusterName: settings.clusterName,
    vpcID,
    ingressClass: settings.ingressClass,
    defaultScheme: settings.defaultScheme,
    defaultTargetType: settings.defaultTargetType,
    defaultSSLPolicy: settings.defaultSSLPolicy,
    tags: {
      defaultTags: settings.defaultTags,
      externalManagedTags: settings.externalManagedTags,
      defaultTagsLowPriority: gates.EnableDefaultTagsLowPriority,
    },
    backendSecurityGroup: backendGroup(settings),
    manageBackendSecurityGroupRules: settings.manageBackendSecurityGroupRules,
    restrictedSecurityGroupRules: settings.restrictedSecurityGroupRules,
    tolerateMissingService: settings.tolerateMissingService,
    tolerateMissingAction: settings.tolerateMissingAction,
    allowedCertificateAuthorityARNs: settings.allowedCertificateAuthorityARNs,
    attachAllCertificates: false,
    enableWAFv2: settings.enableWAFv2,
    enableShield: settings.enableShield,
    enableIPTargetType: gates.EnableIPTargetType,
    weightedTargetGroups: gates.WeightedTargetGroups,
    capacityReservation: gates.LBCapacityReservation,
    enhancedDefaultBehavior: gates.EnhancedDefaultBehavior,
    quotas: defaultQuotas,
  };
}

function backendGroup(settings: Settings): IngressSettings["backendSecurityGroup"] {
  if (!settings.enableBackendSecurityGroup) return { kind: "disabled" };
  return settings.backendSecurityGroup === undefined
    ? { kind: "managed" }
    : { kind: "given", id: settings.backendSecurityGroup };
}
