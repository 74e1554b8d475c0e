import { AwsError, constraintText, type ProblemsToError } from "../aws-error.ts";
import type { AwsService, SandboxContext } from "../service.ts";
import { accessEntryOperations } from "./access-entries.ts";
import { clusterOperations, findTagged, taggedResources } from "./clusters.ts";
import { eksError } from "./errors.ts";
import { fargateProfileOperations } from "./fargate-profiles.ts";
import { addInitialCluster } from "./initial-cluster.ts";
import { nodeGroupUpdateOperations } from "./node-group-updates.ts";
import { nodeGroupOperations } from "./node-groups.ts";
import { podIdentityOperations } from "./pod-identity.ts";
import { EksState } from "./state.ts";

/** EKS with the one cluster of the surroundings. Its rates are unpublished; the buckets hold what practitioners see. */
export function createEks(context: SandboxContext): AwsService {
  const state = new EksState(context);
  const { vpcId, subnetIds } = context.surroundings.compute.clusterNetwork();
  context.surroundings.cluster = addInitialCluster(state, vpcId, subnetIds);
  context.surroundings.addTaggedSource({
    service: "eks",
    resources: () => taggedResources(state),
    setTags(arn, tags) {
      const holder = findTagged(state, arn);
      for (const [key, value] of tags) holder?.set(key, value);
      return holder !== undefined;
    },
    removeTags(arn, keys) {
      const holder = findTagged(state, arn);
      for (const key of keys) holder?.delete(key);
      return holder !== undefined;
    },
  });
  return {
    name: "eks",
    signingName: "eks",
    protocol: { kind: "rest-json" },
    invalidInput,
    throttled: () => new AwsError("ThrottlingException", "Rate exceeded", { status: 429 }),
    buckets: {
      reads: { capacity: 20, refillPerSecond: 10, perOperation: true },
      writes: { capacity: 10, refillPerSecond: 2, perOperation: true },
    },
    operations: [
      ...clusterOperations(state),
      ...nodeGroupOperations(state),
      ...nodeGroupUpdateOperations(state),
      ...fargateProfileOperations(state),
      ...accessEntryOperations(state),
      ...podIdentityOperations(state),
    ],
  };
}

const invalidInput: ProblemsToError = ([problem]) => {
  if (problem === undefined) return eksError("InvalidParameterException", "The request is invalid");
  const name = problem.path.join(".");
  return eksError("InvalidParameterException", `${name}: ${constraintText(problem.constraint)}`);
};
