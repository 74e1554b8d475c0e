import type { Clock } from "../../clock.ts";
import type { Admission, Operation } from "./admission.ts";
import { keptMetadata, pick, pickManaged, withGeneration, withMember } from "./change-parts.ts";
import type { CreateRules } from "./create-rules.ts";
import { deepEqual, omit } from "./json-value.ts";
import { metadataErrors } from "./metadata-rules.ts";
import { completeSchema } from "./object-meta.ts";
import type { Registry, ServedResource } from "./registry.ts";
import type { WriteContext } from "./request-context.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { applyDefaults, dropNulls } from "./schema/default.ts";
import { validateSchema } from "./schema/validate.ts";
import { applyConfiguration, type FieldWriter, trackUpdate } from "./server-side-apply/managed-fields.ts";
import { alreadyExists, badRequest, conflict, forbidden, invalid, modified, notFound } from "./status-error.ts";
import type { Collection, Storage } from "./storage.ts";

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
    known: { readonly found: readonly FieldError[]; readonly subresource: string },
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
}

export interface WriteResult {
  readonly object: KubeObject;
  readonly created: boolean;
}

const MAX_ATTEMPTS = 5;
/** Kinds that a PUT creates when missing (`AllowCreateOnUpdate`). */
const CREATED_BY_PUT = new Set([
  "/events",
  "/endpoints",
  "/limitranges",
  "coordination.k8s.io/leases",
  "rbac.authorization.k8s.io/roles",
  "rbac.authorization.k8s.io/rolebindings",
  "rbac.authorization.k8s.io/clusterroles",
  "rbac.authorization.k8s.io/clusterrolebindings",
]);
/** Kinds that a PUT must not overwrite blindly (`AllowUnconditionalUpdate` is false), beside all custom resources. */
const CONDITIONAL_PUT = new Set([
  "coordination.k8s.io/leases",
  "apiextensions.k8s.io/customresourcedefinitions",
  "admissionregistration.k8s.io/mutatingwebhookconfigurations",
  "admissionregistration.k8s.io/validatingwebhookconfigurations",
  "policy/poddisruptionbudgets",
]);

/** Creates and changes objects: the generic registry store of the API server. */
export class ObjectWriter {
  readonly #deps: WriterDependencies;

  constructor(dependencies: WriterDependencies) {
    this.#deps = dependencies;
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
    apply?: { readonly config: KubeObject; readonly force: boolean },
  ): Promise<KubeObject> {
    const { rules, storage } = this.#deps;
    if (namespace !== undefined) this.#requireNamespace(resource, namespace, body.metadata.name);
    const errors: FieldError[] = [];
    let object = this.#newIdentity(resource, namespace, body);
    object = rules.beforeCreate(resource, object);
    const target = { resource, namespace, name: object.metadata.name, subresource: "" };
    const writer = this.#fieldWriter(target, context);
    if (apply !== undefined) {
      const managed = applyConfiguration(undefined, apply.config, writer, apply.force);
      object = { ...object, metadata: { ...object.metadata, ...pickManaged(managed) } };
    }
    object = this.#defaulted(resource, object);
    object = rules.onCreate(resource, object, errors);
    if (apply === undefined) object = trackUpdate(undefined, object, writer);
    object = await this.#admitted(target, "CREATE", object, undefined, context);
    this.#validate(target, object, undefined, errors);
    await this.#judged(target, "CREATE", object, undefined, context);
    if (namespace !== undefined) this.#requireNamespace(resource, namespace, object.metadata.name);
    const collection = storage.collection(resource.storageKey);
    if (collection.get(namespace ?? "", object.metadata.name) !== undefined) {
      throw alreadyExists(resource, object.metadata.name);
    }
    if (context.dryRun) return object;
    return resource.fromStorage(storage.put(collection, resource.toStorage(object)));
  }

  /** PUT: the whole object as the client wants it. */
  async replace(target: WriteTarget, body: KubeObject, context: WriteContext): Promise<WriteResult> {
    const { resource } = target;
    const collection = this.#collection(target);
    if (collection.get(target.namespace ?? "", target.name) === undefined) {
      if (target.subresource === "" && CREATED_BY_PUT.has(resource.storageKey)) {
        return { object: await this.create(target, body, context), created: true };
      }
      throw notFound(resource, target.name);
    }
    const version = body.metadata.resourceVersion;
    if (
      (version === undefined || version === "") &&
      target.subresource === "" &&
      (resource.custom || CONDITIONAL_PUT.has(resource.storageKey))
    ) {
      throw invalid(resource, target.name, [
        {
          field: "metadata.resourceVersion",
          type: "FieldValueInvalid",
          detail: "Invalid value: 0x0: must be specified for an update",
        },
      ]);
    }
    return { object: await this.change(target, () => body, context), created: false };
  }

