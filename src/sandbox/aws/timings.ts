/** How long AWS takes, in milliseconds, as practitioners see it (no promise of AWS). */
export interface Timings {
  /** `provisioning` to `active`. */
  readonly applicationLoadBalancerMs: number;
  readonly networkLoadBalancerMs: number;
  /** From DeleteLoadBalancer until its network interfaces are gone and its security groups free. */
  readonly interfaceReleaseMs: number;
  /** RegisterTargets until the first health check may count (`Elb.RegistrationInProgress`). */
  readonly albRegistrationMs: number;
  readonly nlbRegistrationMs: number;
  /** From there to the first verdict (`Elb.InitialHealthChecking`), on top of nothing: one passed check is enough. */
  readonly albFirstHealthMs: number;
  readonly nlbFirstHealthMs: number;
  /** Health check interval and deregistration delay are the user's own figures; this scales them too. */
  readonly userIntervalFactor: number;
  readonly nodeGroupCreateMs: number;
  readonly nodeGroupConfigUpdateMs: number;
  readonly nodeGroupVersionUpdateMs: number;
  readonly nodeGroupDeleteMs: number;
  /** From a node group's change of desired size until an instance runs. */
  readonly instanceStartMs: number;
  readonly fargateProfileCreateMs: number;
  readonly fargateProfileDeleteMs: number;
  readonly addonMs: number;
}

/** Typical values of a real account. */
export const realTimings: Timings = {
  applicationLoadBalancerMs: 150_000,
  networkLoadBalancerMs: 180_000,
  interfaceReleaseMs: 45_000,
  albRegistrationMs: 8_000,
  nlbRegistrationMs: 30_000,
  albFirstHealthMs: 15_000,
  nlbFirstHealthMs: 75_000,
  userIntervalFactor: 1,
  nodeGroupCreateMs: 150_000,
  nodeGroupConfigUpdateMs: 20_000,
  nodeGroupVersionUpdateMs: 900_000,
  nodeGroupDeleteMs: 240_000,
  instanceStartMs: 45_000,
  fargateProfileCreateMs: 120_000,
  fargateProfileDeleteMs: 180_000,
  addonMs: 60_000,
};

/** `timings` divided by `speed`: 1 is a real account, 60 turns minutes into seconds, Infinity means at once. */
export function scaleTimings(timings: Timings, speed: number): Timings {
  const scaled = Object.entries(timings).map(([name, value]: [string, number]) => [name, value / speed]);
  return Object.fromEntries(scaled) as Timings;
}

/**
 * Windows of eventual consistency, in milliseconds: how long a change stays invisible to what reads it. All zero by
 * default (a sandbox that answers from its newest state); a scenario raises single ones.
 */
export interface ConsistencyLag {
  /** A created load balancer, target group, listener or rule is not found by later ELBv2 calls. */
  readonly elbv2Create: number;
  /** After the last listener or rule let go of a target group: still in use, `LoadBalancerArns` still filled. */
  readonly elbv2Detach: number;
  /** A created EC2 object is not found. */
  readonly ec2Create: number;
  /** An IAM entity just made is not found by IAM itself. */
  readonly iamCreate: number;
  /** A role or its policies just made are not seen by EKS, EC2 and STS. */
  readonly iamToOtherServices: number;
  readonly eksCreate: number;
  /** A change is not yet in the index of the tagging API. */
  readonly taggingIndex: number;
}

export const noLag: ConsistencyLag = {
  elbv2Create: 0,
  elbv2Detach: 0,
  ec2Create: 0,
  iamCreate: 0,
  iamToOtherServices: 0,
  eksCreate: 0,
  taggingIndex: 0,
};
