import { defineOperation, type Operation } from "../service.ts";
import { list, oneOf, required, string, structure } from "../shapes.ts";
import {
  accessEntryResource,
  accessEntryTypes,
  accessPolicies,
  checkAuthenticationMode,
  checkGroups,
  checkUsername,
  defaultUsername,
} from "./access-entry-rules.ts";
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
import type { AccessEntry, AccessPolicyAssociation, Cluster, EksState } from "./state.ts";

/** AWS's default quotas. */
const maximumEntries = 3000;
const maximumPolicies = 20;

const entryPath = "/clusters/{name}/access-entries/{principalArn}";
const entry = { ...clusterName, principalArn: required(string()) } as const;

export function accessEntryOperations(state: EksState): readonly Operation[] {
  const { context } = state;
  return [
    defineOperation({
      name: "CreateAccessEntry",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path: "/clusters/{name}/access-entries" },
      input: {
        ...entry,
        kubernetesGroups: list(string()),
        tags,
        clientRequestToken: string(),
        username: string(),
        type: oneOf(accessEntryTypes),
      },
      handle(input) {
        const cluster = state.cluster(input.name);
        checkAuthenticationMode(cluster);
        const token = madeBefore(cluster, input);
        const repeated = token.made === undefined ? undefined : cluster.accessEntries.get(token.made);
        if (repeated !== undefined) return { accessEntry: entryView(cluster, repeated) };
        const type = input.type ?? "STANDARD";
        checkPrincipal(state, input.principalArn);
        if (type !== "STANDARD" && (input.username !== undefined || (input.kubernetesGroups ?? []).length > 0))
          throw eksError(
            "InvalidParameterException",
            `The username and kubernetesGroups cannot be specified for access entries of type ${type}`,
          );
        if (input.username !== undefined) checkUsername(input.username);
        checkGroups(input.kubernetesGroups ?? []);
        const checked = checkedTags(input.tags);
        if (cluster.accessEntries.has(input.principalArn))
          throw eksError(
            "ResourceInUseException",
            "The specified access entry resource is already in use on this cluster.",
            { clusterName: cluster.name },
          );
        if (cluster.accessEntries.size >= maximumEntries)
          throw eksError("ResourceLimitExceededException", "The maximum number of access entries has been reached.");
        const now = context.clock.now();
        const created: AccessEntry = {
          principalArn: input.principalArn,
          arn: state.arn(accessEntryResource(cluster, input.principalArn, context.ids.uuid())),
          type,
          createdAt: now,
          modifiedAt: now,
          username: input.username ?? defaultUsername(type, input.principalArn),
          groups: type === "STANDARD" ? (input.kubernetesGroups ?? []) : ["system:nodes"],
          policies: new Map(),
          tags: checked,
          madeByEks: false,
        };
        cluster.accessEntries.set(created.principalArn, created);
        token.remember(created.principalArn);
        return { accessEntry: entryView(cluster, created) };
      },
    }),
    defineOperation({
      name: "DescribeAccessEntry",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: entryPath },
      input: entry,
      handle(input) {
        const cluster = state.cluster(input.name);
        checkAuthenticationMode(cluster);
        return { accessEntry: entryView(cluster, existingEntry(state, cluster, input.principalArn)) };
      },
    }),
    defineOperation({
      name: "ListAccessEntries",
      mutating: false,
      bucket: "reads",
      http: {
        method: "GET",
        path: "/clusters/{name}/access-entries",
        query: { ...pagingQuery, associatedPolicyArn: "associatedPolicyArn" },
      },
      input: { ...clusterName, ...paging, associatedPolicyArn: string() },
      handle(input) {
        const cluster = state.cluster(input.name);
        checkAuthenticationMode(cluster);
        const policy = input.associatedPolicyArn;
        const found = [...cluster.accessEntries.values()].filter(
          (item) => policy === undefined || item.policies.has(policy),
        );
        const page = pageOf(found, (item) => item.principalArn, input);
        return { accessEntries: page.items.map((item) => item.principalArn), nextToken: page.nextToken };
      },
    }),
    defineOperation({
      name: "UpdateAccessEntry",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path: entryPath },
      input: { ...entry, kubernetesGroups: list(string()), clientRequestToken: string(), username: string() },
      handle(input) {
        const cluster = state.cluster(input.name);
        checkAuthenticationMode(cluster);
        const found = existingEntry(state, cluster, input.principalArn);
        if (found.type !== "STANDARD")
          throw eksError("InvalidRequestException", `Access entries of type ${found.type} cannot be updated`);
        if (input.username !== undefined) checkUsername(input.username);
        checkGroups(input.kubernetesGroups ?? []);
        found.username = input.username ?? found.username;
        found.groups = input.kubernetesGroups ?? found.groups;
        found.modifiedAt = context.clock.now();
        return { accessEntry: entryView(cluster, found) };
      },
    }),
    defineOperation({
      name: "DeleteAccessEntry",
      mutating: true,
      bucket: "writes",
      http: { method: "DELETE", path: entryPath },
      input: entry,
      handle(input) {
        const cluster = state.cluster(input.name);
        checkAuthenticationMode(cluster);
        cluster.accessEntries.delete(existingEntry(state, cluster, input.principalArn).principalArn);
        return {};
      },
    }),
    ...policyOperations(state),
  ];
}

