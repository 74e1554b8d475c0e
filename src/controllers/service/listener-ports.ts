import type { ServicePort } from "../../api/builtin.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { ServiceView } from "./service-view.ts";

export type ListenerProtocol = "TCP" | "UDP" | "TLS" | "TCP_UDP" | "QUIC" | "TCP_QUIC";

/** One listener, and the port of the Service behind it. */
export interface ListenerPort {
  readonly port: ServicePort;
  readonly protocol: ListenerProtocol;
  readonly targetProtocol: ListenerProtocol;
}

/** What annotations say of the listeners as a whole. */
export interface ListenerRules {
  readonly certificates: readonly string[];
  /** Empty: all TCP ports. */
  readonly tlsPorts: readonly string[];
  readonly quicPorts: readonly string[];
  readonly merge: boolean;
}

export function readListenerRules(view: ServiceView): ListenerRules {
  const { annotations, spec } = view;
  const tlsPorts = annotations.list("ssl-ports") ?? [];
  const known = (spec.ports ?? []).flatMap(namesOf);
  const unused = tlsPorts.find((wanted) => !known.includes(wanted));
  if (unused !== undefined)
    throw annotations.invalid(
      "ssl-ports",
      `has ${unused}, which is neither name nor number of a port of the Service (${known.join(", ")})${unused === "*" ? "; leave the annotation out for all TCP ports" : ""}`,
    );
  const quicPorts = annotations.list("quic-enabled-ports") ?? [];
  const without = quicPorts.filter((wanted) => !known.includes(wanted));
  if (without.length > 0) warnUnmatched(view, "quic-enabled-ports", without.join(", "));
  return {
    certificates: annotations.list("ssl-cert") ?? [],
    tlsPorts,
    quicPorts,
    merge: readMerge(view),
  };
}

/** A value that cannot be read leaves it at what the gate says, as it always did; the user is told. */
function readMerge(view: ServiceView): boolean {
  const { annotations, input } = view;
  try {
    return annotations.bool("enable-tcp-udp-listener") ?? input.settings.mergeTCPAndUDP;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { field = "", value = "" } = error.input;
    view.report({ reason: "InvalidAnnotation", field, value, message: error.message, severity: "warning" });
    return input.settings.mergeTCPAndUDP;
  }
}

/** Ports of the Service by number, in the order of the spec; those of one number share a listener or exclude each other. */
export function portGroups(view: ServiceView): readonly (readonly [ServicePort, ...ServicePort[]])[] {
  const groups = Map.groupBy(view.spec.ports ?? [], ({ port }) => port);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [[first, ...others] as const],
  );
}

/** Throws where the ports of one number cannot become a listener. */
export function listenerPort(
  view: ServiceView,
  [port, ...others]: readonly [ServicePort, ...ServicePort[]],
  rules: ListenerRules,
): ListenerPort {
  const protocol = protocolOf(port);
  const [second] = others;
  if (second === undefined || !rules.merge) {
    for (const dropped of others) warnDropped(view, port, dropped);
    return withQUIC(view, port, single(view, port, protocol, rules), rules);
  }
  const words = new Set([protocol, protocolOf(second)]);
  if (others.length > 1 || words.size !== 2)
    throw invalidPort(port, `only one TCP and one UDP port can share port ${port.port} of the load balancer`);
  if (targetsOf(port) !== targetsOf(second))
    view.report({
      reason: "ConflictingSettings",
      field: "spec.ports",
      value: String(port.port),
      message: `spec.ports: both protocols of port ${port.port} share one target group: targetPort and nodePort of the first entry are used, those of the second are not`,
      severity: "warning",
    });
  return withQUIC(view, port, { port, protocol: "TCP_UDP", targetProtocol: "TCP_UDP" }, rules);
}

function single(
  { annotations }: ServiceView,
  port: ServicePort,
  protocol: "TCP" | "UDP",
  { certificates, tlsPorts }: ListenerRules,
): ListenerPort {
  const selected = tlsPorts.length === 0 || namesOf(port).some((name) => tlsPorts.includes(name));
  if (protocol !== "TCP" || certificates.length === 0 || !selected) return { port, protocol, targetProtocol: protocol };
  return { port, protocol: "TLS", targetProtocol: annotations.text("backend-protocol") === "ssl" ? "TLS" : "TCP" };
}

function withQUIC(view: ServiceView, port: ServicePort, listener: ListenerPort, rules: ListenerRules): ListenerPort {
  if (!namesOf(port).some((name) => rules.quicPorts.includes(name))) return listener;
  if (listener.protocol === "UDP") return { port, protocol: "QUIC", targetProtocol: "QUIC" };
  if (listener.protocol === "TCP_UDP") return { port, protocol: "TCP_QUIC", targetProtocol: "TCP_QUIC" };
  throw view.annotations.invalid(
    "quic-enabled-ports",
    `has port ${port.port}, whose protocol is ${listener.protocol}; QUIC needs a UDP port`,
  );
}

function protocolOf(port: ServicePort): "TCP" | "UDP" {
  const protocol = port.protocol ?? "TCP";
  if (protocol !== "SCTP") return protocol;
  throw invalidPort(
    port,
    `protocol SCTP of port ${port.port} is not supported by network load balancers; use TCP or UDP`,
  );
}

function invalidPort(port: ServicePort, what: string): InputError {
  return new InputError(`spec.ports: ${what}`, {
    reason: "InvalidSpec",
    field: "spec.ports",
    value: String(port.port),
  });
}

function warnDropped(view: ServiceView, port: ServicePort, dropped: ServicePort): void {
  view.report({
    reason: "ConflictingSettings",
    field: "spec.ports",
    value: `${dropped.port}/${dropped.protocol ?? "TCP"}`,
    message: `spec.ports: port ${dropped.port}/${dropped.protocol ?? "TCP"} gets no listener, because ${port.port}/${port.protocol ?? "TCP"} has it; set annotation ${view.annotations.key("enable-tcp-udp-listener")} to "true" to serve both`,
    severity: "warning",
  });
}

export function warnUnmatched(view: ServiceView, suffix: string, value: string): void {
  const key = view.annotations.key(suffix);
  view.report({
    reason: "InvalidAnnotation",
    field: `metadata.annotations[${key}]`,
    value,
    message: `annotation ${key} has no effect: no listener fits ${value}`,
    severity: "warning",
  });
}

function targetsOf({ port, targetPort, nodePort }: ServicePort): string {
  return `${targetPort ?? port} ${nodePort ?? ""}`;
}

function namesOf({ name, port }: ServicePort): readonly string[] {
  return name === undefined || name === "" ? [String(port)] : [name, String(port)];
}
