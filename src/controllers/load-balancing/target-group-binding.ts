import type { PortNumberOrName } from "../../api/builtin.ts";
import { type Resource, ref } from "../../engine/stack.ts";
import type { StringOrRef, TargetGroupSpec } from "../../resources/elbv2/specs.ts";
import type { TargetGroupBindingSpec } from "../../resources/kubernetes/specs.ts";

export interface BindingPort {
  readonly protocol: "TCP" | "UDP";
  /** Absent: all ports. */
  readonly port?: PortNumberOrName;
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
  readonly openPorts: readonly BindingPort[];
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly multiCluster: boolean;
}): Resource<TargetGroupBindingSpec> {
  const { targetGroup, namespace, from } = input;
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
        ...(from === undefined
          ? {}
          : {
              networking: {
                ingress: input.openPorts.map((port) => ({
                  from: [{ securityGroup: { groupID: from } }],
                  ports: [port],
                })),
              },
            }),
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
