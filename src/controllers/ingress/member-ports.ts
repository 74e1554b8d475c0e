import type { MutualAuthenticationSpec } from "../../resources/elbv2/specs.ts";
import { parseCidr } from "../load-balancing/cidr.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { discoverCertificates, explicitCertificates, type MemberCertificates } from "./certificates.ts";
import { type ListenPorts, type ListenProtocol, readListenPorts } from "./listen-ports.ts";
import type { MemberView } from "./member-view.ts";
import { readMutualAuthentication } from "./mutual-authentication.ts";

/** What one member wants of each port that it listens on. */
export interface MemberPorts {
  readonly ports: ListenPorts;
  readonly certificates: MemberCertificates;
  readonly sslPolicy?: string;
  readonly inboundCIDRs?: readonly string[];
  readonly prefixLists?: readonly string[];
  readonly mutualAuthentication: ReadonlyMap<number, MutualAuthenticationSpec>;
}

export function readMemberPorts(view: MemberView, now: number): MemberPorts {
  const explicit = explicitCertificates(view);
  const ports =
    readListenPorts(view.annotations) ??
    new Map<number, ListenProtocol>([explicit.length > 0 ? [443, "HTTPS"] : [80, "HTTP"]]);
  const secure = [...ports.values()].includes("HTTPS");
  const sslPolicy = view.params.sslPolicy ?? view.annotations.text("ssl-policy");
  const inboundCIDRs = readCIDRs(view);
  const prefixLists =
    view.params.prefixListsIDs ?? view.params.PrefixListsIDs ?? view.annotations.list("security-group-prefix-lists");
  const mutualAuthentication = readMutualAuthentication(view);
  const certificates =
    explicit.length > 0 || !secure ? { arns: explicit, discovered: false } : discoverCertificates(view, now);
  return {
    ports,
    certificates,
    ...(sslPolicy === undefined || sslPolicy === "" ? {} : { sslPolicy }),
    ...(inboundCIDRs === undefined || inboundCIDRs.length === 0 ? {} : { inboundCIDRs }),
    ...(prefixLists === undefined || prefixLists.length === 0 ? {} : { prefixLists: [...prefixLists].sort() }),
    mutualAuthentication,
  };
}

/** In the form that EC2 stores, so that host bits never look like a change. */
function readCIDRs(view: MemberView): readonly string[] | undefined {
  const fromParams = view.params.inboundCIDRs;
  const cidrs = fromParams ?? view.annotations.list("inbound-cidrs");
  return cidrs
    ?.map((text) => {
      const cidr = parseCidr(text);
      if (cidr !== undefined) return cidr.text;
      const what = `${JSON.stringify(text)} is not a CIDR block such as 10.0.0.0/8 or 2001:db8::/32`;
      if (fromParams === undefined) throw view.annotations.invalid("inbound-cidrs", what);
      throw new InputError(`spec.inboundCIDRs of the IngressClassParams: ${what}`, {
        reason: "InvalidSpec",
        field: "spec.inboundCIDRs",
        value: text,
      });
    })
    .sort();
}
