import type { Aws } from "../../aws/clients.ts";
import { endpointRulesKey } from "../../controllers/endpoint-rules/reconcile.ts";
import { groupOwner, parseGroupKey } from "../../controllers/ingress/group.ts";
import { LoadBalancerReporter } from "../../controllers/load-balancing/report.ts";
import type { Owner } from "../../engine/stack.ts";
import type { AwsParts } from "../aws-parts.ts";
import { watchDrift } from "../drift-watch.ts";
import { bindingFacts } from "../facts/binding-facts.ts";
import { endpointNetwork } from "../facts/endpoint-network.ts";
import { loadBalancerSurroundings } from "../facts/load-balancer-surroundings.ts";
import { type ControllerModule, wakeable } from "../module.ts";
import type { OperatorParts } from "../parts.ts";
import { Registrations } from "../registrations.ts";
import { backendGroupModule } from "./backend-group.ts";
import { bindingModules } from "./bindings.ts";
import { customKindModules } from "./custom-kinds.ts";
import { ingressModule } from "./ingresses.ts";
import { serviceModule } from "./services.ts";
import { targetHealthModule } from "./target-health.ts";

/** Every controller of the program. */
export function createModules(
  parts: OperatorParts,
  { aws, awsParts, vpcID }: { readonly aws: Aws; readonly awsParts: AwsParts; readonly vpcID: string },
): readonly ControllerModule[] {
  const { settings, kube, caches, secrets } = parts;
  const { inventory, vpc, interfaces, securityGroups, targets } = awsParts;
  const registrations = new Registrations(caches.loadBalancers);
  const surroundings = loadBalancerSurroundings({ aws, parts: awsParts, secrets, settings, vpcID, registrations });
  const reporter = new LoadBalancerReporter(kube, caches.loadBalancers);
  const ingresses = wakeable(ingressModule(parts, { surroundings, reporter, vpcID }));
  const services = wakeable(serviceModule(parts, { surroundings, inventory, reporter, vpcID }));
  const health = targetHealthModule(
    { aws, awsParts },
    {
      "ingress.k8s.aws/stack": (key) => ingresses.wake(key),
      "service.k8s.aws/stack": (key) => services.wake(key),
    },
  );
  const bindings = bindingModules(parts, {
    binding: bindingFacts({ elbv2: aws.elbv2, vpc, vpcID, inventory, clusterName: settings.clusterName }),
    network: endpointNetwork({
      interfaces,
      groups: securityGroups,
      inventory,
      clusterName: settings.clusterName,
      extraTags: settings.serviceTargetENISecurityGroupTags,
    }),
    targets,
    registrations,
    onTargetsChanged: (arn) => health.changed(arn),
  });
  const rules = wakeable(bindings.rules);
  const owners = {
    "ingress.k8s.aws/stack": {
      owner: (stack: string) => groupOwner(parseGroupKey(stack)),
      wake: (stack: string) => ingresses.wake(stack),
    },
    "service.k8s.aws/stack": { owner: serviceOwner, wake: (stack: string) => services.wake(stack) },
  };
  watchDrift({ inventory, engine: parts.engine }, owners, {
    owner: (groupID) => ({ kind: "SecurityGroup", namespace: "", name: groupID }),
    wake: () => rules.wake(endpointRulesKey),
  });
  const classes = {
    ingressClass: settings.ingressClass,
    classes: caches.ingressClasses,
    params: caches.ingressClassParams,
    namespaces: caches.namespaces,
  };
  return [
    bindings.targets,
    rules.module,
    ingresses.module,
    ...(settings.gates.EnableServiceController ? [services.module] : []),
    health,
    backendGroupModule(parts, { inventory, classes }),
    ...customKindModules(parts, aws, awsParts),
  ];
}

function serviceOwner(stack: string): Owner {
  const [namespace = "", name = ""] = stack.split("/");
  return { kind: "Service", namespace, name };
}
