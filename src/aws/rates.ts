import type { ServiceName } from "./operation.ts";

/** A token bucket: `capacity` calls at once, then `refillPerSecond`. */
export interface Rate {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

export interface ServiceRates {
  /** Drawn on by every call of the service, beside the call's own bucket. */
  readonly account?: Rate;
  /** By bucket name; `reads:*` stands for one bucket for each name with that prefix. */
  readonly buckets: Readonly<Record<string, Rate>>;
}

export type Rates = Readonly<Record<ServiceName, ServiceRates>>;

/**
 * What AWS allows an account in a Region by default: "Request throttling for the ELB API" and "Request throttling for
 * the Amazon EC2 API". IAM, EKS, ACM and Shield publish nothing: those figures are ours, and low.
 */
export const publishedRates: Rates = {
  elbv2: {
    account: { capacity: 40, refillPerSecond: 10 },
    buckets: {
      resourceIntensive: { capacity: 10, refillPerSecond: 0.2 },
      registration: { capacity: 20, refillPerSecond: 4 },
      reads: { capacity: 40, refillPerSecond: 10 },
      writes: { capacity: 20, refillPerSecond: 3 },
      trustStoreReads: { capacity: 40, refillPerSecond: 10 },
    },
  },
  ec2: {
    buckets: {
      "reads:*": { capacity: 100, refillPerSecond: 20 },
      "writes:*": { capacity: 50, refillPerSecond: 5 },
      "intensive:*": { capacity: 50, refillPerSecond: 5 },
      "tags:*": { capacity: 100, refillPerSecond: 10 },
      "templates:*": { capacity: 100, refillPerSecond: 5 },
    },
  },
  iam: {
    buckets: { reads: { capacity: 20, refillPerSecond: 6 }, writes: { capacity: 10, refillPerSecond: 2.5 } },
  },
  eks: {
    buckets: { reads: { capacity: 20, refillPerSecond: 6 }, writes: { capacity: 10, refillPerSecond: 1.5 } },
  },
  sts: { buckets: { reads: { capacity: 100, refillPerSecond: 50 } } },
  acm: { buckets: { lists: { capacity: 8, refillPerSecond: 8 }, reads: { capacity: 10, refillPerSecond: 10 } } },
  wafv2: {
    buckets: {
      reads: { capacity: 5, refillPerSecond: 5 },
      associationReads: { capacity: 1, refillPerSecond: 1 },
      associations: { capacity: 1, refillPerSecond: 0.5 },
    },
  },
  shield: { buckets: { reads: { capacity: 5, refillPerSecond: 2 }, writes: { capacity: 2, refillPerSecond: 1 } } },
};

/** The part of AWS's rates that Fairlead takes: other clients of the account keep the rest. */
const usualShare = 0.8;
/**
 * New load balancers come at one per 5 s whatever one does, and hardly anybody else makes any: a fifth less would cost
 * minutes where a hundred are created at once.
 */
const resourceIntensiveShare = 0.95;

function scale(rate: Rate, share: number): Rate {
  return { capacity: Math.max(1, Math.floor(rate.capacity * share)), refillPerSecond: rate.refillPerSecond * share };
}

/** The rates that the limiter keeps: AWS's, less the share of others. */
export function ownRates(rates: Rates = publishedRates): Rates {
  const entries = Object.entries(rates).map(([service, { account, buckets }]) => {
    const scaled = Object.entries(buckets).map(([name, rate]) => [
      name,
      scale(rate, name === "resourceIntensive" ? resourceIntensiveShare : usualShare),
    ]);
    return [
      service,
      {
        ...(account === undefined ? {} : { account: scale(account, usualShare) }),
        buckets: Object.fromEntries(scaled) as Record<string, Rate>,
      },
    ];
  });
  return Object.fromEntries(entries) as Rates;
}
