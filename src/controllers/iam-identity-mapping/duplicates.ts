import type { IamIdentityMapping } from "../../api/iam-identity-mapping.ts";
import { canonicalJson } from "../../json.ts";
import { canonicalPrincipal, samePrincipal } from "../../resources/kubernetes/aws-auth-document.ts";
import type { Principal } from "./backend.ts";
import { principalText } from "./build.ts";

/** The oldest mapping of the principal when it is not this one: only that one is in effect. Ages tie by name. */
export function olderOf(
  object: IamIdentityMapping,
  principal: Principal,
  all: Iterable<IamIdentityMapping>,
): IamIdentityMapping | undefined {
  const text = principalText(principal);
  const age = ({ metadata }: IamIdentityMapping): string => `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
  let oldest: IamIdentityMapping | undefined;
  for (const other of all) {
    if (other.metadata.uid === object.metadata.uid || age(other) > age(object)) continue;
    if (!sharesPrincipal(other, object) && !meansPrincipal(other, text)) continue;
    if (oldest === undefined || age(other) < age(oldest)) oldest = other;
  }
  return oldest;
}

/** Whether both name the same principal in the same words; what both were resolved to counts too. */
export function sharesPrincipal(one: IamIdentityMapping, other: IamIdentityMapping): boolean {
  const arn = one.status?.principalARN;
  return wording(one) === wording(other) || (arn !== undefined && meansPrincipal(other, arn));
}

function meansPrincipal({ spec, status }: IamIdentityMapping, text: string): boolean {
  return [status?.principalARN, spec.principal.arn].some((one) => one !== undefined && samePrincipal(one, text));
}

function wording({ spec: { principal } }: IamIdentityMapping): string {
  return principal.arn === undefined ? canonicalJson(principal) : canonicalPrincipal(principal.arn).toLowerCase();
}
