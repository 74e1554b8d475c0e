import type {
  CreateNodegroupCommandInput,
  Nodegroup,
  UpdateNodegroupConfigCommandInput,
  UpdateNodegroupVersionCommandInput,
} from "@aws-sdk/client-eks";
import type { EksPort } from "../../aws/eks.ts";
import { hasCode } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { Clock } from "../../clock.ts";
import type { CallContext, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Ownership, Resource } from "../../engine/stack.ts";
import { AppError, errorMessage } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";
import { literal } from "../elbv2/context.ts";
import { compareNodeGroups, failedStatusField, labelDelta, scalingUpdate, taintDelta } from "./node-group-compare.ts";
import { inMotion, nodeGroupType, observedNodeGroup } from "./node-group-observe.ts";
import { NodeGroupUpdates } from "./node-group-updates.ts";
import { PropagationPatience } from "./propagation.ts";
import type { NodeGroupSpec } from "./specs.ts";

const propagationMs = 300_000;
const pollMs = 15_000;
const createAttempts = 3;

/**
 * EKS managed node groups of one cluster. EKS works on a group for minutes and takes one change at a time: every method
 * returns at once, and the engine looks again every 15 s. A change goes in this order: tags, then configuration in one
 * call, then version and launch template in one call.
 */
export function eksNodeGroup(
  eks: EksPort,
  { clusterName, clock }: { readonly clusterName: string; readonly clock: Clock },
): ResourceType<NodeGroupSpec> {
  const patience = new PropagationPatience(clock, propagationMs);
  const updates = new NodeGroupUpdates(eks, { clusterName, clock });
  const failedCreates = new Map<string, number>();

  async function describe(name: string, context: CallContext): Promise<Nodegroup | undefined> {
    try {
      return (await eks.describeNodegroup({ clusterName, nodegroupName: name }, callOptions(context, name))).nodegroup;
    } catch (error) {
      if (hasCode(error, "ResourceNotFound", "NotFound")) return undefined;
      throw error;
    }
  }

  async function observeOne(
    name: string,
    resource: Resource<NodeGroupSpec> | undefined,
    context: CallContext,
  ): Promise<Observed<NodeGroupSpec> | undefined> {
    const group = await describe(name, context);
    if (group === undefined) return undefined;
    const { tags, idTag } = context.ownership;
    const owned = Object.entries(tags).every(([key, value]) => group.tags?.[key] === value);
    const adopted = resource?.adopt !== undefined && (resource.adopt === name || resource.adopt === group.nodegroupArn);
    if (!owned && !adopted) return undefined;
    const update = await updates.look(name, group.status, callOptions(context, name));
    const id = resource?.id ?? group.tags?.[idTag] ?? name;
    return observedNodeGroup(group, { id, ownership: context.ownership, update });
  }

  /** The group is being worked on from now on; what is described meanwhile is neither old nor new. */
  function moving(observed: Observed<NodeGroupSpec>, status: "UPDATING" | "DELETING"): Observed<NodeGroupSpec> {
    const live = observed.spec.live;
    return {
      ...observed,
      spec: { ...observed.spec, ...(live === undefined ? {} : { live: { ...live, status } }) },
      state: status === "UPDATING" ? "pending" : "deleting",
      reason: `the node group is ${status}`,
    };
  }

  async function startDeletion(name: string, context: CallContext): Promise<"gone" | "started" | "busy"> {
    try {
      await eks.deleteNodegroup({ clusterName, nodegroupName: name }, callOptions(context, name));
      return "started";
    } catch (error) {
      if (hasCode(error, "ResourceNotFound", "NotFound")) return "gone";
      if (hasCode(error, "ResourceInUse", "InvalidRequest")) return "busy";
      throw error;
    }
  }

  async function remake(observed: Observed<NodeGroupSpec>, context: CallContext): Promise<Observed<NodeGroupSpec>> {
    const { name } = observed.spec;
    const attempts = (failedCreates.get(name) ?? 0) + 1;
    failedCreates.set(name, attempts);
    if (attempts > createAttempts) {
      throw new AppError(`${observed.reason ?? "the node group failed"}; given up after ${createAttempts} attempts`, {
        class: "conflict",
        code: "CreateFailed",
      });
    }
    await startDeletion(name, context);
    return moving(observed, "DELETING");
  }

  return {
    type: nodeGroupType,
    iamActions: [
      "eks:DescribeNodegroup",
      "eks:CreateNodegroup",
      "eks:UpdateNodegroupConfig",
      "eks:UpdateNodegroupVersion",
      "eks:DeleteNodegroup",
      "eks:DescribeUpdate",
      "eks:ListUpdates",
      "eks:TagResource",
      "eks:UntagResource",
      "iam:PassRole",
      "iam:CreateServiceLinkedRole",
    ],
    dependsOn: ["iam/Role", "ec2/LaunchTemplate"],
    parents: [],
    pollMs,
    neverReplaced: "make a second NodeGroup with the new values, move the pods, and delete this one",

    async observe({ desired, names }, context) {
      const wanted = new Map(desired.map((resource) => [resource.spec.name, resource]));
      const all = [...new Set([...wanted.keys(), ...(names ?? [])])];
      const found = await Promise.all(all.map((name) => observeOne(name, wanted.get(name), context)));
      return found.filter((group) => group !== undefined);
    },

    compare: compareNodeGroups,

    async create(resource, context) {
      const { name } = resource.spec;
      try {
        const answer = await eks.createNodegroup(
          createRequest(resource, clusterName, context.ownership),
          callOptions(context, name),
        );
        patience.clear(name);
        return observedNodeGroup(answer.nodegroup ?? { nodegroupName: name, status: "CREATING" }, {
          id: resource.id,
          ownership: context.ownership,
          update: undefined,
        });
      } catch (error) {
        if (!hasCode(error, "ResourceInUse")) throw patience.judge(name, error);
        const mine = await observeOne(name, resource, context);
        if (mine !== undefined) return mine;
        throw new AppError(
          `node group ${name} exists and does not bear this object's ownership tags; to take it over set the annotation fairlead.io/adopt: eks/NodeGroup=${name}`,
          { class: "conflict", code: "NameConflict", cause: error },
        );
      }
    },

    async update({ resource, observed, differences }, context) {
      const { name } = observed.spec;
      if (differences.some((difference) => difference.field === failedStatusField)) return remake(observed, context);
      failedCreates.delete(name);
      if (inMotion(observed.spec)) return observed;
      const call = callOptions(context, name);
      await changeTags(eks, { resource, observed, differences, ownership: context.ownership, call });
      try {
        const config = await configUpdate(resource.spec, observed, differences, context);
        if (config !== undefined) {
          const target = canonicalJson(config);
          updates.allow(name, target);
          const answer = await eks.updateNodegroupConfig(config, call);
          updates.started(name, { id: answer.update?.id, target });
          return moving(observed, "UPDATING");
        }
        const version = versionUpdate(resource.spec, differences, clusterName);
        if (version !== undefined) {
          const target = canonicalJson(version);
          updates.allow(name, target);
          const answer = await eks.updateNodegroupVersion(version, call);
          updates.started(name, { id: answer.update?.id, target });
          return moving(observed, "UPDATING");
        }
      } catch (error) {
        if (hasCode(error, "ResourceInUse")) return moving(observed, "UPDATING");
        if (hasCode(error, "InvalidParameter") && /(capacity|desired size)/i.test(errorMessage(error))) {
          throw new AppError(`an autoscaler changed node group ${name} at the same moment: ${errorMessage(error)}`, {
            class: "transient",
            code: "Waiting",
            cause: error,
          });
        }
        throw error;
      }
      const { scaling, updateConfig, launchTemplate, kubernetesVersion, releaseVersion } = observed.spec;
      const kept = {
        scaling,
        updateConfig,
        launchTemplate,
        ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
        ...(releaseVersion === undefined ? {} : { releaseVersion }),
      };
      return {
        ...observed,
        spec: { ...observed.spec, ...kept, tags: { ...observed.spec.tags, ...resource.spec.tags } },
      };
    },

    async delete(observed, context) {
      const { name } = observed.spec;
      const waiting = (reason: string) => ({ kind: "waiting", reason, retryAfterMs: pollMs }) as const;
      if (observed.state === "deleting") return waiting(`EKS is deleting node group ${name}`);
      const outcome = await startDeletion(name, context);
      if (outcome === "gone") return { kind: "deleted" };
      return waiting(
        outcome === "busy"
          ? `node group ${name} is being updated and can be deleted after that`
          : `EKS is deleting node group ${name}`,
      );
    },
  };

  async function configUpdate(
    desired: NodeGroupSpec,
    observed: Observed<NodeGroupSpec>,
    differences: readonly Difference[],
    context: CallContext,
  ): Promise<UpdateNodegroupConfigCommandInput | undefined> {
    const changed = (family: string): boolean => differences.some((one) => one.field.split(".")[0] === family);
    const parts: Omit<UpdateNodegroupConfigCommandInput, "clusterName" | "nodegroupName"> = {};
    if (changed("labels")) {
      const delta = labelDelta(desired.labels, observed.spec.labels);
      parts.labels = {
        ...(Object.keys(delta.addOrUpdateLabels).length === 0 ? {} : { addOrUpdateLabels: delta.addOrUpdateLabels }),
        ...(delta.removeLabels.length === 0 ? {} : { removeLabels: [...delta.removeLabels] }),
      };
    }
    if (changed("taints")) {
      const delta = taintDelta(desired.taints, observed.spec.taints);
      parts.taints = {
        ...(delta.addOrUpdateTaints.length === 0 ? {} : { addOrUpdateTaints: [...delta.addOrUpdateTaints] }),
        ...(delta.removeTaints.length === 0 ? {} : { removeTaints: [...delta.removeTaints] }),
      };
    }
    if (changed("scaling")) {
      // An autoscaler may have moved the number since we looked.
      const now = (await describe(desired.name, context))?.scalingConfig;
      const scaling = scalingUpdate(desired.scaling, {
        min: now?.minSize ?? observed.spec.scaling.min,
        max: now?.maxSize ?? observed.spec.scaling.max,
        desired: now?.desiredSize ?? observed.spec.scaling.desired,
      });
      if (scaling !== undefined) parts.scalingConfig = scaling;
    }
    if (changed("updateConfig")) parts.updateConfig = { ...desired.updateConfig };
    if (changed("nodeRepair") && desired.nodeRepair !== undefined)
      parts.nodeRepairConfig = repairConfig(desired.nodeRepair);
    if (Object.keys(parts).length === 0) return undefined;
    return { clusterName, nodegroupName: desired.name, ...parts };
  }
}

