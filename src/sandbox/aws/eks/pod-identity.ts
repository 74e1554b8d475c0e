import type { Json } from "../../../json.ts";
import { trustNamesService } from "../iam/trust-evaluation.ts";
import { defineOperation, type Operation } from "../service.ts";
import { boolean, required, string } from "../shapes.ts";
import { eksError } from "./errors.ts";
import {
  checkedTags,
  clusterName,
  madeBefore,
  objectOf,
  pageOf,
  paging,
  pagingQuery,
  tags,
  time,
} from "./parameters.ts";
import type { Cluster, EksState, PodIdentityAssociation } from "./state.ts";

/** AWS's default quota. */
const maximumAssociations = 5000;

const path = "/clusters/{name}/pod-identity-associations";
const reference = { ...clusterName, associationId: required(string()) } as const;
const settings = {
  roleArn: string(),
  targetRoleArn: string(),
  disableSessionTags: boolean(),
  policy: string(),
  clientRequestToken: string(),
} as const;

export function podIdentityOperations(state: EksState): readonly Operation[] {
  const { context } = state;
  return [
    defineOperation({
      name: "CreatePodIdentityAssociation",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path },
      input: {
        ...clusterName,
        ...settings,
        namespace: required(string()),
        serviceAccount: required(string()),
        roleArn: required(string()),
        tags,
      },
      handle(input) {
        const cluster = state.cluster(input.name);
        const token = madeBefore(cluster, input);
        const repeated = token.made === undefined ? undefined : cluster.podIdentityAssociations.get(token.made);
        if (repeated !== undefined) return { association: associationView(cluster, repeated) };
        checkRole(state, input.roleArn);
        checkPolicy(input.policy, input.disableSessionTags ?? false);
        const checked = checkedTags(input.tags);
        const taken = cluster.podIdentityAssociations
          .values()
          .find((item) => item.namespace === input.namespace && item.serviceAccount === input.serviceAccount);
        if (taken !== undefined)
          throw eksError("ResourceInUseException", `Association already exists: ${taken.id}`, {
            clusterName: cluster.name,
          });
        if (cluster.podIdentityAssociations.size >= maximumAssociations)
          throw eksError("ResourceLimitExceededException", "The maximum number of associations has been reached.");
        const id = `a-${context.ids.upper(17).toLowerCase()}`;
        const now = context.clock.now();
        const association: PodIdentityAssociation = {
          id,
          arn: state.arn(`podidentityassociation/${cluster.name}/${id}`),
          namespace: input.namespace,
          serviceAccount: input.serviceAccount,
          roleArn: input.roleArn,
          targetRoleArn: input.targetRoleArn,
          externalId: input.targetRoleArn === undefined ? undefined : context.ids.uuid(),
          disableSessionTags: input.disableSessionTags ?? false,
          policy: input.policy,
          createdAt: now,
          modifiedAt: now,
          tags: checked,
        };
        cluster.podIdentityAssociations.set(id, association);
        token.remember(id);
        return { association: associationView(cluster, association) };
      },
    }),
    defineOperation({
      name: "DescribePodIdentityAssociation",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: `${path}/{associationId}` },
      input: reference,
      handle(input) {
        const cluster = state.cluster(input.name);
        return { association: associationView(cluster, existing(state, cluster, input.associationId)) };
      },
    }),
    defineOperation({
      name: "ListPodIdentityAssociations",
      mutating: false,
      bucket: "reads",
      http: {
        method: "GET",
        path,
        query: { ...pagingQuery, namespace: "namespace", serviceAccount: "serviceAccount" },
      },
      input: { ...clusterName, ...paging, namespace: string(), serviceAccount: string() },
      handle(input) {
        const cluster = state.cluster(input.name);
        const found = [...cluster.podIdentityAssociations.values()].filter(
          (item) =>
            (input.namespace === undefined || item.namespace === input.namespace) &&
            (input.serviceAccount === undefined || item.serviceAccount === input.serviceAccount),
        );
        const page = pageOf(found, (item) => item.id, input);
        return {
          associations: page.items.map((item) => ({
            clusterName: cluster.name,
            namespace: item.namespace,
            serviceAccount: item.serviceAccount,
            associationArn: item.arn,
            associationId: item.id,
          })),
          nextToken: page.nextToken,
        };
      },
    }),
    defineOperation({
      name: "UpdatePodIdentityAssociation",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path: `${path}/{associationId}` },
      input: { ...reference, ...settings },
      handle(input) {
        const cluster = state.cluster(input.name);
        const item = existing(state, cluster, input.associationId);
        if (
          [input.roleArn, input.targetRoleArn, input.disableSessionTags, input.policy].every((it) => it === undefined)
        )
          throw eksError("InvalidParameterException", "At least one field to update must be specified");
        if (input.roleArn !== undefined) checkRole(state, input.roleArn);
        checkPolicy(input.policy, input.disableSessionTags ?? item.disableSessionTags);
        item.roleArn = input.roleArn ?? item.roleArn;
        item.disableSessionTags = input.disableSessionTags ?? item.disableSessionTags;
        if (input.policy !== undefined) item.policy = input.policy === "" ? undefined : input.policy;
        if (input.targetRoleArn !== undefined) {
          item.targetRoleArn = input.targetRoleArn === "" ? undefined : input.targetRoleArn;
          item.externalId = item.targetRoleArn === undefined ? undefined : (item.externalId ?? context.ids.uuid());
        }
        item.modifiedAt = context.clock.now();
        return { association: associationView(cluster, item) };
      },
    }),
    defineOperation({
      name: "DeletePodIdentityAssociation",
      mutating: true,
      bucket: "writes",
      http: { method: "DELETE", path: `${path}/{associationId}` },
      input: reference,
      handle(input) {
        const cluster = state.cluster(input.name);
        const item = existing(state, cluster, input.associationId);
        cluster.podIdentityAssociations.delete(item.id);
        return { association: associationView(cluster, item) };
      },
    }),
  ];
}

