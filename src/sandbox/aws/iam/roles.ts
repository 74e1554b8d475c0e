import type { Json } from "../../../json.ts";
import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { integer, required, string } from "../shapes.ts";
import * as parameters from "./parameters.ts";
import {
  deleteConflict,
  encodedDocument,
  entityAlreadyExists,
  limitExceeded,
  noSuchEntity,
  pageOf,
  replaceTags,
  tagList,
  untag,
  withTags,
} from "./parameters.ts";
import { policyDocumentProblem, policySize, statementsOf, stringList } from "./policy-document.ts";
import type { IamState, Role, TrustPolicy } from "./state.ts";

/** Default quotas (IAM User Guide, "IAM and AWS STS quotas"). */
const maximumRoles = 1000;
const maximumTrustSize = 2048;

const sessionDuration = integer({ min: 3600, max: 43_200 });
const defaultSessionDuration = 3600;

export function roleOperations(state: IamState, context: SandboxContext): readonly Operation[] {
  return [
    defineOperation({
      name: "CreateRole",
      mutating: true,
      bucket: "writes",
      input: {
        RoleName: required(parameters.roleName),
        Path: parameters.path,
        AssumeRolePolicyDocument: required(parameters.policyText),
        Description: parameters.description,
        MaxSessionDuration: sessionDuration,
        PermissionsBoundary: parameters.arn,
        Tags: parameters.tags,
      },
      handle(input) {
        const tags = withTags(new Map(), input.Tags ?? [], "TagsPerRole");
        const trust = trustPolicyOf(state, context, input.AssumeRolePolicyDocument);
        if (input.PermissionsBoundary !== undefined) checkBoundary(state, input.PermissionsBoundary);
        if (state.roles.has(input.RoleName.toLowerCase()))
          throw entityAlreadyExists(`Role with name ${input.RoleName} already exists.`);
        if (state.roles.size >= maximumRoles) throw limitExceeded("RolesPerAccount", maximumRoles);
        const role = addRole(state, context, {
          name: input.RoleName,
          path: input.Path ?? "/",
          description: input.Description,
          maxSessionDuration: input.MaxSessionDuration ?? defaultSessionDuration,
          permissionsBoundaryArn: input.PermissionsBoundary,
          trust,
          tags,
        });
        return { Role: roleView(state, role, { withTags: true }) };
      },
    }),
    defineOperation({
      name: "GetRole",
      mutating: false,
      bucket: "reads",
      input: { RoleName: required(parameters.roleName) },
      handle: (input) => ({
        Role: { ...roleView(state, existingRole(state, input.RoleName), { withTags: true }), RoleLastUsed: {} },
      }),
    }),
    defineOperation({
      name: "ListRoles",
      mutating: false,
      bucket: "reads",
      input: { ...parameters.paging, PathPrefix: parameters.pathPrefix },
      handle(input) {
        const prefix = input.PathPrefix ?? "/";
        const found = [...state.roles.values()].filter((role) => role.path.startsWith(prefix));
        const page = pageOf(found, (role) => role.name.toLowerCase(), input);
        return { Roles: page.items.map((role) => roleView(state, role, { withTags: false })), ...page.end };
      },
    }),
    defineOperation({
      name: "UpdateRole",
      mutating: true,
      bucket: "writes",
      input: {
        RoleName: required(parameters.roleName),
        Description: parameters.description,
        MaxSessionDuration: sessionDuration,
      },
      handle(input) {
        const role = changeableRole(state, input.RoleName);
        if (input.Description !== undefined)
          role.description = input.Description === "" ? undefined : input.Description;
        role.maxSessionDuration = input.MaxSessionDuration ?? defaultSessionDuration;
        return {};
      },
    }),
    defineOperation({
      name: "UpdateRoleDescription",
      mutating: true,
      bucket: "writes",
      input: { RoleName: required(parameters.roleName), Description: required(parameters.description) },
      handle(input) {
        const role = changeableRole(state, input.RoleName);
        role.description = input.Description;
        return { Role: roleView(state, role, { withTags: true }) };
      },
    }),
    defineOperation({
      name: "UpdateAssumeRolePolicy",
      mutating: true,
      bucket: "writes",
      input: { RoleName: required(parameters.roleName), PolicyDocument: required(parameters.policyText) },
      handle(input) {
        const role = changeableRole(state, input.RoleName);
        const trust = trustPolicyOf(state, context, input.PolicyDocument);
        role.formerTrust = role.trust;
        role.trust = trust;
        return undefined;
      },
    }),
    defineOperation({
      name: "PutRolePermissionsBoundary",
      mutating: true,
      bucket: "writes",
      input: { RoleName: required(parameters.roleName), PermissionsBoundary: required(parameters.arn) },
      handle(input) {
        const role = changeableRole(state, input.RoleName);
        checkBoundary(state, input.PermissionsBoundary);
        role.permissionsBoundaryArn = input.PermissionsBoundary;
        return undefined;
      },
    }),
    defineOperation({
      name: "DeleteRolePermissionsBoundary",
      mutating: true,
      bucket: "writes",
      input: { RoleName: required(parameters.roleName) },
      handle(input) {
        changeableRole(state, input.RoleName).permissionsBoundaryArn = undefined;
        return undefined;
      },
    }),
    defineOperation({
      name: "TagRole",
      mutating: true,
      bucket: "writes",
      input: { RoleName: required(parameters.roleName), Tags: required(parameters.tags) },
      handle(input) {
        const role = existingRole(state, input.RoleName);
        replaceTags(role.tags, withTags(role.tags, input.Tags, "TagsPerRole"));
        return undefined;
      },
    }),
    defineOperation({
      name: "UntagRole",
      mutating: true,
      bucket: "writes",
      input: { RoleName: required(parameters.roleName), TagKeys: required(parameters.tagKeys) },
      handle(input) {
        untag(existingRole(state, input.RoleName).tags, input.TagKeys);
        return undefined;
      },
    }),
    defineOperation({
      name: "ListRoleTags",
      mutating: false,
      bucket: "reads",
      input: { ...parameters.paging, RoleName: required(parameters.roleName) },
      handle(input) {
        const page = pageOf(tagList(existingRole(state, input.RoleName).tags), (tag) => tag.Key, input);
        return { Tags: page.items, ...page.end };
      },
    }),
    defineOperation({
      name: "DeleteRole",
      mutating: true,
      bucket: "writes",
      input: { RoleName: required(parameters.roleName) },
      handle(input) {
        const role = changeableRole(state, input.RoleName);
        if (role.attachedPolicyArns.size > 0)
          throw deleteConflict("Cannot delete entity, must detach all policies first.");
        if (role.inlinePolicies.size > 0) throw deleteConflict("Cannot delete entity, must delete policies first.");
        if (state.instanceProfiles.values().some((profile) => profile.roleName === role.name))
          throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
        state.roles.delete(role.name.toLowerCase());
        return undefined;
      },
    }),
    defineOperation({
      name: "CreateServiceLinkedRole",
      mutating: true,
      bucket: "writes",
      input: {
        AWSServiceName: required(string({ minLength: 1, maxLength: 128, pattern: /^[\w+=,.@-]+$/ })),
        Description: parameters.description,
        CustomSuffix: string({ minLength: 1, maxLength: 64 }),
      },
      handle(input) {
        const name = serviceLinkedRoles.get(input.AWSServiceName);
        if (name === undefined)
          throw new AwsError("InvalidInput", `Service Linked Roles are not supported for ${input.AWSServiceName}.`);
        if (state.roles.has(name.toLowerCase()))
          throw new AwsError(
            "InvalidInput",
            `Service role name ${name} has been taken in this account, please try a different suffix.`,
          );
        const role = addServiceLinkedRole(state, context, input.AWSServiceName);
        return { Role: roleView(state, role, { withTags: true }) };
      },
    }),
  ];
}

