import type { IamIdentityMapping } from "../../api/iam-identity-mapping.ts";
import type { IamServiceAccount } from "../../api/iam-service-account.ts";
import { objectKey } from "../../api/object.ts";
import { hasCode } from "../../aws/errors.ts";
import type { IamPort } from "../../aws/iam.ts";
import type { StsPort } from "../../aws/sts.ts";
import { AppError } from "../../errors.ts";
import type { Lister } from "../../kube/lister.ts";
import type { ClusterIdentity } from "../cluster-identity.ts";
import type { Principal } from "./backend.ts";

/** Finds out who a mapping means: IAM's true ARN with path, and the unique id that EKS remembers. */
export interface Principals {
  /** @throws AppError `missing` `InvalidPrincipal`, `conflict` `Ambiguous`, or `waiting` for a role that is to come. */
  resolve(object: IamIdentityMapping, cluster: ClusterIdentity, signal: AbortSignal): Promise<Principal>;
  /** The operator's own principal; undefined when STS does not say. */
  self(signal: AbortSignal): Promise<string | undefined>;
}

/** "IAM Identity Center roles" of the EKS user guide: names end in sixteen digits that change with the permission set. */
const ssoPath = "/aws-reserved/sso.amazonaws.com/";

export function mappingPrincipals({
  iam,
  sts,
  serviceAccounts,
}: {
  readonly iam: IamPort;
  readonly sts: StsPort;
  readonly serviceAccounts: Lister<IamServiceAccount>;
}): Principals {
  let own: string | undefined;

  async function ofARN(arn: string, cluster: ClusterIdentity, signal: AbortSignal): Promise<Principal> {
    const kind = arn.includes(":user/") ? "user" : "role";
    const here = arn.includes(`:iam::${cluster.accountID}:`);
    // Another account's IAM cannot be asked, and ids of users are not needed to find them.
    if (kind === "user" || !here || arn.includes(":role/aws-service-role/")) return { kind, arn };
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    try {
      const { Role: role } = await iam.getRole({ RoleName: name }, { signal, resource: `role ${name}` });
      const real = role?.Arn?.startsWith("arn:") === true ? role.Arn : arn;
      return { kind, arn: real, ...(role?.RoleId === undefined ? {} : { id: role.RoleId }) };
    } catch (error) {
      if (hasCode(error, "NoSuchEntity")) throw unknown(`IAM has no role ${name} (spec.principal.arn)`, error);
      throw error;
    }
  }

  async function ofPermissionSet(
    { name, accountID }: { readonly name: string; readonly accountID: string },
    cluster: ClusterIdentity,
    signal: AbortSignal,
  ): Promise<Principal> {
    if (accountID !== cluster.accountID) {
      throw new AppError(
        `spec.principal.ssoPermissionSet: roles of account ${accountID} cannot be looked up from account ${cluster.accountID}; give the role's ARN as spec.principal.arn`,
        { class: "invalid", code: "InvalidPrincipal" },
      );
    }
    const prefix = `AWSReservedSSO_${name}_`;
    const found: { readonly arn: string; readonly id: string | undefined }[] = [];
    let marker: string | undefined;
    do {
      const page = await iam.listRoles(
        { PathPrefix: ssoPath, ...(marker === undefined ? {} : { Marker: marker }) },
        { signal, resource: `roles under ${ssoPath}` },
      );
      for (const { RoleName = "", Arn: arn, RoleId: id } of page.Roles ?? []) {
        if (!RoleName.startsWith(prefix) || !/^[0-9a-f]{16}$/.test(RoleName.slice(prefix.length))) continue;
        if (arn !== undefined) found.push({ arn, id });
      }
      marker = page.IsTruncated === true ? page.Marker : undefined;
    } while (marker !== undefined);
    const [role] = found;
    if (role === undefined)
      throw unknown(`the account has no role of the permission set ${name} (spec.principal.ssoPermissionSet)`);
    if (found.length > 1) {
      throw new AppError(
        `${found.length} roles fit the permission set ${name}: ${found.map(({ arn }) => arn).join(", ")}; give one as spec.principal.arn`,
        { class: "conflict", code: "Ambiguous" },
      );
    }
    return { kind: "role", arn: role.arn, ...(role.id === undefined ? {} : { id: role.id }) };
  }

  return {
    async resolve({ spec }, cluster, signal) {
      const { arn, ssoPermissionSet, accountID, iamServiceAccountRef } = spec.principal;
      if (accountID !== undefined) return { kind: "account", accountID };
      if (ssoPermissionSet !== undefined) return ofPermissionSet(ssoPermissionSet, cluster, signal);
      if (iamServiceAccountRef !== undefined) {
        const status = serviceAccounts.get(objectKey(iamServiceAccountRef))?.status;
        if (status?.roleARN === undefined) {
          throw new AppError(`IamServiceAccount ${objectKey(iamServiceAccountRef)} has no role yet`, {
            class: "waiting",
            code: "Waiting",
            retryAfterMs: 30_000,
          });
        }
        const id = status.role?.id;
        return { kind: "role", arn: status.roleARN, ...(id === undefined || id === "" ? {} : { id }) };
      }
      return ofARN(arn ?? "", cluster, signal);
    },

    async self(signal) {
      if (own !== undefined) return own;
      const { Arn: arn } = await sts.getCallerIdentity({}, { signal, resource: "the operator's identity" });
      const session = /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn ?? "");
      own = session === null ? arn : `arn:${session[1] ?? ""}:iam::${session[2] ?? ""}:role/${session[3] ?? ""}`;
      return own;
    },
  };
}

function unknown(message: string, cause?: unknown): AppError {
  return new AppError(message, {
    class: "missing",
    code: "InvalidPrincipal",
    ...(cause === undefined ? {} : { cause }),
  });
}
