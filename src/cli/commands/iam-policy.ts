import { iamPolicy, type PolicyPart } from "../../operator/iam-policy.ts";
import type { CommandIO } from "../io.ts";

export interface IamPolicyOptions {
  readonly part?: PolicyPart;
  readonly partition: string;
}

/** Prints the IAM policy that the operator needs, or one of the two parts in which IAM takes it. */
export function iamPolicyCommand({ part, partition }: IamPolicyOptions, io: CommandIO): void {
  const policy = iamPolicy({ partition, ...(part === undefined ? {} : { parts: [part] }) });
  io.out(`${JSON.stringify(policy, null, 2)}\n`);
}
