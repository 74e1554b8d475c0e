import type { FieldError, KubeObject, PrinterColumn, ResourceDefinition, Schema } from "../resource-definition.ts";
import { ageSince } from "./age.ts";
import { modelSchema } from "./model-schema.ts";
import { normalize, writeZeros } from "./normalize.ts";

/** A column as `[name, type]`, or `[name, type, 1]` for one that only `-o wide` shows. */
export type Column = readonly [name: string, type?: PrinterColumn["type"], priority?: number];

export interface BuiltinKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Class of the Kubernetes client that has the fields. */
  readonly model: string;
  readonly plural: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly clusterScoped?: true;
  readonly verbs?: readonly string[];
  readonly status?: true;
  readonly scale?: { readonly labelSelectorPath?: string };
  readonly generation?: true;
  /** Another version of the kind is the one that is stored. */
  readonly notStored?: true;
  /** Formats of columns other than the name's. */
  readonly formats?: Readonly<Record<string, string>>;
  /** Group and version of the form that a real API server stores, when it is not this one. */
  readonly storedIn?: readonly [group: string, version: string];
  readonly deprecation?: string;
  /** Without columns, the API server prints Name and Age. */
  readonly columns?: readonly Column[];
  readonly cells?: (object: KubeObject, now: number) => readonly unknown[];
  readonly rowConditions?: (object: KubeObject) => readonly Record<string, string>[];
  readonly defaults?: (object: KubeObject) => void;
  readonly validate?: (object: KubeObject, old: KubeObject | undefined) => readonly FieldError[];
  /** What a change of the status must hold to. */
  readonly validateStatus?: (object: KubeObject, old: KubeObject) => readonly FieldError[];
  /** What clients are warned of when they create or change an object. */
  readonly warnings?: (object: KubeObject, old: KubeObject | undefined) => readonly string[];
  readonly selectableFields?: (object: KubeObject) => Readonly<Record<string, string>>;
}

const allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** The full definition of a built-in kind. Its schema is made when first read. */
export function defineKind(kind: BuiltinKind): ResourceDefinition {
  const { defaults, validate, validateStatus, warnings, selectableFields } = kind;
  return {
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    plural: kind.plural,
    singular: kind.singular ?? kind.kind.toLowerCase(),
    shortNames: kind.shortNames ?? [],
    categories: kind.categories ?? [],
    namespaced: kind.clusterScoped !== true,
    verbs: kind.verbs ?? allVerbs,
    get schema(): Schema {
      return modelSchema(kind.model);
    },
    hasStatus: kind.status === true,
    ...(kind.scale === undefined
      ? {}
      : { scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas", ...kind.scale } }),
    tracksGeneration: kind.generation === true,
    prune: true,
    columns: (kind.columns ?? [["Name"], ["Age"]]).map(([name, type, priority]) => ({
      name,
      type: type ?? "string",
      priority: priority ?? 0,
      ...(name === "Name"
        ? { format: "name" }
        : kind.formats?.[name] === undefined
          ? {}
          : { format: kind.formats[name] }),
    })),
    cells: kind.cells ?? ((object, now) => [object.metadata.name, ageSince(object.metadata.creationTimestamp, now)]),
    ...(kind.rowConditions === undefined ? {} : { rowConditions: kind.rowConditions }),
    defaults(object) {
      const copy = normalize(object, modelSchema(kind.model)) as KubeObject;
      defaults?.(copy);
      writeZeros(copy, modelSchema(kind.model));
      return copy;
    },
    ...(validate === undefined ? {} : { validate }),
    ...(validateStatus === undefined ? {} : { validateStatus }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(selectableFields === undefined ? {} : { selectableFields }),
    storageVersion: kind.notStored !== true,
    ...(kind.storedIn === undefined ? {} : { storedIn: kind.storedIn }),
    ...(kind.deprecation === undefined ? {} : { deprecation: kind.deprecation }),
  };
}
