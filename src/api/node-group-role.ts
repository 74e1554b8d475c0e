import {
  awsManagedSchema,
  managedARNsSchema,
  permissionsBoundaryARNSchema,
  rolePathSchema,
  tagsSchema,
} from "./common.ts";
import { choice, flag, object, text, type Value } from "./schema.ts";

const roleName = text("The name of the role; made of cluster and object name when absent.", {
  max: 64,
  pattern: /^[A-Za-z0-9_+=,.@-]{1,64}$/,
});

const addedPolicies = object("Policies beside those that are always needed.", {
  managedARNs: managedARNsSchema.exactOptional(),
  awsManaged: awsManagedSchema.exactOptional(),
});

/** A node role that the operator makes. */
export const createdRoleSchema = object("How the operator makes the role.", {
  name: roleName.exactOptional(),
  path: rolePathSchema.exactOptional(),
  permissionsBoundaryARN: permissionsBoundaryARNSchema.exactOptional(),
  defaultPolicies: flag("Attach the policies that nodes need to join the cluster and pull images.", {
    default: true,
  }).exactOptional(),
  policies: addedPolicies.exactOptional(),
  cniPolicy: choice(
    "Whether nodes get the rights of the VPC CNI plugin: Auto gives them unless the plugin has a role of its own.",
    ["Auto", "Always", "Never"],
    { default: "Auto" },
  ).exactOptional(),
  ssm: flag("Attach the policy for AWS Systems Manager Session Manager.", { default: true }).exactOptional(),
  tags: tagsSchema("Tags of the role, beside those that record ownership.", 40).exactOptional(),
});

/** A pod execution role that the operator makes. */
export const createdExecutionRoleSchema = object("How the operator makes the role.", {
  name: roleName.exactOptional(),
  path: rolePathSchema.exactOptional(),
  permissionsBoundaryARN: permissionsBoundaryARNSchema.exactOptional(),
  policies: addedPolicies.exactOptional(),
  tags: tagsSchema("Tags of the role, beside those that record ownership.", 40).exactOptional(),
});

export type CreatedRole = Value<typeof createdRoleSchema>;
