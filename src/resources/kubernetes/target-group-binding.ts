import { objectKey, parseObjectKey } from "../../api/object.ts";
import { type TargetGroupBinding, targetGroupBindingKind } from "../../api/target-group-binding.ts";
import type { Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { canonicalJson } from "../../json.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Lister } from "../../kube/lister.ts";
import type { TargetGroupBindingSpec } from "./specs.ts";

/**
 * The bindings of a Stack's target groups, as objects that users and pods' readiness gates can name. Found by the
 * Stack's labels, so no call is made to look.
 */
export function targetGroupBindingType(
  kube: KubeClient,
  bindings: Lister<TargetGroupBinding>,
): ResourceType<TargetGroupBindingSpec> {
  return {
    type: "kubernetes/TargetGroupBinding",
    iamActions: [],
    dependsOn: ["elbv2/TargetGroup", "ec2/SecurityGroup"],
    parents: [],
    // Its targets are wanted as long as there is a load balancer that sends them traffic.
    deletedAfter: ["elbv2/LoadBalancer"],
    inventoried: true,

    observe: async ({ desired }, { ownership }) => {
      const wanted = new Map(desired.map((resource) => [resource.id, resource]));
      const labels = stackLabels(ownership.tags);
      return [...candidates(bindings, labels, wanted.keys())].map((binding) => observed(binding));
    },

    compare: (desired, current) => [
      ...difference("spec", desired.spec, { ...current.spec }),
      ...Object.entries(desired.labels)
        .filter(([key, value]) => current.labels[key] !== value)
        .map(([key, to]) => ({ field: `labels.${key}`, from: current.labels[key], to })),
    ],

    create: async (resource, { signal }) => observed(await apply(kube, resource, signal)),
    update: async ({ resource }, { signal }) => observed(await apply(kube, resource, signal)),

    delete: async ({ id, outputs }, { signal }) => {
      const uid = outputs["uid"];
      await kube.delete(targetGroupBindingKind, parseObjectKey(id), { signal, ...(uid === undefined ? {} : { uid }) });
      return { kind: "deleted" };
    },
  };
}

/** The spec's fields are ours alone: server-side apply also removes those that are no longer wanted. */
function apply(
  kube: KubeClient,
  { spec }: Resource<TargetGroupBindingSpec>,
  signal: AbortSignal,
): Promise<TargetGroupBinding> {
  const { namespace, name, labels } = spec;
  return kube.apply(
    targetGroupBindingKind,
    { metadata: { namespace, name, labels }, spec: spec.spec },
    { signal, force: true },
  );
}

function observed(binding: TargetGroupBinding): Observed<TargetGroupBindingSpec> {
  const { namespace = "", name, labels = {}, uid, deletionTimestamp } = binding.metadata;
  return {
    type: "kubernetes/TargetGroupBinding",
    id: objectKey({ namespace, name }),
    // The object's own fields are those of the spec, once the API server has accepted them.
    spec: { namespace, name, labels, spec: binding.spec as TargetGroupBindingSpec["spec"] },
    outputs: { uid },
    state: deletionTimestamp === undefined ? "ready" : "deleting",
  };
}

function difference(field: string, to: object, from: object): readonly Difference[] {
  return canonicalJson(to) === canonicalJson(from) ? [] : [{ field, from, to }];
}

/** The labels that say to which Stack a binding belongs, from the Stack's tags. */
export function stackLabels(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const prefix of ["ingress.k8s.aws", "service.k8s.aws"]) {
    const stack = tags[`${prefix}/stack`];
    if (stack === undefined) continue;
    const slash = stack.indexOf("/");
    if (slash < 0) return { [`${prefix}/stack`]: stack };
    return { [`${prefix}/stack-namespace`]: stack.slice(0, slash), [`${prefix}/stack-name`]: stack.slice(slash + 1) };
  }
  return {};
}

/** Index of bindings by the labels of their Stack. */
export const byStackLabels = (binding: TargetGroupBinding): readonly string[] => {
  const labels = binding.metadata.labels ?? {};
  return Object.keys(labels).some((key) => key.includes(".k8s.aws/stack"))
    ? [
        canonicalJson(
          Object.fromEntries(Object.entries(labels).filter(([key]) => /^(ingress|service)\.k8s\.aws\/stack/.test(key))),
        ),
      ]
    : [];
};

export const stackLabelsIndex = "stackLabels";

function candidates(
  bindings: Lister<TargetGroupBinding>,
  labels: Readonly<Record<string, string>>,
  ids: Iterable<string>,
): ReadonlySet<TargetGroupBinding> {
  const labelled = Object.keys(labels).length === 0 ? [] : bindings.byIndex(stackLabelsIndex, canonicalJson(labels));
  const named = [...ids].map((id) => bindings.get(id)).filter((binding) => binding !== undefined);
  return new Set([...labelled, ...named]);
}
