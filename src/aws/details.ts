import type { Listener, Rule, TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";

/** What only a call per resource can tell of an ELBv2 resource, by its ARN. */
export interface DetailKinds {
  /** Of load balancers, target groups and listeners. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Of a load balancer. */
  readonly listeners: readonly Listener[];
  /** Of a listener: the certificates beside the default one. */
  readonly extraCertificates: readonly string[];
  /** Of a listener, without the default rule. */
  readonly rules: readonly Rule[];
  /** Of listeners and rules; those of load balancers and target groups are in the inventory. */
  readonly tags: Readonly<Record<string, string>>;
  /** Of listeners and rules: the hash of the OIDC client secret that we wrote last; AWS does not return secrets. */
  readonly clientSecretHash: string;
  /** Of a load balancer: the minimum capacity in units. */
  readonly capacity: number;
  /** Of a load balancer that replaces others: since when (monotonic milliseconds) it can do so. */
  readonly tookOverAt: number;
  /** Of a target group. */
  readonly health: readonly TargetHealthDescription[];
}

/**
 * What has been read or written of single resources, so that a reconcile which changes nothing asks nothing. A fact stays
 * until a fresh read replaces it or the resource goes.
 */
export class Details {
  readonly #facts = new Map<string, Map<keyof DetailKinds, unknown>>();

  get<Kind extends keyof DetailKinds>(arn: string, kind: Kind): DetailKinds[Kind] | undefined {
    return this.#facts.get(arn)?.get(kind) as DetailKinds[Kind] | undefined;
  }

  set<Kind extends keyof DetailKinds>(arn: string, kind: Kind, value: DetailKinds[Kind]): void {
    let facts = this.#facts.get(arn);
    if (facts === undefined) {
      facts = new Map();
      this.#facts.set(arn, facts);
    }
    facts.set(kind, value);
  }

  forget(arn: string, kind?: keyof DetailKinds): void {
    if (kind === undefined) this.#facts.delete(arn);
    else this.#facts.get(arn)?.delete(kind);
  }

  /** The known fact, unless `fresh`; else what `read` tells, which is then known. */
  async know<Kind extends keyof DetailKinds>(
    arn: string,
    kind: Kind,
    fresh: boolean,
    read: () => Promise<DetailKinds[Kind]>,
  ): Promise<DetailKinds[Kind]> {
    const known = fresh ? undefined : this.get(arn, kind);
    if (known !== undefined) return known;
    const value = await read();
    this.set(arn, kind, value);
    return value;
  }
}
