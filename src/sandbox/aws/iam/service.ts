import { AwsError, beanValidation } from "../aws-error.ts";
import { type AwsService, defineOperation, type Operation, type SandboxContext } from "../service.ts";
import { list, oneOf } from "../shapes.ts";
import type { RoleFacts } from "../surroundings.ts";
import type { IdentityFacts } from "../surroundings-account.ts";
import { instanceProfileOperations, profileView } from "./instance-profiles.ts";
import { managedPolicyOperations } from "./managed-policies.ts";
import { oidcProviderOperations } from "./oidc-providers.ts";
import * as parameters from "./parameters.ts";
import { encodedDocument, pageOf, tagList } from "./parameters.ts";
import { rolePolicyOperations } from "./role-policies.ts";
import {
  addRole,
  addServiceLinkedRole,
  boundaryView,
  principalExists,
  roleOperations,
  shownTrust,
  trustPolicyOf,
} from "./roles.ts";
import { IamState, type Role, type TrustPolicy } from "./state.ts";

/** IAM of the sandbox's account. Its rates are unpublished; the buckets hold what practitioners see. */
export function createIam(context: SandboxContext): AwsService {
  const state = new IamState(context);
  context.surroundings.roles = roleFacts(state, context);
  context.surroundings.identity = identityFacts(state, context);
  return {
    name: "iam",
    signingName: "iam",
    protocol: {
      kind: "query",
      version: "2010-05-08",
      namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
      voidResult: "none",
    },
    invalidInput: beanValidation("ValidationError"),
    throttled: () => new AwsError("Throttling", "Rate exceeded"),
    buckets: {
      reads: { capacity: 40, refillPerSecond: 20 },
      writes: { capacity: 20, refillPerSecond: 15 },
    },
    operations: [
      ...roleOperations(state, context),
      ...rolePolicyOperations(state),
      ...managedPolicyOperations(state, context),
      ...instanceProfileOperations(state, context),
      ...oidcProviderOperations(state, context),
      accountDetails(state),
    ],
  };
}

function accountDetails(state: IamState): Operation {
  return defineOperation({
    name: "GetAccountAuthorizationDetails",
    mutating: false,
    bucket: "reads",
    input: {
      ...parameters.paging,
      Filter: list(oneOf(["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"])),
    },
    handle(input) {
      const wanted = input.Filter === undefined || input.Filter.length === 0 || input.Filter.includes("Role");
      const page = pageOf(wanted ? [...state.roles.values()] : [], (role) => role.name.toLowerCase(), input);
      return {
        UserDetailList: [],
        GroupDetailList: [],
        RoleDetailList: page.items.map((role) => roleDetail(state, role)),
        Policies: [],
        ...page.end,
      };
    },
  });
}

function roleDetail(state: IamState, role: Role) {
  const profiles = [...state.instanceProfiles.values()].filter((profile) => profile.roleName === role.name);
  return {
    RoleName: role.name,
    RoleId: role.roleId,
    Arn: role.arn,
    Path: role.path,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodedDocument(shownTrust(state, role.trust)),
    InstanceProfileList: profiles.map((profile) => profileView(state, profile)),
    RolePolicyList: [...role.inlinePolicies].map(([PolicyName, text]) => ({
      PolicyName,
      PolicyDocument: encodedDocument(text),
    })),
    AttachedManagedPolicies: [...role.attachedPolicyArns].map((PolicyArn) => ({
      PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf("/") + 1),
      PolicyArn,
    })),
    PermissionsBoundary: boundaryView(role),
    Tags: tagList(role.tags),
  };
}

function roleFacts(state: IamState, context: SandboxContext): RoleFacts {
  return {
    role(arn) {
      const role = state.roleByArn(arn);
      if (role === undefined || !context.settled(role.createdAt, "iamToOtherServices")) return undefined;
      return {
        arn: role.arn,
        name: role.name,
        trustPolicy: propagatedTrust(role, context).document,
        attachedPolicyArns: [...role.attachedPolicyArns],
      };
    },
  };
}

function propagatedTrust(role: Role, context: SandboxContext): TrustPolicy {
  const { trust, formerTrust } = role;
  return formerTrust === undefined || context.settled(trust.setAt, "iamToOtherServices") ? trust : formerTrust;
}

function identityFacts(state: IamState, context: SandboxContext): IdentityFacts {
  return {
    principalExists: (arn) => principalExists(state, context, "AWS", arn),
    roleId: (arn) => state.roleByArn(arn)?.roleId,
    roleByName(name) {
      const role = state.roles.get(name.toLowerCase());
      if (role === undefined || !context.settled(role.createdAt, "iamToOtherServices")) return undefined;
      return {
        arn: role.arn,
        roleId: role.roleId,
        name: role.name,
        maxSessionDuration: role.maxSessionDuration,
        trustPolicy: propagatedTrust(role, context).document,
      };
    },
    mayJoinClusters(arn) {
      const role = state.roleByArn(arn);
      if (role === undefined) return false;
      return role.inlinePolicies.size > 0 || [...role.attachedPolicyArns].some(letsNodesJoin);
    },
    oidcProvider(arn) {
      const provider = state.oidcProviders.get(arn);
      return provider === undefined ? undefined : { clientIds: [...provider.clientIds] };
    },
    ensureServiceLinkedRole(service) {
      if (!state.roles.values().some((role) => role.serviceLinkedTo === service))
        addServiceLinkedRole(state, context, service);
    },
    createRole(request) {
      const role = addRole(state, context, {
        name: request.name,
        path: request.path ?? "/",
        trust: trustPolicyOf(state, context, request.trustPolicy),
        attachedPolicyArns: request.attachedPolicyArns,
      });
      return role.arn;
    },
  };
}

/** A policy of the account's own may grant what AWS's worker node policy does. */
function letsNodesJoin(policyArn: string): boolean {
  return /AmazonEKSWorkerNode(Minimal)?Policy$/.test(policyArn) || !policyArn.includes(":iam::aws:");
}
