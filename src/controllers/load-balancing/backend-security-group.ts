import { type Ownership, type Resource, ref, type Stack } from "../../engine/stack.ts";
import type { SecurityGroupSpec } from "../../resources/ec2/specs.ts";
import type { StringOrRef, Tags } from "../../resources/elbv2/specs.ts";
import { backendSecurityGroupName } from "./names.ts";
import type { BackendSecurityGroup } from "./security-group-decision.ts";
import { clusterTag } from "./tracking.ts";

const id = "backend-sg";
const idTag = "elbv2.k8s.aws/resource";

export function backendSecurityGroupOwnership(cluster: string): Ownership {
  return { tags: { [clusterTag]: cluster }, idTag };
}

/** The shared group as a resource of a Stack that uses it, and the ID to put into the Stack's other resources. */
export function backendSecurityGroup(
  setting: Exclude<BackendSecurityGroup, { kind: "disabled" }>,
  surroundings: { readonly cluster: string; readonly vpcID: string; readonly defaultTags: Tags },
): { readonly groupID: StringOrRef; readonly resources: readonly Resource<SecurityGroupSpec>[] } {
  if (setting.kind === "given") return { groupID: setting.id, resources: [] };
  const resource: Resource<SecurityGroupSpec> = {
    type: "ec2/SecurityGroup",
    id,
    spec: {
      name: backendSecurityGroupName(surroundings.cluster),
      description: "[k8s] Shared Backend SecurityGroup for LoadBalancer",
      vpcID: surroundings.vpcID,
      tags: surroundings.defaultTags,
    },
    shared: { ownership: backendSecurityGroupOwnership(surroundings.cluster) },
  };
  return { groupID: ref(resource.type, id, "id"), resources: [resource] };
}

/** Wants no shared group any more: applied when its last user has gone. */
export function withoutBackendSecurityGroup(cluster: string): Stack {
  const { tags } = backendSecurityGroupOwnership(cluster);
  return {
    owner: { kind: "SecurityGroup", namespace: "", name: id },
    ownership: { tags: { ...tags, [idTag]: id }, idTag },
    types: ["ec2/SecurityGroup"],
    resources: [],
    problems: [],
  };
}
