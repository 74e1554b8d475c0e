/** The part of JSON Schema that Kubernetes calls a structural schema, with its extensions. */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly uniqueItems?: boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  /** Built-in kinds only: the strategic merge patch rules that Kubernetes publishes for the field. */
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-validations"?: readonly {
    readonly rule: string;
    readonly message?: string;
    readonly messageExpression?: string;
    readonly reason?: string;
    readonly fieldPath?: string;
    readonly optionalOldSelf?: boolean;
  }[];
}

/** A Kubernetes object as JSON. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeMetadata;
  [field: string]: unknown;
}

export interface KubeMetadata {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
  [field: string]: unknown;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface FieldError {
  /** Path in Kubernetes' notation, such as `spec.rules[0].host`. */
  readonly field: string;
  readonly type:
    | "FieldValueInvalid"
    | "FieldValueRequired"
    | "FieldValueNotFound"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueDuplicate"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueTypeInvalid";
  /** The whole text as the API server prints it after the field path, such as `Invalid value: "x": must be ...`. */
  readonly detail: string;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority: number;
}

/** Everything that the API needs to know of one served version of one resource, built in or from a CRD. */
export interface ResourceDefinition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly schema: Schema;
  /** Writes to the main resource leave `status` alone; `/status` writes only it. */
  readonly hasStatus: boolean;
  readonly scale?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    readonly labelSelectorPath?: string;
  };
  /** `metadata.generation` counts changes outside metadata and status. False for kinds that never had it, such as ConfigMap. */
  readonly tracksGeneration: boolean;
  /** CRDs: unknown fields are pruned. Built-in kinds drop unknown fields too, with a warning for `fieldValidation=Warn`. */
  readonly prune: boolean;
  readonly columns: readonly PrinterColumn[];
  /** The cells of one object, in the order of `columns`. `now` is in milliseconds since the epoch. */
  cells(object: KubeObject, now: number): readonly unknown[];
  /** What a table says of the row of an object as a whole. */
  rowConditions?(object: KubeObject): readonly Record<string, string>[];
  /** Server-side defaulting beyond the schema's `default`s; returns the object to store. Pure. */
  defaults?(object: KubeObject): KubeObject;
  /** Validation beyond the schema; `old` is given on update. Pure. */
  validate?(object: KubeObject, old: KubeObject | undefined): readonly FieldError[];
  /** Validation of a change of the status alone, beyond the schema. Pure. */
  validateStatus?(object: KubeObject, old: KubeObject): readonly FieldError[];
  /** What the API server warns of in an object that is created or changed. Pure. */
  warnings?(object: KubeObject, old: KubeObject | undefined): readonly string[];
  /** What can be selected with `fieldSelector`, beside `metadata.name` and `metadata.namespace`. */
  selectableFields?(object: KubeObject): Readonly<Record<string, string>>;
  readonly storageVersion: boolean;
  /** Group and version of the form that a real API server stores, when it is not this one. */
  readonly storedIn?: readonly [group: string, version: string];
  /** From a CustomResourceDefinition. */
  readonly custom?: true;
  /** The definition is going away with its objects: there may be no new ones. */
  readonly terminating?: true;
  /** What clients of the version are warned of with every answer. */
  readonly deprecation?: string;
}
