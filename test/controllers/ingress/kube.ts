import type { Ingress, IngressClass, Service } from "../../../src/api/builtin.ts";
import type { IngressClassParams } from "../../../src/api/ingress-class-params.ts";
import type { Kind, KubeObject, ObjectName } from "../../../src/api/object.ts";
import { objectKey } from "../../../src/api/object.ts";
import type { ClassSurroundings } from "../../../src/controllers/ingress/ingress-class.ts";
import { ingressIndexFunctions } from "../../../src/controllers/ingress/wake.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import type { Lister } from "../../../src/kube/lister.ts";

type Indexes<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

/** A cache that tests fill by hand; a query costs a scan. */
export class MemoryLister<T extends KubeObject> implements Lister<T> {
  readonly objects = new Map<string, T>();
  readonly synced = true;
  readonly #indexes: Indexes<T>;

  constructor(objects: readonly T[], indexes: Indexes<T> = {}) {
    this.#indexes = indexes;
    for (const object of objects) this.put(object);
  }

  put(object: T): void {
    this.objects.set(objectKey(object.metadata), object);
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  list(namespace?: string): Iterable<T> {
    return [...this.objects.values()].filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    );
  }

  byIndex(index: string, value: string): readonly T[] {
    const of = this.#indexes[index];
    if (of === undefined) throw new Error(`no index ${index}`);
    return [...this.objects.values()].filter((object) => of(object).includes(value));
  }
}

export function ingressLister(ingresses: readonly Ingress[]): MemoryLister<Ingress> {
  return new MemoryLister(ingresses, ingressIndexFunctions);
}

export function ingressClass(
  name: string,
  options: { readonly controller?: string; readonly params?: string; readonly isDefault?: boolean } = {},
): IngressClass {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: "1",
      ...(options.isDefault === true ? { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } } : {}),
    },
    spec: {
      controller: options.controller ?? "ingress.k8s.aws/alb",
      ...(options.params === undefined
        ? {}
        : { parameters: { apiGroup: "elbv2.k8s.aws", kind: "IngressClassParams", name: options.params } }),
    },
  };
}

export function classParams(name: string, spec: NonNullable<IngressClassParams["spec"]>): IngressClassParams {
  return {
    apiVersion: "elbv2.k8s.aws/v1beta1",
    kind: "IngressClassParams",
    metadata: { name, uid: `uid-${name}`, resourceVersion: "1" },
    spec,
  };
}

export function classSurroundings(
  classes: readonly IngressClass[] = [ingressClass("alb")],
  params: readonly IngressClassParams[] = [],
  ingressClassFlag = "alb",
): ClassSurroundings {
  const namespace = (name: string) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, uid: name, resourceVersion: "1", labels: { team: name } },
  });
  return {
    ingressClass: ingressClassFlag,
    classes: new MemoryLister(classes),
    params: new MemoryLister(params),
    namespaces: { get: namespace },
  };
}

/** A write that a client was asked for. */
export interface Write {
  readonly verb: "apply" | "mergePatch" | "delete";
  readonly kind: string;
  readonly name: string;
  readonly subresource?: string;
  readonly body?: unknown;
}

/** Records writes, and carries out merge patches of metadata and status on the Ingresses that it was given. */
export class RecordingClient implements KubeClient {
  readonly writes: Write[] = [];
  readonly #ingresses: MemoryLister<Ingress>;
  readonly #applied: MemoryLister<KubeObject>;

  constructor(ingresses: MemoryLister<Ingress>, applied: MemoryLister<KubeObject>) {
    this.#ingresses = ingresses;
    this.#applied = applied;
  }

  async get<T extends KubeObject>(_kind: Kind<T>, name: ObjectName): Promise<T | undefined> {
    return this.#ingresses.get(objectKey(name)) as unknown as T | undefined;
  }

  async list<T extends KubeObject>(): Promise<readonly T[]> {
    return [];
  }

  async create<T extends KubeObject>(): Promise<T> {
    throw new Error("nothing is created here");
  }

  async apply<T extends KubeObject>(
    kind: Kind<T>,
    object: { metadata: { name?: string; namespace?: string } },
    options: { subresource?: "status" } = {},
  ): Promise<T> {
    const { name = "", namespace = "" } = object.metadata;
    this.writes.push({
      verb: "apply",
      kind: kind.kind,
      name: `${namespace}/${name}`,
      ...(options.subresource === undefined ? {} : { subresource: "status" }),
      body: object,
    });
    const before = this.#applied.get(`${namespace}/${name}`);
    const { metadata: _metadata, ...fields } = object as unknown as KubeObject;
    const after = {
      ...before,
      ...fields,
      metadata: { uid: `uid-${name}`, resourceVersion: "1", ...before?.metadata, ...object.metadata, name, namespace },
    } as KubeObject;
    this.#applied.put(after);
    return after as unknown as T;
  }

  async mergePatch<T extends KubeObject>(
    kind: Kind<T>,
    name: ObjectName,
    patch: object,
    options: { subresource?: "status" } = {},
  ): Promise<T> {
    const key = objectKey(name);
    this.writes.push({
      verb: "mergePatch",
      kind: kind.kind,
      name: key,
      ...(options.subresource === undefined ? {} : { subresource: "status" }),
      body: patch,
    });
    const before = this.#ingresses.get(key);
    if (before === undefined) throw new Error(`there is no ${key}`);
    const { metadata = {}, status } = patch as { metadata?: object; status?: Ingress["status"] };
    const after: Ingress = {
      ...before,
      metadata: { ...before.metadata, ...metadata },
      ...(status === undefined ? {} : { status }),
    };
    this.#ingresses.put(after);
    return after as unknown as T;
  }

  async jsonPatch<T extends KubeObject>(): Promise<T> {
    throw new Error("no JSON patch is made here");
  }

  async strategicPatch<T extends KubeObject>(): Promise<T> {
    throw new Error("no strategic patch is made here");
  }

  async delete(kind: Kind, name: ObjectName): Promise<void> {
    this.writes.push({ verb: "delete", kind: kind.kind, name: objectKey(name) });
    this.#applied.objects.delete(objectKey(name));
  }
}

export function serviceLister(services: readonly Service[]): MemoryLister<Service> {
  return new MemoryLister(services);
}
