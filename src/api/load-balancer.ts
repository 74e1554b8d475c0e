import { conditionsSchema, observedGenerationSchema, planSchema } from "./common.ts";
import type { CustomKind } from "./crd.ts";
import type { KubeObject } from "./object.ts";
import { choice, flag, integer, list, object, text, type Value } from "./schema.ts";

/** `LoadBalancer`: a report on the load balancer of an Ingress, an ingress group or a Service. Never an input. */

const spec = object("Whose load balancer this is; written by the operator.", {
  owners: list(
    "The objects of this namespace that the load balancer belongs to.",
    object("One owner.", {
      kind: text("Ingress or Service.", { max: 63 }),
      name: text("Its name.", { max: 253 }),
    }),
    { max: 1000, keys: ["kind", "name"] },
  ),
});

const resource = object("One AWS resource of the load balancer.", {
  type: text("The type, such as elbv2/TargetGroup.", { max: 128 }),
  id: text("The id inside the owner.", { max: 512 }),
  name: text("The name in AWS.", { max: 512 }).exactOptional(),
  arn: text("The ARN, when it has one.", { max: 2048 }).exactOptional(),
  state: choice("How far it is.", ["ready", "pending", "failed", "deleting"]),
  reason: text("Why it is in that state, in AWS's words.", { max: 1024 }).exactOptional(),
});

const member = object("One Ingress or Service that takes part.", {
  kind: text("Ingress or Service.", { max: 63 }),
  name: text("Its name.", { max: 253 }),
  observedGeneration: integer("The generation that was taken into account.", { min: 0, int64: true }).exactOptional(),
  accepted: flag("Whether all of it is in effect."),
  reason: text("Why not, as one word of the closed list.", { max: 256 }).exactOptional(),
  message: text("Why not, for a person.", { max: 8192 }).exactOptional(),
  inForce: text("The owner's last good content, as JSON: it stays in effect while the present one has errors.", {
    max: 262_144,
  }).exactOptional(),
});

const status = object("What AWS holds, and what of the owners is in effect.", {
  observedGeneration: observedGenerationSchema.exactOptional(),
  conditions: conditionsSchema.exactOptional(),
  group: text("The ingress group, when it is an explicit one.", { max: 253 }).exactOptional(),
  type: choice("Which kind of load balancer it is.", ["Application", "Network"]).exactOptional(),
  dnsName: text("The name that clients resolve.", { max: 1024 }).exactOptional(),
  resources: list("The AWS resources.", resource, { max: 1000, keys: ["type", "id"] }).exactOptional(),
  targets: object("How many targets take traffic.", {
    healthy: integer("Targets that pass their health check.", { min: 0 }),
    total: integer("Targets that are registered.", { min: 0 }),
    summary: text("The same as healthy/total, for tables.", { max: 32 }),
    registered: list(
      "What was last registered in each target group: it spares a restarted operator the reading of those that are as they should be.",
      object("One target group.", {
        arn: text("Its ARN.", { max: 2048 }),
        hash: text("A hash of the targets that were wanted and are registered.", { max: 64 }),
      }),
      { max: 1000, keys: ["arn"] },
    ).exactOptional(),
  }).exactOptional(),
  members: list("The Ingresses or Services of this namespace that take part.", member, {
    max: 1000,
    keys: ["kind", "name"],
  }).exactOptional(),
  plan: planSchema.exactOptional(),
  stackHash: text("A hash of all that is wanted; it changes when the wanted state does.", { max: 64 }).exactOptional(),
});

export type LoadBalancerStatus = Value<typeof status>;
export type LoadBalancerMember = Value<typeof member>;
export type LoadBalancerResource = Value<typeof resource>;

export interface LoadBalancer extends KubeObject {
  readonly spec?: Value<typeof spec>;
  readonly status?: LoadBalancerStatus;
}

export const loadBalancerKind: CustomKind<LoadBalancer> = {
  group: "fairlead.io",
  version: "v1alpha1",
  kind: "LoadBalancer",
  plural: "loadbalancers",
  singular: "loadbalancer",
  shortNames: ["lb"],
  categories: ["fairlead"],
  namespaced: true,
  description:
    "A report on the AWS load balancer of an Ingress or a Service. The operator writes it; edits are undone.",
  schemas: { spec, status },
  columns: [
    { name: "TYPE", type: "string", jsonPath: ".status.type", description: "Application or Network" },
    { name: "DNS-NAME", type: "string", jsonPath: ".status.dnsName", description: "The name that clients resolve" },
    { name: "TARGETS", type: "string", jsonPath: ".status.targets.summary", description: "Healthy and all targets" },
    {
      name: "READY",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: "Whether all is in effect",
    },
    {
      name: "REASON",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: "Why it is ready or not",
    },
    { name: "GROUP", type: "string", jsonPath: ".status.group", description: "The ingress group", priority: 1 },
    { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
  ],
  specRequired: false,
  statusSubresource: true,
};
