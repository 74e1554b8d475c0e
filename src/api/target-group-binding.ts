import { conditionsSchema, labelSelectorSchema, observedGenerationSchema } from "./common.ts";
import type { CustomKind, PrinterColumn } from "./crd.ts";
import type { KubeObject } from "./object.ts";
import { choice, flag, integerOrText, list, object, text, type Value } from "./schema.ts";

/** `TargetGroupBinding` of the AWS Load Balancer Controller: the same fields, versions and columns. */

const serviceRef = object("The Service whose endpoints are registered; it is in the binding's own namespace.", {
  name: text("The name of the Service.", { max: 253 }),
  port: integerOrText("The port of the Service, by number or by name; never its target port."),
});

const networkingPeer = object("A source of traffic: exactly one of ipBlock and securityGroup.", {
  ipBlock: object("A range of addresses.", {
    cidr: text("An IPv4 or IPv6 range, such as 10.0.0.0/16.", { max: 64 }),
  }).exactOptional(),
  securityGroup: object("A security group.", {
    groupID: text("The id of the security group.", { max: 64 }),
  }).exactOptional(),
});

const networking = object("Rules that let traffic reach the targets. Absent: none are managed for this binding.", {
  ingress: list(
    "What to let in; the rules are added together.",
    object("One rule: each of its sources may reach each of its ports.", {
      from: list("The sources.", networkingPeer, { max: 256 }),
      ports: list(
        "The ports.",
        object("One port.", {
          protocol: choice("The protocol; TCP when absent.", ["TCP", "UDP"]).exactOptional(),
          port: integerOrText(
            "A number, or the name of a container port (ip targets). All ports when absent.",
          ).exactOptional(),
        }),
        { max: 256 },
      ),
    }),
    { max: 256 },
  ).exactOptional(),
});

const firstFields = {
  targetGroupARN: text("The target group to fill; read from AWS by targetGroupName when absent.").exactOptional(),
  targetGroupName: text("The name of the target group; targetGroupARN wins when both are given.").exactOptional(),
  multiClusterTargetGroup: flag(
    "The target group is shared with other clusters or bindings: only targets that this binding registered are deregistered.",
  ).exactOptional(),
  targetType: choice("Register nodes (instance) or pods (ip); the target group's own type when absent.", [
    "instance",
    "ip",
  ]).exactOptional(),
  serviceRef,
  networking: networking.exactOptional(),
  iamRoleArnToAssume: text(
    "A role to assume for the calls of this binding (target group in another account).",
  ).exactOptional(),
  assumeRoleExternalId: text("The external id for that role.").exactOptional(),
};

const spec = object("Which target group is filled with the endpoints of which Service.", {
  ...firstFields,
  targetGroupProtocol: choice("The target group's protocol, as AWS has it.", [
    "HTTP",
    "HTTPS",
    "TCP",
    "TLS",
    "UDP",
    "TCP_UDP",
    "QUIC",
    "TCP_QUIC",
  ]).exactOptional(),
  nodeSelector: labelSelectorSchema.exactOptional(),
  ipAddressType: choice("The address family of the target group.", ["ipv4", "ipv6"]).exactOptional(),
  vpcID: text("The VPC of the target group.").exactOptional(),
});

const status = object("What the operator found and did.", {
  observedGeneration: observedGenerationSchema.exactOptional(),
  conditions: conditionsSchema.exactOptional(),
});

const columns: readonly PrinterColumn[] = [
  {
    name: "SERVICE-NAME",
    type: "string",
    jsonPath: ".spec.serviceRef.name",
    description: "The Service whose endpoints are registered",
  },
  {
    name: "SERVICE-PORT",
    type: "string",
    jsonPath: ".spec.serviceRef.port",
    description: "The port of that Service",
  },
  { name: "TARGET-TYPE", type: "string", jsonPath: ".spec.targetType", description: "instance or ip" },
  { name: "ARN", type: "string", jsonPath: ".spec.targetGroupARN", description: "The target group's ARN", priority: 1 },
  {
    name: "NAME",
    type: "string",
    jsonPath: ".spec.targetGroupName",
    description: "The target group's name",
    priority: 2,
  },
  { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
];

export type TargetGroupBindingSpecFields = Value<typeof spec>;

export interface TargetGroupBinding extends KubeObject {
  readonly spec: TargetGroupBindingSpecFields;
  readonly status?: Value<typeof status>;
}

export const targetGroupBindingKind: CustomKind<TargetGroupBinding> = {
  group: "elbv2.k8s.aws",
  version: "v1beta1",
  kind: "TargetGroupBinding",
  plural: "targetgroupbindings",
  singular: "targetgroupbinding",
  shortNames: [],
  categories: [],
  namespaced: true,
  description: "Keeps the targets of an AWS target group equal to the endpoints of a Service.",
  schemas: { spec, status },
  columns,
  specRequired: false,
  statusSubresource: true,
  olderVersions: [
    {
      version: "v1alpha1",
      spec: object("Which target group is filled with the endpoints of which Service.", firstFields),
      status: object("What the operator found and did.", {
        observedGeneration: observedGenerationSchema.exactOptional(),
      }),
    },
  ],
};
