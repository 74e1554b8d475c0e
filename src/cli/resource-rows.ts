import type { FargateProfile } from "../api/fargate-profile.ts";
import type { IamIdentityMapping } from "../api/iam-identity-mapping.ts";
import type { IamServiceAccount } from "../api/iam-service-account.ts";
import type { LoadBalancer } from "../api/load-balancer.ts";
import type { NodeGroup } from "../api/node-group.ts";
import { type KubeObject, objectKey } from "../api/object.ts";

/** Rows of the table of objects and the AWS resources they became: object, type, name, state, ARN. Pure. */
export function resourceRows(
  objects: readonly KubeObject[],
  reports: readonly LoadBalancer[],
): readonly (readonly string[])[] {
  return [
    ...reports.flatMap((report) => {
      const owners = (report.spec?.owners ?? []).map(
        ({ kind, name }) => `${kind} ${report.metadata.namespace ?? ""}/${name}`,
      );
      return (report.status?.resources ?? []).map((resource, index) => [
        index === 0 ? owners.join(", ") : "",
        resource.type,
        resource.name ?? resource.id,
        resource.state,
        resource.arn ?? "",
      ]);
    }),
    ...objects.flatMap(customRows),
  ];
}

function customRows(object: KubeObject): readonly (readonly string[])[] {
  const name = `${object.kind} ${objectKey(object.metadata)}`;
  if (object.kind === "IamServiceAccount") {
    const { status } = object as IamServiceAccount;
    return compact(name, [
      ["iam/Role", status?.role?.name, status?.roleARN],
      ["iam/OIDCProvider", status?.oidc?.issuer, status?.oidc?.providerARN],
      ["eks/PodIdentityAssociation", status?.association?.id, status?.association?.arn],
      ["kubernetes/ServiceAccount", status?.serviceAccount?.name, ""],
    ]);
  }
  if (object.kind === "IamIdentityMapping") {
    const { status } = object as IamIdentityMapping;
    const entry = status?.backend === "ConfigMap" ? "kubernetes/AwsAuthEntry" : "eks/AccessEntry";
    const bound = status?.conditions?.some(({ type, status: state }) => type === "Bound" && state === "True") === true;
    return compact(name, [[entry, bound ? status?.principalARN : undefined, status?.accessEntryARN]]);
  }
  if (object.kind === "NodeGroup") {
    const { status } = object as NodeGroup;
    return compact(name, [
      ["eks/NodeGroup", status?.nodegroupName, status?.arn],
      ["ec2/LaunchTemplate", status?.launchTemplate?.name, status?.launchTemplate?.id],
      ["iam/Role", status?.nodeRoleARN?.split("/").at(-1), status?.nodeRoleARN],
    ]);
  }
  if (object.kind === "FargateProfile") {
    const { status } = object as FargateProfile;
    return compact(name, [
      ["eks/FargateProfile", status?.arn === undefined ? undefined : status.profileName, status?.arn],
      ["iam/Role", status?.podExecutionRoleARN?.split("/").at(-1), status?.podExecutionRoleARN],
    ]);
  }
  return [];
}

function compact(
  object: string,
  rows: readonly (readonly [type: string, name: string | undefined, arn: string | undefined])[],
): readonly (readonly string[])[] {
  return rows
    .filter(([, name]) => name !== undefined)
    .map(([type, name = "", arn = ""], index) => [index === 0 ? object : "", type, name, "ready", arn]);
}
