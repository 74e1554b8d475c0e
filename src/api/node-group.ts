import { durationPattern, roleARNPattern, tagsSchema } from "./common.ts";
import type { CustomKind } from "./crd.ts";
import { fixed } from "./fixed-field.ts";
import { instanceFields, launchTemplateSchema, withoutLaunchTemplateRule } from "./node-group-instance.ts";
import { createdRoleSchema } from "./node-group-role.ts";
import { type NodeGroupStatus, nodeGroupStatusSchema } from "./node-group-status.ts";
import { nodeSubnetsSchema } from "./node-group-subnets.ts";
import type { KubeObject } from "./object.ts";
import { choice, flag, integer, integerOrText, list, map, object, text, type Value } from "./schema.ts";

/** `NodeGroup`: an EKS managed node group with its launch template and node role. */

const countOrPercent = (description: string) =>
  integerOrText(description, {
    rules: [
      {
        rule: "type(self) == int ? int(self) >= 1 && int(self) <= 100 : string(self).matches('^([1-9][0-9]?|100)%$')",
        message: "must be a number from 1 to 100 or a percentage such as 20%",
      },
    ],
  });

const scaling = object(
  "How many nodes there are.",
  {
    min: integer("The fewest nodes. 1 when absent.", { min: 0 }).exactOptional(),
    max: integer("The most nodes. The larger of min and 3 when absent.", { min: 1 }).exactOptional(),
    desired: integer(
      "How many nodes to start with, and to go to whenever this is edited. Otherwise the number belongs to the autoscaler. min, but at least 1, when absent.",
      { min: 0 },
    ).exactOptional(),
    desiredPolicy: choice(
      "When desired is written: OnSpecChange when it is edited, InitialOnly at creation, Enforce always (only without an autoscaler).",
      ["OnSpecChange", "InitialOnly", "Enforce"],
      { default: "OnSpecChange" },
    ).exactOptional(),
  },
  {
    rules: [
      { rule: "!has(self.min) || !has(self.max) || self.min <= self.max", message: "min must not be above max" },
      {
        rule: "!has(self.desired) || !has(self.min) || self.desired >= self.min",
        message: "desired must not be below min",
      },
      {
        rule: "!has(self.desired) || !has(self.max) || self.desired <= self.max",
        message: "desired must not be above max",
      },
    ],
  },
);

const taint = object("One taint; key and effect together identify it.", {
  key: text("The taint's key.", { min: 1, max: 63 }),
  value: text("The taint's value.", { max: 63 }).exactOptional(),
  effect: choice("What happens to pods that do not tolerate it.", ["NoSchedule", "NoExecute", "PreferNoSchedule"]),
});

const ami = object(
  "The machine image.",
  {
    family: choice(
      "The operating system; AWS's image for the architecture of the instance types is chosen. AL2023 when absent.",
      [
        "AL2023",
        "Bottlerocket",
        "BottlerocketFIPS",
        "WindowsCore2019",
        "WindowsCore2022",
        "WindowsCore2025",
        "WindowsFull2019",
        "WindowsFull2022",
        "WindowsFull2025",
        "Custom",
      ],
    ).exactOptional(),
    type: text("EKS's own AMI type, such as AL2023_ARM_64_STANDARD, in place of family.", {
      min: 1,
      max: 64,
    }).exactOptional(),
    id: text("An image of your own; its user data must join the cluster.", {
      max: 32,
      pattern: /^ami-[0-9a-f]{8,17}$/,
    }).exactOptional(),
    ssmParameter: text("An SSM parameter that holds the id of an image of your own.", {
      min: 1,
      max: 1011,
    }).exactOptional(),
  },
  {
    rules: [
      {
        rule: "[has(self.id), has(self.ssmParameter), has(self.type)].filter(x, x).size() <= 1",
        message: "only one of id, ssmParameter and type can be given",
      },
      { rule: "!(has(self.family) && has(self.type))", message: "family and type exclude each other" },
    ],
  },
);