function policyOperations(state: EksState): readonly Operation[] {
  const { context } = state;
  const catalogue = accessPolicies(context.partition);
  return [
    defineOperation({
      name: "AssociateAccessPolicy",
      mutating: true,
      bucket: "writes",
      http: { method: "POST", path: `${entryPath}/access-policies` },
      input: {
        ...entry,
        policyArn: required(string()),
        accessScope: required(structure({ type: oneOf(["cluster", "namespace"]), namespaces: list(string()) })),
      },
      handle(input) {
        const cluster = state.cluster(input.name);
        checkAuthenticationMode(cluster);
        const found = existingEntry(state, cluster, input.principalArn);
        if (found.type !== "STANDARD" && found.type !== "EC2")
          throw eksError(
            "InvalidRequestException",
            `Access policies cannot be associated with access entries of type ${found.type}`,
          );
        if (!catalogue.some(({ arn }) => arn === input.policyArn))
          throw eksError("InvalidParameterException", "The policyArn parameter format is not valid");
        const namespaces = input.accessScope.namespaces ?? [];
        const type = input.accessScope.type ?? "cluster";
        if ((type === "namespace") !== namespaces.length > 0)
          throw eksError(
            "InvalidParameterException",
            type === "namespace"
              ? "The namespaces must be specified for the access scope of type namespace"
              : "The namespaces cannot be specified for the access scope of type cluster",
          );
        const former = found.policies.get(input.policyArn);
        if (former === undefined && found.policies.size >= maximumPolicies)
          throw eksError("ResourceLimitExceededException", "The maximum number of access policies has been reached.");
        const now = context.clock.now();
        const association: AccessPolicyAssociation = {
          policyArn: input.policyArn,
          scope: { type, namespaces },
          associatedAt: former?.associatedAt ?? now,
          modifiedAt: now,
        };
        found.policies.set(input.policyArn, association);
        return {
          clusterName: cluster.name,
          principalArn: found.principalArn,
          associatedAccessPolicy: associationView(association),
        };
      },
    }),
    defineOperation({
      name: "DisassociateAccessPolicy",
      mutating: true,
      bucket: "writes",
      http: { method: "DELETE", path: `${entryPath}/access-policies/{policyArn}` },
      input: { ...entry, policyArn: required(string()) },
      handle(input) {
        const cluster = state.cluster(input.name);
        checkAuthenticationMode(cluster);
        if (!existingEntry(state, cluster, input.principalArn).policies.delete(input.policyArn))
          throw eksError("ResourceNotFoundException", "The specified policyArn could not be found.");
        return {};
      },
    }),
    defineOperation({
      name: "ListAssociatedAccessPolicies",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: `${entryPath}/access-policies`, query: pagingQuery },
      input: { ...entry, ...paging },
      handle(input) {
        const cluster = state.cluster(input.name);
        checkAuthenticationMode(cluster);
        const found = existingEntry(state, cluster, input.principalArn);
        const page = pageOf([...found.policies.values()], (item) => item.policyArn, input);
        return {
          clusterName: cluster.name,
          principalArn: found.principalArn,
          associatedAccessPolicies: page.items.map(associationView),
          nextToken: page.nextToken,
        };
      },
    }),
    defineOperation({
      name: "ListAccessPolicies",
      mutating: false,
      bucket: "reads",
      http: { method: "GET", path: "/access-policies", query: pagingQuery },
      input: paging,
      handle(input) {
        const page = pageOf(catalogue, (item) => item.name, input);
        return { accessPolicies: page.items, nextToken: page.nextToken };
      },
    }),
  ];
}

function checkPrincipal(state: EksState, arn: string): void {
  const invalid = () =>
    eksError("InvalidParameterException", "The specified principalArn is invalid: invalid principal.");
  if (/^arn:[a-z-]+:iam::\d{12}:role\/aws-service-role\//.test(arn))
    throw eksError(
      "InvalidParameterException",
      "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role",
    );
  if (!/^arn:[a-z-]+:iam::\d{12}:(role|user)\/.+$/.test(arn)) throw invalid();
  if (!state.context.surroundings.identity.principalExists(arn)) throw invalid();
}

function existingEntry(state: EksState, cluster: Cluster, principalArn: string): AccessEntry {
  const found = cluster.accessEntries.get(principalArn);
  if (found === undefined || !state.context.settled(found.createdAt, "eksCreate"))
    throw eksError(
      "ResourceNotFoundException",
      "The specified principalArn could not be found. You can view your available access entries with " +
        "'list-access-entries'.",
      { clusterName: cluster.name },
    );
  return found;
}

function entryView(cluster: Cluster, item: AccessEntry) {
  return {
    clusterName: cluster.name,
    principalArn: item.principalArn,
    kubernetesGroups: item.groups,
    accessEntryArn: item.arn,
    createdAt: time(item.createdAt),
    modifiedAt: time(item.modifiedAt),
    tags: objectOf(item.tags),
    username: item.username,
    type: item.type,
  };
}

function associationView(item: AccessPolicyAssociation) {
  return {
    policyArn: item.policyArn,
    accessScope: item.scope,
    associatedAt: time(item.associatedAt),
    modifiedAt: time(item.modifiedAt),
  };
}
