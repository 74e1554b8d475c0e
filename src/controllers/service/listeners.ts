import { type Resource, ref } from "../../engine/stack.ts";
import type { ActionSpec, ListenerSpec, StringOrRef, Tags, WeightedTargetGroup } from "../../resources/elbv2/specs.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { servicePort } from "../load-balancing/service-port.ts";
import { actionSuffix, readAction, type WeightedBackend } from "./action-annotation.ts";
import type { ListenerPort, ListenerProtocol, ListenerRules } from "./listener-ports.ts";
import { loadBalancerID } from "./load-balancer.ts";
import type { Placement } from "./placement.ts";
import type { ServiceView } from "./service-view.ts";
import { type ServiceTargetGroup, targetGroup, targetGroupID } from "./target-group.ts";

export interface ListenerContext {
  readonly rules: ListenerRules;
  readonly place: Placement;
  readonly tags: Tags;
  /** By id; grows while listeners are made. */
  readonly targetGroups: Map<string, ServiceTargetGroup>;
}

const alpnPolicies = ["None", "HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred"];

export function listenerResource(
  view: ServiceView,
  listener: ListenerPort,
  context: ListenerContext,
): Resource<ListenerSpec> {
  const { annotations, input } = view;
  const { port, protocol } = listener;
  const secure = protocol === "TLS";
  const [certificateARN, ...extraCertificateARNs] = context.rules.certificates;
  const alpn = secure ? readALPN(view) : undefined;
  return {
    type: "elbv2/Listener",
    id: String(port.port),
    spec: {
      loadBalancerARN: ref("elbv2/LoadBalancer", loadBalancerID, "arn"),
      port: port.port,
      protocol,
      defaultActions: [forwardAction(view, listener, context)],
      ...(secure && certificateARN !== undefined
        ? {
            certificateARN,
            extraCertificateARNs,
            sslPolicy: annotations.text("ssl-negotiation-policy") ?? input.settings.defaultSSLPolicy,
          }
        : {}),
      ...(alpn === undefined ? {} : { alpnPolicy: [alpn] }),
      // The idle time-out of TLS listeners is fixed (ELB user guide, "Listeners for your Network Load Balancers").
      attributes: secure ? {} : (annotations.map(attributesSuffix(listener)) ?? {}),
      tags: context.tags,
    },
  };
}

export function attributesSuffix({ protocol, port }: ListenerPort): string {
  return `listener-attributes.${protocol}-${port.port}`;
}

function readALPN({ annotations, input }: ServiceView): string | undefined {
  return (
    annotations.oneOf("alpn-policy", alpnPolicies) ?? (input.settings.enhancedDefaultBehavior ? "None" : undefined)
  );
}

function forwardAction(view: ServiceView, listener: ListenerPort, context: ListenerContext): ActionSpec {
  const action = readAction(view, listener);
  const base = targetGroupOf(
    view,
    { service: view.service, port: listener.port, protocol: listener.targetProtocol },
    context,
  );
  if (action === undefined) return { type: "forward", targetGroups: [{ targetGroupARN: base }] };
  const suffix = actionSuffix(listener);
  if (action.others.length > 0 && !view.input.settings.weightedTargetGroups)
    throw view.plain.invalid(suffix, "shares traffic while feature gate WeightedTargetGroups is off");
  if (action.others.length > 4)
    throw view.plain.invalid(
      suffix,
      `has ${action.others.length} target groups; at most 4 can stand beside that of the Service`,
    );
  if (listener.protocol === "TLS" && action.stickiness?.enabled === true)
    throw view.plain.invalid(suffix, "wants stickiness, which TLS listeners do not have");
  const targetGroups: WeightedTargetGroup[] = [weighted(base, action.baseWeight)];
  for (const other of action.others) {
    const arn = backendARN(view, listener, other, context);
    if (arn !== undefined) targetGroups.push(weighted(arn, other.weight));
  }
  return {
    type: "forward",
    targetGroups,
    ...(action.stickiness === undefined ? {} : { stickiness: action.stickiness }),
  };
}

function weighted(targetGroupARN: StringOrRef, weight: number | undefined): WeightedTargetGroup {
  return weight === undefined ? { targetGroupARN } : { targetGroupARN, weight };
}

/** Undefined, after a report, for a Service that has gone since the content was accepted: the others carry on. */
function backendARN(
  view: ServiceView,
  listener: ListenerPort,
  { target, decrypt }: WeightedBackend,
  context: ListenerContext,
): StringOrRef | undefined {
  if (target.kind === "arn") return target.arn;
  const suffix = actionSuffix(listener);
  const service = target.name === view.name ? view.service : view.input.backends.get(target.name);
  const field = `metadata.annotations[${view.plain.key(suffix)}]`;
  if (service === undefined) {
    const message = `annotation ${view.plain.key(suffix)}: service ${view.namespace}/${target.name} not found`;
    if (!view.lenient) throw new InputError(message, { reason: "BackendNotFound", field, value: target.name });
    view.report({ reason: "BackendNotFound", field, value: target.name, message, severity: "error" });
    return undefined;
  }
  const protocol = listener.protocol === "TLS" && decrypt === true ? "TCP" : listener.protocol;
  return targetGroupOf(view, { service, port: servicePort(service, target.port), protocol }, context);
}

/** One target group for each port of a Service, however many listeners use it. */
function targetGroupOf(
  view: ServiceView,
  wanted: {
    readonly service: ServiceView["service"];
    readonly port: ListenerPort["port"];
    readonly protocol: ListenerProtocol;
  },
  { place, tags, targetGroups }: ListenerContext,
): StringOrRef {
  const id = targetGroupID(wanted.service, wanted.port);
  const present = targetGroups.get(id);
  if (present === undefined) {
    targetGroups.set(id, targetGroup(view, { ...wanted, place, tags }));
  } else if (present.resource.spec.protocol !== wanted.protocol) {
    throw new InputError(
      `port ${wanted.port.port} of service ${wanted.service.metadata.name} is used with protocols ${present.resource.spec.protocol} and ${wanted.protocol}: one target group has one protocol`,
      { reason: "ConflictingSettings", field: "spec.ports", value: String(wanted.port.port) },
    );
  }
  return ref("elbv2/TargetGroup", id, "arn");
}