/**
 * The whole create request. It needs no idempotency token: the name is one, and a token that is derived from the spec
 * would bring back the answer for a group of the same spec that has been deleted since.
 */
function createRequest(
  resource: Resource<NodeGroupSpec>,
  clusterName: string,
  ownership: Ownership,
): CreateNodegroupCommandInput {
  const { spec } = resource;
  const template = spec.launchTemplate;
  return {
    clusterName,
    nodegroupName: spec.name,
    nodeRole: literal(spec.nodeRoleARN),
    subnets: [...spec.subnetIDs],
    scalingConfig: { minSize: spec.scaling.min, maxSize: spec.scaling.max, desiredSize: spec.scaling.desired },
    capacityType: spec.capacityType,
    ...(spec.instanceTypes === undefined ? {} : { instanceTypes: [...spec.instanceTypes] }),
    ...(spec.amiType === undefined
      ? {}
      : { amiType: spec.amiType as NonNullable<CreateNodegroupCommandInput["amiType"]> }),
    ...(Object.keys(spec.labels).length === 0 ? {} : { labels: spec.labels }),
    ...(spec.taints.length === 0 ? {} : { taints: [...spec.taints] }),
    updateConfig: { ...spec.updateConfig },
    ...(spec.nodeRepair === undefined ? {} : { nodeRepairConfig: repairConfig(spec.nodeRepair) }),
    launchTemplate: {
      ...("id" in template ? { id: literal(template.id) } : { name: template.name }),
      version: literal(template.version),
    },
    ...(spec.kubernetesVersion === undefined ? {} : { version: spec.kubernetesVersion }),
    ...(spec.releaseVersion === undefined ? {} : { releaseVersion: spec.releaseVersion }),
    tags: { ...spec.tags, ...ownership.tags, [ownership.idTag]: resource.id },
  };
}

