import type { Clock } from "../../clock.ts";
import type { Admission } from "./admission.ts";
import { checkName } from "./admitted-object.ts";
import { type ApplyRequest, appliedTo } from "./apply-request.ts";
import { keptMetadata, pick, pickManaged, withGeneration, withMember } from "./change-parts.ts";
import type { CreateRules } from "./create-rules.ts";
import { fieldWriter } from "./field-writers.ts";
import { deepEqual, omit } from "./json-value.ts";
import { metadataErrors } from "./metadata-rules.ts";
import type { Registry, ServedResource } from "./registry.ts";
import type { WriteContext } from "./request-context.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { applyDefaults, dropNulls } from "./schema/default.ts";
import { validateSchema } from "./schema/validate.ts";
import { type FieldWriter, trackUpdate, withOldTimes } from "./server-side-apply/managed-fields.ts";
import { alreadyExists, forbidden, invalid, modified, notFound, StatusError } from "./status-error.ts";
import type { Collection, Storage } from "./storage.ts";
import { checkUid, checkVersion, isCreatedByPut } from "./update-preconditions.ts";
import { type Facade, WriteReviews } from "./write-review.ts";

export interface WriterDependencies {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly registry: Registry;
  readonly rules: CreateRules;
  readonly admission: Admission;
  /** Checks beyond the schema for kinds that the definition alone cannot judge (CustomResourceDefinitions, CEL rules). */
  readonly extraValidation: (
    resource: ServedResource,
    object: KubeObject,
    old: KubeObject | undefined,
    known: { readonly found: readonly FieldError[]; readonly subresource: string; readonly warnings: string[] },
  ) => readonly FieldError[];
}

export interface WriteTarget {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: string;
}

/** What a patch or update makes of the present object, in the version of the request. */
export type Compute = (current: KubeObject) => KubeObject;

export interface ChangeOptions {
  /** The computed object bears its managed fields already (server-side apply). */
  readonly applied?: boolean;
  /** The server's own change (binding a pod, finalizing a namespace), which may touch what clients may not. */
  readonly trusted?: boolean;
  /** The subresource to note in managed fields, where it is not the target's. */
  readonly managedSubresource?: string;
  /** The uid that the client gives says which object it means; else it counts as a change of the uid. */
  readonly preconditions?: boolean;
  /** How webhooks see the change, where that is not the object itself. */
  readonly facade?: Facade;
  /** No webhook sees the change: it is part of one that they have seen. */
  readonly unreviewed?: boolean;
}

export interface WriteResult {
  readonly object: KubeObject;
  readonly created: boolean;
}

const MAX_ATTEMPTS = 5;
/** Creates and changes objects: the generic registry store of the API server. */
export class ObjectWriter {
  readonly #deps: WriterDependencies;
  readonly #review: WriteReviews;

