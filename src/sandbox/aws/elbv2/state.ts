import type { SandboxContext } from "../service.ts";
import {
  listenerNotFound,
  loadBalancerNotFound,
  ruleNotFound,
  targetGroupNotFound,
  trustStoreNotFound,
  validationError,
} from "./errors.ts";
import { HeldInterfaces } from "./held-interfaces.ts";
import type { Listener, LoadBalancer, Rule, Tagged, TargetGroup, TrustStore } from "./model.ts";

/**
 * Everything that ELBv2 holds, indexed by ARN and by name. The `get...` look-ups are those of a caller: they throw AWS's
 * not-found error, also for what was created too recently to be seen (`lag.elbv2Create`).
 */
export class Elbv2State {
  readonly context: SandboxContext;
  readonly interfaces: HeldInterfaces;
  readonly loadBalancers = new Map<string, LoadBalancer>();
  readonly loadBalancersByName = new Map<string, LoadBalancer>();
  readonly targetGroups = new Map<string, TargetGroup>();
  readonly targetGroupsByName = new Map<string, TargetGroup>();
  readonly listeners = new Map<string, Listener>();
  /** Default rules included. */
  readonly rules = new Map<string, Rule>();
  readonly trustStores = new Map<string, TrustStore>();
  /** Listener ARNs by certificate ARN. */
  readonly certificateUse = new Map<string, Set<string>>();
  /** ARNs of the target groups of type `alb` in which a load balancer is registered, by its ARN. */
  readonly albTargetOf = new Map<string, Set<string>>();
  readonly counts = { application: 0, network: 0 };

  constructor(context: SandboxContext) {
    this.context = context;
    this.interfaces = new HeldInterfaces(context.clock, () => context.surroundings.network);
  }

  arn(resource: string): string {
    const { partition, region, accountId } = this.context;
    return `arn:${partition}:elasticloadbalancing:${region}:${accountId}:${resource}`;
  }

  isVisible(resource: Tagged): boolean {
    return this.context.settled(resource.createdAt, "elbv2Create");
  }

  getLoadBalancer(arn: string): LoadBalancer {
    const found = this.loadBalancers.get(checkedArn(arn, "loadbalancer"));
    if (found === undefined || !this.isVisible(found)) throw loadBalancerNotFound([arn]);
    return found;
  }

  getTargetGroup(arn: string): TargetGroup {
    const found = this.targetGroups.get(checkedArn(arn, "targetgroup"));
    if (found === undefined || !this.isVisible(found)) throw targetGroupNotFound(arn);
    return found;
  }

  getListener(arn: string): Listener {
    const found = this.listeners.get(checkedArn(arn, "listener"));
    if (found === undefined || !this.isVisible(found)) throw listenerNotFound(arn);
    return found;
  }

  getRule(arn: string): Rule {
    const found = this.rules.get(checkedArn(arn, "listener-rule"));
    if (found === undefined || !this.isVisible(found)) throw ruleNotFound(arn);
    return found;
  }

  getTrustStore(arn: string): TrustStore {
    const found = this.trustStores.get(checkedArn(arn, "truststore"));
    if (found === undefined || !this.isVisible(found)) throw trustStoreNotFound(arn);
    return found;
  }

  /** Any resource that can carry tags. */
  getTagged(arn: string): Tagged {
    switch (resourceKind(arn)) {
      case "loadbalancer":
        return this.getLoadBalancer(arn);
      case "targetgroup":
        return this.getTargetGroup(arn);
      case "listener":
        return this.getListener(arn);
      case "listener-rule":
        return this.getRule(arn);
      case "truststore":
        return this.getTrustStore(arn);
      case undefined:
      default:
        throw validationError(`'${arn}' is not a valid load balancer, target group, listener or rule ARN`);
    }
  }
}

function resourceKind(arn: string): string | undefined {
  return /^arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:([a-z-]+)\//.exec(arn)?.[1];
}

function checkedArn(arn: string, kind: string): string {
  if (resourceKind(arn) !== kind) throw validationError(`'${arn}' is not a valid ${kindWords[kind] ?? kind} ARN`);
  return arn;
}

const kindWords: Readonly<Record<string, string>> = {
  loadbalancer: "load balancer",
  targetgroup: "target group",
  listener: "listener",
  "listener-rule": "listener rule",
  truststore: "trust store",
};
