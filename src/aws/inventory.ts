import type { SecurityGroup } from "@aws-sdk/client-ec2";
import type { LoadBalancer, TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clock, Timer } from "../clock.ts";
import { errorMessage } from "../errors.ts";
import type { Logger } from "../log.ts";
import { Details } from "./details.ts";
import type { Ec2Port } from "./ec2.ts";
import type { Elbv2Port } from "./elbv2.ts";
import { hasCode } from "./errors.ts";
import type { Entry, InventoryChange } from "./inventory-collection.ts";
import { InventoryCollection } from "./inventory-collection.ts";
import type { CallOptions } from "./operation.ts";
import type { Tags } from "./tags.ts";
import { fromTagList } from "./tags.ts";

export type LoadBalancerEntry = Entry<LoadBalancer>;
export type TargetGroupEntry = Entry<TargetGroup>;
export type SecurityGroupEntry = Entry<SecurityGroup>;

export interface InventoryOptions {
  readonly elbv2: Elbv2Port;
  readonly ec2: Ec2Port;
  readonly clock: Clock;
  readonly log: Logger;
  /** The cluster's VPC: load balancers, target groups and security groups of others are left out. */
  readonly vpcID: string;
}

/** Pages of 400, the most that ELBv2 gives; DescribeTags takes 20 ARNs, as do reads by ARN. */
const elbPage = 400;
const arnsPerCall = 20;
const groupPage = 1000;
/** A listing of this age still serves a full check: the regular refresh is more frequent. */
const fullCheckAgeMs = 6 * 60_000;
/** Tags are read anew in turns: everything once within this many refreshes. */
const refreshesPerTagRound = 6;
/** How often a load balancer that is being provisioned is looked at, whoever asks. */
const pendingPollMs = 10_000;

/**
 * What AWS holds in the cluster's VPC, for the whole process: listed once in full pages, kept current by our own writes,
 * and listed again as a whole from time to time. Looking something up in it costs no call.
 */
export class Inventory {
  readonly loadBalancers = new InventoryCollection<LoadBalancer>("load-balancer");
  readonly targetGroups = new InventoryCollection<TargetGroup>("target-group");
  readonly securityGroups = new InventoryCollection<SecurityGroup>("security-group");
  readonly details = new Details();

  readonly vpcID: string;
  readonly #options: InventoryOptions;
  #listing: Promise<void> | undefined;
  #loaded = false;
  #listedAt = Number.NEGATIVE_INFINITY;
  /** ARNs in the order in which their tags were read, the longest ago first. */
  readonly #tagRound = new Set<string>();
  #timer: Timer | undefined;
  readonly #listeners = new Set<(changes: readonly InventoryChange[]) => void>();
  #polling: Promise<void> | undefined;
  readonly #polledAt = new Map<string, number>();
  readonly #releasedAt = new Map<string, number>();

  constructor(options: InventoryOptions) {
    this.#options = options;
    this.vpcID = options.vpcID;
  }

