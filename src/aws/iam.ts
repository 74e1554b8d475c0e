import type * as Iam from "@aws-sdk/client-iam";
import type { Port } from "./operation.ts";
import { idempotentWrite, onceOnlyWrite, read } from "./operation.ts";
import type { ClientSettings, PortFactory } from "./port.ts";
import { createPort } from "./port.ts";

/** The IAM operations that Fairlead uses. IAM is one global service: its rates are shared by the whole account. */
export const iamOperations = {
  GetRole: read("reads", ["iam:GetRole"]),
  ListRoles: read("reads", ["iam:ListRoles"]),
  ListRoleTags: read("reads", ["iam:ListRoleTags"]),
  CreateRole: onceOnlyWrite("writes", ["iam:CreateRole", "iam:TagRole"]),
  UpdateRole: idempotentWrite("writes", ["iam:UpdateRole"]),
  UpdateAssumeRolePolicy: idempotentWrite("writes", ["iam:UpdateAssumeRolePolicy"]),
  DeleteRole: idempotentWrite("writes", ["iam:DeleteRole"]),
  TagRole: idempotentWrite("writes", ["iam:TagRole"]),
  UntagRole: idempotentWrite("writes", ["iam:UntagRole"]),
  PutRolePermissionsBoundary: idempotentWrite("writes", ["iam:PutRolePermissionsBoundary"]),
  DeleteRolePermissionsBoundary: idempotentWrite("writes", ["iam:DeleteRolePermissionsBoundary"]),
  ListRolePolicies: read("reads", ["iam:ListRolePolicies"]),
  GetRolePolicy: read("reads", ["iam:GetRolePolicy"]),
  PutRolePolicy: idempotentWrite("writes", ["iam:PutRolePolicy"]),
  DeleteRolePolicy: idempotentWrite("writes", ["iam:DeleteRolePolicy"]),
  ListAttachedRolePolicies: read("reads", ["iam:ListAttachedRolePolicies"]),
  AttachRolePolicy: idempotentWrite("writes", ["iam:AttachRolePolicy"]),
  DetachRolePolicy: idempotentWrite("writes", ["iam:DetachRolePolicy"]),
  GetPolicy: read("reads", ["iam:GetPolicy"]),
  GetPolicyVersion: read("reads", ["iam:GetPolicyVersion"]),
  ListPolicies: read("reads", ["iam:ListPolicies"]),
  ListPolicyTags: read("reads", ["iam:ListPolicyTags"]),
  ListPolicyVersions: read("reads", ["iam:ListPolicyVersions"]),
  ListEntitiesForPolicy: read("reads", ["iam:ListEntitiesForPolicy"]),
  CreatePolicy: onceOnlyWrite("writes", ["iam:CreatePolicy", "iam:TagPolicy"]),
  CreatePolicyVersion: onceOnlyWrite("writes", ["iam:CreatePolicyVersion"]),
  SetDefaultPolicyVersion: idempotentWrite("writes", ["iam:SetDefaultPolicyVersion"]),
  DeletePolicyVersion: idempotentWrite("writes", ["iam:DeletePolicyVersion"]),
  DeletePolicy: idempotentWrite("writes", ["iam:DeletePolicy"]),
  TagPolicy: idempotentWrite("writes", ["iam:TagPolicy"]),
  UntagPolicy: idempotentWrite("writes", ["iam:UntagPolicy"]),
  ListOpenIDConnectProviders: read("reads", ["iam:ListOpenIDConnectProviders"]),
  GetOpenIDConnectProvider: read("reads", ["iam:GetOpenIDConnectProvider"]),
  CreateOpenIDConnectProvider: onceOnlyWrite("writes", [
    "iam:CreateOpenIDConnectProvider",
    "iam:TagOpenIDConnectProvider",
  ]),
  DeleteOpenIDConnectProvider: idempotentWrite("writes", ["iam:DeleteOpenIDConnectProvider"]),
  AddClientIDToOpenIDConnectProvider: idempotentWrite("writes", ["iam:AddClientIDToOpenIDConnectProvider"]),
  RemoveClientIDFromOpenIDConnectProvider: idempotentWrite("writes", ["iam:RemoveClientIDFromOpenIDConnectProvider"]),
  UpdateOpenIDConnectProviderThumbprint: idempotentWrite("writes", ["iam:UpdateOpenIDConnectProviderThumbprint"]),
  TagOpenIDConnectProvider: idempotentWrite("writes", ["iam:TagOpenIDConnectProvider"]),
  UntagOpenIDConnectProvider: idempotentWrite("writes", ["iam:UntagOpenIDConnectProvider"]),
  GetInstanceProfile: read("reads", ["iam:GetInstanceProfile"]),
  ListInstanceProfilesForRole: read("reads", ["iam:ListInstanceProfilesForRole"]),
  CreateInstanceProfile: onceOnlyWrite("writes", ["iam:CreateInstanceProfile", "iam:TagInstanceProfile"]),
  DeleteInstanceProfile: idempotentWrite("writes", ["iam:DeleteInstanceProfile"]),
  AddRoleToInstanceProfile: onceOnlyWrite("writes", ["iam:AddRoleToInstanceProfile", "iam:PassRole"]),
  RemoveRoleFromInstanceProfile: idempotentWrite("writes", ["iam:RemoveRoleFromInstanceProfile"]),
  TagInstanceProfile: idempotentWrite("writes", ["iam:TagInstanceProfile"]),
  UntagInstanceProfile: idempotentWrite("writes", ["iam:UntagInstanceProfile"]),
  CreateServiceLinkedRole: onceOnlyWrite("writes", ["iam:CreateServiceLinkedRole"]),
} as const;

export type IamPort = Port<typeof Iam, typeof iamOperations>;

export function createIam(factory: PortFactory): IamPort {
  return createPort(factory, {
    service: "iam",
    operations: iamOperations,
    load: () => import("@aws-sdk/client-iam"),
    client: (sdk: typeof Iam, settings: ClientSettings) => new sdk.IAMClient(settings),
  });
}
