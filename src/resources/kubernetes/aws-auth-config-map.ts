import { type ConfigMap, configMapKind } from "../../api/builtin.ts";
import { AppError, isAppError } from "../../errors.ts";
import { canonicalJson } from "../../json.ts";
import type { KubeClient } from "../../kube/client.ts";
import { canonicalPrincipal } from "./aws-auth-document.ts";

/** The ConfigMap that the AWS IAM Authenticator reads. */
export const awsAuthName = { namespace: "kube-system", name: "aws-auth" } as const;
/** What it held before our last change, for people who want it back. */
export const awsAuthBackupName = { namespace: "kube-system", name: "fairlead-aws-auth-backup" } as const;

/** The record of which entries are ours, by `entryKey`. */
const recordAnnotation = "fairlead.io/entries";

/** What we wrote for whom. */
export interface EntryRecord {
  /** `IamIdentityMapping/name`. */
  readonly owner: string;
  readonly username: string;
  readonly groups: readonly string[];
}

export type EntryRecords = Readonly<Record<string, EntryRecord>>;

/** The texts and our record, as they are read and written together. */
export interface AwsAuth {
  readonly data: Readonly<Record<string, string>>;
  readonly records: EntryRecords;
}

/** One change of `aws-auth`: pure, given what is there; throws an AppError when it cannot be made. */
export type AwsAuthChange = (before: AwsAuth) => AwsAuth;

export function entryKey(key: string, principal: string): string {
  return `${key} ${canonicalPrincipal(principal).toLowerCase()}`;
}

/** A record that cannot be read counts as none: then nothing is ours, and nothing is deleted. */
export function awsAuthOf(object: ConfigMap | undefined): AwsAuth {
  return { data: object?.data ?? {}, records: recordsOf(object) };
}

/**
 * Names of the mappings whose entries a change of the ConfigMap may have touched without us: all that have one, unless
 * the texts are the same or our record changed along with them, as only we do.
 */
export function ownersOfChanged(old: ConfigMap | undefined, now: ConfigMap | undefined): readonly string[] {
  if (old === undefined || canonicalJson(old.data ?? {}) === canonicalJson(now?.data ?? {})) return [];
  const before = recordsOf(old);
  if (now !== undefined && canonicalJson(before) !== canonicalJson(recordsOf(now))) return [];
  const owners = new Set(Object.values(before).map(({ owner }) => owner));
  return [...owners].flatMap((owner) => (owner.startsWith(ownerPrefix) ? [owner.slice(ownerPrefix.length)] : []));
}

const ownerPrefix = "IamIdentityMapping/";

function recordsOf(object: ConfigMap | undefined): EntryRecords {
  try {
    const value: unknown = JSON.parse(object?.metadata.annotations?.[recordAnnotation] ?? "{}");
    if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
    return Object.fromEntries(Object.entries(value).filter(([, record]) => isRecord(record)));
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is EntryRecord {
  if (typeof value !== "object" || value === null) return false;
  const { owner, username, groups } = value as Partial<Record<keyof EntryRecord, unknown>>;
  return typeof owner === "string" && typeof username === "string" && Array.isArray(groups);
}

interface Pending {
  readonly change: AwsAuthChange;
  readonly signal: AbortSignal;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const mostAttempts = 5;

/**
 * The only writer of `aws-auth` in the process: changes that are asked for while one is being written go together in the
 * next patch. The version that was read is a precondition, so that no other tool's change is lost.
 */
export class AwsAuthWriter {
  readonly #kube: KubeClient;
  #pending: Pending[] = [];
  #writing = false;

  constructor(kube: KubeClient) {
    this.#kube = kube;
  }

  /** Resolves when the change is written; rejects with what the change threw, or what kept it from being written. */
  write(change: AwsAuthChange, signal: AbortSignal): Promise<void> {
    return new Promise((done, failed) => {
      this.#pending.push({ change, signal, done, failed });
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    // Changes of the same moment shall find each other.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      try {
        const refused = await this.#flush(batch);
        for (const one of batch) {
          if (refused.has(one)) one.failed(refused.get(one));
          else one.done();
        }
      } catch (error) {
        for (const one of batch) one.failed(error);
      }
    }
    this.#writing = false;
  }

  /** Writes what can be written; the errors of the changes that cannot be made. */
  async #flush(batch: readonly Pending[]): Promise<ReadonlyMap<Pending, unknown>> {
    const signal = AbortSignal.any(batch.map((one) => one.signal));
    for (let attempt = 1; ; attempt++) {
      const object = await this.#kube.get(configMapKind, awsAuthName, { signal });
      const before = awsAuthOf(object);
      const refused = new Map<Pending, unknown>();
      let after = before;
      for (const one of batch) {
        try {
          after = one.change(after);
        } catch (error) {
          refused.set(one, error);
        }
      }
      if (canonicalJson(after) === canonicalJson(before)) return refused;
      try {
        await this.#write(object, { before, after, signal });
        return refused;
      } catch (error) {
        if (!isAppError(error) || error.class !== "conflict") throw error;
        if (attempt < mostAttempts) continue;
        throw new AppError("ConfigMap kube-system/aws-auth is being changed by others all the time", {
          class: "transient",
          code: "Conflict",
          cause: error,
        });
      }
    }
  }

  async #write(
    object: ConfigMap | undefined,
    { before, after, signal }: { readonly before: AwsAuth; readonly after: AwsAuth; readonly signal: AbortSignal },
  ): Promise<void> {
    const annotations = { [recordAnnotation]: canonicalJson(after.records) };
    if (object === undefined) {
      await this.#kube.create(
        configMapKind,
        { metadata: { ...awsAuthName, annotations }, data: after.data },
        { signal },
      );
      return;
    }
    if (Object.keys(before.data).length > 0) {
      await this.#kube.apply(
        configMapKind,
        {
          metadata: { ...awsAuthBackupName, labels: { "app.kubernetes.io/managed-by": "fairlead" } },
          data: before.data,
        },
        { signal, force: true },
      );
    }
    const changed = Object.entries(after.data).filter(([key, text]) => before.data[key] !== text);
    await this.#kube.mergePatch(
      configMapKind,
      awsAuthName,
      {
        metadata: { resourceVersion: object.metadata.resourceVersion, annotations },
        ...(changed.length === 0 ? {} : { data: Object.fromEntries(changed) }),
      },
      { signal },
    );
  }
}