const serviceLinkedRoles: ReadonlyMap<string, string> = new Map([
  ["eks.amazonaws.com", "AWSServiceRoleForAmazonEKS"],
  ["eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup"],
  ["eks-fargate.amazonaws.com", "AWSServiceRoleForAmazonEKSForFargate"],
  ["autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"],
  ["spot.amazonaws.com", "AWSServiceRoleForEC2Spot"],
  ["elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"],
]);

export interface NewRole {
  readonly name: string;
  readonly path: string;
  readonly description?: string | undefined;
  readonly maxSessionDuration?: number;
  readonly permissionsBoundaryArn?: string | undefined;
  readonly trust: TrustPolicy;
  readonly tags?: ReadonlyMap<string, string>;
  readonly serviceLinkedTo?: string;
  readonly attachedPolicyArns?: readonly string[];
}

export function addRole(state: IamState, context: SandboxContext, request: NewRole): Role {
  const role: Role = {
    name: request.name,
    path: request.path,
    roleId: `AROA${context.ids.upper(17)}`,
    arn: state.arn(`role${request.path}${request.name}`),
    createdAt: context.clock.now(),
    description: request.description,
    maxSessionDuration: request.maxSessionDuration ?? defaultSessionDuration,
    permissionsBoundaryArn: request.permissionsBoundaryArn,
    trust: request.trust,
    formerTrust: undefined,
    tags: new Map(request.tags),
    inlinePolicies: new Map(),
    attachedPolicyArns: new Set(request.attachedPolicyArns),
    serviceLinkedTo: request.serviceLinkedTo,
  };
  state.roles.set(role.name.toLowerCase(), role);
  return role;
}

