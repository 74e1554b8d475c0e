import { type ServiceAccount, serviceAccountKind } from "../../api/builtin.ts";
import { parseObjectKey } from "../../api/object.ts";
import type { CallContext, Difference, Observed, ResourceType } from "../../engine/resource-type.ts";
import { AppError, errorMessage, isAppError } from "../../errors.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Lister } from "../../kube/lister.ts";
import { literal } from "../elbv2/context.ts";
import type { ServiceAccountSpec } from "./specs.ts";

export const serviceAccountType = "kubernetes/ServiceAccount";

/** Who annotated the account, which keys, and whether it was created for that owner: the record of our rights on it. */
const ownerAnnotation = "fairlead.io/owner";
const appliedAnnotation = "fairlead.io/applied";
const createdForAnnotation = "fairlead.io/created-for";
const managedByLabel = "app.kubernetes.io/managed-by";

/**
 * ServiceAccounts, written by server-side apply: only our annotations and labels, and an account of somebody else is
 * never deleted. Names of a Stack are `namespace/name`.
 */
export function kubernetesServiceAccount(
  kube: KubeClient,
  accounts: Lister<ServiceAccount>,
): ResourceType<ServiceAccountSpec> {
  async function read(key: string, context: CallContext): Promise<ServiceAccount | undefined> {
    if (accounts.synced && context.depth !== "full") return accounts.get(key);
    return kube.get(serviceAccountKind, parseObjectKey(key), { signal: context.signal });
  }

  async function apply(
    spec: ServiceAccountSpec,
    createdFor: string | undefined,
    context: CallContext,
  ): Promise<ServiceAccount> {
    const keys = [...Object.keys(spec.annotations), ...Object.keys(spec.labels).map((label) => `label:${label}`)];
    const annotations: Record<string, string> = {
      ...Object.fromEntries(Object.entries(spec.annotations).map(([key, value]) => [key, literal(value)])),
      [ownerAnnotation]: spec.owner,
      [appliedAnnotation]: keys.toSorted().join(","),
      ...(createdFor === undefined ? {} : { [createdForAnnotation]: createdFor }),
    };
    const labels = { ...spec.labels, ...(createdFor === undefined ? {} : { [managedByLabel]: "fairlead" }) };
    try {
      return await kube.apply<ServiceAccount>(
        serviceAccountKind,
        { metadata: { namespace: spec.namespace, name: spec.name, annotations, labels } },
        { signal: context.signal, force: spec.force },
      );
    } catch (error) {
      if (!isAppError(error) || error.class !== "conflict") throw error;
      throw new AppError(
        `ServiceAccount ${spec.namespace}/${spec.name}: ${errorMessage(error)}; set spec.serviceAccount.force: true to take the field over`,
        { class: "conflict", code: "FieldConflict", cause: error },
      );
    }
  }

  return {
    type: serviceAccountType,
    iamActions: [],
    // Pods that start with the annotation need the role, and EKS the association, to be there.
    dependsOn: ["iam/Role", "eks/PodIdentityAssociation"],
    parents: [],
    neverReplaced: "an account keeps its name",

    async observe({ desired, names }, context) {
      const wanted = new Map(desired.map(({ spec }) => [`${spec.namespace}/${spec.name}`, spec]));
      const keys = [...new Set([...wanted.keys(), ...(names ?? [])])];
      const found = await Promise.all(
        keys.map(async (key) => {
          const account = await read(key, context);
          return account === undefined ? undefined : observedAccount(account, wanted.get(key), context);
        }),
      );
      return found.filter((account) => account !== undefined);
    },

    compare: compareAccounts,

    async create({ spec }, context) {
      const key = `${spec.namespace}/${spec.name}`;
      const existing = await kube.get(serviceAccountKind, spec, { signal: context.signal });
      const other = existing?.metadata.annotations?.[ownerAnnotation];
      if (other !== undefined && other !== spec.owner) {
        throw new AppError(
          `ServiceAccount ${key} is annotated for ${other}; delete that object, or the annotation ${ownerAnnotation} if it is gone`,
          { class: "conflict", code: "NameConflict" },
        );
      }
      if (existing === undefined && !spec.create) {
        throw new AppError(`ServiceAccount ${key} does not exist yet, and serviceAccount.mode is Annotate`, {
          class: "waiting",
          code: "ServiceAccountNotFound",
          retryAfterMs: 60_000,
        });
      }
      const createdFor =
        existing === undefined ? spec.createdFor : existing.metadata.annotations?.[createdForAnnotation];
      return appliedAccount(await apply(spec, createdFor, context), spec, createdFor);
    },

    async update({ resource: { spec }, observed }, context) {
      const createdFor = observed.spec.createdFor === undefined ? undefined : spec.createdFor;
      return appliedAccount(await apply(spec, createdFor, context), spec, createdFor);
    },

    async delete({ spec, outputs }, context) {
      const { namespace, name } = spec;
      const options = { signal: context.signal };
      if (spec.createdFor !== undefined) {
        const uid = outputs["uid"];
        await kube.delete(
          serviceAccountKind,
          { namespace, name },
          { ...options, ...(uid === undefined ? {} : { uid }) },
        );
        return { kind: "deleted" };
      }
      // Applying nothing takes away all that we applied; it must not bring back an account that is gone.
      const present = await kube.get(serviceAccountKind, { namespace, name }, options);
      if (present !== undefined && present.metadata.deletionTimestamp === undefined)
        await kube.apply(serviceAccountKind, { metadata: { namespace, name } }, { ...options, force: true });
      return { kind: "deleted" };
    },
  };
}