const window = object("One window of time in which automatic updates may start.", {
  days: list(
    "Days of the week; every day when absent.",
    choice("A day.", ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]),
    {
      max: 7,
      set: true,
    },
  ).exactOptional(),
  start: text("When it opens, as HH:MM.", { max: 5, pattern: /^([01][0-9]|2[0-3]):[0-5][0-9]$/ }),
  duration: text("How long it is open, 1h to 24h.", { max: 16, pattern: durationPattern }),
  timeZone: text("An IANA time zone such as Europe/Berlin; UTC when absent.", { max: 64 }).exactOptional(),
});

const upgrade = object("How nodes are exchanged for an update.", {
  followCluster: flag("Follow the Kubernetes version of the cluster.", { default: false }).exactOptional(),
  strategy: choice("Default adds new nodes first; Minimal removes old nodes first.", ["Default", "Minimal"], {
    default: "Default",
  }).exactOptional(),
  maxUnavailable: countOrPercent(
    "Nodes that are exchanged at a time, as a number or a percentage. 1 when absent.",
  ).exactOptional(),
  force: flag("Delete pods that a PodDisruptionBudget keeps.", { default: false }).exactOptional(),
  onFailure: choice("What follows a failed update.", ["Retry", "ForceAfter", "Stop"], {
    default: "Retry",
  }).exactOptional(),
  retries: integer("How often a failed update is tried again.", { min: 0, max: 20, default: 3 }).exactOptional(),
  forceAfter: text("With ForceAfter: when pods are deleted at last.", {
    max: 16,
    pattern: durationPattern,
    default: "2h",
  }).exactOptional(),
  preflight: choice("What findings of the checks before an update do.", ["Block", "Warn", "Ignore"], {
    default: "Block",
  }).exactOptional(),
  softChanges: choice(
    "When changes that need no new nodes of themselves (tags of instances) exchange nodes.",
    ["NextRoll", "Immediate"],
    { default: "NextRoll" },
  ).exactOptional(),
  windowsApplyTo: choice("Whether windows hold back only automatic updates or all.", ["AutoUpdates", "All"], {
    default: "AutoUpdates",
  }).exactOptional(),
});

const nodeRepair = object("Automatic repair of broken nodes by EKS.", {
  enabled: flag("Whether EKS repairs nodes.", { default: false }).exactOptional(),
  maxUnhealthy: countOrPercent("Repair stops while more nodes than this are broken.").exactOptional(),
  maxParallel: countOrPercent("Nodes that are repaired at a time.").exactOptional(),
  overrides: list(
    "Other actions for particular faults.",
    object("One fault.", {
      condition: text("The condition that the node monitoring agent sets.", { min: 1, max: 128 }),
      reason: text("The reason in that condition.", { min: 1, max: 128 }),
      minWaitMinutes: integer("How long the fault must last.", { min: 1 }),
      action: choice("What is done.", ["Replace", "Reboot", "NoAction"]),
    }),
    { max: 50, keys: ["condition", "reason"] },
  ).exactOptional(),
});

const warmPool = object("Nodes that are prepared in advance.", {
  enabled: flag("Whether there is a warm pool.", { default: true }).exactOptional(),
  minSize: integer("Instances that are kept prepared.", { min: 0 }).exactOptional(),
  maxPrepared: integer("The most instances, prepared and in service together.", { min: 0 }).exactOptional(),
  state: choice("How prepared instances wait.", ["Stopped", "Running", "Hibernated"], {
    default: "Stopped",
  }).exactOptional(),
  reuseOnScaleIn: flag("Instances go back to the pool on scale-in.", { default: false }).exactOptional(),
});

const drain = object("How nodes are emptied before the operator removes them.", {
  timeout: text("How long emptying may take.", { max: 16, pattern: durationPattern, default: "1h" }).exactOptional(),
  onTimeout: choice("What follows when it takes longer.", ["Wait", "Force", "Abort"], {
    default: "Wait",
  }).exactOptional(),
  maxParallel: countOrPercent("Nodes that are emptied at a time. 1 when absent.").exactOptional(),
  lbWait: text("How long load balancers get to let go of a node.", {
    max: 16,
    pattern: durationPattern,
    default: "60s",
  }).exactOptional(),
  force: flag("Delete pods that no controller would make again.", { default: false }).exactOptional(),
  onScaleIn: flag("Empty nodes also before max is lowered below the present number.", {
    default: false,
  }).exactOptional(),
});