  /** Resolves once everything has been listed; the first to ask starts the listing, all others share it. */
  async ready(): Promise<void> {
    if (!this.#loaded) await this.refresh();
  }

  /** Resolves once what is known is fresh enough for a full check: one listing serves all checks of its time. */
  async fresh(): Promise<void> {
    if (this.#now() - this.#listedAt > fullCheckAgeMs) await this.refresh();
  }

  /** Lists everything anew. */
  refresh(): Promise<void> {
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  /** Refreshes each `intervalMs`, until the returned function is called. */
  keepFresh(intervalMs: number): () => void {
    let stopped = false;
    const next = (): void => {
      if (stopped) return;
      this.#timer = this.#options.clock.setTimer(intervalMs, () => {
        this.refresh()
          .catch((error: unknown) =>
            this.#options.log.warn("AWS resources could not be listed", { error: errorMessage(error) }),
          )
          .finally(next);
      });
    };
    next();
    return () => {
      stopped = true;
      this.#timer?.cancel();
    };
  }

  /** Hears what a refresh found to differ from what was known; the first listing is no change. */
  onChange(listener: (changes: readonly InventoryChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  putLoadBalancer(item: LoadBalancer, tags: Tags): LoadBalancerEntry {
    const entry = loadBalancerEntry(item, tags);
    this.loadBalancers.put(entry, this.#now());
    if (!this.#polledAt.has(entry.key) && isPending(item)) this.#polledAt.set(entry.key, this.#now());
    return entry;
  }

  removeLoadBalancer(arn: string): void {
    for (const id of this.loadBalancers.get(arn)?.item.SecurityGroups ?? []) this.#releasedAt.set(id, this.#now());
    this.loadBalancers.remove(arn, this.#now());
    for (const listener of this.details.get(arn, "listeners") ?? []) this.details.forget(listener.ListenerArn ?? "");
    this.details.forget(arn);
    this.#polledAt.delete(arn);
  }

  putTargetGroup(item: TargetGroup, tags: Tags): TargetGroupEntry {
    const entry = targetGroupEntry(item, tags);
    this.targetGroups.put(entry, this.#now());
    return entry;
  }

  removeTargetGroup(arn: string): void {
    this.targetGroups.remove(arn, this.#now());
    this.details.forget(arn);
  }

  putSecurityGroup(item: SecurityGroup): SecurityGroupEntry {
    const entry = securityGroupEntry(item);
    this.securityGroups.put(entry, this.#now());
    return entry;
  }

  removeSecurityGroup(id: string): void {
    this.#releasedAt.delete(id);
    this.securityGroups.remove(id, this.#now());
  }

  /** For how long a load balancer that used the group has been deleted by us, in milliseconds; undefined: none was. */
  sinceReleaseMs(securityGroupID: string): number | undefined {
    const at = this.#releasedAt.get(securityGroupID);
    return at === undefined ? undefined : this.#now() - at;
  }

  /** Asks AWS about one load balancer, tags included. */
  async readLoadBalancer(arn: string, options?: CallOptions): Promise<LoadBalancerEntry | undefined> {
    const { elbv2 } = this.#options;
    try {
      const [described, tagged] = await Promise.all([
        elbv2.describeLoadBalancers({ LoadBalancerArns: [arn] }, options),
        elbv2.describeTags({ ResourceArns: [arn] }, options),
      ]);
      const item = described.LoadBalancers?.[0];
      return item === undefined
        ? undefined
        : this.putLoadBalancer(item, fromTagList(tagged.TagDescriptions?.[0]?.Tags));
    } catch (error) {
      if (!hasCode(error, "LoadBalancerNotFound")) throw error;
      const settling = this.loadBalancers.settling(arn, this.#now());
      if (settling === undefined) this.removeLoadBalancer(arn);
      return settling;
    }
  }

  /** Asks AWS about one target group, tags included. */
  async readTargetGroup(arn: string, options?: CallOptions): Promise<TargetGroupEntry | undefined> {
    const { elbv2 } = this.#options;
    try {
      const [described, tagged] = await Promise.all([
        elbv2.describeTargetGroups({ TargetGroupArns: [arn] }, options),
        elbv2.describeTags({ ResourceArns: [arn] }, options),
      ]);
      const item = described.TargetGroups?.[0];
      return item === undefined ? undefined : this.putTargetGroup(item, fromTagList(tagged.TagDescriptions?.[0]?.Tags));
    } catch (error) {
      if (!hasCode(error, "TargetGroupNotFound")) throw error;
      const settling = this.targetGroups.settling(arn, this.#now());
      if (settling === undefined) this.removeTargetGroup(arn);
      return settling;
    }
  }

  /** Asks AWS about one security group. */
  async readSecurityGroup(id: string, options?: CallOptions): Promise<SecurityGroupEntry | undefined> {
    const filter = [{ Name: "group-id", Values: [id] }];
    const { SecurityGroups } = await this.#options.ec2.describeSecurityGroups({ Filters: filter }, options);
    const item = SecurityGroups?.[0];
    if (item !== undefined) return this.putSecurityGroup(item);
    const settling = this.securityGroups.settling(id, this.#now());
    if (settling === undefined) this.removeSecurityGroup(id);
    return settling;
  }

  /**
   * Brings the state of load balancers that are being provisioned up to date: one call for 20 of them, however many
   * reconciles wait for them, and not more often than each 10 s.
   */
  async pollPending(): Promise<void> {
    const now = this.#now();
    const due = this.loadBalancers
      .all()
      .filter(
        ({ key, item }) => isPending(item) && now - (this.#polledAt.get(key) ?? now - pendingPollMs) >= pendingPollMs,
      )
      .map(({ key }) => key);
    if (due.length === 0) return;
    this.#polling ??= this.#poll(due).finally(() => {
      this.#polling = undefined;
    });
    await this.#polling;
  }

  async #poll(arns: readonly string[]): Promise<void> {
    for (const batch of batches(arns, arnsPerCall)) {
      for (const arn of batch) this.#polledAt.set(arn, this.#now());
      for (const item of await this.#describe(batch)) {
        const known = this.loadBalancers.get(item.LoadBalancerArn ?? "");
        if (known === undefined) continue;
        this.putLoadBalancer(item, known.tags);
        if (!isPending(item)) this.#polledAt.delete(known.key);
      }
    }
  }

  /** One unknown ARN fails a whole call: then each is asked for by itself. */
  async #describe(arns: readonly string[]): Promise<readonly LoadBalancer[]> {
    try {
      const answer = await this.#options.elbv2.describeLoadBalancers(
        { LoadBalancerArns: [...arns] },
        { lane: "health" },
      );
      return answer.LoadBalancers ?? [];
    } catch (error) {
      if (!hasCode(error, "LoadBalancerNotFound")) throw error;
      if (arns.length === 1) return [];
      const singles = await Promise.all(arns.map((arn) => this.#describe([arn])));
      return singles.flat();
    }
  }

  async #list(): Promise<void> {
    const begunAt = this.#now();
    const [loadBalancers, targetGroups, securityGroups] = await Promise.all([
      this.#listLoadBalancers(),
      this.#listTargetGroups(),
      this.#listSecurityGroups(),
    ]);
    const knownTags = (arn: string): Tags | undefined =>
      this.loadBalancers.get(arn)?.tags ?? this.targetGroups.get(arn)?.tags;
    const arns = [
      ...loadBalancers.map((item) => item.LoadBalancerArn),
      ...targetGroups.map((item) => item.TargetGroupArn),
    ];
    const tags = await this.#readTags(
      this.#tagsToRead(
        arns.filter((arn) => arn !== undefined),
        (arn) => knownTags(arn) === undefined,
      ),
    );
    const tagsOf = (arn: string | undefined): Tags => tags.get(arn ?? "") ?? knownTags(arn ?? "") ?? {};
    const changes = [
      ...this.loadBalancers.replace(
        loadBalancers.map((item) => loadBalancerEntry(item, tagsOf(item.LoadBalancerArn))),
        begunAt,
      ),
      ...this.targetGroups.replace(
        targetGroups.map((item) => targetGroupEntry(item, tagsOf(item.TargetGroupArn))),
        begunAt,
      ),
      ...this.securityGroups.replace(securityGroups.map(securityGroupEntry), begunAt),
    ];
    for (const { key, change } of changes) if (change === "vanished") this.details.forget(key);
    const first = !this.#loaded;
    this.#loaded = true;
    this.#listedAt = begunAt;
    if (!first && changes.length > 0) for (const listener of this.#listeners) listener(changes);
  }

  /** Those that are not known, and of the others so many that each has its turn; whole batches. */
  #tagsToRead(arns: readonly string[], isUnknown: (arn: string) => boolean): readonly string[] {
    const listed = new Set(arns);
    for (const arn of this.#tagRound) if (!listed.has(arn)) this.#tagRound.delete(arn);
    const unknown = new Set(arns.filter(isUnknown));
    for (const arn of arns) if (!unknown.has(arn)) this.#tagRound.add(arn);
    const inTurn = [...this.#tagRound].filter((arn) => !unknown.has(arn));
    const share = unknown.size + Math.ceil(inTurn.length / refreshesPerTagRound);
    const chosen = [...unknown, ...inTurn].slice(0, Math.ceil(share / arnsPerCall) * arnsPerCall);
    for (const arn of chosen) this.#tagRound.delete(arn);
    for (const arn of chosen) this.#tagRound.add(arn);
    return chosen;
  }

  async #listLoadBalancers(): Promise<LoadBalancer[]> {
    const found: LoadBalancer[] = [];
    let Marker: string | undefined;
    do {
      const page = await this.#options.elbv2.describeLoadBalancers({ PageSize: elbPage, ...marker(Marker) });
      found.push(...(page.LoadBalancers ?? []).filter((item) => item.VpcId === this.#options.vpcID));
      Marker = page.NextMarker;
    } while (Marker !== undefined && Marker !== "");
    return found;
  }

  async #listTargetGroups(): Promise<TargetGroup[]> {
    const found: TargetGroup[] = [];
    let Marker: string | undefined;
    do {
      const page = await this.#options.elbv2.describeTargetGroups({ PageSize: elbPage, ...marker(Marker) });
      found.push(...(page.TargetGroups ?? []).filter((item) => item.VpcId === this.#options.vpcID));
      Marker = page.NextMarker;
    } while (Marker !== undefined && Marker !== "");
    return found;
  }

  /** All of the VPC: ours, the nodes' and those that users name come in one call. */
  async #listSecurityGroups(): Promise<SecurityGroup[]> {
    const found: SecurityGroup[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.#options.ec2.describeSecurityGroups({
        Filters: [{ Name: "vpc-id", Values: [this.#options.vpcID] }],
        MaxResults: groupPage,
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      found.push(...(page.SecurityGroups ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined && NextToken !== "");
    return found;
  }

  async #readTags(arns: readonly string[]): Promise<ReadonlyMap<string, Tags>> {
    const answers = await Promise.all(batches(arns, arnsPerCall).map((batch) => this.#readTagsOf(batch)));
    return new Map(answers.flat());
  }

  /** One resource that has gone meanwhile fails a whole call: then each is asked for by itself. */
  async #readTagsOf(arns: readonly string[]): Promise<readonly (readonly [string, Tags])[]> {
    try {
      const { TagDescriptions } = await this.#options.elbv2.describeTags({ ResourceArns: [...arns] });
      return (TagDescriptions ?? []).map(
        ({ ResourceArn, Tags: list }) => [ResourceArn ?? "", fromTagList(list)] as const,
      );
    } catch (error) {
      if (!hasCode(error, "LoadBalancerNotFound", "TargetGroupNotFound")) throw error;
      if (arns.length === 1) return [];
      const singles = await Promise.all(arns.map((arn) => this.#readTagsOf([arn])));
      return singles.flat();
    }
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

function marker(Marker: string | undefined): { Marker?: string } {
  return Marker === undefined ? {} : { Marker };
}

export function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function loadBalancerEntry(item: LoadBalancer, tags: Tags): LoadBalancerEntry {
  return { key: item.LoadBalancerArn ?? "", name: item.LoadBalancerName ?? "", item, tags };
}

function isPending(item: LoadBalancer): boolean {
  return item.State?.Code === "provisioning";
}

/** Which load balancer a group belongs to changes some seconds after each listener: it is no property of the group. */
function targetGroupEntry(described: TargetGroup, tags: Tags): TargetGroupEntry {
  const item = { ...described };
  delete item.LoadBalancerArns;
  return { key: item.TargetGroupArn ?? "", name: item.TargetGroupName ?? "", item, tags };
}

function securityGroupEntry(item: SecurityGroup): SecurityGroupEntry {
  return { key: item.GroupId ?? "", name: item.GroupName ?? "", item, tags: fromTagList(item.Tags) };
}
