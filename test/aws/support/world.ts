import { type Aws, createAws } from "../../../src/aws/clients.ts";
import { type SubnetFacts, subnetFacts } from "../../../src/aws/facts/subnets.ts";
import { type ZoneFacts, zoneFacts } from "../../../src/aws/facts/zones.ts";
import { Inventory } from "../../../src/aws/inventory.ts";
import type { AwsRequestHandler } from "../../../src/aws/port.ts";
import { TargetsCache } from "../../../src/aws/targets-cache.ts";
import type { CallContext } from "../../../src/engine/resource-type.ts";
import type { Ownership } from "../../../src/engine/stack.ts";
import { silentLogger } from "../../../src/log.ts";
import type { SecurityGroupTypeContext } from "../../../src/resources/ec2/security-group.ts";
import type { Elbv2Context } from "../../../src/resources/elbv2/context.ts";
import { noExternalTags } from "../../../src/resources/tagging.ts";
import { type AwsSandbox, createAwsSandbox } from "../../../src/sandbox/aws/aws-sandbox.ts";
import { inProcessHandler } from "../../../src/sandbox/aws/in-process-handler.ts";
import { SimClock } from "../../support/sim-clock.ts";

export const clusterName = "demo";

export const ownership: Ownership = {
  tags: { "elbv2.k8s.aws/cluster": clusterName, "ingress.k8s.aws/stack": "shop/web" },
  idTag: "ingress.k8s.aws/resource",
};

/** An account of the sandbox, reached through the AWS layer without sockets, in simulated time. */
export interface World {
  readonly clock: SimClock;
  readonly sandbox: AwsSandbox;
  readonly aws: Aws;
  readonly vpcID: string;
  readonly subnets: SubnetFacts;
  readonly zones: ZoneFacts;
  readonly inventory: Inventory;
  readonly elbv2: Elbv2Context;
  readonly ec2: SecurityGroupTypeContext;
  /** A process that starts anew: same account, empty memory. */
  restart(): Promise<World>;
  /** Names of the calls since the last time this was asked, in order. */
  calls(): readonly string[];
}

export function context(depth: CallContext["depth"] = "normal"): CallContext {
  return { depth, ownership, log: silentLogger, signal: new AbortController().signal };
}

type SandboxOptions = Partial<Parameters<typeof createAwsSandbox>[0]>;

export async function createWorld(options: SandboxOptions = {}): Promise<World> {
  const clock = new SimClock();
  return connect(clock, createAwsSandbox({ clock, clusterName, ...options }));
}

async function connect(clock: SimClock, sandbox: AwsSandbox): Promise<World> {
  const { accessKeyId, secretAccessKey } = sandbox.credential;
  const aws = createAws({
    region: sandbox.region,
    endpoints: { common: "http://aws.test" },
    credentials: () => Promise.resolve({ accessKeyId, secretAccessKey }),
    requestHandler: inProcessHandler(sandbox.handle) as AwsRequestHandler,
    clock,
    random: () => 0.5,
    log: silentLogger,
  });
  const { Vpcs } = await aws.ec2.describeVpcs({});
  const vpcID = Vpcs?.[0]?.VpcId ?? "";
  const inventory = new Inventory({ elbv2: aws.elbv2, ec2: aws.ec2, clock, log: silentLogger, vpcID });
  const zones = zoneFacts({ ec2: aws.ec2, clock });
  const common = { inventory, clock, tagPolicy: noExternalTags };
  let seen = sandbox.calls.records.length;
  return {
    clock,
    sandbox,
    aws,
    vpcID,
    zones,
    subnets: subnetFacts({ ec2: aws.ec2, zones, clock }),
    inventory,
    elbv2: { ...common, elbv2: aws.elbv2, targets: new TargetsCache() },
    ec2: { ...common, ec2: aws.ec2 },
    restart: () => connect(clock, sandbox),
    calls() {
      const names = sandbox.calls.records.slice(seen).map(({ operation }) => operation);
      seen = sandbox.calls.records.length;
      return names;
    },
  };
}

/** Lets simulated time go by, a little at a time, until `work` is done. */
export async function passing<T>(clock: SimClock, work: Promise<T>, stepMs = 10): Promise<T> {
  let isDone = false;
  const settled = (): void => {
    isDone = true;
  };
  work.then(settled, settled);
  for (let step = 0; !isDone && step < 100_000; step++) await clock.advance(stepMs);
  return work;
}
