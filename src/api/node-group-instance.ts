import { anyObject, choice, flag, integer, list, object, text, type ValidationRule, type Value } from "./schema.ts";

/** The fields of a NodeGroup that its launch template holds. */

const volumeRules: readonly ValidationRule[] = [
  {
    rule: "!has(self.throughput) || !has(self.type) || self.type == 'gp3'",
    message: "throughput is for volumes of type gp3",
  },
  { rule: "!has(self.kmsKeyID) || !has(self.encrypted) || self.encrypted", message: "kmsKeyID needs encrypted: true" },
  { rule: "!has(self.iops) || !has(self.type) || self.type != 'gp2'", message: "volumes of type gp2 take no iops" },
];

const volumeFields = {
  sizeGiB: integer("The size in GiB.", { min: 1, max: 65_536 }).exactOptional(),
  type: choice("The type of the volume. gp3 when absent.", ["gp2", "gp3", "io1", "io2"]).exactOptional(),
  iops: integer("Operations a second.", { min: 100, max: 256_000 }).exactOptional(),
  throughput: integer("Throughput in MiB a second.", { min: 125, max: 2000 }).exactOptional(),
  encrypted: flag("Whether the volume is encrypted. True when absent.").exactOptional(),
  kmsKeyID: text("The key for encryption; the account's default key when absent.", { max: 2048 }).exactOptional(),
};

export const launchTemplateSchema = object(
  "A launch template of your own; it then holds all settings of the instances.",
  {
    id: text("The id of the template.", { max: 64, pattern: /^lt-[0-9a-f]+$/ }).exactOptional(),
    name: text("The name of the template.", { min: 3, max: 128 }).exactOptional(),
    version: text("A number, $Latest or $Default. $Default when absent.", {
      max: 16,
      pattern: /^([1-9][0-9]*|\$Latest|\$Default)$/,
    }).exactOptional(),
  },
  { rules: [{ rule: "has(self.id) != has(self.name)", message: "exactly one of id and name is needed" }] },
);

