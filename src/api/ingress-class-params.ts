import { labelSelectorSchema } from "./common.ts";
import type { CustomKind } from "./crd.ts";
import type { KubeObject } from "./object.ts";
import { choice, integer, list, map, object, text, type Value } from "./schema.ts";

/** `IngressClassParams` of the AWS Load Balancer Controller: settings that a class forces on its Ingresses. */

const attribute = object("One attribute.", {
  key: text("AWS's name of the attribute.", { max: 256 }),
  value: text("The wanted value.", { max: 1024 }),
});

const cidrs = (description: string) => list(description, text("A range or an id.", { max: 128 }), { max: 256 });

const spec = object(
  "Settings that win over the annotations of the Ingresses of a class.",
  {
    certificateArn: list(
      "ARNs of certificates for HTTPS listeners.",
      text("The ARN of a certificate.", { max: 2048 }),
      { max: 64 },
    ).exactOptional(),
    namespaceSelector: labelSelectorSchema.exactOptional(),
    group: object("Puts all Ingresses of the class into one group.", {
      name: text("The name of the group.", { max: 253 }),
    }).exactOptional(),
    loadBalancerName: text("The name of the load balancer.", { max: 253 }).exactOptional(),
    scheme: choice("Where the load balancer can be reached from.", ["internal", "internet-facing"]).exactOptional(),
    inboundCIDRs: cidrs("Ranges of addresses that may connect.").exactOptional(),
    sslPolicy: text("The security policy of HTTPS listeners.", { max: 256 }).exactOptional(),
    sslRedirectPort: text("The HTTPS port that HTTP is redirected to, as text.", { max: 64 }).exactOptional(),
    subnets: object("The subnets of the load balancer: by ids or by tags.", {
      ids: list("Ids of subnets.", text("The id of a subnet.", { max: 64, pattern: /subnet-[0-9a-f]+/ }), {
        min: 1,
        max: 64,
      }).exactOptional(),
      tags: map(
        "Tags that a subnet must bear: all keys, with one of the values of each.",
        list("Values, any of which will do.", text("A tag value.", { max: 256 }), { max: 64 }),
        { max: 50 },
      ).exactOptional(),
    }).exactOptional(),
    ipAddressType: choice("The address families of the load balancer.", [
      "ipv4",
      "dualstack",
      "dualstack-without-public-ipv4",
    ]).exactOptional(),
    tags: list(
      "Tags for all AWS resources of the class; they win over those of annotations.",
      object("One tag.", {
        key: text("The tag's key.", { max: 128 }),
        value: text("The tag's value.", { max: 256 }),
      }),
      { max: 50 },
    ).exactOptional(),
    targetType: choice("Register nodes (instance) or pods (ip).", ["instance", "ip"]).exactOptional(),
    loadBalancerAttributes: list("Attributes of the load balancer.", attribute, { max: 64 }).exactOptional(),
    listeners: list(
      "Attributes of listeners that Ingresses ask for; this creates no listener.",
      object("One listener.", {
        protocol: text("The listener's protocol, such as HTTPS.", { max: 16 }).exactOptional(),
        port: integer("The listener's port.").exactOptional(),
        listenerAttributes: list("Its attributes.", attribute, { max: 64 }).exactOptional(),
      }),
      { max: 64 },
    ).exactOptional(),
    minimumLoadBalancerCapacity: object("Capacity that is kept reserved.", {
      capacityUnits: integer("Load balancer capacity units."),
    }).exactOptional(),
    ipamConfiguration: object("Where public addresses come from.", {
      ipv4IPAMPoolId: text("The id of an IPAM pool of IPv4 addresses.", { max: 128 }).exactOptional(),
    }).exactOptional(),
    prefixListsIDs: cidrs("Prefix lists whose ranges may connect.").exactOptional(),
    PrefixListsIDs: cidrs("The former spelling of prefixListsIDs.").exactOptional(),
    wafv2AclArn: text("The ARN of the web ACL in front of the load balancer.", { max: 2048 }).exactOptional(),
    wafv2AclName: text("The name of the web ACL in front of the load balancer.", { max: 256 }).exactOptional(),
  },
  {
    rules: [
      {
        rule: "!(has(self.prefixListsIDs) && has(self.PrefixListsIDs))",
        message: "cannot specify both 'prefixListsIDs' and 'PrefixListsIDs' fields",
      },
    ],
  },
);

export type IngressClassParamsSpec = Value<typeof spec>;

export interface IngressClassParams extends KubeObject {
  readonly spec?: IngressClassParamsSpec;
}

export const ingressClassParamsKind: CustomKind<IngressClassParams> = {
  group: "elbv2.k8s.aws",
  version: "v1beta1",
  kind: "IngressClassParams",
  plural: "ingressclassparams",
  singular: "ingressclassparam",
  shortNames: [],
  categories: [],
  namespaced: false,
  description: "Settings that a cluster administrator forces on all Ingresses of a class.",
  schemas: { spec },
  columns: [
    { name: "GROUP-NAME", type: "string", jsonPath: ".spec.group.name", description: "The group of all its Ingresses" },
    { name: "SCHEME", type: "string", jsonPath: ".spec.scheme", description: "internal or internet-facing" },
    { name: "IP-ADDRESS-TYPE", type: "string", jsonPath: ".spec.ipAddressType", description: "The address families" },
    { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
  ],
  specRequired: false,
  statusSubresource: false,
};
