import type { Service } from "../../../src/api/builtin.ts";
import { type FactAnswer, type FactRequest, factKey } from "../../../src/controllers/load-balancing/facts.ts";
import { buildServiceStack, type ServiceBuild } from "../../../src/controllers/service/build.ts";
import type {
  ExistingNetworkLoadBalancer,
  ServiceInput,
  ServiceSettings,
} from "../../../src/controllers/service/input.ts";
import type { Resource } from "../../../src/engine/stack.ts";
import type { SecurityGroupSpec } from "../../../src/resources/ec2/specs.ts";
import type { ListenerSpec, LoadBalancerSpec, TargetGroupSpec } from "../../../src/resources/elbv2/specs.ts";
import type { TargetGroupBindingSpec } from "../../../src/resources/kubernetes/specs.ts";

export const prefix = "service.beta.kubernetes.io/";
const nlb = `${prefix}aws-load-balancer-`;

export const settings: ServiceSettings = {
  clusterName: "my-cluster",
  vpcID: "vpc-1",
  loadBalancerClass: "service.k8s.aws/nlb",
  typeLoadBalancerOnly: false,
  defaultScheme: "internal",
  defaultTargetType: "instance",
  defaultSSLPolicy: "ELBSecurityPolicy-2016-08",
  tags: { defaultTags: {}, externalManagedTags: [], defaultTagsLowPriority: false },
  backendSecurityGroup: { kind: "given", id: "sg-back" },
  manageBackendSecurityGroupRules: false,
  restrictedSecurityGroupRules: true,
  enableIPTargetType: true,
  securityGroups: true,
  advancedHealthChecks: true,
  mergeTCPAndUDP: false,
  capacityReservation: true,
  weightedTargetGroups: true,
  enhancedDefaultBehavior: false,
};

export interface ServiceOptions {
  /** Keys without `service.beta.kubernetes.io/aws-load-balancer-`. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Keys as they are. */
  readonly plain?: Readonly<Record<string, string>>;
  readonly spec?: Service["spec"];
  readonly metadata?: Partial<Service["metadata"]>;
}

/** A LoadBalancer Service that is ours by its class, with TCP port 80 for 8080 and node port 30080. */
export function service(key: string, { annotations, plain, spec, metadata }: ServiceOptions = {}): Service {
  const [namespace = "", name = ""] = key.split("/");
  const prefixed = Object.entries(annotations ?? {}).map(([suffix, value]) => [`${nlb}${suffix}`, value] as const);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      namespace,
      name,
      uid: `uid-${name}`,
      resourceVersion: "1",
      generation: 1,
      annotations: { ...Object.fromEntries(prefixed), ...plain },
      ...metadata,
    },
    spec: {
      type: "LoadBalancer",
      loadBalancerClass: "service.k8s.aws/nlb",
      ipFamilies: ["IPv4"],
      ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP", nodePort: 30080 }],
      ...spec,
    },
  };
}

/** A Service that is ours by the annotation `nlb-ip`. */
export function nlbIP(annotations: Readonly<Record<string, string>> = {}, options: ServiceOptions = {}): Service {
  const { loadBalancerClass: _none, ...spec } = service("", options).spec ?? {};
  const made = service("default/web", { ...options, annotations: { type: "nlb-ip", ...annotations } });
  return { ...made, spec };
}

export type FactTable = readonly (readonly [FactRequest, FactAnswer])[];

export const twoSubnets: FactAnswer<"subnets"> = {
  value: [
    { id: "subnet-a", zone: "eu-west-1a", cidr: "10.0.0.0/24", ipv6CIDRs: ["2001:db8:0:a::/64"] },
    { id: "subnet-b", zone: "eu-west-1b", cidr: "10.0.1.0/24", ipv6CIDRs: ["2001:db8:0:b::/64"] },
  ],
};

function answer(request: FactRequest, table: FactTable): FactAnswer {
  const found = table.find(([known]) => factKey(known) === factKey(request));
  if (found !== undefined) return found[1];
  switch (request.kind) {
    case "subnets":
      return twoSubnets;
    case "vpc-cidrs":
      return { value: { ipv4: ["10.0.0.0/16"], ipv6: ["2001:db8::/56"] } };
    case "deletion-protection":
      return { value: false };
    default:
      return { error: "not found" };
  }
}

export interface BuildOptions extends Partial<Omit<ServiceInput, "service" | "facts" | "backends" | "settings">> {
  readonly facts?: FactTable;
  readonly backends?: readonly Service[];
  readonly settings?: Partial<ServiceSettings>;
}

/** Builds until no fact is missing, as the loader does. */
export function build(wanted: Service, options: BuildOptions = {}): ServiceBuild {
  const { facts: table = [], backends = [], settings: own = {}, ...rest } = options;
  const facts = new Map<string, FactAnswer>();
  for (let round = 0; round < 10; round++) {
    const result = buildServiceStack({
      existing: [],
      ...rest,
      service: wanted,
      backends: new Map(backends.map((backend) => [backend.metadata.name, backend])),
      facts,
      settings: { ...settings, ...own },
    });
    if (result.missing.length === 0) return result;
    for (const request of result.missing) facts.set(factKey(request), answer(request, table));
  }
  throw new Error("the build keeps asking");
}

export interface Model {
  readonly loadBalancer: LoadBalancerSpec;
  readonly listeners: Readonly<Record<string, ListenerSpec>>;
  /** By resource id. */
  readonly targetGroups: Readonly<Record<string, TargetGroupSpec>>;
  /** By name of their target groups. */
  readonly bindings: Readonly<Record<string, TargetGroupBindingSpec>>;
  readonly securityGroups: Readonly<Record<string, SecurityGroupSpec>>;
  readonly resources: readonly Resource[];
}

/** What a build that succeeds wants, by kind. */
export function model(wanted: Service, options: BuildOptions = {}): Model {
  return modelOf(build(wanted, options));
}

export function modelOf({ stack, problems, held }: ServiceBuild): Model {
  if (stack === undefined)
    throw new Error(`${held ?? "no stack"}: ${problems.map(({ message }) => message).join("; ")}`);
  const specs = <Spec>(type: string): Readonly<Record<string, Spec>> =>
    Object.fromEntries(
      stack.resources.filter((resource) => resource.type === type).map(({ id, spec }) => [id, spec as Spec]),
    );
  const [loadBalancer] = Object.values(specs<LoadBalancerSpec>("elbv2/LoadBalancer"));
  if (loadBalancer === undefined) throw new Error("no load balancer");
  const bindings = Object.values(specs<TargetGroupBindingSpec>("kubernetes/TargetGroupBinding"));
  return {
    loadBalancer,
    listeners: specs("elbv2/Listener"),
    targetGroups: specs("elbv2/TargetGroup"),
    bindings: Object.fromEntries(bindings.map((binding) => [binding.name, binding])),
    securityGroups: specs("ec2/SecurityGroup"),
    resources: stack.resources,
  };
}

/** The only target group of a model. */
export function soleTargetGroup({ targetGroups }: Model): TargetGroupSpec {
  const [group, ...others] = Object.values(targetGroups);
  if (group === undefined || others.length > 0) throw new Error("not exactly one target group");
  return group;
}

export function existing(own: Partial<ExistingNetworkLoadBalancer> = {}): ExistingNetworkLoadBalancer {
  return {
    arn: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/present/1",
    name: "present",
    scheme: "internal",
    subnetIDs: ["subnet-old"],
    hasSecurityGroups: true,
    ...own,
  };
}
