/** One registered target, as AWS identifies it. */
export interface KnownTarget {
  readonly id: string;
  readonly port: number;
}

/**
 * The registered targets of each target group as we last knew them: empty right after our own create, then kept by our own
 * Register and Deregister, so that a moved pod costs no read.
 */
export class TargetsCache {
  readonly #byGroup = new Map<string, Map<string, KnownTarget>>();

  /** Undefined when nothing is known of the group. */
  get(targetGroupARN: string): readonly KnownTarget[] | undefined {
    const known = this.#byGroup.get(targetGroupARN);
    return known === undefined ? undefined : [...known.values()];
  }

  set(targetGroupARN: string, targets: readonly KnownTarget[]): void {
    this.#byGroup.set(targetGroupARN, new Map(targets.map((target) => [targetKey(target), target])));
  }

  registered(targetGroupARN: string, targets: readonly KnownTarget[]): void {
    const known = this.#byGroup.get(targetGroupARN);
    for (const target of targets) known?.set(targetKey(target), target);
  }

  deregistered(targetGroupARN: string, targets: readonly KnownTarget[]): void {
    const known = this.#byGroup.get(targetGroupARN);
    for (const target of targets) known?.delete(targetKey(target));
  }

  forget(targetGroupARN: string): void {
    this.#byGroup.delete(targetGroupARN);
  }
}

/** Identity of a target: the zone is no part of it. */
export function targetKey(target: KnownTarget): string {
  return `${target.id} ${target.port}`;
}
