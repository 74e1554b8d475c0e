import { defaultControls } from "../../api/annotations.ts";
import type { Inventory, LoadBalancerEntry } from "../../aws/inventory.ts";
import type { LoadBalancerSurroundings } from "../../controllers/load-balancing/ports.ts";
import type { LoadBalancerReporter } from "../../controllers/load-balancing/report.ts";
import type { ServiceSettings } from "../../controllers/service/input.ts";
import type { ServiceSurroundings } from "../../controllers/service/load.ts";
import { ServiceReconciler } from "../../controllers/service/reconcile.ts";
import { becameOrphan, keysForService } from "../../controllers/service/wake.ts";
import { generationTag } from "../../resources/elbv2/generation.ts";
import type { ControllerModule } from "../module.ts";
import type { OperatorParts } from "../parts.ts";
import { priorityOf } from "../priority.ts";
import type { Settings } from "../settings.ts";
import { ingressSettings } from "./ingresses.ts";

/** Services: network load balancers, one for each. */
export function serviceModule(
  parts: OperatorParts,
  {
    surroundings,
    inventory,
    reporter,
    vpcID,
  }: {
    readonly surroundings: LoadBalancerSurroundings;
    readonly inventory: Inventory;
    readonly reporter: LoadBalancerReporter;
    readonly vpcID: string;
  },
): ControllerModule {
  const { caches, engine, kube, events, clock, settings } = parts;
  const own = serviceSettings(settings, vpcID);
  const record = (
    object: Parameters<typeof events.record>[0],
    type: "Normal" | "Warning",
    reason: string,
    message: string,
  ) => events.record(object, { type, reason, message, component: "service" });
  const reconciler = new ServiceReconciler({
    engine,
    client: kube,
    reporter,
    events: { event: record },
    clock,
    services: caches.services,
    surroundings: { ...surroundings, ...existing(inventory) },
    settings: own,
    controls: { ...defaultControls, mode: settings.mode, drift: settings.drift },
  });
  return {
    name: "service",
    concurrency: settings.workers.service,
    watch(queue) {
      caches.services.onEvent((event) => {
        const priority = priorityOf(event, caches.services.synced);
        for (const key of keysForService(event, { services: caches.services, settings: own })) queue.add(key, priority);
        if (becameOrphan(event))
          record(
            event.new,
            "Warning",
            "InvalidAnnotation",
            'service.beta.kubernetes.io/aws-load-balancer-type is "external" without aws-load-balancer-nlb-target-type ip or instance: no controller makes a load balancer',
          );
      });
    },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  };
}

function existing(inventory: Inventory): Pick<ServiceSurroundings, "existingNetworkLoadBalancers"> {
  const created = ({ item }: LoadBalancerEntry): number => item.CreatedTime?.getTime() ?? 0;
  return {
    async existingNetworkLoadBalancers({ tags, idTag, id }) {
      await inventory.ready();
      return inventory.loadBalancers
        .withTags({ ...tags, [idTag]: id })
        .filter(({ item }) => item.Type === "network" && item.State?.Code !== "failed")
        .toSorted((a, b) => created(b) - created(a))
        .map(({ key, name, item, tags: present }) => {
          const { Scheme = "internet-facing", AvailabilityZones = [], SecurityGroups = [] } = item;
          const generation = present[generationTag];
          return {
            arn: key,
            name,
            scheme: Scheme,
            subnetIDs: AvailabilityZones.flatMap(({ SubnetId }) => SubnetId ?? []),
            hasSecurityGroups: SecurityGroups.length > 0,
            ...(generation === undefined ? {} : { generation }),
          };
        });
    },
  };
}

/** What the flags mean for builds of Services. */
export function serviceSettings(settings: Settings, vpcID: string): ServiceSettings {
  const { gates, loadBalancerClass } = settings;
  const shared = ingressSettings(settings, vpcID);
  return {
    clusterName: settings.clusterName,
    vpcID,
    loadBalancerClass,
    typeLoadBalancerOnly: gates.ServiceTypeLoadBalancerOnly,
    defaultScheme: settings.defaultScheme,
    defaultTargetType: settings.defaultTargetType,
    defaultSSLPolicy: settings.defaultSSLPolicy,
    tags: shared.tags,
    backendSecurityGroup: shared.backendSecurityGroup,
    manageBackendSecurityGroupRules: settings.manageBackendSecurityGroupRules,
    restrictedSecurityGroupRules: settings.restrictedSecurityGroupRules,
    enableIPTargetType: gates.EnableIPTargetType,
    securityGroups: gates.NLBSecurityGroup,
    advancedHealthChecks: gates.NLBHealthCheckAdvancedConfig,
    mergeTCPAndUDP: gates.EnableTCPUDPListener,
    capacityReservation: gates.LBCapacityReservation,
    weightedTargetGroups: gates.WeightedTargetGroups,
    enhancedDefaultBehavior: gates.EnhancedDefaultBehavior,
  };
}