const spec = object(
  "The wanted node group. Every field has a sensible value when it is absent.",
  {
    clusterName: text("A guard: when given and not the operator's cluster, nothing is done.", {
      max: 100,
    }).exactOptional(),
    name: text("The name of the node group in EKS; the object's name when absent.", {
      min: 1,
      max: 57,
      pattern: /^[0-9A-Za-z][A-Za-z0-9_-]*$/,
    }).exactOptional(),
    capacityType: choice("How the instances are bought.", ["OnDemand", "Spot", "CapacityBlock"], {
      default: "OnDemand",
    }).exactOptional(),
    instanceTypes: list(
      "Instance types, the preferred one first. t3.medium when absent.",
      text("An instance type such as m7i.large.", { max: 64, pattern: /^[a-z0-9-]+\.[a-z0-9-]+$/ }),
      { min: 1, max: 20 },
    ).exactOptional(),
    ami: ami.exactOptional(),
    kubernetesVersion: text("The Kubernetes version of the nodes, such as 1.34; left as it is when absent.", {
      max: 8,
      pattern: /^1\.[0-9]{2}$/,
    }).exactOptional(),
    releaseVersion: text("The exact release of AWS's image; left as it is when absent.", {
      min: 1,
      max: 64,
    }).exactOptional(),
    amiUpdates: object("Whether new releases of the image are taken by themselves.", {
      channel: choice("Pinned stays; Latest follows.", ["Pinned", "Latest"], { default: "Pinned" }).exactOptional(),
      delay: text("The least age of a release.", { max: 16, pattern: durationPattern, default: "72h" }).exactOptional(),
      windows: list("When updates may start; at any time when absent.", window, { max: 14 }).exactOptional(),
    }).exactOptional(),
    upgrade: upgrade.exactOptional(),
    scaling: scaling.exactOptional(),
    labels: map("Labels of the nodes.", text("The label's value.", { min: 1, max: 63 }), {
      max: 50,
      rules: [
        {
          rule: "self.all(k, !k.matches('^([^/]*\\\\.)?(kubernetes\\\\.io|k8s\\\\.io|eks\\\\.amazonaws\\\\.com)/'))",
          message: "labels of the domains kubernetes.io, k8s.io and eks.amazonaws.com are reserved",
        },
        { rule: "self.all(k, size(k) >= 1 && size(k) <= 63)", message: "a label key has 1 to 63 characters" },
      ],
    }).exactOptional(),
    taints: list("Taints of the nodes.", taint, { max: 50, keys: ["key", "effect"] }).exactOptional(),
    subnets: nodeSubnetsSchema.exactOptional(),
    ...instanceFields,
    launchTemplate: launchTemplateSchema.exactOptional(),
    nodeRole: object(
      "The IAM role of the nodes: an existing one, or one that the operator makes.",
      {
        arn: text("An existing role, which the operator then does not touch.", {
          max: 2048,
          pattern: roleARNPattern,
        }).exactOptional(),
        create: createdRoleSchema.exactOptional(),
      },
      { rules: [{ rule: "!(has(self.arn) && has(self.create))", message: "arn and create exclude each other" }] },
    ).exactOptional(),
    nodeRepair: nodeRepair.exactOptional(),
    warmPool: warmPool.exactOptional(),
    tags: tagsSchema(
      "Tags of the node group and its instances, beside those that record ownership.",
      40,
    ).exactOptional(),
    autoscaler: object("What Cluster Autoscaler is told of a group without nodes.", {
      propagate: choice(
        "Whether labels and taints are written as tags on the Auto Scaling group.",
        ["Auto", "Always", "Never"],
        {
          default: "Auto",
        },
      ).exactOptional(),
      resources: map("Resources of a node, such as nvidia.com/gpu.", text("A quantity.", { max: 64 }), {
        max: 20,
      }).exactOptional(),
      options: map("Options of Cluster Autoscaler for this group.", text("A number or a duration.", { max: 64 }), {
        max: 5,
      }).exactOptional(),
    }).exactOptional(),
    replaceStrategy: choice(
      "What happens when a field changes that AWS cannot change in place: Reject tells you; CreateBefore makes a new group, moves the pods and deletes the old group.",
      ["Reject", "CreateBefore"],
      { default: "Reject" },
    ).exactOptional(),
    drain: drain.exactOptional(),
  },
  {
    rules: [
      fixed("name"),
      fixed("clusterName"),
      {
        rule: "!(has(self.ami) && (has(self.ami.id) || has(self.ami.ssmParameter))) || (!has(self.kubernetesVersion) && !has(self.releaseVersion))",
        message: "an image of your own excludes kubernetesVersion and releaseVersion",
      },
      {
        rule: "!has(self.releaseVersion) || !has(self.amiUpdates) || !has(self.amiUpdates.channel) || self.amiUpdates.channel == 'Pinned'",
        message: "releaseVersion needs the channel Pinned",
      },
      withoutLaunchTemplateRule,
      {
        rule: "!has(self.capacityType) || self.capacityType != 'CapacityBlock' || (has(self.instanceTypes) && self.instanceTypes.size() == 1 && has(self.capacityReservation) && has(self.capacityReservation.id))",
        message: "CapacityBlock needs exactly one instance type and capacityReservation.id",
      },
      {
        rule: "!has(self.warmPool) || !has(self.warmPool.enabled) || !self.warmPool.enabled || ((!has(self.capacityType) || self.capacityType != 'Spot') && !(has(self.ami) && has(self.ami.id)))",
        message: "a warm pool excludes Spot and ami.id",
      },
    ],
  },
);