/** Pure; see `ResourceType.compare`. */
export function compareAccounts(desired: ServiceAccountSpec, observed: ServiceAccountSpec): readonly Difference[] {
  const differences: Difference[] = [];
  const differs = (field: string, from: unknown, to: unknown): void => {
    if (from !== to) differences.push({ field, from, to });
  };
  differs("owner", observed.owner, desired.owner);
  if (observed.createdFor !== undefined) differs("createdFor", observed.createdFor, desired.createdFor);
  for (const part of ["annotations", "labels"] as const) {
    for (const key of new Set([...Object.keys(desired[part]), ...Object.keys(observed[part])]))
      differs(`${part}.${key}`, observed[part][key], desired[part][key]);
  }
  return differences;
}

/** Undefined when the account is another owner's, or nobody's and not wanted. */
function observedAccount(
  account: ServiceAccount,
  wanted: ServiceAccountSpec | undefined,
  context: CallContext,
): Observed<ServiceAccountSpec> | undefined {
  const { metadata } = account;
  const annotations = metadata.annotations ?? {};
  const labels = metadata.labels ?? {};
  const owner = annotations[ownerAnnotation];
  const ours =
    owner !== undefined &&
    owner === (wanted?.owner ?? Object.values(context.ownership.tags).find((tag) => tag === owner));
  if (!ours && (wanted === undefined || owner !== undefined)) return undefined;
  const applied = ours ? (annotations[appliedAnnotation] ?? "").split(",").filter((key) => key !== "") : [];
  const keys = new Set([...applied, ...Object.keys(wanted?.annotations ?? {})]);
  const labelKeys = new Set([
    ...applied.filter((key) => key.startsWith("label:")).map((key) => key.slice("label:".length)),
    ...Object.keys(wanted?.labels ?? {}),
  ]);
  const createdFor = annotations[createdForAnnotation];
  const { namespace = "", name } = metadata;
  return {
    type: serviceAccountType,
    id: `${namespace}/${name}`,
    spec: {
      namespace,
      name,
      annotations: pick(annotations, keys),
      labels: pick(labels, labelKeys),
      create: true,
      owner: owner ?? "",
      force: false,
      ...(ours && createdFor !== undefined ? { createdFor } : {}),
    },
    outputs: { uid: metadata.uid },
    state: metadata.deletionTimestamp === undefined ? "ready" : "deleting",
  };
}

function appliedAccount(
  account: ServiceAccount,
  spec: ServiceAccountSpec,
  createdFor: string | undefined,
): Observed<ServiceAccountSpec> {
  const { createdFor: _wanted, ...rest } = spec;
  return {
    type: serviceAccountType,
    id: `${spec.namespace}/${spec.name}`,
    spec: { ...rest, ...(createdFor === undefined ? {} : { createdFor }) },
    outputs: { uid: account.metadata.uid },
    state: "ready",
  };
}

function pick(values: Readonly<Record<string, string>>, keys: ReadonlySet<string>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.has(key)));
}
