import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { required } from "../shapes.ts";
import { isServiceRolePolicy } from "./aws-managed-policies.ts";
import * as parameters from "./parameters.ts";
import { checkIdentityPolicy, encodedDocument, limitExceeded, noSuchEntity, pageOf } from "./parameters.ts";
import { policySize } from "./policy-document.ts";
import { changeableRole, existingRole } from "./roles.ts";
import type { IamState } from "./state.ts";

const maximumAttachedPolicies = 10;
const maximumInlineSize = 10_240;

const role = { RoleName: required(parameters.roleName) } as const;

/** Inline policies of roles, and which managed ones are attached. */
export function rolePolicyOperations(state: IamState): readonly Operation[] {
  return [
    defineOperation({
      name: "PutRolePolicy",
      mutating: true,
      bucket: "writes",
      input: {
        ...role,
        PolicyName: required(parameters.policyName),
        PolicyDocument: required(parameters.policyText),
      },
      handle(input) {
        const holder = changeableRole(state, input.RoleName);
        checkIdentityPolicy(input.PolicyDocument);
        const others = [...holder.inlinePolicies].filter(([name]) => name !== input.PolicyName);
        const size = others.reduce((sum, [, text]) => sum + policySize(text), policySize(input.PolicyDocument));
        if (size > maximumInlineSize)
          throw new AwsError(
            "LimitExceeded",
            `Maximum policy size of ${maximumInlineSize} bytes exceeded for role ${holder.name}`,
            { status: 409 },
          );
        holder.inlinePolicies.set(input.PolicyName, input.PolicyDocument);
        return undefined;
      },
    }),
    defineOperation({
      name: "GetRolePolicy",
      mutating: false,
      bucket: "reads",
      input: { ...role, PolicyName: required(parameters.policyName) },
      handle(input) {
        const holder = existingRole(state, input.RoleName);
        const text = holder.inlinePolicies.get(input.PolicyName);
        if (text === undefined) throw noSuchEntity(`The role policy with name ${input.PolicyName} cannot be found.`);
        return { RoleName: holder.name, PolicyName: input.PolicyName, PolicyDocument: encodedDocument(text) };
      },
    }),
    defineOperation({
      name: "ListRolePolicies",
      mutating: false,
      bucket: "reads",
      input: { ...role, ...parameters.paging },
      handle(input) {
        const names = [...existingRole(state, input.RoleName).inlinePolicies.keys()];
        const page = pageOf(names, (name) => name, input);
        return { PolicyNames: page.items, ...page.end };
      },
    }),
    defineOperation({
      name: "DeleteRolePolicy",
      mutating: true,
      bucket: "writes",
      input: { ...role, PolicyName: required(parameters.policyName) },
      handle(input) {
        const holder = changeableRole(state, input.RoleName);
        if (!holder.inlinePolicies.delete(input.PolicyName))
          throw noSuchEntity(`The role policy with name ${input.PolicyName} cannot be found.`);
        return undefined;
      },
    }),
    defineOperation({
      name: "AttachRolePolicy",
      mutating: true,
      bucket: "writes",
      input: { ...role, PolicyArn: required(parameters.arn) },
      handle(input) {
        const holder = changeableRole(state, input.RoleName);
        checkPolicyArn(input.PolicyArn);
        if (!state.policies.has(input.PolicyArn))
          throw noSuchEntity(`Policy ${input.PolicyArn} does not exist or is not attachable.`);
        if (isServiceRolePolicy(input.PolicyArn))
          throw new AwsError("PolicyNotAttachable", `Cannot attach a Service Role Policy to a Customer Role.`);
        if (
          holder.attachedPolicyArns.size >= maximumAttachedPolicies &&
          !holder.attachedPolicyArns.has(input.PolicyArn)
        )
          throw limitExceeded("PoliciesPerRole", maximumAttachedPolicies);
        holder.attachedPolicyArns.add(input.PolicyArn);
        return undefined;
      },
    }),
    defineOperation({
      name: "DetachRolePolicy",
      mutating: true,
      bucket: "writes",
      input: { ...role, PolicyArn: required(parameters.arn) },
      handle(input) {
        const holder = changeableRole(state, input.RoleName);
        checkPolicyArn(input.PolicyArn);
        if (!holder.attachedPolicyArns.delete(input.PolicyArn))
          throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`);
        return undefined;
      },
    }),
    defineOperation({
      name: "ListAttachedRolePolicies",
      mutating: false,
      bucket: "reads",
      input: { ...role, ...parameters.paging, PathPrefix: parameters.pathPrefix },
      handle(input) {
        const holder = existingRole(state, input.RoleName);
        const prefix = input.PathPrefix ?? "/";
        const found = [...holder.attachedPolicyArns].flatMap((arn) => state.policies.get(arn) ?? []);
        const page = pageOf(
          found.filter((policy) => policy.path.startsWith(prefix)),
          (policy) => policy.arn,
          input,
        );
        return {
          AttachedPolicies: page.items.map((policy) => ({ PolicyName: policy.name, PolicyArn: policy.arn })),
          ...page.end,
        };
      },
    }),
  ];
}

export function checkPolicyArn(arn: string): void {
  if (!/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/.test(arn))
    throw new AwsError("InvalidInput", `ARN ${arn} is not valid.`);
}
