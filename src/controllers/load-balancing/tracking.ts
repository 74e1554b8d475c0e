/** Tags and labels by which load balancers and what belongs to them are recognised; LBC's own, so that both agree. */

/** On every AWS resource: the name of the cluster. */
export const clusterTag = "elbv2.k8s.aws/cluster";

/** The labels of a TargetGroupBinding that name its Stack. `prefix` is `ingress.k8s.aws` or `service.k8s.aws`. */
export function stackLabels(
  prefix: string,
  owner: { readonly namespace: string; readonly name: string },
): Readonly<Record<string, string>> {
  if (owner.namespace === "") return { [`${prefix}/stack`]: owner.name };
  return { [`${prefix}/stack-namespace`]: owner.namespace, [`${prefix}/stack-name`]: owner.name };
}