  constructor(dependencies: WriterDependencies) {
    this.#deps = dependencies;
    this.#review = new WriteReviews({
      ...dependencies,
      defaulted: (resource, object) => this.#defaulted(resource, object),
    });
  }

  get(target: WriteTarget): KubeObject {
    const stored = this.#collection(target).get(target.namespace ?? "", target.name);
    if (stored === undefined) throw notFound(target.resource, target.name);
    return target.resource.fromStorage(stored);
  }

  async create(
    { resource, namespace }: Omit<WriteTarget, "name">,
    body: KubeObject,
    context: WriteContext,
    options: Pick<ChangeOptions, "applied"> & { readonly byPut?: boolean } = {},
  ): Promise<KubeObject> {
    const { rules, storage } = this.#deps;
    if (namespace !== undefined)
      this.#requireNamespace(resource, namespace, body.metadata.name || (body.metadata.generateName ?? ""));
    const errors: FieldError[] = [];
    const target = { resource, namespace, name: body.metadata.name, subresource: "" };
    let object = this.#defaulted(resource, rules.beforeTracking(resource, received(body, namespace)), options.applied);
    if (options.applied !== true) {
      const given = body.metadata.managedFields;
      object = trackUpdate(undefined, object, this.#fieldWriter(target, context), given);
    }
    const review = { target, operation: "CREATE", oldObject: undefined, context, facade: undefined } as const;
    object = await this.#review.admitted(review, object);
    const { resourceVersion = "" } = object.metadata;
    const hasVersion = /^\d*[1-9]\d*$/.test(resourceVersion);
    object = rules.beforeCreate(resource, this.#newIdentity(resource, namespace, object));
    object = this.#defaulted(resource, object, options.applied);
    object = rules.onCreate(resource, object, errors, context.dryRun);
    this.#validate(target, object, undefined, { errors, warnings: context.warnings });
    const named = { ...target, name: target.name === "" ? object.metadata.name : target.name };
    const seen = hasVersion ? { ...object, metadata: { ...object.metadata, resourceVersion } } : object;
    await this.#review.judged({ ...review, target: named }, seen);
    if (namespace !== undefined) this.#requireNamespace(resource, namespace, object.metadata.name);
    // Storage refuses versions of new objects, and is not asked by a PUT or a dry run.
    if (hasVersion && options.byPut !== true && !context.dryRun)
      throw new StatusError(500, "", "resourceVersion should not be set on objects to be created");
    const collection = storage.collection(resource.storageKey);
    const present = collection.get(namespace ?? "", object.metadata.name);
    if (resource.definition.terminating === true) {
      const why = "create not allowed while custom resource definition is terminating";
      throw forbidden(resource, object.metadata.name, why);
    }
    if (present !== undefined) {
      throw alreadyExists(resource, object.metadata.name, present.metadata.deletionTimestamp !== undefined);
    }
    if (context.dryRun) return object;
    return resource.fromStorage(storage.put(collection, resource.toStorage(object)));
  }

  /** PUT: the whole object as the client wants it. */
  async replace(target: WriteTarget, body: KubeObject, context: WriteContext): Promise<WriteResult> {
    const { resource } = target;
    const collection = this.#collection(target);
    if (collection.get(target.namespace ?? "", target.name) === undefined) {
      if (isCreatedByPut(target, target.subresource)) {
        checkUid(target, undefined, body);
        return { object: await this.create(target, body, context, { byPut: true }), created: true };
      }
      throw notFound(resource, target.name);
    }
    return { object: await this.change(target, () => body, context, { preconditions: true }), created: false };
  }

  /** Server-side apply; creates what is missing. */
  async apply(target: WriteTarget, request: ApplyRequest, context: WriteContext): Promise<WriteResult> {
    const { resource } = target;
    const writer = this.#fieldWriter(target, context);
    if (this.#collection(target).get(target.namespace ?? "", target.name) === undefined) {
      if (target.subresource !== "") throw notFound(resource, target.name);
      const body = appliedTo(undefined, request, target, writer, context);
      return { object: await this.create(target, body, context, { applied: true }), created: true };
    }
    const compute: Compute = (current) => appliedTo(current, request, target, writer, context);
    return { object: await this.change(target, compute, context, { applied: true }), created: false };
  }

  /** Computes, checks and stores a change; starts over when the object changes meanwhile and the client gave no version. */
  async change(
    target: WriteTarget,
    compute: Compute,
    context: WriteContext,
    options: ChangeOptions = {},
  ): Promise<KubeObject> {
    const { resource, name } = target;
    const collection = this.#collection(target);
    for (let attempt = 1; ; attempt++) {
      const stored = collection.get(target.namespace ?? "", name);
      if (stored === undefined) throw notFound(resource, name);
      const current = resource.fromStorage(stored);
      const wanted = compute(current);
      const errors: FieldError[] = [];
      if (options.preconditions === true) checkUid(target, current, wanted);
      const named = this.#deps.rules.beforeTracking(resource, withNames(wanted, target));
      let next = this.#defaulted(resource, named, options.applied);
      if (options.applied !== true) {
        const subresource = options.managedSubresource ?? target.subresource;
        next = trackUpdate(
          current,
          next,
          this.#fieldWriter({ resource, subresource }, context),
          wanted.metadata.managedFields,
        );
      }
      const review = { target, operation: "UPDATE", oldObject: current, context, facade: options.facade } as const;
      if (options.unreviewed !== true) {
        next = await this.#review.admitted(review, next);
        checkName(resource, current, next);
      }
      checkVersion(target, current, next);
      next = this.#prepared(target, current, next);
      if (target.subresource === "" && options.trusted !== true) {
        next = this.#deps.rules.onUpdate(resource, next, current, errors);
      }
      if (target.subresource !== "status" && options.trusted !== true) next = withGeneration(resource, current, next);
      if (options.trusted !== true) this.#validate(target, next, current, { errors, warnings: context.warnings });
      if (options.unreviewed !== true) await this.#review.judged(review, withVersionOf(current, next));
      const latest = collection.get(target.namespace ?? "", name);
      if (latest !== stored) {
        if (latest === undefined) throw notFound(resource, name);
        if (attempt >= MAX_ATTEMPTS) throw modified(resource, name);
        continue;
      }
      return this.#store(target, collection, { current, next, dryRun: context.dryRun });
    }
  }

  #store(
    { resource }: WriteTarget,
    collection: Collection,
    { current, next, dryRun }: { readonly current: KubeObject; readonly next: KubeObject; readonly dryRun: boolean },
  ): KubeObject {
    const { storage } = this.#deps;
    const version = current.metadata.resourceVersion;
    const withVersion = {
      ...next,
      metadata: { ...next.metadata, ...(version === undefined ? {} : { resourceVersion: version }) },
    };
    if (deepEqual(withVersion, current)) return current;
    const changed = withOldTimes(current, withVersion, (object) => deepEqual(object, current));
    if (deepEqual(changed, current)) return current;
    if (dryRun) return changed;
    const toStore = resource.toStorage(changed);
    if (isFinished(resource, next)) {
      storage.remove(collection, toStore);
      // The answer shows the object as it was to be stored, with the version that was there.
      return changed;
    }
    return resource.fromStorage(storage.put(collection, toStore));
  }

  #collection({ resource }: Pick<WriteTarget, "resource">): Collection {
    return this.#deps.storage.collection(resource.storageKey);
  }

  #requireNamespace(resource: ServedResource, namespace: string, name: string): void {
    const found = this.#deps.storage.collection("/namespaces").get("", namespace);
    if (found === undefined) throw notFound({ group: "", resource: "namespaces", kind: "Namespace" }, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    throw forbidden(
      resource,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    );
  }

  #newIdentity(resource: ServedResource, namespace: string | undefined, body: KubeObject): KubeObject {
    const { rules, clock } = this.#deps;
    const { generateName } = body.metadata;
    const given = body.metadata.name;
    const name =
      given === "" && generateName !== undefined && generateName !== "" ? rules.generateName(generateName) : given;
    const metadata = omit(body.metadata, [
      "resourceVersion",
      "selfLink",
      "deletionTimestamp",
      "deletionGracePeriodSeconds",
      "namespace",
    ]);
    return {
      ...body,
      metadata: {
        ...metadata,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        uid: rules.uid(),
        creationTimestamp: timestamp(clock),
        ...(resource.definition.tracksGeneration ? { generation: 1 } : {}),
      },
    };
  }

  /** Applied nulls stay, to be refused; others are taken for absent. */
  #defaulted(resource: ServedResource, object: KubeObject, isApplied = false): KubeObject {
    const { definition } = resource;
    const { schema } = definition;
    const keepsNulls = isApplied || !resource.custom;
    const withSchema = applyDefaults(keepsNulls ? object : dropNulls(object, schema), schema) as KubeObject;
    return definition.defaults === undefined ? withSchema : definition.defaults(withSchema);
  }

  #fieldWriter(
    { resource, subresource }: Pick<WriteTarget, "resource" | "subresource">,
    context: WriteContext,
  ): FieldWriter {
    const { clock, registry } = this.#deps;
    return fieldWriter(registry, resource, { manager: context.fieldManager, subresource, time: timestamp(clock) });
  }

  #validate(
    { resource, subresource }: WriteTarget,
    object: KubeObject,
    old: KubeObject | undefined,
    { errors, warnings }: { readonly errors: readonly FieldError[]; readonly warnings: string[] },
  ): void {
    // What could not be allocated is refused before anything else is looked at.
    if (errors.length > 0) throw invalid(resource, object.metadata.name, errors);
    const all = [
      ...metadataErrors(resource, object.metadata, old?.metadata),
      ...kindErrors(resource, subresource, object, old),
    ];
    all.push(...this.#deps.extraValidation(resource, object, old, { found: all, subresource, warnings }));
    // Kinds of two groups are told by the one that they are stored in.
    const group = resource.definition.storedIn?.[0] ?? resource.group;
    if (all.length > 0) throw invalid({ ...resource, group }, object.metadata.name, all);
    if (subresource === "") warnings.push(...(resource.definition.warnings?.(object, old) ?? []));
  }

  /** The parts that this endpoint may change, laid over the present object. */
  #prepared({ resource, subresource }: WriteTarget, current: KubeObject, wanted: KubeObject): KubeObject {
    const metadata = keptMetadata(current, wanted);
    if (subresource === "status") {
      const kept = resource.custom
        ? { ...current.metadata, ...pickManaged(wanted) }
        : {
            ...(resource.storageKey === "apps/deployments" ? withLabelsOf(current, metadata) : metadata),
            ...pick(current, "ownerReferences"),
          };
      return withMember(
        { ...current, metadata: omit(kept, ["resourceVersion"]) as KubeObject["metadata"] },
        "status",
        wanted["status"],
      );
    }
    const next: KubeObject = { ...wanted, apiVersion: resource.apiVersion, kind: resource.kind, metadata };
    return resource.definition.hasStatus ? withMember(next, "status", current["status"]) : next;
  }
}

