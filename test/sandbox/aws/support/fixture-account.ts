import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError, beanValidation } from "../../../../src/sandbox/aws/aws-error.ts";
import { type AwsSandbox, type AwsSandboxOptions, createAwsSandbox } from "../../../../src/sandbox/aws/aws-sandbox.ts";
import { createElbv2 } from "../../../../src/sandbox/aws/elbv2/service.ts";
import { inProcessHandler } from "../../../../src/sandbox/aws/in-process-handler.ts";
import type { ServiceFactory } from "../../../../src/sandbox/aws/service.ts";
import type { CertificateView, InstanceView, SubnetView } from "../../../../src/sandbox/aws/surroundings.ts";
import { SimClock } from "../../../support/sim-clock.ts";

/** A subnet with what a test may change. */
export interface FixtureSubnet extends SubnetView {
  freeAddresses: number;
}

/**
 * A small account around ELBv2 whose every part a test may change: VPC `vpc-1` (10.0.0.0/16) with subnets `subnet-a`,
 * `subnet-b`, `subnet-c`, a second subnet in zone a (`subnet-a2`), groups `sg-default`, `sg-1`, `sg-2`, and VPC `vpc-2`.
 */
export class FixtureAccount {
  readonly subnets = new Map<string, FixtureSubnet>();
  readonly instances = new Map<string, InstanceView>();
  readonly certificates = new Map<string, CertificateView>();
  readonly elasticIps = new Map<string, { publicIp: string; inUse: boolean }>();
  readonly groups = new Map([
    ["sg-default", "vpc-1"],
    ["sg-1", "vpc-1"],
    ["sg-2", "vpc-1"],
    ["sg-foreign", "vpc-2"],
  ]);
  readonly vpcs = new Map([
    ["vpc-1", { cidrs: ["10.0.0.0/16"], hasInternetGateway: true }],
    ["vpc-2", { cidrs: ["10.1.0.0/16"], hasInternetGateway: false }],
  ]);
  readonly taken = new Set<string>();
  #next = 0;

  constructor() {
    this.addSubnet("subnet-a", "vpc-1", "eu-west-1a", "10.0.0.0/20");
    this.addSubnet("subnet-b", "vpc-1", "eu-west-1b", "10.0.16.0/20");
    this.addSubnet("subnet-c", "vpc-1", "eu-west-1c", "10.0.32.0/20");
    this.addSubnet("subnet-a2", "vpc-1", "eu-west-1a", "10.0.48.0/20");
    this.addSubnet("subnet-x", "vpc-2", "eu-west-1a", "10.1.0.0/20");
    this.addSubnet("subnet-y", "vpc-2", "eu-west-1b", "10.1.16.0/20");
    this.addInstance("i-0123456789abcdef0", "subnet-a", "running");
    this.addCertificate("main", "ISSUED");
    this.addCertificate("second", "ISSUED");
    this.addCertificate("pending", "PENDING_VALIDATION");
  }

  addSubnet(id: string, vpcId: string, zone: string, cidr: string): void {
    this.subnets.set(id, { id, vpcId, zone, cidr, zoneType: "availability-zone", freeAddresses: 4000 });
  }

  addInstance(id: string, subnetId: string, state: InstanceView["state"]): void {
    const subnet = this.subnets.get(subnetId);
    if (subnet === undefined) throw new Error(`no ${subnetId}`);
    const { vpcId, zone } = subnet;
    this.instances.set(id, { id, subnetId, vpcId, zone, state, privateIp: "10.0.0.10" });
  }

  addCertificate(name: string, status: string): void {
    const arn = certificateArn(name);
    this.certificates.set(arn, { arn, status, keyAlgorithm: "RSA_2048", domainNames: [`${name}.example.com`] });
  }

  /** Supplies the account's facts; the service itself has no operations. */
  readonly factory: ServiceFactory = ({ surroundings }) => {
    surroundings.network = {
      vpc: (id) => {
        const vpc = this.vpcs.get(id);
        if (vpc === undefined) return undefined;
        return { id, ...vpc, ipv6Cidrs: [], defaultSecurityGroupId: "sg-default" };
      },
      subnet: (id) => this.subnets.get(id),
      subnetOfAddress: (vpcId, address) => {
        const third = Number(address.split(".")[2]);
        return [...this.subnets.values()].find(
          (subnet) =>
            subnet.vpcId === vpcId && Math.floor(third / 16) === Math.floor(Number(subnet.cidr.split(".")[2]) / 16),
        );
      },
      securityGroup: (id) => {
        const vpcId = this.groups.get(id);
        return vpcId === undefined ? undefined : { id, vpcId };
      },
      instance: (id) => this.instances.get(id),
      elasticIp: (id) => this.elasticIps.get(id),
      setElasticIpInUse: (id, inUse) => {
        const address = this.elasticIps.get(id);
        if (address !== undefined) address.inUse = inUse;
      },
      takeAddress: (subnetId, wanted) => {
        this.#next += 1;
        const address = wanted ?? `${subnetId}/${this.#next}`;
        if (this.taken.has(address)) return undefined;
        this.taken.add(address);
        return address;
      },
      releaseAddress: (_subnetId, address) => void this.taken.delete(address),
    };
    surroundings.certificates = { certificate: (arn) => this.certificates.get(arn) };
    return {
      name: "fixture",
      signingName: "fixture",
      protocol: { kind: "json", targetPrefix: "Fixture." },
      operations: [],
      invalidInput: beanValidation("ValidationException"),
      throttled: () => new AwsError("ThrottlingException", "Rate exceeded"),
    };
  };
}

export function certificateArn(name: string): string {
  return `arn:aws:acm:eu-west-1:111122223333:certificate/${name}`;
}

export interface Elbv2Bench {
  readonly account: FixtureAccount;
  readonly clock: SimClock;
  readonly sandbox: AwsSandbox;
  readonly client: ElasticLoadBalancingV2Client;
}

/** ELBv2 in the fixture account, and the real SDK client on it, without sockets or real time. */
export function elbv2Bench(options: Partial<AwsSandboxOptions> = {}): Elbv2Bench {
  const account = new FixtureAccount();
  const clock = new SimClock();
  const sandbox = createAwsSandbox({ clock, services: [account.factory, createElbv2], ...options });
  return { account, clock, sandbox, client: elbv2Client(sandbox) };
}

export function elbv2Client(sandbox: AwsSandbox): ElasticLoadBalancingV2Client {
  const { accessKeyId, secretAccessKey } = sandbox.credential;
  return new ElasticLoadBalancingV2Client({
    region: sandbox.region,
    endpoint: "http://127.0.0.1:1",
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    requestHandler: inProcessHandler(sandbox.handle),
  });
}
