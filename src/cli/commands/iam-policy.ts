import { iamPolicy } from "../../operator/iam-policy.ts";
import type { CommandIO } from "../io.ts";

/** Prints the IAM policy that the operator needs, made of what its resource types and facts use. */
export function iamPolicyCommand(io: CommandIO): void {
  io.out(`${JSON.stringify(iamPolicy(), null, 2)}\n`);
}
