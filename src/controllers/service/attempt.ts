import type { Problem, Resource } from "../../engine/stack.ts";
import { FactMissing, FactReader, type FactRequest } from "../load-balancing/facts.ts";
import { InputError, problemOf } from "../load-balancing/input-error.ts";
import { inGeneration } from "../load-balancing/replacement.ts";
import { targetGroupBinding } from "../load-balancing/target-group-binding.ts";
import { stackLabels } from "../load-balancing/tracking.ts";
import { actionSuffix } from "./action-annotation.ts";
import { servicePrefix } from "./annotation-keys.ts";
import type { AcceptedService, ServiceInput } from "./input.ts";
import { type ListenerPort, listenerPort, portGroups, readListenerRules, warnUnmatched } from "./listener-ports.ts";
import { attributesSuffix, listenerResource } from "./listeners.ts";
import {
  type LoadBalancerSettings,
  loadBalancerID,
  loadBalancerResource,
  readServiceTags,
  settingReaders,
} from "./load-balancer.ts";
import { bindingRules } from "./networking.ts";
import { type Placement, readAddressType, readPlacement, readScheme } from "./placement.ts";
import { goesWithoutGroups, type ServiceSecurityGroups, serviceSecurityGroups } from "./security-groups.ts";
import { type ServiceView, serviceView } from "./service-view.ts";
import { generationOf, serviceSuccession } from "./succession.ts";
import type { ServiceTargetGroup } from "./target-group.ts";

export type AttemptResult =
  | { readonly kind: "missing"; readonly missing: readonly FactRequest[]; readonly asked: readonly FactRequest[] }
  | {
      readonly kind: "built";
      readonly resources: readonly Resource[];
      readonly problems: readonly Problem[];
      readonly asked: readonly FactRequest[];
    }
  /** `failures`: everything that is wrong with this content. */
  | {
      readonly kind: "failed";
      readonly failures: readonly Problem[];
      readonly problems: readonly Problem[];
      readonly asked: readonly FactRequest[];
    };

/** One build from a given content of the Service. All that is wrong with it is collected, not only the first. */
export function attemptService(input: ServiceInput, accepted: AcceptedService | undefined): AttemptResult {
  const facts = new FactReader(input.facts);
  const problems: Problem[] = [];
  const view = serviceView(input, accepted, { facts, problems });
  const collector = new Collector(view);
  const resources = collector.collect(() => assemble(view, collector));
  const { asked, missing } = facts;
  if (missing.length > 0) return { kind: "missing", missing, asked };
  if (collector.failures.length > 0 || resources === undefined)
    return { kind: "failed", failures: collector.failures, problems, asked };
  return { kind: "built", resources, problems, asked };
}

/** Lets one part of a build fail without hiding what is wrong with the others. */
class Collector {
  readonly failures: Problem[] = [];
  readonly #view: ServiceView;

  constructor(view: ServiceView) {
    this.#view = view;
  }

