import type { Aws } from "../../aws/clients.ts";
import { LoadBalancerReporter } from "../../controllers/load-balancing/report.ts";
import type { AwsParts } from "../aws-parts.ts";
import { bindingFacts } from "../facts/binding-facts.ts";
import { endpointNetwork } from "../facts/endpoint-network.ts";
import { loadBalancerSurroundings } from "../facts/load-balancer-surroundings.ts";
import { type ControllerModule, wakeable } from "../module.ts";
import type { OperatorParts } from "../parts.ts";
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
  const { settings, kube, caches } = parts;
  const { inventory, vpc, interfaces, securityGroups, targets } = awsParts;
  const surroundings = loadBalancerSurroundings({ aws, parts: awsParts, kube, settings, vpcID });
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
  return [
    ...bindingModules(parts, {
      binding: bindingFacts({ elbv2: aws.elbv2, vpc, vpcID }),
      network: endpointNetwork({
        interfaces,
        groups: securityGroups,
        inventory,
        clusterName: settings.clusterName,
        extraTags: settings.serviceTargetENISecurityGroupTags,
      }),
      targets,
      onTargetsChanged: (arn) => health.changed(arn),
    }),
    ingresses.module,
    ...(settings.gates.EnableServiceController ? [services.module] : []),
    health,
    ...customKindModules(parts, aws, awsParts),
  ];
}
