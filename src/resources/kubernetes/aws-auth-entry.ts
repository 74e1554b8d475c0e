import { type ConfigMap, configMapKind } from "../../api/builtin.ts";
import { objectKey } from "../../api/object.ts";
import type { CallContext, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import { AppError } from "../../errors.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Lister } from "../../kube/lister.ts";
import {
  type AwsAuth,
  AwsAuthWriter,
  awsAuthName,
  awsAuthOf,
  type EntryRecord,
  entryKey,
} from "./aws-auth-config-map.ts";
import {
  type AwsAuthEntry,
  type AwsAuthKey,
  entriesIn,
  type FoundEntry,
  samePrincipal,
  withChangedEntry,
  withEntry,
  withoutEntry,
} from "./aws-auth-document.ts";

export const awsAuthEntryType = "kubernetes/AwsAuthEntry";
export const awsAuthEntryID = "entry";

/** `kubernetes/AwsAuthEntry`: one entry of the `aws-auth` ConfigMap. An owner has at most one, with id `entry`. */
export interface AwsAuthEntrySpec extends AwsAuthEntry {
  /** `IamIdentityMapping/name`; empty on a found entry that was there before us. */
  readonly owner: string;
}

const keys: readonly AwsAuthKey[] = ["mapRoles", "mapUsers", "mapAccounts"];

/** Entries of the `aws-auth` ConfigMap: only those that our record in it names are changed or deleted. */
export function kubernetesAwsAuthEntry(
  kube: KubeClient,
  configMaps: Lister<ConfigMap>,
): ResourceType<AwsAuthEntrySpec> {
  const writer = new AwsAuthWriter(kube);

  async function read(context: CallContext): Promise<AwsAuth> {
    if (configMaps.synced && context.depth !== "full") return awsAuthOf(configMaps.get(objectKey(awsAuthName)));
    return awsAuthOf(await kube.get(configMapKind, awsAuthName, { signal: context.signal }));
  }

  return {
    type: awsAuthEntryType,
    iamActions: [],
    dependsOn: ["eks/AccessEntry"],
    parents: [],

    async observe({ desired }, context) {
      const auth = await read(context);
      const owners = new Set(Object.values(context.ownership.tags));
      const found = keys.flatMap((key) => ownedEntries(auth, key, owners));
      const adopted = desired.flatMap(({ spec, adopt }) => {
        if (adopt === undefined || !samePrincipal(adopt, spec.principal)) return [];
        if (found.some((one) => one.key === spec.key && samePrincipal(one.principal, spec.principal))) return [];
        const [entry] = found.length > 0 ? [] : matching(auth, spec);
        return entry === undefined || isNodeEntry(entry) ? [] : [{ ...specOf(entry), owner: "" }];
      });
      return [...found, ...adopted].map(observedOf);
    },

    compare: compareAwsAuthEntries,

    async create({ spec, adopt }, context) {
      await writer.write((auth) => changed(auth, spec, adopt), context.signal);
      return observedOf(spec);
    },

    async update({ resource: { spec, adopt } }, context) {
      await writer.write((auth) => changed(auth, spec, adopt), context.signal);
      return observedOf(spec);
    },

    async delete({ spec }, context) {
      await writer.write((auth) => removed(auth, spec), context.signal);
      return { kind: "deleted" };
    },
  };
}

/** Pure; see `ResourceType.compare`. The order of groups does not matter. */
export function compareAwsAuthEntries(desired: AwsAuthEntrySpec, observed: AwsAuthEntrySpec): readonly Difference[] {
  const differences: Difference[] = [];
  if (desired.key !== observed.key || !samePrincipal(desired.principal, observed.principal))
    differences.push({ field: "principal", from: observed.principal, to: desired.principal, replace: true });
  if (desired.owner !== observed.owner) differences.push({ field: "owner", from: observed.owner, to: desired.owner });
  if (desired.username !== observed.username)
    differences.push({ field: "username", from: observed.username, to: desired.username });
  if (!sameGroups(desired.groups, observed.groups))
    differences.push({ field: "groups", from: observed.groups, to: desired.groups });
  return differences;
}

function sameGroups(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join("\n") === other.toSorted().join("\n");
}

function textOf({ data }: AwsAuth, key: AwsAuthKey): string {
  return data[key] ?? "";
}

function recordOf({ records }: AwsAuth, { key, principal }: AwsAuthEntry): EntryRecord | undefined {
  return records[entryKey(key, principal)];
}

function matching(auth: AwsAuth, { key, principal }: AwsAuthEntry): readonly FoundEntry[] {
  return entriesIn(textOf(auth, key), key).filter((entry) => samePrincipal(entry.principal, principal));
}

/**
 * Entries that our record names. Of several for one principal the one that we wrote is ours. A recorded entry that is no
 * longer there is none.
 */
function ownedEntries(auth: AwsAuth, key: AwsAuthKey, owners: ReadonlySet<string>): readonly AwsAuthEntrySpec[] {
  const records = Object.entries(auth.records).filter(
    ([name, { owner }]) => owners.has(owner) && name.startsWith(`${key} `),
  );
  if (records.length === 0) return [];
  const entries = entriesIn(textOf(auth, key), key);
  return records.flatMap(([name, record]) => {
    const same = entries.filter((entry) => entryKey(key, entry.principal) === name);
    const entry = same.find((one) => asRecorded(one, record)) ?? (same.length === 1 ? same[0] : undefined);
    return entry === undefined ? [] : [{ ...specOf(entry), owner: record.owner }];
  });
}

function asRecorded(entry: AwsAuthEntry, record: EntryRecord): boolean {
  return entry.username === record.username && sameGroups(entry.groups, record.groups);
}

function changed(auth: AwsAuth, spec: AwsAuthEntrySpec, adopt: string | undefined): AwsAuth {
  const record = recordOf(auth, spec);
  const handedOver = adopt !== undefined && samePrincipal(adopt, spec.principal);
  if (record !== undefined && record.owner !== spec.owner && !handedOver) {
    throw new AppError(
      `the entry of ${spec.principal} in aws-auth belongs to ${record.owner}; if that is gone take it over with the annotation fairlead.io/adopt: ${awsAuthEntryType}=${spec.principal}`,
      { class: "conflict", code: "NameConflict" },
    );
  }
  const same = matching(auth, spec);
  const text = textOf(auth, spec.key);
  const records = {
    ...auth.records,
    [entryKey(spec.key, spec.principal)]: { owner: spec.owner, username: spec.username, groups: spec.groups },
  };
  const put = (value: string): AwsAuth => ({ data: { ...auth.data, [spec.key]: value }, records });
  if (same.length === 0) return put(withEntry(text, spec));
  const single = same.length === 1 ? same[0] : undefined;
  const ours =
    record === undefined
      ? adoptable(single, { spec, adopt })
      : (same.find((entry) => asRecorded(entry, record)) ?? single);
  if (ours === undefined) throw foreign(spec);
  // Written already, or worded by others as we want it: no byte of it changes.
  if (ours.username === spec.username && sameGroups(ours.groups, spec.groups)) return { data: auth.data, records };
  return put(withChangedEntry(text, ours.index, spec));
}

function adoptable(
  single: FoundEntry | undefined,
  { spec, adopt }: { readonly spec: AwsAuthEntrySpec; readonly adopt: string | undefined },
): FoundEntry | undefined {
  if (single === undefined || adopt === undefined || !samePrincipal(adopt, spec.principal)) return undefined;
  return isNodeEntry(single) ? undefined : single;
}

/** Only what reads as we wrote it is deleted: what others have put in its place is theirs. */
function removed(auth: AwsAuth, spec: AwsAuthEntrySpec): AwsAuth {
  const name = entryKey(spec.key, spec.principal);
  const record = auth.records[name];
  if (record === undefined || record.owner !== spec.owner) return auth;
  const entry = matching(auth, spec).find((one) => asRecorded(one, record));
  if (entry !== undefined && isNodeEntry(entry)) {
    throw new AppError(
      `the entry of ${spec.principal} in aws-auth lets nodes in; drain them, then take the entry out of the ConfigMap by hand, or keep it with the annotation fairlead.io/deletion-policy: retain`,
      { class: "conflict", code: "DeletionBlocked" },
    );
  }
  const { [name]: _removed, ...records } = auth.records;
  if (entry === undefined) return { data: auth.data, records };
  const text = withoutEntry(textOf(auth, spec.key), entry.index, spec.key);
  return { data: { ...auth.data, [spec.key]: text }, records };
}

function isNodeEntry({ groups }: AwsAuthEntry): boolean {
  return groups.includes("system:nodes");
}

function foreign({ principal }: AwsAuthEntrySpec): AppError {
  return new AppError(
    `aws-auth already has an entry of ${principal} that is not ours; to take it over set the annotation fairlead.io/adopt: ${awsAuthEntryType}=${principal}; entries of nodes and principals with several entries are never taken over`,
    { class: "conflict", code: "NameConflict" },
  );
}

function specOf({ key, principal, username, groups }: FoundEntry): AwsAuthEntry {
  return { key, principal, username, groups };
}

function observedOf(spec: AwsAuthEntrySpec): Observed<AwsAuthEntrySpec> {
  return {
    type: awsAuthEntryType,
    id: awsAuthEntryID,
    spec,
    outputs: { principal: spec.principal, username: spec.username },
    state: "ready",
  };
}