  collect<T>(build: () => T): T | undefined {
    try {
      return build();
    } catch (error) {
      if (error instanceof FactMissing) return undefined;
      if (!(error instanceof InputError)) throw error;
      const problem = problemOf(error, this.#view.object);
      if (!this.failures.some(({ message }) => message === problem.message)) this.failures.push(problem);
      return undefined;
    }
  }
}

/** Undefined where a part failed or waits for a fact. */
function assemble(view: ServiceView, collector: Collector): readonly Resource[] | undefined {
  const decided = collector.collect(() => serviceSuccession(view, readScheme(view)));
  const ipAddressType = collector.collect(() => readAddressType(view));
  const settings = readSettings(view, collector);
  const tags = collector.collect(() => readServiceTags(view));
  const rules = collector.collect(() => readListenerRules(view));
  const stand = decided === undefined || ipAddressType === undefined ? undefined : { ...decided, ipAddressType };
  const place = stand === undefined ? undefined : collector.collect(() => readWholePlace(view, stand));
  const groups =
    stand === undefined ? undefined : collector.collect(() => serviceSecurityGroups(view, stand, tags ?? {}));
  if (rules === undefined) return undefined;
  const listeners = portGroups(view).flatMap(
    (ports) => collector.collect(() => listenerPort(view, ports, rules)) ?? [],
  );
  const targetGroups = new Map<string, ServiceTargetGroup>();
  const context = { rules, place: place ?? { ...anywhere, ...stand }, tags: tags ?? {}, targetGroups };
  const listenerResources = listeners.flatMap(
    (listener) => collector.collect(() => listenerResource(view, listener, context)) ?? [],
  );
  if (groups !== undefined && ipAddressType !== undefined)
    collector.collect(() => checkQUIC(view, listeners, { groups, ipAddressType }));
  warnUnusedFamilies(view, listeners);
  if (place === undefined || groups === undefined || tags === undefined) return undefined;
  const bindings = [...targetGroups.values()].flatMap(
    (group) => collector.collect(() => binding(view, group, bindingRules(view, group, { ...groups, place }))) ?? [],
  );
  const resources = [
    ...groups.resources,
    loadBalancerResource(view, place, { settings, securityGroups: groups, tags }),
    ...[...targetGroups.values()].map(({ resource }) => resource),
    ...listenerResources,
    ...bindings,
  ];
  return inGeneration(resources, loadBalancerID, generationOf(place.succession));
}

/** Lets ports be judged before it is known where the load balancer stands; what is built so is thrown away. */
const anywhere: Placement = {
  scheme: "internal",
  succession: { kind: "first" },
  ipAddressType: "dualstack",
  subnets: [],
  mappings: [],
  sourceNat: "off",
};

function readWholePlace(
  view: ServiceView,
  stand: Pick<Placement, "scheme" | "succession" | "ipAddressType">,
): Placement {
  return readPlacement(view, { ...stand, needsCIDRs: goesWithoutGroups(view, stand) });
}

function readSettings(view: ServiceView, collector: Collector): LoadBalancerSettings {
  const name = collector.collect(() => settingReaders.name(view));
  const capacityUnits = collector.collect(() => settingReaders.capacityUnits(view));
  const privateLinkRules = collector.collect(() => settingReaders.privateLinkRules(view));
  return {
    attributes: collector.collect(() => settingReaders.attributes(view)) ?? {},
    ...(name === undefined ? {} : { name }),
    ...(capacityUnits === undefined ? {} : { capacityUnits }),
    ...(privateLinkRules === undefined ? {} : { privateLinkRules }),
  };
}

function binding(view: ServiceView, group: ServiceTargetGroup, rules: ReturnType<typeof bindingRules>): Resource {
  const nodeLabels = view.annotations.map("target-node-labels");
  return targetGroupBinding({
    targetGroup: group.resource,
    namespace: group.service.metadata.namespace ?? "",
    service: group.service.metadata.name,
    port: group.port.port,
    labels: stackLabels("service.k8s.aws", view),
    ...(rules === undefined ? {} : { rules }),
    ...(nodeLabels === undefined ? {} : { nodeLabels }),
    multiCluster: view.annotations.bool("multi-cluster-target-group") === true,
  });
}

/** QUIC listeners go neither with security groups nor with dualstack (ELB user guide, "Listeners for your Network Load Balancers"). */
function checkQUIC(
  view: ServiceView,
  listeners: readonly ListenerPort[],
  { groups, ipAddressType }: { readonly groups: ServiceSecurityGroups; readonly ipAddressType: string },
): void {
  if (!listeners.some(({ protocol }) => protocol === "QUIC" || protocol === "TCP_QUIC")) return;
  if (groups.onLoadBalancer.length > 0)
    throw view.annotations.invalid(
      "quic-enabled-ports",
      `needs a load balancer without security groups: set annotation ${view.annotations.key("disable-nlb-sg")} to "true"`,
    );
  if (ipAddressType === "dualstack")
    throw view.annotations.invalid("quic-enabled-ports", "cannot be used with dualstack load balancers");
}

/** Keys that end in protocol and port of a listener, of which there is none. */
function warnUnusedFamilies(view: ServiceView, listeners: readonly ListenerPort[]): void {
  const used = new Set(
    listeners.flatMap((listener) => [
      view.annotations.key(attributesSuffix(listener)),
      view.plain.key(actionSuffix(listener)),
    ]),
  );
  for (const key of Object.keys(view.all).sort()) {
    const suffix = key.slice(view.annotations.key("").length);
    if (key.startsWith(view.annotations.key("listener-attributes.")) && !used.has(key))
      warnUnmatched(view, suffix, suffix.slice("listener-attributes.".length));
    if (key.startsWith(`${servicePrefix}actions.`) && !used.has(key)) {
      const value = key.slice(`${servicePrefix}actions.`.length);
      view.report({
        reason: "InvalidAnnotation",
        field: `metadata.annotations[${key}]`,
        value,
        message: `annotation ${key} has no effect: no listener fits ${value}`,
        severity: "warning",
      });
    }
  }
}
