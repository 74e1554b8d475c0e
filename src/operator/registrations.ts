import type { LoadBalancer } from "../api/load-balancer.ts";
import type { Lister } from "../kube/lister.ts";

/** Index of reports by the ARNs of the target groups whose registrations they tell. */
export const registeredIndex = "registered";

export const byRegisteredGroup = ({ status }: LoadBalancer): readonly string[] =>
  (status?.targets?.registered ?? []).map(({ arn }) => arn);

/**
 * What is registered in each target group, as a hash of the Stack that was applied: kept by this process, and over a
 * restart in the reports on load balancers, which are written anyway after a change of targets.
 */
export class Registrations {
  readonly #reports: Lister<LoadBalancer>;
  readonly #own = new Map<string, string>();

  constructor(reports: Lister<LoadBalancer>) {
    this.#reports = reports;
  }

  applied(arn: string, hash: string): void {
    this.#own.set(arn, hash);
  }

  /** Of this process, or else as a report has it. */
  hash(arn: string): string | undefined {
    const own = this.#own.get(arn);
    if (own !== undefined) return own;
    const reported = this.#reports
      .byIndex(registeredIndex, arn)
      .flatMap(({ status }) => status?.targets?.registered ?? []);
    return reported.find((group) => group.arn === arn)?.hash;
  }

  of(arns: readonly string[]): readonly { readonly arn: string; readonly hash: string }[] {
    return arns.flatMap((arn) => {
      const hash = this.hash(arn);
      return hash === undefined ? [] : [{ arn, hash }];
    });
  }
}