/** The role that an AWS service keeps for itself in the account. */
export function addServiceLinkedRole(state: IamState, context: SandboxContext, service: string): Role {
  const document = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  };
  return addRole(state, context, {
    name: serviceLinkedRoles.get(service) ?? service,
    path: `/aws-service-role/${service}/`,
    trust: trustPolicyOf(state, context, JSON.stringify(document)),
    serviceLinkedTo: service,
  });
}

/** Checks a trust policy as IAM does and notes which roles its principals stand for. */
export function trustPolicyOf(state: IamState, context: SandboxContext, text: string): TrustPolicy {
  const problem = policyDocumentProblem(text, {
    kind: "trust",
    principalExists: (type, value) => principalExists(state, context, type, value),
  });
  if (problem !== undefined) throw new AwsError("MalformedPolicyDocument", problem);
  if (policySize(text) > maximumTrustSize) throw limitExceeded("ACLSizePerRole", maximumTrustSize);
  const document = JSON.parse(text) as Json;
  const principalIds = new Map<string, string>();
  for (const statement of statementsOf(document) ?? []) {
    const principal = statement["Principal"];
    if (typeof principal !== "object" || principal === null || Array.isArray(principal)) continue;
    for (const value of stringList((principal as { readonly [key: string]: Json })["AWS"]) ?? []) {
      const role = state.roleByArn(value);
      if (role !== undefined) principalIds.set(value, role.roleId);
    }
  }
  return { text, document, principalIds, setAt: context.clock.now() };
}

/** Principals of other accounts are taken as existing; new roles of this one are not seen until they have propagated. */
export function principalExists(
  state: IamState,
  context: SandboxContext,
  type: "AWS" | "Federated",
  arn: string,
): boolean {
  if (!arn.includes(`:iam::${context.accountId}:`)) return true;
  if (type === "Federated") {
    const provider = state.oidcProviders.get(arn);
    return provider !== undefined || arn.includes(":saml-provider/");
  }
  if (arn.includes(":role/")) {
    const role = state.roleByArn(arn);
    return role !== undefined && context.settled(role.createdAt, "iamToOtherServices");
  }
  return true;
}

export function existingRole(state: IamState, name: string): Role {
  const role = state.role(name);
  if (role === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

/** A role that callers may change: service-linked ones belong to their service. */
export function changeableRole(state: IamState, name: string): Role {
  const role = existingRole(state, name);
  if (role.serviceLinkedTo !== undefined)
    throw new AwsError(
      "UnmodifiableEntity",
      `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`,
    );
  return role;
}

/** The trust policy as IAM shows it: a principal whose role is gone, or was made anew, shows as its unique id. */
export function shownTrust(state: IamState, trust: TrustPolicy): string {
  let text = trust.text;
  for (const [arn, roleId] of trust.principalIds) {
    if (state.roleByArn(arn)?.roleId !== roleId) text = text.replaceAll(`"${arn}"`, `"${roleId}"`);
  }
  return text;
}

export function roleView(state: IamState, role: Role, options: { readonly withTags: boolean }) {
  return {
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    Path: role.path,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodedDocument(shownTrust(state, role.trust)),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDuration,
    ...(options.withTags
      ? {
          PermissionsBoundary: boundaryView(role),
          Tags: role.tags.size === 0 ? undefined : tagList(role.tags),
        }
      : {}),
  };
}

export function boundaryView(role: Role) {
  return role.permissionsBoundaryArn === undefined
    ? undefined
    : { PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: role.permissionsBoundaryArn };
}

function checkBoundary(state: IamState, arn: string): void {
  if (!/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/.+$/.test(arn))
    throw new AwsError("InvalidInput", `ARN ${arn} is not valid.`);
  if (!state.policies.has(arn)) throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
}
