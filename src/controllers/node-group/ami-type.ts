import type { NodeGroupSpec } from "../../api/node-group.ts";
import type { ProblemList } from "../problem-list.ts";
import type { InstanceTypeFact } from "./facts.ts";

type Family = NonNullable<NonNullable<NodeGroupSpec["ami"]>["family"]>;

/**
 * EKS's AMI type for a family and the architecture of the instance types, from what EC2 says of the types: family names
 * of new types tell nothing. Undefined for an image of the user's own, or with a problem.
 */
export function amiTypeOf(
  spec: NodeGroupSpec,
  {
    types,
    facts,
    problems,
  }: {
    readonly types: readonly string[];
    readonly facts: ReadonlyMap<string, InstanceTypeFact>;
    readonly problems: ProblemList;
  },
): string | undefined {
  const unknown = types.filter((type) => !facts.has(type));
  if (unknown.length > 0) {
    problems.error(
      "InvalidSpec",
      "spec.instanceTypes",
      `EC2 has no instance type ${unknown.join(", ")} in this region`,
      unknown[0],
    );
    return undefined;
  }
  const kinds = new Set(
    types.flatMap((type) => {
      const fact = facts.get(type);
      return fact === undefined ? [] : [`${fact.architecture} ${fact.accelerator}`];
    }),
  );
  if (kinds.size > 1) {
    problems.error(
      "InvalidSpec",
      "spec.instanceTypes",
      `one group needs types of one architecture and accelerator; these differ: ${types.join(", ")}`,
      types.join(","),
    );
    return undefined;
  }
  if (spec.ami?.type !== undefined) return spec.ami.type;
  if (spec.ami?.id !== undefined || spec.ami?.ssmParameter !== undefined) return undefined;
  const first = types[0] === undefined ? undefined : facts.get(types[0]);
  const family = spec.ami?.family ?? "AL2023";
  const type = first === undefined ? undefined : typeFor(family, first);
  if (type === undefined) {
    problems.error(
      "InvalidSpec",
      "spec.ami.family",
      `AWS has no image of family ${family} for ${[...kinds].join("")} (${types.join(", ")})`,
      family,
    );
  }
  return type;
}

function typeFor(family: Family, { architecture, accelerator }: InstanceTypeFact): string | undefined {
  const arm = architecture === "arm64";
  switch (family) {
    case "AL2023":
      if (accelerator === "neuron") return arm ? undefined : "AL2023_x86_64_NEURON";
      return `AL2023_${arm ? "ARM_64" : "x86_64"}_${accelerator === "nvidia" ? "NVIDIA" : "STANDARD"}`;
    case "Bottlerocket":
    case "BottlerocketFIPS":
      return [
        `BOTTLEROCKET_${arm ? "ARM_64" : "x86_64"}`,
        ...(accelerator === "nvidia" ? ["NVIDIA"] : []),
        ...(family === "BottlerocketFIPS" ? ["FIPS"] : []),
      ].join("_");
    case "WindowsCore2019":
    case "WindowsCore2022":
    case "WindowsCore2025":
    case "WindowsFull2019":
    case "WindowsFull2022":
    case "WindowsFull2025":
      if (arm || accelerator !== "none") return undefined;
      return `WINDOWS_${family.includes("Core") ? "CORE" : "FULL"}_${family.slice(-4)}_x86_64`;
    case "Custom":
      return undefined;
    default:
      return family satisfies never;
  }
}