function versionUpdate(
  desired: NodeGroupSpec,
  differences: readonly Difference[],
  clusterName: string,
): UpdateNodegroupVersionCommandInput | undefined {
  const fields = new Set(differences.map((difference) => difference.field));
  const template = fields.has("launchTemplate.version");
  const version = fields.has("kubernetesVersion");
  const release = fields.has("releaseVersion");
  if (!template && !version && !release) return undefined;
  const wanted = desired.launchTemplate;
  return {
    clusterName,
    nodegroupName: desired.name,
    // A release of another minor version is refused without its version.
    ...((version || release) && desired.kubernetesVersion !== undefined ? { version: desired.kubernetesVersion } : {}),
    ...(release ? { releaseVersion: desired.releaseVersion } : {}),
    ...(template
      ? {
          launchTemplate: {
            ...("id" in wanted ? { id: literal(wanted.id) } : { name: wanted.name }),
            version: literal(wanted.version),
          },
        }
      : {}),
    ...(desired.force ? { force: true } : {}),
  };
}

async function changeTags(
  eks: EksPort,
  change: {
    readonly resource: Resource<NodeGroupSpec>;
    readonly observed: Observed<NodeGroupSpec>;
    readonly differences: readonly Difference[];
    readonly ownership: Ownership;
    readonly call: CallOptions;
  },
): Promise<void> {
  const { resource, observed, ownership, call } = change;
  const differences = change.differences.filter((difference) => difference.field.startsWith("tags."));
  const resourceArn = observed.outputs["arn"] ?? "";
  if (differences.some((difference) => difference.to !== undefined)) {
    const tags = { ...resource.spec.tags, ...ownership.tags, [ownership.idTag]: resource.id };
    await eks.tagResource({ resourceArn, tags }, call);
  }
  const tagKeys = differences.filter((one) => one.to === undefined).map((one) => one.field.slice("tags.".length));
  if (tagKeys.length > 0) await eks.untagResource({ resourceArn, tagKeys }, call);
}

function repairConfig(repair: NonNullable<NodeGroupSpec["nodeRepair"]>) {
  const { overrides, ...rest } = repair;
  return {
    ...rest,
    ...(overrides === undefined ? {} : { nodeRepairConfigOverrides: overrides.map((override) => ({ ...override })) }),
  };
}

function callOptions(context: CallContext, name: string): CallOptions {
  return { signal: context.signal, resource: `node group ${name}` };
}
