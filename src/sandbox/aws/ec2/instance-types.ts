import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { boolean, list, oneOf, string } from "../shapes.ts";
import type { InstanceTypeView } from "../surroundings-account.ts";
import { applyFilters, filters, pageOf, paging } from "./parameters.ts";
import type { Ec2State } from "./state.ts";

export interface InstanceType extends InstanceTypeView {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly interfaces: number;
  readonly addressesPerInterface: number;
  readonly efa: boolean;
  /** Letters of the zones that offer it. */
  readonly zoneLetters: string;
}

/** Name, vCPUs, GiB, interfaces, addresses per interface (EC2 User Guide, "Maximum IP addresses per network interface"). */
const common: readonly (readonly [string, number, number, number, number])[] = [
  ["t3.micro", 2, 1, 2, 2],
  ["t3.small", 2, 2, 3, 4],
  ["t3.medium", 2, 4, 3, 6],
  ["t3.large", 2, 8, 3, 12],
  ["t3.xlarge", 4, 16, 4, 15],
  ["t3a.medium", 2, 4, 3, 6],
  ["t3a.large", 2, 8, 3, 12],
  ["m5.large", 2, 8, 3, 10],
  ["m5.xlarge", 4, 16, 4, 15],
  ["m5.2xlarge", 8, 32, 4, 15],
  ["m5.4xlarge", 16, 64, 8, 30],
  ["m5a.large", 2, 8, 3, 10],
  ["m6i.large", 2, 8, 3, 10],
  ["m6i.xlarge", 4, 16, 4, 15],
  ["m7i.large", 2, 8, 3, 10],
  ["m7i.xlarge", 4, 16, 4, 15],
  ["c5.large", 2, 4, 3, 10],
  ["c5.xlarge", 4, 8, 4, 15],
  ["c6i.large", 2, 4, 3, 10],
  ["c6i.xlarge", 4, 8, 4, 15],
  ["r5.large", 2, 16, 3, 10],
  ["r6i.large", 2, 16, 3, 10],
];
const arm: readonly (readonly [string, number, number, number, number])[] = [
  ["t4g.medium", 2, 4, 3, 6],
  ["t4g.large", 2, 8, 3, 12],
  ["m6g.large", 2, 8, 3, 10],
  ["m6g.xlarge", 4, 16, 4, 15],
  ["m7g.large", 2, 8, 3, 10],
  ["c7g.large", 2, 4, 3, 10],
  ["r7g.large", 2, 16, 3, 10],
];

const catalogue: ReadonlyMap<string, InstanceType> = new Map(
  [
    ...common.map((row) => instanceTypeOf(row, "x86_64", "none", "abc")),
    ...arm.map((row) => instanceTypeOf(row, "arm64", "none", "abc")),
    instanceTypeOf(["m6a.large", 2, 8, 3, 10], "x86_64", "none", "ab"),
    instanceTypeOf(["g4dn.xlarge", 4, 16, 3, 10], "x86_64", "nvidia", "ab"),
    instanceTypeOf(["g5.xlarge", 4, 16, 4, 15], "x86_64", "nvidia", "abc"),
    instanceTypeOf(["g5g.xlarge", 4, 8, 4, 15], "arm64", "nvidia", "b"),
    { ...instanceTypeOf(["p4d.24xlarge", 96, 1152, 15, 50], "x86_64", "nvidia", "b"), efa: true },
    instanceTypeOf(["inf2.xlarge", 4, 16, 4, 15], "x86_64", "neuron", "c"),
  ].map((type) => [type.name, type]),
);

export function instanceTypeByName(name: string): InstanceType | undefined {
  return catalogue.get(name);
}

export function zonesOffering(state: Ec2State, name: string): readonly string[] {
  const letters = catalogue.get(name)?.zoneLetters ?? "";
  return state.zones.map(({ zoneName }) => zoneName).filter((zone) => letters.includes(zone.slice(-1)));
}

