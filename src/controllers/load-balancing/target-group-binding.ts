import type { PortNumberOrName } from "../../api/builtin.ts";
import { type Resource, ref } from "../../engine/stack.ts";
import type { StringOrRef, TargetGroupSpec } from "../../resources/elbv2/specs.ts";
import type { NetworkingPeer, TargetGroupBindingSpec } from "../../resources/kubernetes/specs.ts";

export interface BindingPort {
  readonly protocol: "TCP" | "UDP";
  /** Absent: all ports. */
  readonly port?: PortNumberOrName;
}

/** Who is let in on which ports. */
export interface BindingRule {
  readonly from: readonly NetworkingPeer[];
  readonly ports: readonly BindingPort[];
}

/** The object that registers the endpoints of a Service port in a target group of the same Stack. */
export function targetGroupBinding(input: {
  readonly targetGroup: Resource<TargetGroupSpec>;
  readonly namespace: string;
  readonly service: string;
  readonly port: PortNumberOrName;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: nobody's security group is touched. */
  readonly from?: StringOrRef;
  readonly openPorts?: readonly BindingPort[];
  /** In place of `from` and `openPorts`, where there is more than one source. */
  readonly rules?: readonly BindingRule[];
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly multiCluster: boolean;
}): Resource<TargetGroupBindingSpec> {
  const { targetGroup, namespace, from, openPorts = [] } = input;
  const own = openPorts.map((port) => ({ from: [{ securityGroup: { groupID: from ?? "" } }], ports: [port] }));
  const ingress = input.rules ?? (from === undefined ? undefined : own);
  const group = targetGroup.spec;
  const targetType = group.targetType === "instance" ? "instance" : "ip";
  return {
    type: "kubernetes/TargetGroupBinding",
    id: `${namespace}/${group.name}`,
    spec: {
      namespace,
      name: group.name,
      labels: input.labels,
      spec: {
        targetGroupARN: ref(targetGroup.type, targetGroup.id, "arn"),
        targetType,
        targetGroupProtocol: group.protocol,
        serviceRef: { name: input.service, port: input.port },
        ...(ingress === undefined ? {} : { networking: { ingress } }),
        ...(targetType === "instance" && input.nodeLabels !== undefined && Object.keys(input.nodeLabels).length > 0
          ? { nodeSelector: { matchLabels: input.nodeLabels } }
          : {}),
        ipAddressType: group.ipAddressType ?? "ipv4",
        vpcID: group.vpcID,
        ...(input.multiCluster ? { multiClusterTargetGroup: true } : {}),
      },
    },
  };
}