/** The role must exist, as far as EKS knows yet, and let the Pod Identity service assume it and tag the session. */
function checkRole(state: EksState, arn: string): void {
  const { context } = state;
  if (!arn.includes(`:iam::${context.accountId}:role/`))
    throw eksError("InvalidParameterException", "The role provided must be in the account of the cluster.");
  const role = context.surroundings.roles.role(arn);
  if (role === undefined) throw eksError("InvalidParameterException", "Role provided in the request does not exist.");
  const trusts = (action: string): boolean =>
    trustNamesService(role.trustPolicy as Json, "pods.eks.amazonaws.com", action);
  if (!trusts("sts:AssumeRole") || !trusts("sts:TagSession"))
    throw eksError(
      "InvalidParameterException",
      "Trust policy of the role provided is invalid. It must allow pods.eks.amazonaws.com sts:AssumeRole and " +
        "sts:TagSession.",
    );
}

function checkPolicy(policy: string | undefined, disableSessionTags: boolean): void {
  if (policy !== undefined && policy !== "" && !disableSessionTags)
    throw eksError("InvalidParameterException", "A session policy requires disableSessionTags to be true.");
}

function existing(state: EksState, cluster: Cluster, id: string): PodIdentityAssociation {
  const item = cluster.podIdentityAssociations.get(id);
  if (item === undefined || !state.context.settled(item.createdAt, "eksCreate"))
    throw eksError("ResourceNotFoundException", `No association found with id: ${id}`, { clusterName: cluster.name });
  return item;
}

function associationView(cluster: Cluster, item: PodIdentityAssociation) {
  return {
    clusterName: cluster.name,
    namespace: item.namespace,
    serviceAccount: item.serviceAccount,
    roleArn: item.roleArn,
    associationArn: item.arn,
    associationId: item.id,
    tags: objectOf(item.tags),
    createdAt: time(item.createdAt),
    modifiedAt: time(item.modifiedAt),
    disableSessionTags: item.disableSessionTags,
    targetRoleArn: item.targetRoleArn,
    externalId: item.externalId,
    policy: item.policy,
  };
}
