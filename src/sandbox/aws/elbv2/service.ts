import { AwsError } from "../aws-error.ts";
import type { AwsService, SandboxContext } from "../service.ts";
import type { TaggedResource } from "../surroundings.ts";
import { accountLimitOperations } from "./account-limits.ts";
import { capacityReservationOperations } from "./capacity-reservation.ts";
import { invalidInput } from "./errors.ts";
import { listenerAttributeOperations } from "./listener-attributes.ts";
import { listenerCertificateOperations } from "./listener-certificates.ts";
import { listenerOperations } from "./listener-operations.ts";
import { loadBalancerAttributeOperations } from "./load-balancer-attributes.ts";
import { loadBalancerOperations, loadBalancerState } from "./load-balancer-operations.ts";
import { loadBalancerSettingOperations } from "./load-balancer-settings.ts";
import { ruleOperations } from "./rule-operations.ts";
import { sslPolicyOperations } from "./ssl-policies.ts";
import { Elbv2State } from "./state.ts";
import { tagOperations } from "./tag-operations.ts";
import { mergedTags } from "./tags.ts";
import { targetGroupAttributeOperations } from "./target-group-attributes.ts";
import { targetGroupOperations } from "./target-group-operations.ts";
import { targetOperations } from "./targets.ts";
import { trustStoreOperations } from "./trust-stores.ts";

/** Elastic Load Balancing v2: application and network load balancers. */
export function createElbv2(context: SandboxContext): AwsService {
  const state = new Elbv2State(context);
  supplyFacts(context, state);
  return {
    name: "elbv2",
    signingName: "elasticloadbalancing",
    protocol: {
      kind: "query",
      version: "2015-12-01",
      namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
      voidResult: "empty",
    },
    invalidInput,
    throttled: () => new AwsError("Throttling", "Rate exceeded"),
    accountBucket: { capacity: 40, refillPerSecond: 10 },
    buckets: {
      reads: { capacity: 40, refillPerSecond: 10 },
      writes: { capacity: 20, refillPerSecond: 3 },
      registration: { capacity: 20, refillPerSecond: 4 },
      heavy: { capacity: 10, refillPerSecond: 0.2 },
      trustStoreReads: { capacity: 40, refillPerSecond: 10 },
      trustStoreWrites: { capacity: 10, refillPerSecond: 0.2 },
    },
    operations: [
      ...loadBalancerOperations(state),
      ...loadBalancerSettingOperations(state),
      ...loadBalancerAttributeOperations(state),
      ...capacityReservationOperations(state),
      ...targetGroupOperations(state),
      ...targetGroupAttributeOperations(state),
      ...targetOperations(state),
      ...listenerOperations(state),
      ...listenerAttributeOperations(state),
      ...listenerCertificateOperations(state),
      ...ruleOperations(state),
      ...tagOperations(state),
      ...sslPolicyOperations(state),
      ...accountLimitOperations(state),
      ...trustStoreOperations(state),
    ],
  };
}

function supplyFacts(context: SandboxContext, state: Elbv2State): void {
  const { surroundings } = context;
  surroundings.addInterfaceSource(state.interfaces);
  surroundings.loadBalancers = {
    loadBalancer(arn) {
      const found = state.loadBalancers.get(arn);
      if (found === undefined) return undefined;
      return { arn, name: found.name, type: found.type, state: loadBalancerState(found, context.clock.now()) };
    },
    forceState(arn, code, reason) {
      state.getLoadBalancer(arn).forcedState = { code, reason };
    },
    listenersOfCertificate: (arn) => [...(state.certificateUse.get(arn) ?? [])],
  };
  surroundings.addTaggedSource({
    service: "elasticloadbalancing",
    *resources(): Generator<TaggedResource> {
      yield* state.loadBalancers.values();
      yield* state.targetGroups.values();
      yield* state.listeners.values();
      for (const rule of state.rules.values()) if (!rule.isDefault) yield rule;
      yield* state.trustStores.values();
    },
    setTags(arn, tags) {
      const resource = find(state, arn);
      if (resource === undefined) return false;
      const given = [...tags].map(([key, value]) => ({ Key: key, Value: value }));
      for (const [key, value] of mergedTags(resource.tags, given)) resource.tags.set(key, value);
      return true;
    },
    removeTags(arn, keys) {
      const resource = find(state, arn);
      for (const key of keys) resource?.tags.delete(key);
      return resource !== undefined;
    },
  });
}

function find(state: Elbv2State, arn: string): { readonly tags: Map<string, string> } | undefined {
  return (
    state.loadBalancers.get(arn) ??
    state.targetGroups.get(arn) ??
    state.listeners.get(arn) ??
    state.rules.get(arn) ??
    state.trustStores.get(arn)
  );
}
