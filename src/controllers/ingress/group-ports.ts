import type { MutualAuthenticationSpec } from "../../resources/elbv2/specs.ts";
import { type ListenerCertificates, mergeCertificates } from "./certificates.ts";
import type { ListenProtocol } from "./listen-ports.ts";
import type { MemberPorts } from "./member-ports.ts";
import type { MemberView } from "./member-view.ts";
import { exclusive, mergedMap } from "./merge.ts";

export interface MemberWithPorts {
  readonly view: MemberView;
  readonly wanted: MemberPorts;
}

/** One listener of the group, merged over the members that listen on its port. */
export interface GroupPort {
  readonly port: number;
  readonly protocol: ListenProtocol;
  /** In the order of the group. */
  readonly members: readonly MemberView[];
  readonly certificates: ListenerCertificates;
  readonly sslPolicy?: string;
  readonly inboundCIDRs: readonly string[];
  readonly prefixLists: readonly string[];
  readonly mutualAuthentication?: MutualAuthenticationSpec;
  readonly attributes: Readonly<Record<string, string>>;
}

/** `members` in the order of the group, `seniority` in the order in which they win; ports ascending. */
export function mergePorts(
  members: readonly MemberWithPorts[],
  seniority: readonly MemberView[],
  /** The default certificate that a port has now. */
  present: (port: number) => string | undefined,
): readonly GroupPort[] {
  const wanted = new Map(members.map(({ view, wanted: ports }) => [view.key, ports]));
  const numbers = [...new Set(members.flatMap(({ wanted: { ports } }) => [...ports.keys()]))].sort((a, b) => a - b);
  return numbers.map((port): GroupPort => {
    const asking = seniority.filter(({ key }) => wanted.get(key)?.ports.has(port));
    const of = (view: MemberView): MemberPorts | undefined => wanted.get(view.key);
    const protocol = exclusive(asking, `listen-ports protocol of port ${port}`, (view) => of(view)?.ports.get(port));
    const word = protocol?.value ?? "HTTP";
    const agreed = asking.filter((view) => of(view)?.ports.get(port) === word);
    const inOrder = members.filter(({ view }) => agreed.includes(view));
    const secure = word === "HTTPS";
    const sslPolicy = exclusive(agreed, `ssl-policy of port ${port}`, (view) => of(view)?.sslPolicy);
    const cidrs = exclusive(agreed, `inbound-cidrs of port ${port}`, (view) => of(view)?.inboundCIDRs);
    const lists = exclusive(agreed, `security-group-prefix-lists of port ${port}`, (view) => of(view)?.prefixLists);
    const mutual = secure
      ? exclusive(agreed, `mutual-authentication of port ${port}`, (view) => of(view)?.mutualAuthentication.get(port))
      : undefined;
    return {
      port,
      protocol: word,
      members: inOrder.map(({ view }) => view),
      certificates: secure
        ? mergeCertificates(
            inOrder.map(({ wanted: ports }) => ports.certificates),
            () => present(port),
          )
        : { extraARNs: [] },
      ...(sslPolicy === undefined ? {} : { sslPolicy: sslPolicy.value }),
      inboundCIDRs: cidrs?.value ?? [],
      prefixLists: lists?.value ?? [],
      ...(mutual === undefined ? {} : { mutualAuthentication: mutual.value }),
      attributes: listenerAttributes(agreed, inOrder[0]?.view, word, port),
    };
  });
}

/** The class of the first member on the port decides key by key; then the members' annotations are merged. */
function listenerAttributes(
  members: readonly MemberView[],
  first: MemberView | undefined,
  protocol: string,
  port: number,
): Readonly<Record<string, string>> {
  const name = `listener-attributes.${protocol}-${port}`;
  const listener = first?.params.listeners?.find((entry) => entry.protocol === protocol && entry.port === port);
  const fixed = Object.fromEntries((listener?.listenerAttributes ?? []).map(({ key, value }) => [key, value]));
  const merged = mergedMap(members, name, (view) => {
    const own = view.annotations.map(name) ?? {};
    return Object.fromEntries(Object.entries(own).filter(([key]) => !(key in fixed)));
  });
  return { ...merged, ...fixed };
}