/** What the kind itself refuses. The schema is asked only for kinds without a validation of their own. */
function kindErrors(
  { custom, definition }: ServedResource,
  subresource: string,
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  if (custom) return definition.validate?.(object, old) ?? [];
  if (subresource === "status" && old !== undefined) return definition.validateStatus?.(object, old) ?? [];
  // Kinds with checks of their own look for what is required themselves.
  const isSchemaBound = definition.validate === undefined;
  return [
    ...(isSchemaBound ? validateSchema(object, definition.schema) : []),
    ...(definition.validate?.(object, old) ?? []),
  ];
}

/** The status of a Deployment leaves its labels alone. */
function withLabelsOf(
  current: KubeObject,
  { labels: _labels, ...metadata }: KubeObject["metadata"],
): KubeObject["metadata"] {
  return { ...metadata, ...pick(current, "labels") };
}

/** An object to be created without what only the server sets. */
function received(body: KubeObject, namespace: string | undefined): KubeObject {
  const metadata = omit(body.metadata, [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "namespace",
  ]) as KubeObject["metadata"];
  return { ...body, metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) } };
}

/** A change with the name and namespace that the URL gives. */
function withNames(wanted: KubeObject, { name, namespace }: WriteTarget): KubeObject {
  const metadata = { ...wanted.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
  return { ...wanted, metadata };
}

function withVersionOf(current: KubeObject, next: KubeObject): KubeObject {
  const { resourceVersion } = current.metadata;
  return resourceVersion === undefined ? next : { ...next, metadata: { ...next.metadata, resourceVersion } };
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}

/** Whether nothing holds an object that is being deleted any longer. */
export function isFinished(resource: Pick<ServedResource, "storageKey">, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false;
  if (resource.storageKey === "/namespaces") {
    const held = (object["spec"] as { finalizers?: readonly string[] } | undefined)?.finalizers ?? [];
    return held.length === 0;
  }
  return (deletionGracePeriodSeconds ?? 0) === 0;
}
