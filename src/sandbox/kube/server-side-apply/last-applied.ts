import { isObject } from "../json-value.ts";
import type { KubeObject } from "../resource-definition.ts";
import { difference, EMPTY_SET, type FieldSet } from "./field-set.ts";
import { typeProblems } from "./typed-validation.ts";
import { compareValues, fieldsOf } from "./typed-value.ts";
import type { Versions } from "./versions.ts";

/** Where `kubectl apply` without `--server-side` keeps what it applied. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const MAX_ANNOTATION_BYTES = 256 * 1024;

/**
 * What kubectl's server-side apply may take over without force: what its client-side apply has set and nobody has
 * changed since. Empty without the annotation.
 */
export function allowedByLastApplied(
  live: KubeObject,
  { apiVersion, versions }: { readonly apiVersion: string; readonly versions: Versions },
): FieldSet {
  const last = parsed(live.metadata.annotations?.[LAST_APPLIED]);
  const typed = versions.convert(live, apiVersion);
  if (last === undefined || typed === undefined || last["apiVersion"] !== apiVersion) return EMPTY_SET;
  if (typeProblems(last, typed.type, false).length > 0) return EMPTY_SET;
  const { added, modified, removed } = compareValues(last, typed.object, typed.type);
  return [modified, added, removed].reduce(difference, fieldsOf(last, typed.type));
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The annotation kept up to date, where it is, so that client-side apply still finds what it needs. */
export function withLastApplied(object: KubeObject, config: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  if ((annotations?.[LAST_APPLIED] ?? "") === "") return object;
  const { annotations: stated, ...metadata } = config.metadata;
  const { [LAST_APPLIED]: _last, ...others } = stated ?? {};
  const plain = { ...config, metadata: stated === undefined ? metadata : { ...metadata, annotations: others } };
  const next = { ...annotations, [LAST_APPLIED]: `${JSON.stringify(sorted(plain))}\n` };
  const size = Object.entries(next).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0);
  const { [LAST_APPLIED]: _old, ...without } = next;
  return { ...object, metadata: { ...object.metadata, annotations: size > MAX_ANNOTATION_BYTES ? without : next } };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
}
