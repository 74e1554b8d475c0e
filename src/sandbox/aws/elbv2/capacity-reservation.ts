import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { boolean, integer, required, string, structure } from "../shapes.ts";
import { invalidConfiguration, notPermitted, validationError } from "./errors.ts";
import { loadBalancerState } from "./load-balancer-operations.ts";
import type { LoadBalancer } from "./model.ts";
import type { Elbv2State } from "./state.ts";

const smallest = { application: 100, network: 2750 } as const;

/** How long a changed reservation stays `pending` before it is `provisioned`. */
const provisioningMs = 60_000;

/** ModifyCapacityReservation, DescribeCapacityReservation. */
export function capacityReservationOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "ModifyCapacityReservation",
      mutating: true,
      bucket: "writes",
      input: {
        LoadBalancerArn: required(string()),
        MinimumLoadBalancerCapacity: structure({ CapacityUnits: integer({ min: 1 }) }),
        ResetCapacityReservation: boolean(),
      },
      handle(input) {
        const loadBalancer = state.getLoadBalancer(input.LoadBalancerArn);
        const units = input.MinimumLoadBalancerCapacity?.CapacityUnits;
        const reset = input.ResetCapacityReservation === true;
        if (units === undefined && !reset)
          throw validationError("Either MinimumLoadBalancerCapacity or ResetCapacityReservation must be specified");
        if (units !== undefined && reset)
          throw validationError("A capacity reservation cannot be set and reset in one call");
        const now = state.context.clock.now();
        if (loadBalancerState(loadBalancer, now) !== "active")
          throw invalidConfiguration(`Load balancer '${loadBalancer.arn}' is not in the active state`);
        if (units !== undefined && units < smallest[loadBalancer.type]) {
          throw invalidConfiguration(
            `The minimum capacity of load balancers with type '${loadBalancer.type}' is '${smallest[loadBalancer.type]}' units`,
          );
        }
        if (isPending(state, loadBalancer))
          throw new AwsError("CapacityReservationPending", "There is a pending capacity reservation.");
        const decrease =
          units !== undefined && loadBalancer.capacityUnits !== undefined && units < loadBalancer.capacityUnits;
        if (decrease && loadBalancer.capacityDecreasesLeft === 0) {
          throw new AwsError(
            "CapacityDecreaseRequestLimitExceeded",
            "You've exceeded the daily capacity decrease limit for this reservation.",
          );
        }
        if (decrease) loadBalancer.capacityDecreasesLeft -= 1;
        if (units === undefined && loadBalancer.capacityUnits === undefined)
          throw notPermitted(`Load balancer '${loadBalancer.arn}' has no capacity reservation`);
        loadBalancer.capacityUnits = units;
        loadBalancer.capacityChangedAt = now;
        return reservationToWire(state, loadBalancer);
      },
    }),
    defineOperation({
      name: "DescribeCapacityReservation",
      mutating: false,
      bucket: "reads",
      input: { LoadBalancerArn: required(string()) },
      handle: (input) => reservationToWire(state, state.getLoadBalancer(input.LoadBalancerArn)),
    }),
  ];
}

function isPending({ context }: Elbv2State, { capacityUnits, capacityChangedAt }: LoadBalancer): boolean {
  if (capacityUnits === undefined || capacityChangedAt === undefined) return false;
  return context.clock.now() < capacityChangedAt + provisioningMs * context.timings.userIntervalFactor;
}

function reservationToWire(state: Elbv2State, loadBalancer: LoadBalancer): Record<string, unknown> {
  const { capacityUnits: units, capacityChangedAt: changedAt } = loadBalancer;
  const code = isPending(state, loadBalancer) ? "pending" : "provisioned";
  return {
    LastModifiedTime: changedAt === undefined ? undefined : new Date(changedAt),
    DecreaseRequestsRemaining: loadBalancer.capacityDecreasesLeft,
    MinimumLoadBalancerCapacity: units === undefined ? undefined : { CapacityUnits: units },
    CapacityReservationState:
      units === undefined
        ? []
        : loadBalancer.zones.map(({ zone }) => ({
            State: { Code: code },
            AvailabilityZone: zone,
            EffectiveCapacityUnits: units / loadBalancer.zones.length,
          })),
  };
}
