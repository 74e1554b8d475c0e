import type { Ingress } from "../../api/builtin.ts";
import type { IngressBuild, MemberResult } from "./build.ts";
import { type GroupID, groupKey, ingressKey } from "./group.ts";
import type { Membership } from "./membership.ts";

/** One run over one group. */
export class Pass {
  readonly group: GroupID;
  readonly membership: Membership;
  readonly signal: AbortSignal;
  /** Answers of our own status patches, newer than the cache. */
  readonly patched = new Map<string, Ingress>();
  build: IngressBuild = { members: [], problems: [], missing: [], asked: [] };

  constructor(group: GroupID, membership: Membership, signal: AbortSignal) {
    this.group = group;
    this.membership = membership;
    this.signal = signal;
  }

  result(ingress: Ingress): MemberResult | undefined {
    return this.build.members.find(({ key }) => key === ingressKey(ingress));
  }

  latest(ingress: Ingress): Ingress {
    return this.patched.get(ingress.metadata.uid) ?? ingress;
  }

  get key(): string {
    return groupKey(this.group);
  }
}