export type NodeGroupSpec = Value<typeof spec>;

export interface NodeGroup extends KubeObject {
  readonly spec?: NodeGroupSpec;
  readonly status?: NodeGroupStatus;
}

export const nodeGroupFinalizer = "fairlead.io/node-group";

export const nodeGroupKind: CustomKind<NodeGroup> = {
  group: "fairlead.io",
  version: "v1alpha1",
  kind: "NodeGroup",
  plural: "nodegroups",
  singular: "nodegroup",
  shortNames: ["ng"],
  categories: ["fairlead"],
  namespaced: false,
  description: "An EKS managed node group, with its launch template and the IAM role of its nodes.",
  schemas: { spec, status: nodeGroupStatusSchema },
  columns: [
    {
      name: "TYPES",
      type: "string",
      jsonPath: ".status.instanceTypesText",
      description: "The first instance type and how many more",
    },
    { name: "CAPACITY", type: "string", jsonPath: ".status.capacityType", description: "How instances are bought" },
    { name: "READY", type: "integer", jsonPath: ".status.scaling.ready", description: "Nodes that are ready" },
    { name: "DESIRED", type: "integer", jsonPath: ".status.scaling.desired", description: "Nodes wanted now" },
    { name: "MIN", type: "integer", jsonPath: ".status.scaling.min", description: "The fewest nodes" },
    { name: "MAX", type: "integer", jsonPath: ".status.scaling.max", description: "The most nodes" },
    {
      name: "VERSION",
      type: "string",
      jsonPath: ".status.versions.kubernetes",
      description: "The Kubernetes version of the nodes",
    },
    { name: "STATUS", type: "string", jsonPath: ".status.phase", description: "How far the group is" },
    {
      name: "RELEASE",
      type: "string",
      jsonPath: ".status.versions.release",
      description: "The release of the image",
      priority: 1,
    },
    { name: "AMI", type: "string", jsonPath: ".status.amiType", description: "EKS's type of image", priority: 1 },
    {
      name: "REASON",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: "Why it is ready or not",
      priority: 1,
    },
    { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
  ],
  rules: [
    {
      rule: "has(self.spec) && has(self.spec.name) || self.metadata.name.matches('^[0-9a-z][0-9a-z-]{0,56}$')",
      message: "names of node groups have at most 57 letters, digits and hyphens; set spec.name for others",
    },
  ],
  specRequired: false,
  statusSubresource: true,
};