  /** Server-side apply; creates what is missing. */
  async apply(target: WriteTarget, config: KubeObject, context: WriteContext, force: boolean): Promise<WriteResult> {
    const { resource } = target;
    if (config.metadata.managedFields !== undefined && config.metadata.managedFields.length > 0) {
      throw badRequest("metadata.managedFields must be nil");
    }
    if (this.#collection(target).get(target.namespace ?? "", target.name) === undefined) {
      if (target.subresource !== "") throw notFound(resource, target.name);
      if (config.metadata.uid !== undefined) {
        throw conflict(
          resource,
          target.name,
          `uid mismatch: the provided object specified uid ${config.metadata.uid}, and no existing object was found`,
        );
      }
      return { object: await this.create(target, config, context, { config, force }), created: true };
    }
    const writer = this.#fieldWriter(target, context);
    const compute: Compute = (current) => applyConfiguration(current, config, writer, force);
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
      this.#checkPreconditions(target, current, wanted);
      const errors: FieldError[] = [];
      let next = this.#prepared(target, current, wanted);
      next = this.#defaulted(resource, next);
      if (target.subresource === "" && options.trusted !== true) {
        next = this.#deps.rules.onUpdate(resource, next, current, errors);
      }
      if (options.applied !== true) {
        const subresource = options.managedSubresource ?? target.subresource;
        next = trackUpdate(current, next, { ...this.#fieldWriter(target, context), subresource });
      }
      next = await this.#admitted(target, "UPDATE", next, current, context);
      next = withGeneration(resource, current, next);
      if (options.trusted !== true) this.#validate(target, next, current, errors);
      await this.#judged(target, "UPDATE", next, current, context);
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
    if (dryRun) return withVersion;
    const toStore = resource.toStorage(withVersion);
    if (isFinished(resource, next)) return resource.fromStorage(storage.remove(collection, toStore));
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
    if ((body.metadata.resourceVersion ?? "") !== "" && body.metadata.resourceVersion !== "0") {
      throw badRequest("resourceVersion should not be set on objects to be created");
    }
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

  #defaulted(resource: ServedResource, object: KubeObject): KubeObject {
    const { definition } = resource;
    const { schema } = definition;
    const withSchema = applyDefaults(resource.custom ? dropNulls(object, schema) : object, schema) as KubeObject;
    return definition.defaults === undefined ? withSchema : definition.defaults(withSchema);
  }

  #fieldWriter({ resource, subresource }: WriteTarget, context: WriteContext): FieldWriter {
    const { definition } = resource;
    let ignored: string[] = definition.hasStatus && subresource === "" ? ["status"] : [];
    if (subresource === "status") ignored = resource.custom ? ["spec", "metadata"] : ["spec"];
    return {
      manager: context.fieldManager,
      apiVersion: resource.apiVersion,
      subresource,
      time: timestamp(this.#deps.clock),
      schema: completeSchema(definition.schema),
      ignored,
      custom: resource.custom,
    };
  }

  async #admitted(
    target: WriteTarget,
    operation: Operation,
    object: KubeObject,
    oldObject: KubeObject | undefined,
    context: WriteContext,
  ): Promise<KubeObject> {
    const subject = { ...target, operation, object, oldObject, context };
    const result = (await this.#deps.admission.mutate(subject)) ?? object;
    if (result === object) return object;
    const defaulted = this.#defaulted(target.resource, result);
    return trackUpdate(object, defaulted, this.#fieldWriter(target, context));
  }

  async #judged(
    target: WriteTarget,
    operation: Operation,
    object: KubeObject,
    oldObject: KubeObject | undefined,
    context: WriteContext,
  ): Promise<void> {
    await this.#deps.admission.validate({ ...target, operation, object, oldObject, context });
  }

  #validate(
    { resource, subresource }: WriteTarget,
    object: KubeObject,
    old: KubeObject | undefined,
    errors: FieldError[],
  ): void {
    const { definition } = resource;
    const all = [
      ...metadataErrors(resource, object.metadata, old?.metadata),
      ...(resource.custom ? [] : validateSchema(object, definition.schema)),
      ...(definition.validate?.(object, old) ?? []),
      ...errors,
    ];
    all.push(...this.#deps.extraValidation(resource, object, old, { found: all, subresource }));
    if (all.length > 0) throw invalid(resource, object.metadata.name, all);
  }

  #checkPreconditions({ resource, name }: WriteTarget, current: KubeObject, wanted: KubeObject): void {
    const { uid, resourceVersion } = wanted.metadata;
    if (uid !== undefined && uid !== "" && uid !== current.metadata.uid) {
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid ?? ""}`,
      );
    }
    const given = resourceVersion !== undefined && resourceVersion !== "" && resourceVersion !== "0";
    if (given && resourceVersion !== current.metadata.resourceVersion) throw modified(resource, name);
  }

  /** The parts that this endpoint may change, laid over the present object. */
  #prepared({ resource, subresource }: WriteTarget, current: KubeObject, wanted: KubeObject): KubeObject {
    const metadata = keptMetadata(current, wanted);
    if (subresource === "status") {
      const kept = resource.custom
        ? { ...current.metadata, ...pickManaged(wanted) }
        : { ...metadata, ...pick(current, "ownerReferences") };
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
