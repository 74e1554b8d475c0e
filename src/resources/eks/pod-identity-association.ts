import type { PodIdentityAssociation } from "@aws-sdk/client-eks";
import type { EksPort } from "../../aws/eks.ts";
import { hasCode } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { Clock } from "../../clock.ts";
import type { CallContext, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";
import { literal } from "../elbv2/context.ts";
import { samePolicy } from "../iam/policy-document.ts";
import { PropagationPatience } from "./propagation.ts";
import type { PodIdentityAssociationSpec } from "./specs.ts";

export const podIdentityAssociationType = "eks/PodIdentityAssociation";

const propagationMs = 120_000;

/** EKS Pod Identity associations of one cluster; names of a Stack are `namespace/serviceAccount`. */
export function eksPodIdentityAssociation(
  eks: EksPort,
  { clusterName, clock }: { readonly clusterName: string; readonly clock: Clock },
): ResourceType<PodIdentityAssociationSpec> {
  const patience = new PropagationPatience(clock, propagationMs);

  async function find(namespace: string, serviceAccount: string, call: CallOptions) {
    const list = await eks.listPodIdentityAssociations({ clusterName, namespace, serviceAccount }, call);
    const associationId = list.associations?.[0]?.associationId;
    if (associationId === undefined) return undefined;
    try {
      return (await eks.describePodIdentityAssociation({ clusterName, associationId }, call)).association;
    } catch (error) {
      if (hasCode(error, "ResourceNotFound", "NotFound")) return undefined;
      throw error;
    }
  }

  async function observeOne(
    key: string,
    resource: Resource<PodIdentityAssociationSpec> | undefined,
    context: CallContext,
  ): Promise<Observed<PodIdentityAssociationSpec> | undefined> {
    const [namespace = "", serviceAccount = ""] = key.split("/");
    const found = await find(namespace, serviceAccount, callOptions(context, key));
    if (found === undefined) return undefined;
    const tags = found.tags ?? {};
    const owned = Object.entries(context.ownership.tags).every(([name, value]) => tags[name] === value);
    const adopted =
      resource?.adopt !== undefined && [found.associationArn, found.associationId, key].includes(resource.adopt);
    if (found.ownerArn !== undefined || (!owned && !adopted)) return undefined;
    const ownershipKeys = new Set([...Object.keys(context.ownership.tags), context.ownership.idTag]);
    return observedOf(resource?.id ?? tags[context.ownership.idTag] ?? key, found, {
      namespace,
      serviceAccount,
      roleARN: found.roleArn ?? "",
      targetRoleARN: found.targetRoleArn ?? "",
      disableSessionTags: found.disableSessionTags ?? false,
      policy: found.policy ?? "",
      tags: owned ? Object.fromEntries(Object.entries(tags).filter(([name]) => !ownershipKeys.has(name))) : {},
    });
  }

  return {
    type: podIdentityAssociationType,
    iamActions: [
      "eks:ListPodIdentityAssociations",
      "eks:DescribePodIdentityAssociation",
      "eks:CreatePodIdentityAssociation",
      "eks:UpdatePodIdentityAssociation",
      "eks:DeletePodIdentityAssociation",
      "eks:TagResource",
      "iam:PassRole",
      "iam:GetRole",
    ],
    dependsOn: ["iam/Role"],
    parents: [],
    neverReplaced: "an association keeps its namespace and ServiceAccount",

    async observe({ desired, names }, context) {
      const wanted = new Map(desired.map((resource) => [keyOf(resource.spec), resource]));
      const keys = [...new Set([...wanted.keys(), ...(names ?? [])])];
      const found = await Promise.all(keys.map((key) => observeOne(key, wanted.get(key), context)));
      return found.filter((association) => association !== undefined);
    },

    compare(desired, observed) {
      const differences: Difference[] = [];
      const fields = ["namespace", "serviceAccount", "roleARN", "targetRoleARN", "disableSessionTags"] as const;
      for (const field of fields) {
        if (desired[field] === observed[field]) continue;
        const replace = field === "namespace" || field === "serviceAccount";
        differences.push({ field, from: observed[field], to: desired[field], ...(replace ? { replace } : {}) });
      }
      const samePolicies = desired.policy === observed.policy || samePolicy(desired.policy, observed.policy);
      if (!samePolicies) differences.push({ field: "policy", from: observed.policy, to: desired.policy });
      for (const [key, value] of Object.entries(desired.tags)) {
        if (observed.tags[key] !== value)
          differences.push({ field: `tags.${key}`, from: observed.tags[key], to: value });
      }
      return differences;
    },

    async create(resource, context) {
      const { spec } = resource;
      const key = keyOf(spec);
      const { tags: ownershipTags, idTag } = context.ownership;
      try {
        const answer = await eks.createPodIdentityAssociation(
          {
            clusterName,
            namespace: spec.namespace,
            serviceAccount: spec.serviceAccount,
            roleArn: literal(spec.roleARN),
            ...(spec.targetRoleARN === "" ? {} : { targetRoleArn: spec.targetRoleARN }),
            disableSessionTags: spec.disableSessionTags,
            ...(spec.policy === "" ? {} : { policy: spec.policy }),
            tags: { ...spec.tags, ...ownershipTags, [idTag]: resource.id },
          },
          callOptions(context, key),
        );
        patience.clear(key);
        return observedOf(resource.id, answer.association ?? {}, spec);
      } catch (error) {
        if (hasCode(error, "ResourceInUse")) {
          const mine = await observeOne(key, resource, context);
          if (mine !== undefined) return mine;
          throw await taken(key, callOptions(context, key), error);
        }
        throw patience.judge(key, error);
      }
    },

    async update({ resource, observed, differences }, context) {
      const { spec } = resource;
      const key = keyOf(spec);
      const call = callOptions(context, key);
      const tags = differences.filter((difference) => difference.field.startsWith("tags."));
      if (tags.length > 0) {
        await eks.tagResource(
          {
            resourceArn: observed.outputs["arn"] ?? "",
            tags: { ...spec.tags, ...context.ownership.tags, [context.ownership.idTag]: resource.id },
          },
          call,
        );
      }
      if (differences.length > tags.length) {
        try {
          await eks.updatePodIdentityAssociation(
            {
              clusterName,
              associationId: observed.outputs["id"] ?? "",
              roleArn: literal(spec.roleARN),
              // An empty text clears it; leaving it out would keep the old one.
              targetRoleArn: spec.targetRoleARN,
              disableSessionTags: spec.disableSessionTags,
              ...(spec.policy === "" && observed.spec.policy === "" ? {} : { policy: spec.policy }),
            },
            call,
          );
          patience.clear(key);
        } catch (error) {
          throw patience.judge(key, error);
        }
      }
      return { ...observed, spec };
    },

    async delete(observed, context) {
      try {
        await eks.deletePodIdentityAssociation(
          { clusterName, associationId: observed.outputs["id"] ?? "" },
          callOptions(context, keyOf(observed.spec)),
        );
      } catch (error) {
        if (!hasCode(error, "ResourceNotFound", "NotFound")) throw error;
      }
      return { kind: "deleted" };
    },
  };

  async function taken(key: string, call: CallOptions, cause: unknown): Promise<AppError> {
    const [namespace = "", serviceAccount = ""] = key.split("/");
    const other = await find(namespace, serviceAccount, call);
    // EKS forgets a deleted association only after a second or more.
    if (other === undefined) {
      return new AppError(`an association of ServiceAccount ${key} is still being deleted`, {
        class: "waiting",
        code: "Waiting",
        retryAfterMs: 5000,
        cause,
      });
    }
    if (other.ownerArn !== undefined) {
      return new AppError(`the association of ServiceAccount ${key} belongs to the EKS add-on ${other.ownerArn}`, {
        class: "conflict",
        code: "OwnedByAddon",
        cause,
      });
    }
    return new AppError(
      `ServiceAccount ${key} already has the association ${other.associationId ?? ""}, which does not bear this object's ownership tags; to take it over set the annotation fairlead.io/adopt: eks/PodIdentityAssociation=${other.associationId ?? ""}`,
      { class: "conflict", code: "NameConflict", cause },
    );
  }
}

function keyOf(spec: PodIdentityAssociationSpec): string {
  return `${spec.namespace}/${spec.serviceAccount}`;
}

function observedOf(
  id: string,
  found: PodIdentityAssociation,
  spec: PodIdentityAssociationSpec,
): Observed<PodIdentityAssociationSpec> {
  return {
    type: podIdentityAssociationType,
    id,
    spec,
    outputs: {
      arn: found.associationArn ?? "",
      id: found.associationId ?? "",
      ...(found.externalId === undefined ? {} : { externalID: found.externalId }),
    },
    state: "ready",
  };
}

function callOptions(context: CallContext, key: string): CallOptions {
  return { signal: context.signal, resource: `Pod Identity association of ServiceAccount ${key}` };
}
