import { conditionsSchema, healthIssueSchema, observedGenerationSchema, planSchema } from "./common.ts";
import { choice, flag, integer, list, map, object, text, type Value } from "./schema.ts";

const count = (description: string) => integer(description, { min: 0 }).exactOptional();
const word = (description: string, max = 256) => text(description, { max }).exactOptional();

export const nodeGroupStatusSchema = object("What EKS holds and what the operator does about it.", {
  observedGeneration: observedGenerationSchema.exactOptional(),
  conditions: conditionsSchema.exactOptional(),
  phase: choice("How far the group is, in one word.", [
    "Pending",
    "Creating",
    "Active",
    "Updating",
    "Replacing",
    "Draining",
    "Deleting",
    "Degraded",
    "Failed",
    "Paused",
  ]).exactOptional(),
  nodegroupName: word("The name of the node group in EKS.", 63),
  arn: word("The ARN of the node group.", 2048),
  clusterName: word("The cluster.", 100),
  amiType: word("EKS's type of image.", 64),
  capacityType: word("How instances are bought.", 32),
  instanceTypes: list("Instance types in effect.", text("An instance type.", { max: 64 }), { max: 20 }).exactOptional(),
  instanceTypesText: word("The first of them and how many more.", 96),
  versions: object("Versions.", {
    kubernetes: word("Kubernetes version of the nodes.", 16),
    release: word("Release of the image.", 64),
    cluster: word("Kubernetes version of the cluster.", 16),
  }).exactOptional(),
  launchTemplate: object("The launch template in use.", {
    id: word("Its id.", 64),
    name: word("Its name.", 128),
    version: word("The version in use.", 16),
    hash: word("A hash of its data.", 64),
  }).exactOptional(),
  nodeRoleARN: word("The role of the nodes.", 2048),
  ownedRole: flag("The operator made that role.").exactOptional(),
  subnets: list(
    "The subnets; they stay as they are until the group is replaced.",
    text("The id of a subnet.", { max: 64 }),
    {
      max: 16,
    },
  ).exactOptional(),
  autoScalingGroups: list("The Auto Scaling groups behind the node group.", text("A name.", { max: 255 }), {
    max: 16,
  }).exactOptional(),
  scaling: object("Numbers of nodes.", {
    min: count("The fewest."),
    max: count("The most."),
    desired: count("Wanted now, by the operator or an autoscaler."),
    lastAppliedDesired: count("The number that the operator wrote last."),
    ready: count("Nodes that are ready."),
    total: count("Nodes that have joined."),
  }).exactOptional(),
  nodes: object("The nodes.", {
    byRelease: map("How many nodes run each release.", integer("Nodes.", { min: 0 }), { max: 20 }).exactOptional(),
    notReady: list("Names of up to ten nodes that are not ready.", text("A name.", { max: 253 }), {
      max: 10,
    }).exactOptional(),
  }).exactOptional(),
  health: object("Health as EKS sees it.", {
    issues: list("What is wrong.", healthIssueSchema, { max: 50 }).exactOptional(),
  }).exactOptional(),
  update: object("The update that runs or failed last.", {
    id: word("EKS's id of the update.", 64),
    type: word("ConfigUpdate or VersionUpdate.", 64),
    status: word("InProgress, Successful, Failed or Cancelled.", 32),
    targetHash: word("A hash of what it was to bring about.", 64),
    attempts: count("How often that was tried."),
    lastError: word("Why the last attempt failed.", 4096),
    nextTry: text("When it is tried again.", { max: 64, format: "date-time" }).exactOptional(),
  }).exactOptional(),
  managed: object("What the operator applied last, so that what leaves the spec leaves AWS.", {
    tagKeys: list("Keys of tags that it set.", text("A tag key.", { max: 128 }), { max: 50 }).exactOptional(),
    policyARNs: list("ARNs of policies that it attached to the node role.", text("An ARN.", { max: 2048 }), {
      max: 50,
    }).exactOptional(),
  }).exactOptional(),
  plan: planSchema.exactOptional(),
});

export type NodeGroupStatus = Value<typeof nodeGroupStatusSchema>;