export function instanceTypeOperations(state: Ec2State): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeInstanceTypes",
      mutating: false,
      bucket: "reads",
      input: { ...filters, ...paging(5, 100), InstanceType: list(string(), { max: 100 }) },
      handle(input) {
        const names = input.InstanceType ?? [];
        const unknown = names.filter((name) => !catalogue.has(name));
        if (unknown.length > 0)
          throw new AwsError(
            "InvalidInstanceType",
            `The following supplied instance types do not exist: [${unknown.join(", ")}]`,
          );
        const found = names.length === 0 ? [...catalogue.values()] : names.flatMap((name) => catalogue.get(name) ?? []);
        const items = applyFilters(
          found.map((type) => ({ ...type, tags: new Map<string, string>() })),
          input.Filter,
          {
            "instance-type": (type) => [type.name],
            "processor-info.supported-architecture": (type) => [type.architecture],
            "vcpu-info.default-vcpus": (type) => [String(type.vcpus)],
            "memory-info.size-in-mib": (type) => [String(type.memoryMiB)],
            "current-generation": () => ["true"],
            "bare-metal": () => ["false"],
            hypervisor: () => ["nitro"],
          },
        );
        const page = pageOf(items, (type) => type.name, {
          MaxResults: input.MaxResults ?? 100,
          NextToken: input.NextToken,
        });
        return { instanceTypeSet: page.items.map(instanceTypeView), nextToken: page.nextToken };
      },
    }),
    defineOperation({
      name: "DescribeInstanceTypeOfferings",
      mutating: false,
      bucket: "reads",
      input: {
        ...filters,
        ...paging(5, 1000),
        LocationType: oneOf(["region", "availability-zone", "availability-zone-id"]),
        IncludeUnavailable: boolean(),
      },
      handle(input) {
        const locationType = input.LocationType ?? "region";
        const offerings = [...catalogue.keys()].flatMap((instanceType) =>
          locationsOf(state, instanceType, locationType).map((location) => ({
            instanceType,
            location,
            tags: new Map<string, string>(),
          })),
        );
        const items = applyFilters(offerings, input.Filter, {
          "instance-type": (item) => [item.instanceType],
          location: (item) => [item.location],
        });
        const page = pageOf(items, (item) => `${item.instanceType} ${item.location}`, input);
        return {
          instanceTypeOfferingSet: page.items.map(({ instanceType, location }) => ({
            instanceType,
            locationType,
            location,
          })),
          nextToken: page.nextToken,
        };
      },
    }),
  ];
}

function locationsOf(
  state: Ec2State,
  name: string,
  locationType: "region" | "availability-zone" | "availability-zone-id",
): readonly string[] {
  if (locationType === "region") return [state.region];
  const zones = zonesOffering(state, name);
  if (locationType === "availability-zone") return zones;
  return state.zones.filter(({ zoneName }) => zones.includes(zoneName)).map(({ zoneId }) => zoneId);
}

function instanceTypeOf(
  [name, vcpus, gib, interfaces, addressesPerInterface]: readonly [string, number, number, number, number],
  architecture: InstanceType["architecture"],
  accelerator: InstanceType["accelerator"],
  zoneLetters: string,
): InstanceType {
  const memoryMiB = gib * 1024;
  const efa = false;
  return { name, architecture, accelerator, vcpus, memoryMiB, interfaces, addressesPerInterface, efa, zoneLetters };
}

function instanceTypeView(type: InstanceType) {
  return {
    instanceType: type.name,
    currentGeneration: true,
    bareMetal: false,
    hypervisor: "nitro",
    supportedUsageClasses: ["on-demand", "spot"],
    supportedRootDeviceTypes: ["ebs"],
    supportedVirtualizationTypes: ["hvm"],
    processorInfo: { supportedArchitectures: [type.architecture], sustainedClockSpeedInGhz: 3.1 },
    vCpuInfo: { defaultVCpus: type.vcpus, defaultCores: Math.ceil(type.vcpus / 2), defaultThreadsPerCore: 2 },
    memoryInfo: { sizeInMiB: type.memoryMiB },
    networkInfo: {
      maximumNetworkInterfaces: type.interfaces,
      maximumNetworkCards: type.efa ? 4 : 1,
      defaultNetworkCardIndex: 0,
      ipv4AddressesPerInterface: type.addressesPerInterface,
      ipv6AddressesPerInterface: type.addressesPerInterface,
      ipv6Supported: true,
      enaSupport: "required",
      efaSupported: type.efa,
    },
    gpuInfo:
      type.accelerator === "nvidia"
        ? {
            gpus: [{ name: "T4", manufacturer: "NVIDIA", count: 1, memoryInfo: { sizeInMiB: 16_384 } }],
            totalGpuMemoryInMiB: 16_384,
          }
        : undefined,
    neuronInfo:
      type.accelerator === "neuron"
        ? { neuronDevices: [{ count: 1, name: "Inferentia2", coreInfo: { count: 2, version: 2 } }] }
        : undefined,
  };
}
