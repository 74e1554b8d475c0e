import type { Clock, Random } from "../../clock.ts";
import type { HttpHandler } from "../../http.ts";
import { createAcm } from "./acm/service.ts";
import { CallLog } from "./call-log.ts";
import { type Credential, CredentialStore, sandboxCredential } from "./credentials.ts";
import { createEc2 } from "./ec2/service.ts";
import { createEks } from "./eks/service.ts";
import { createElbv2 } from "./elbv2/service.ts";
import { createEndpoint } from "./endpoint.ts";
import type { SandboxEvent } from "./events.ts";
import { FaultPlan } from "./fault-plan.ts";
import { createIam } from "./iam/service.ts";
import { createIds, seededRandom } from "./ids.ts";
import { defaultQuotas, type Quotas } from "./quotas.ts";
import type { SandboxContext, ServiceFactory } from "./service.ts";
import { createShield } from "./shield/service.ts";
import { createSts } from "./sts/service.ts";
import { Surroundings } from "./surroundings.ts";
import { createTagging } from "./tagging/service.ts";
import { alwaysHealthy, type TargetHealthSource } from "./target-health-source.ts";
import { type ConsistencyLag, noLag, realTimings, scaleTimings, type Timings } from "./timings.ts";
import { createWafv2 } from "./wafv2/service.ts";

export interface AwsSandboxOptions {
  readonly clock: Clock;
  /** Ids and chances; repeatable unless given. */
  readonly random?: Random;
  /** `eu-west-1` unless given. */
  readonly region?: string;
  /** `111122223333` unless given. */
  readonly accountId?: string;
  /** Name of the EKS cluster in the surroundings; `fairlead-sandbox` unless given. */
  readonly clusterName?: string;
  /** Single timings, before `speed` applies. */
  readonly timings?: Partial<Timings>;
  /** How much faster than a real account states move on; 1 unless given, Infinity for at once. */
  readonly speed?: number;
  readonly lag?: Partial<ConsistencyLag>;
  /** AWS's default quotas, unless raised or lowered here. */
  readonly quotas?: Partial<Quotas>;
  /** Makes AWS answer short pages, so that few objects test paging; no limit unless given. ELBv2 keeps to it. */
  readonly largestPage?: number;
  /** Applies AWS's published token buckets; off unless given. */
  readonly rateLimits?: boolean;
  readonly targetHealth?: TargetHealthSource;
  /** The services behind the endpoint; all of them unless given. */
  readonly services?: readonly ServiceFactory[];
}

/** An account of AWS in one region, behind one endpoint. */
export interface AwsSandbox {
  /** Answers requests of SDKs and of the AWS CLI for every service, with or without a socket in between. */
  readonly handle: HttpHandler;
  readonly calls: CallLog;
  readonly faults: FaultPlan;
  /** The access key for clients. */
  readonly credential: Credential;
  /** Every access key that the endpoint accepts, to add or revoke some. */
  readonly credentials: CredentialStore;
  readonly region: string;
  readonly accountId: string;
  readonly clusterName: string;
  /** What the services hold, for the cluster simulation and tests. */
  readonly surroundings: Surroundings;
  /** Token buckets on or off from now on. */
  setRateLimits(on: boolean): void;
  /** Replaces where target health comes from. */
  useTargetHealth(source: TargetHealthSource): void;
  /** Calls `listener` for each event until the returned function is called. */
  on(listener: (event: SandboxEvent) => void): () => void;
  /** Ends everything scheduled; the endpoint still answers. */
  close(): void;
}

/** EC2 and IAM come first: EKS builds its cluster on their network and roles. */
const serviceFactories: readonly ServiceFactory[] = [
  createEc2,
  createIam,
  createSts,
  createEks,
  createAcm,
  createElbv2,
  createWafv2,
  createShield,
  createTagging,
];

export function createAwsSandbox(options: AwsSandboxOptions): AwsSandbox {
  const { clock } = options;
  const random = options.random ?? seededRandom(1);
  const region = options.region ?? "eu-west-1";
  const accountId = options.accountId ?? "111122223333";
  const clusterName = options.clusterName ?? "fairlead-sandbox";
  const partition = partitionOf(region);
  const lag = { ...noLag, ...options.lag };
  const credential = sandboxCredential(partition, accountId);
  const credentials = new CredentialStore();
  credentials.add(credential);
  const surroundings = new Surroundings();
  const calls = new CallLog();
  const faults = new FaultPlan(random);
  const listeners = new Set<(event: SandboxEvent) => void>();
  const scheduled = new Set<{ cancel(): void }>();
  let targetHealth = options.targetHealth ?? alwaysHealthy;
  let rateLimits = options.rateLimits ?? false;

  const context: SandboxContext = {
    clock,
    random,
    ids: createIds(random),
    region,
    accountId,
    partition,
    clusterName,
    timings: scaleTimings({ ...realTimings, ...options.timings }, options.speed ?? 1),
    lag,
    quotas: { ...defaultQuotas, ...options.quotas },
    largestPage: options.largestPage ?? Number.POSITIVE_INFINITY,
    surroundings,
    credentials,
    targetHealth: () => targetHealth,
    settled: (sinceMs, name) => clock.now() - sinceMs >= lag[name],
    schedule(delayMs, task) {
      const timer = clock.setTimer(delayMs, () => {
        scheduled.delete(timer);
        task();
      });
      scheduled.add(timer);
    },
    emit(event) {
      for (const listener of listeners) listener(event);
    },
  };
  const services = (options.services ?? serviceFactories).map((factory) => factory(context));

  return {
    handle: createEndpoint({ context, services, calls, faults, rateLimits: () => rateLimits }),
    calls,
    faults,
    credential,
    credentials,
    region,
    accountId,
    clusterName,
    surroundings,
    setRateLimits(on) {
      rateLimits = on;
    },
    useTargetHealth(source) {
      targetHealth = source;
    },
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      for (const timer of scheduled) timer.cancel();
      scheduled.clear();
    },
  };
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}
