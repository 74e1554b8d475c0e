import type { ClusterFacts, ComputeFacts, IdentityFacts } from "./surroundings-account.ts";

/**
 * What the services of the sandbox ask of each other. Each part is supplied by the service that owns the state, when
 * that service is created, and read by others only while they answer calls.
 */
export class Surroundings {
  #network: NetworkFacts | undefined;
  #certificates: CertificateFacts | undefined;
  #roles: RoleFacts | undefined;
  #loadBalancers: LoadBalancerFacts | undefined;
  #compute: ComputeFacts | undefined;
  #identity: IdentityFacts | undefined;
  #cluster: ClusterFacts | undefined;
  readonly #interfaceSources: InterfaceSource[] = [];
  readonly #taggedSources: TaggedSource[] = [];

  /** Supplied by EC2. */
  get network(): NetworkFacts {
    return present(this.#network, "network");
  }

  set network(facts: NetworkFacts) {
    this.#network = facts;
  }

  /** Supplied by ACM. */
  get certificates(): CertificateFacts {
    return present(this.#certificates, "certificates");
  }

  set certificates(facts: CertificateFacts) {
    this.#certificates = facts;
  }

  /** Supplied by IAM; EKS and STS read it. */
  get roles(): RoleFacts {
    return present(this.#roles, "roles");
  }

  set roles(facts: RoleFacts) {
    this.#roles = facts;
  }

  /** Supplied by ELBv2; WAFv2, Shield and ACM read it. */
  get loadBalancers(): LoadBalancerFacts {
    return present(this.#loadBalancers, "loadBalancers");
  }

  set loadBalancers(facts: LoadBalancerFacts) {
    this.#loadBalancers = facts;
  }

  /** Supplied by EC2; EKS and the cluster simulation use it. */
  get compute(): ComputeFacts {
    return present(this.#compute, "compute");
  }

  set compute(facts: ComputeFacts) {
    this.#compute = facts;
  }

  /** Supplied by IAM; EKS and STS use it. */
  get identity(): IdentityFacts {
    return present(this.#identity, "identity");
  }

  set identity(facts: IdentityFacts) {
    this.#identity = facts;
  }

  /** Supplied by EKS; the cluster simulation and STS read it. */
  get cluster(): ClusterFacts {
    return present(this.#cluster, "cluster");
  }

  set cluster(facts: ClusterFacts) {
    this.#cluster = facts;
  }

  /** Adds a holder of network interfaces that EC2 does not keep itself (ELBv2; EKS for its control plane). */
  addInterfaceSource(source: InterfaceSource): void {
    this.#interfaceSources.push(source);
  }

  /** Every network interface that services hold, for EC2's DescribeNetworkInterfaces. */
  *serviceInterfaces(): Generator<InterfaceView> {
    for (const source of this.#interfaceSources) yield* source.all();
  }

  /** The interfaces that bear a security group now: EC2 answers `DependencyViolation` while there is one. */
  *serviceInterfacesOfGroup(groupId: string): Generator<InterfaceView> {
    for (const source of this.#interfaceSources) yield* source.ofGroup(groupId);
  }

  /** Adds a service whose resources the Resource Groups Tagging API lists. */
  addTaggedSource(source: TaggedSource): void {
    this.#taggedSources.push(source);
  }

  get taggedSources(): readonly TaggedSource[] {
    return this.#taggedSources;
  }
}

export interface VpcView {
  readonly id: string;
  readonly cidrs: readonly string[];
  readonly ipv6Cidrs: readonly string[];
  readonly hasInternetGateway: boolean;
  readonly defaultSecurityGroupId: string;
}

export interface SubnetView {
  readonly id: string;
  readonly vpcId: string;
  /** Zone name, such as `eu-west-1a`. */
  readonly zone: string;
  readonly zoneType: "availability-zone" | "local-zone" | "wavelength-zone" | "outpost";
  readonly cidr: string;
  readonly ipv6Cidr?: string;
  readonly freeAddresses: number;
}

export interface InstanceView {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly state: "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";
  readonly privateIp: string;
}

export interface NetworkFacts {
  vpc(id: string): VpcView | undefined;
  subnet(id: string): SubnetView | undefined;
  /** The subnet of the VPC whose range holds the address. */
  subnetOfAddress(vpcId: string, address: string): SubnetView | undefined;
  securityGroup(id: string): { readonly id: string; readonly vpcId: string } | undefined;
  instance(id: string): InstanceView | undefined;
  /** An elastic IP; `inUse` when it is associated with anything. */
  elasticIp(allocationId: string): { readonly publicIp: string; readonly inUse: boolean } | undefined;
  /** Marks an elastic IP as associated by a service, or frees it. */
  setElasticIpInUse(allocationId: string, inUse: boolean): void;
  /** Takes a free private address of the subnet (the given one, if any); undefined when there is none. */
  takeAddress(subnetId: string, wanted?: string): string | undefined;
  releaseAddress(subnetId: string, address: string): void;
}

export interface CertificateView {
  readonly arn: string;
  /** ACM's status; a listener takes only `ISSUED`. */
  readonly status: string;
  /** ACM's key algorithm, such as `RSA_2048`. */
  readonly keyAlgorithm: string;
  readonly domainNames: readonly string[];
}

export interface CertificateFacts {
  certificate(arn: string): CertificateView | undefined;
}

export interface RoleView {
  readonly arn: string;
  readonly name: string;
  /** Parsed trust policy document. */
  readonly trustPolicy: unknown;
  readonly attachedPolicyArns: readonly string[];
}

export interface RoleFacts {
  /** The role as other services see it: undefined until it has propagated (`lag.iamToOtherServices`). */
  role(arn: string): RoleView | undefined;
}

export interface LoadBalancerView {
  readonly arn: string;
  readonly name: string;
  readonly type: "application" | "network";
  readonly state: LoadBalancerState;
}

export type LoadBalancerState = "provisioning" | "active" | "active_impaired" | "failed";

export interface LoadBalancerFacts {
  loadBalancer(arn: string): LoadBalancerView | undefined;
  /** Listeners (ARNs) that use the certificate: ACM refuses to delete it while there is one. */
  listenersOfCertificate(certificateArn: string): readonly string[];
  /** Puts a load balancer into a state for good, as a scenario wants it (`failed` with AWS's reason). */
  forceState(arn: string, state: LoadBalancerState, reason: string): void;
}

/** A network interface, in the words of DescribeNetworkInterfaces. */
export interface InterfaceView {
  readonly id: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly groupIds: readonly string[];
  /** `ELB app/<name>/<id>` and `ELB net/<name>/<id>` for load balancers. */
  readonly description: string;
  readonly interfaceType: string;
  /** Who made it (`amazon-elb`). */
  readonly requesterId: string;
}

export interface InterfaceSource {
  all(): Iterable<InterfaceView>;
  ofGroup(groupId: string): Iterable<InterfaceView>;
}

export interface TaggedResource {
  readonly arn: string;
  readonly tags: ReadonlyMap<string, string>;
}

export interface TaggedSource {
  /** The tagging API's word for the service, such as `elasticloadbalancing`. */
  readonly service: string;
  /** Resources with at least one tag now or before; the type is the one of the ARN (`loadbalancer`, `targetgroup`). */
  resources(): Iterable<TaggedResource>;
  /** AddTags/RemoveTags by ARN for TagResources and UntagResources; false when the ARN is unknown. */
  setTags(arn: string, tags: ReadonlyMap<string, string>): boolean;
  removeTags(arn: string, keys: readonly string[]): boolean;
}

function present<T>(facts: T | undefined, name: string): T {
  if (facts === undefined) throw new Error(`no service of the sandbox supplies ${name}`);
  return facts;
}