export const instanceFields = {
  securityGroups: object("Security groups of the nodes.", {
    ids: list(
      "Security groups beside the cluster's.",
      text("The id of a group.", { max: 64, pattern: /^sg-[0-9a-f]+$/ }),
      {
        max: 15,
        set: true,
      },
    ).exactOptional(),
    attachClusterSecurityGroup: flag("Attach the cluster's security group, by which nodes and control plane talk.", {
      default: true,
    }).exactOptional(),
  }).exactOptional(),
  rootVolume: object("The volume for the operating system and containers.", volumeFields, {
    rules: volumeRules,
  }).exactOptional(),
  extraVolumes: list(
    "More volumes.",
    object(
      "One volume.",
      {
        deviceName: text("The device, such as /dev/xvdf.", { min: 1, max: 64 }),
        ...volumeFields,
        snapshotID: text("The snapshot that it starts from.", { max: 64, pattern: /^snap-[0-9a-f]+$/ }).exactOptional(),
      },
      { rules: volumeRules },
    ),
    { max: 20, keys: ["deviceName"] },
  ).exactOptional(),
  metadataOptions: object("The instance metadata service.", {
    httpTokens: choice("Whether session tokens (IMDSv2) are required.", ["required", "optional"], {
      default: "required",
    }).exactOptional(),
    hopLimit: integer("Network hops that an answer may take; 1 keeps pods off the node's credentials. 2 when absent.", {
      min: 1,
      max: 64,
    }).exactOptional(),
    instanceTags: flag("Whether instances can read their tags.", { default: false }).exactOptional(),
  }).exactOptional(),
  detailedMonitoring: flag("Metrics every minute instead of every five, at a cost.").exactOptional(),
  ebsOptimized: flag("Dedicated throughput for volumes; current instance types always have it.").exactOptional(),
  enclave: flag("Nitro Enclaves.").exactOptional(),
  efa: flag("Elastic Fabric Adapter interfaces.").exactOptional(),
  cpuOptions: object("Cores and threads.", {
    coreCount: integer("Cores of an instance.", { min: 1 }).exactOptional(),
    threadsPerCore: integer("Threads of a core.", { min: 1, max: 2 }).exactOptional(),
  }).exactOptional(),
  creditSpecification: choice("CPU credits of burstable instances.", ["standard", "unlimited"]).exactOptional(),
  placement: object("Where instances are placed.", {
    groupName: text("A placement group.", { max: 255 }).exactOptional(),
    partitionNumber: integer("The partition of a partition placement group.", { min: 1, max: 7 }).exactOptional(),
    tenancy: choice("Whether hardware is shared with other accounts.", [
      "default",
      "dedicated",
      "host",
    ]).exactOptional(),
    hostResourceGroupARN: text("A group of dedicated hosts.", { max: 2048 }).exactOptional(),
  }).exactOptional(),
  capacityReservation: object(
    "Reserved capacity to use.",
    {
      preference: choice("Which reservations are used.", [
        "open",
        "none",
        "capacity-reservations-only",
      ]).exactOptional(),
      id: text("Exactly this reservation.", { max: 64, pattern: /^cr-[0-9a-f]+$/ }).exactOptional(),
      resourceGroupARN: text("Reservations of this resource group.", { max: 2048 }).exactOptional(),
    },
    {
      rules: [
        {
          rule: "[has(self.preference), has(self.id), has(self.resourceGroupARN)].filter(x, x).size() == 1",
          message: "exactly one of preference, id and resourceGroupARN is needed",
        },
      ],
    },
  ).exactOptional(),
  ssh: object("Remote login. Session Manager (nodeRole.create.ssm) needs none of this.", {
    keyName: text("An EC2 key pair.", { min: 1, max: 255 }),
    sourceSecurityGroups: list("Security groups that may connect.", text("The id of a group.", { max: 64 }), {
      max: 16,
      set: true,
    }).exactOptional(),
    sourceCIDRs: list("Ranges that may connect.", text("An IPv4 or IPv6 range.", { max: 64 }), {
      max: 64,
      set: true,
    }).exactOptional(),
    allowFromAnywhere: flag("Allow 0.0.0.0/0 and ::/0 among sourceCIDRs.", { default: false }).exactOptional(),
  }).exactOptional(),
  maxPods: integer("The most pods of a node; EKS computes it when absent.", { min: 1, max: 737 }).exactOptional(),
  kubelet: object("Settings of the kubelet.", {
    config: anyObject(
      "Fields of KubeletConfiguration, without maxPods, clusterDNS and registerWithTaints.",
    ).exactOptional(),
    flags: list("Command line flags.", text("A flag.", { max: 1024, pattern: /^--/ }), { max: 64 }).exactOptional(),
  }).exactOptional(),
  localStorage: choice("How local disks are used (AL2023).", ["RAID0", "RAID10", "Mount"]).exactOptional(),
  containerd: text("containerd's configuration as TOML (AL2023).", { max: 8192 }).exactOptional(),
  bottlerocket: anyObject("Settings of Bottlerocket.").exactOptional(),
  bootstrap: object("User data of the instances. Never put secrets here: it can be read in EC2.", {
    preScript: text("A script that runs before the node joins.", { max: 12_288 }).exactOptional(),
    userData: text("All of the user data, in place of what the operator writes; only with ami.id.", {
      max: 16_384,
    }).exactOptional(),
  }).exactOptional(),
};

export const withoutLaunchTemplateRule: ValidationRule = {
  rule: `!has(self.launchTemplate) || !(${["rootVolume", "extraVolumes", "metadataOptions", "ssh", "securityGroups", "placement", "bootstrap", "kubelet", "maxPods"].map((field) => `has(self.${field})`).join(" || ")})`,
  message:
    "launchTemplate excludes rootVolume, extraVolumes, metadataOptions, ssh, securityGroups, placement, bootstrap, kubelet and maxPods: the template holds them",
};

const rootVolume = object("The volume for the operating system and containers.", volumeFields);
export type VolumeFields = Value<typeof rootVolume>;
