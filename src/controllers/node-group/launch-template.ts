import type { LaunchTemplateBlockDeviceMappingRequest, RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { NodeGroupSpec } from "../../api/node-group.ts";
import type { VolumeFields } from "../../api/node-group-instance.ts";
import { canonicalJson, sha256Hex } from "../../json.ts";
import type { ProblemList } from "../problem-list.ts";
import { renderUserData } from "./user-data.ts";

/** Raised when equal specs begin to render differently. */
const rendererVersion = 1;

export type OperatingSystem = "al2023" | "bottlerocket" | "windows" | "custom";

export interface RenderedTemplate {
  readonly data: RequestLaunchTemplateData;
  /** `r<renderer>:<hash>`, the description of the template's version. */
  readonly hash: string;
}

/**
 * All that a launch template holds for a node group ("Customize managed nodes with launch templates"). Instance types
 * stay out: the node group lists them. The cluster's security group is named, because EKS adds it only to templates
 * without any.
 */
export function renderLaunchTemplate(
  spec: NodeGroupSpec,
  {
    system,
    clusterSecurityGroup,
    instanceTags,
    problems,
  }: {
    readonly system: OperatingSystem;
    readonly clusterSecurityGroup: string | undefined;
    readonly instanceTags: Readonly<Record<string, string>>;
    readonly problems: ProblemList;
  },
): RenderedTemplate {
  const securityGroups = [
    ...(spec.securityGroups?.attachClusterSecurityGroup === false || clusterSecurityGroup === undefined
      ? []
      : [clusterSecurityGroup]),
    ...(spec.securityGroups?.ids ?? []),
  ];
  const userData = renderUserData(spec, { system, problems });
  const tagged = ["instance", "volume", "network-interface"] as const;
  const data: RequestLaunchTemplateData = {
    BlockDeviceMappings: [...rootVolumes(spec, system), ...extraVolumes(spec)],
    MetadataOptions: {
      HttpTokens: spec.metadataOptions?.httpTokens ?? "required",
      HttpPutResponseHopLimit: spec.metadataOptions?.hopLimit ?? 2,
      ...(spec.metadataOptions?.instanceTags === true ? { InstanceMetadataTags: "enabled" } : {}),
    },
    ...(securityGroups.length === 0 ? {} : { SecurityGroupIds: [...new Set(securityGroups)] }),
    TagSpecifications: tagged.map((ResourceType) => ({
      ResourceType,
      Tags: Object.entries(instanceTags)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([Key, Value]) => ({ Key, Value })),
    })),
    ...(spec.ami?.id === undefined ? {} : { ImageId: spec.ami.id }),
    ...(spec.ssh === undefined ? {} : { KeyName: spec.ssh.keyName }),
    ...(spec.detailedMonitoring === true ? { Monitoring: { Enabled: true } } : {}),
    ...(spec.ebsOptimized === undefined ? {} : { EbsOptimized: spec.ebsOptimized }),
    ...(spec.enclave === true ? { EnclaveOptions: { Enabled: true } } : {}),
    ...instancePlacement(spec),
    ...(userData === undefined ? {} : { UserData: Buffer.from(userData, "utf8").toString("base64") }),
  };
  return { data, hash: `r${rendererVersion}:${sha256Hex([canonicalJson(data)], 16)}` };
}

function instancePlacement(spec: NodeGroupSpec): Partial<RequestLaunchTemplateData> {
  const { cpuOptions, creditSpecification, placement, capacityReservation } = spec;
  return {
    ...(cpuOptions === undefined
      ? {}
      : {
          CpuOptions: {
            ...(cpuOptions.coreCount === undefined ? {} : { CoreCount: cpuOptions.coreCount }),
            ...(cpuOptions.threadsPerCore === undefined ? {} : { ThreadsPerCore: cpuOptions.threadsPerCore }),
          },
        }),
    ...(creditSpecification === undefined ? {} : { CreditSpecification: { CpuCredits: creditSpecification } }),
    ...(placement === undefined
      ? {}
      : {
          Placement: {
            ...(placement.groupName === undefined ? {} : { GroupName: placement.groupName }),
            ...(placement.partitionNumber === undefined ? {} : { PartitionNumber: placement.partitionNumber }),
            ...(placement.tenancy === undefined ? {} : { Tenancy: placement.tenancy }),
            ...(placement.hostResourceGroupARN === undefined
              ? {}
              : { HostResourceGroupArn: placement.hostResourceGroupARN }),
          },
        }),
    ...(capacityReservation === undefined
      ? {}
      : {
          CapacityReservationSpecification:
            capacityReservation.preference === undefined
              ? {
                  CapacityReservationTarget: {
                    ...(capacityReservation.id === undefined ? {} : { CapacityReservationId: capacityReservation.id }),
                    ...(capacityReservation.resourceGroupARN === undefined
                      ? {}
                      : { CapacityReservationResourceGroupArn: capacityReservation.resourceGroupARN }),
                  },
                }
              : { CapacityReservationPreference: capacityReservation.preference },
        }),
  };
}

/** On Bottlerocket containers are on a volume of their own, which gets the user's size; the system's keeps its own. */
function rootVolumes(spec: NodeGroupSpec, system: OperatingSystem): readonly LaunchTemplateBlockDeviceMappingRequest[] {
  const volume = spec.rootVolume ?? {};
  if (system === "windows") return [mapping("/dev/sda1", volume, 100)];
  if (system === "bottlerocket") return [mapping("/dev/xvda", withoutSize(volume)), mapping("/dev/xvdb", volume, 80)];
  return [mapping("/dev/xvda", volume, 80)];
}

function withoutSize({ sizeGiB: _size, iops: _iops, throughput: _throughput, ...rest }: VolumeFields): VolumeFields {
  return rest;
}

function extraVolumes(spec: NodeGroupSpec): readonly LaunchTemplateBlockDeviceMappingRequest[] {
  return (spec.extraVolumes ?? []).map((volume) => {
    const base = mapping(volume.deviceName, volume);
    return {
      ...base,
      Ebs: { ...base.Ebs, ...(volume.snapshotID === undefined ? {} : { SnapshotId: volume.snapshotID }) },
    };
  });
}

function mapping(
  DeviceName: string,
  volume: VolumeFields,
  defaultSize?: number,
): LaunchTemplateBlockDeviceMappingRequest {
  const size = volume.sizeGiB ?? defaultSize;
  return {
    DeviceName,
    Ebs: {
      DeleteOnTermination: true,
      Encrypted: volume.encrypted ?? true,
      VolumeType: volume.type ?? "gp3",
      ...(size === undefined ? {} : { VolumeSize: size }),
      ...(volume.iops === undefined ? {} : { Iops: volume.iops }),
      ...(volume.throughput === undefined ? {} : { Throughput: volume.throughput }),
      ...(volume.kmsKeyID === undefined ? {} : { KmsKeyId: volume.kmsKeyID }),
    },
  };
}
