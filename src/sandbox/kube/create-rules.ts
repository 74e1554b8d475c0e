import type { Random } from "../../clock.ts";
import type { Operation } from "./admission.ts";
import { deepEqual, isObject, type JsonObject, valueAt } from "./json-value.ts";
import type { ServedResource } from "./registry.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { ServiceAddresses, unnamedErrors } from "./service-addresses.ts";
import { forbidden } from "./status-error.ts";
import type { Storage } from "./storage.ts";

/** Kinds whose clients may give a status at creation (kubelets register nodes with theirs). */
const KEEPS_STATUS = new Set(["/nodes", "/persistentvolumes", "certificates.k8s.io/certificatesigningrequests"]);
const NAME_CHARACTERS = "bcdfghjklmnpqrstvwxz2456789";
const TOLERATED_CONDITIONS = ["not-ready", "unreachable"] as const;

/** What the API server itself writes into new and changed objects of some built-in kinds: strategies and built-in admission. */
export class CreateRules {
  readonly #storage: Storage;
  readonly #random: Random;
  readonly #services: ServiceAddresses;

  constructor(storage: Storage, random: Random) {
    this.#storage = storage;
    this.#random = random;
    this.#services = new ServiceAddresses(storage.collection("/services"), random);
  }

  /** A name from `generateName`, as Kubernetes makes them. */
  generateName(base: string): string {
    return base.slice(0, 63 - 5) + this.suffix(5);
  }

  suffix(length: number): string {
    let text = "";
    while (text.length < length) text += NAME_CHARACTERS[Math.floor(this.#random() * NAME_CHARACTERS.length)] ?? "";
    return text;
  }

  uid(): string {
    const hex = (count: number): string => {
      let text = "";
      while (text.length < count) text += Math.floor(this.#random() * 16).toString(16);
      return text;
    };
    const variant = "89ab"[Math.floor(this.#random() * 4)] ?? "8";
    return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
  }

  /** Before managed fields are worked out, with the defaults. */
  beforeTracking(resource: ServedResource, object: KubeObject): KubeObject {
    return resource.storageKey === "/namespaces" ? withNameLabel(object) : object;
  }

  /** What built-in admission makes of new and changed objects, before webhooks and again after they have changed them. */
  admit(resource: ServedResource, object: KubeObject, operation: Operation): KubeObject {
    if (resource.custom) return object;
    const isNew = operation === "CREATE";
    switch (resource.storageKey) {
      case "/pods":
        return withDefaultTolerations(isNew ? this.#admittedPod(object) : object);
      case "networking.k8s.io/ingresses":
        return isNew ? this.#classified(object) : object;
      case "/nodes":
        return isNew ? withNotReadyTaint(object) : object;
      case "/persistentvolumeclaims":
        return isNew ? withFinalizer(object, "kubernetes.io/pvc-protection") : object;
      case "/persistentvolumes":
        return isNew ? withFinalizer(object, "kubernetes.io/pv-protection") : object;
      default:
        return object;
    }
  }

  /** What clients may not give: the status. */
  beforeCreate(resource: ServedResource, object: KubeObject): KubeObject {
    if (!resource.definition.hasStatus || KEEPS_STATUS.has(resource.storageKey)) return object;
    const { status: _status, ...rest } = object;
    return rest as KubeObject;
  }

  /** What the strategy of the kind fills in, after mutating admission. */
  onCreate(resource: ServedResource, object: KubeObject, errors: FieldError[], dryRun: boolean): KubeObject {
    if (resource.custom) return object;
    switch (resource.storageKey) {
      case "apiextensions.k8s.io/customresourcedefinitions":
        return {
          ...object,
          status: {
            conditions: null,
            acceptedNames: { plural: "", kind: "" },
            storedVersions: storageVersions(object),
          },
        };
      case "/namespaces":
        return {
          ...withNameLabel(object),
          spec: { ...(object["spec"] as JsonObject | undefined), finalizers: namespaceFinalizers(object) },
          status: { phase: "Active" },
        };
      case "/services": {
        const service = this.#services.complete(object, undefined, errors);
        // A dry run allocates nothing.
        if (!dryRun && errors.length === 0) errors.push(...unnamedErrors(service));
        return { ...service, status: object["status"] ?? { loadBalancer: {} } };
      }
      case "coordination.k8s.io/leases":
        return withoutElection(object);
      case "/pods":
        return {
          ...object,
          status: { phase: "Pending", qosClass: qosClass(isObject(object["spec"]) ? object["spec"] : {}) },
        };
      case "apps/daemonsets":
        return withTemplateGeneration(object);
      case "/persistentvolumes": {
        const lastPhaseTransitionTime = object.metadata.creationTimestamp;
        return { ...object, status: { ...(object["status"] as JsonObject | undefined), lastPhaseTransitionTime } };
      }
      case "/nodes": {
        // Configuration of kubelets by way of the API is no more.
        const { configSource: _configSource, ...spec } = (object["spec"] ?? {}) as JsonObject;
        return { ...object, spec, status: object["status"] ?? {} };
      }
      case "/persistentvolumeclaims":
        return { ...object, status: { phase: "Pending" } };
      case "networking.k8s.io/ingresses":
        return { ...object, status: object["status"] ?? { loadBalancer: {} } };
      default:
        return object["status"] === undefined && resource.definition.hasStatus && EMPTY_STATUS.has(resource.storageKey)
          ? { ...object, status: {} }
          : object;
    }
  }

  onUpdate(resource: ServedResource, object: KubeObject, old: KubeObject, errors: FieldError[]): KubeObject {
    if (resource.custom) return object;
    if (resource.storageKey === "/services") return this.#services.complete(object, old, errors);
    if (resource.storageKey === "coordination.k8s.io/leases") return withoutElection(object);
    if (resource.storageKey === "apps/daemonsets") return withTemplateGeneration(object, old);
    if (resource.storageKey === "/namespaces") return { ...withNameLabel(object), spec: old["spec"] };
    if (resource.storageKey === "apiextensions.k8s.io/customresourcedefinitions") return withStoredVersion(object);
    return object;
  }

  /** The service account, its token volume and the default tolerations that admission gives to every pod. */
  #admittedPod(pod: KubeObject): KubeObject {
    const given = isObject(pod["spec"]) ? pod["spec"] : {};
    const account =
      typeof given["serviceAccountName"] === "string" && given["serviceAccountName"] !== ""
        ? given["serviceAccountName"]
        : "default";
    const namespace = pod.metadata.namespace ?? "";
    if (this.#storage.collection("/serviceaccounts").get(namespace, account) === undefined) {
      const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
      throw forbidden(PODS, pod.metadata.name, why);
    }
    let spec: JsonObject = {
      ...given,
      serviceAccountName: account,
      serviceAccount: account,
      enableServiceLinks: given["enableServiceLinks"] ?? true,
      ...this.#priority(pod.metadata.name, given),
    };
    if (this.#mountsToken(spec, pod.metadata.namespace ?? "", account))
      spec = withTokenVolume(spec, `kube-api-access-${this.suffix(5)}`);
    return { ...pod, spec };
  }

  /** Priority admission: the value of the class that the pod names, or of the default one. */
  #priority(name: string, spec: JsonObject): JsonObject {
    const className = spec["priorityClassName"];
    const classes = this.#storage.collection("scheduling.k8s.io/priorityclasses");
    const named = typeof className === "string" && className !== "";
    const found = named ? classes.get("", className) : undefined;
    const system = named ? SYSTEM_PRIORITIES[className] : undefined;
    if (named && found === undefined && system === undefined) {
      throw forbidden(PODS, name, `no PriorityClass with name ${className} was found`);
    }
    const chosen = named ? found : defaultClass([...classes.objects()]);
    const value = system ?? (typeof chosen?.["value"] === "number" ? chosen["value"] : 0);
    const given = spec["priority"];
    if (typeof given === "number" && given !== value) {
      const why = `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
      throw forbidden(PODS, name, why);
    }
    return {
      ...(!named && chosen !== undefined ? { priorityClassName: chosen.metadata.name } : {}),
      preemptionPolicy: spec["preemptionPolicy"] ?? chosen?.["preemptionPolicy"] ?? "PreemptLowerPriority",
      priority: value,
    };
  }

  #mountsToken(spec: JsonObject, namespace: string, account: string): boolean {
    if (spec["automountServiceAccountToken"] !== undefined) return spec["automountServiceAccountToken"] === true;
    return (
      this.#storage.collection("/serviceaccounts").get(namespace, account)?.["automountServiceAccountToken"] !== false
    );
  }

  /** DefaultIngressClass admission: an Ingress without a class gets the newest class marked as default. */
  #classified(ingress: KubeObject): KubeObject {
    const spec = isObject(ingress["spec"]) ? ingress["spec"] : {};
    if (spec["ingressClassName"] !== undefined) return ingress;
    if (ingress.metadata.annotations?.["kubernetes.io/ingress.class"] !== undefined) return ingress;
    const classes = [...this.#storage.collection("networking.k8s.io/ingressclasses").objects()].filter(
      ({ metadata }) => metadata.annotations?.["ingressclass.kubernetes.io/is-default-class"] === "true",
    );
    classes.sort((a, b) => {
      const [left, right] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
      if (left !== right) return left > right ? -1 : 1;
      return a.metadata.name < b.metadata.name ? -1 : 1;
    });
    const [chosen] = classes;
    return chosen === undefined ? ingress : { ...ingress, spec: { ...spec, ingressClassName: chosen.metadata.name } };
  }
}

/** Nothing is placed on a Node that nobody has seen ready: the node lifecycle controller takes the taint off. */
function withNotReadyTaint(node: KubeObject): KubeObject {
  const spec = isObject(node["spec"]) ? node["spec"] : {};
  const taints = Array.isArray(spec["taints"]) ? (spec["taints"] as JsonObject[]) : [];
  const taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
  if (taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)) return node;
  return { ...node, spec: { ...spec, taints: [...taints, taint] } };
}

function withFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(finalizer)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } };
}

const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

/** A DaemonSet counts the changes of its template in an annotation that clients cannot set. */
function withTemplateGeneration(set: KubeObject, old?: KubeObject): KubeObject {
  const templateOf = (object: KubeObject): unknown => valueAt(object, ".spec.template");
  const before = Number(old?.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
  const isChanged = old === undefined || !deepEqual(templateOf(set), templateOf(old));
  const annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION]: String(before + (isChanged ? 1 : 0)) };
  return { ...set, metadata: { ...set.metadata, annotations } };
}

/** Every namespace bears its name as a label. */
function withNameLabel(object: KubeObject): KubeObject {
  const { name, labels } = object.metadata;
  if (name === "") return object;
  return { ...object, metadata: { ...object.metadata, labels: { ...labels, "kubernetes.io/metadata.name": name } } };
}

/** The finalizer of the namespace controller stands last. */
function namespaceFinalizers(namespace: KubeObject): readonly unknown[] {
  const given = valueAt(namespace, ".spec.finalizers");
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  return list.includes("kubernetes") ? list : [...list, "kubernetes"];
}

/** What coordinated elections need is a feature that is off. */
function withoutElection(lease: KubeObject): KubeObject {
  if (!isObject(lease["spec"])) return lease;
  const { strategy: _strategy, preferredHolder: _preferredHolder, ...spec } = lease["spec"];
  return { ...lease, spec };
}

const PODS = { group: "", resource: "pods", kind: "Pod" };
/** Classes that the API server itself brings along. */
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

/** Of several classes marked as the default, the one of the lowest value counts. */
function defaultClass(classes: readonly KubeObject[]): KubeObject | undefined {
  const value = (object: KubeObject): number => (typeof object["value"] === "number" ? object["value"] : 0);
  return classes.filter((object) => object["globalDefault"] === true).sort((a, b) => value(a) - value(b))[0];
}

/** Kinds whose empty status shows as `{}` from the start. */
const EMPTY_STATUS = new Set([
  "apps/deployments",
  "batch/jobs",
  "batch/cronjobs",
  "policy/poddisruptionbudgets",
  "/nodes",
]);

/** DefaultTolerationSeconds admission: pods stay for a while on a node that is in trouble. */
function withDefaultTolerations(pod: KubeObject): KubeObject {
  const spec = isObject(pod["spec"]) ? pod["spec"] : {};
  const tolerations = Array.isArray(spec["tolerations"]) ? (spec["tolerations"] as JsonObject[]) : [];
  const tolerated = (key: string): boolean =>
    tolerations.some(
      ({ key: given, effect }) =>
        (given === undefined || given === "" || given === key) &&
        (effect === undefined || effect === "" || effect === "NoExecute"),
    );
  const missing = TOLERATED_CONDITIONS.map((condition) => `node.kubernetes.io/${condition}`).filter(
    (key) => !tolerated(key),
  );
  if (missing.length === 0) return pod;
  const added = missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }));
  return { ...pod, spec: { ...spec, tolerations: [...tolerations, ...added] } };
}

const TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

function withTokenVolume(spec: JsonObject, name: string): JsonObject {
  const mount = { name, readOnly: true, mountPath: TOKEN_PATH };
  const mounted = (containers: unknown): unknown =>
    Array.isArray(containers)
      ? (containers as JsonObject[]).map((container) => {
          const mounts = Array.isArray(container["volumeMounts"]) ? (container["volumeMounts"] as JsonObject[]) : [];
          if (mounts.some(({ mountPath }) => mountPath === TOKEN_PATH)) return container;
          return { ...container, volumeMounts: [...mounts, mount] };
        })
      : containers;
  const containers = [spec["containers"], spec["initContainers"]].flatMap((list) =>
    Array.isArray(list) ? (list as JsonObject[]) : [],
  );
  const needed = containers.some(
    ({ volumeMounts }) =>
      !Array.isArray(volumeMounts) || !(volumeMounts as JsonObject[]).some(({ mountPath }) => mountPath === TOKEN_PATH),
  );
  if (!needed) return spec;
  const volumes = Array.isArray(spec["volumes"]) ? (spec["volumes"] as JsonObject[]) : [];
  // Admission runs again after webhooks have changed the pod: what is there stays the only one.
  const present = volumes.find((volume) => isTokenVolume(volume))?.["name"];
  if (typeof present === "string" && present !== name) return withTokenVolume(spec, present);
  const projected = {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
    defaultMode: 420,
  };
  return {
    ...spec,
    volumes: present === name ? volumes : [...volumes, { name, projected }],
    containers: mounted(spec["containers"]),
    ...(spec["initContainers"] === undefined ? {} : { initContainers: mounted(spec["initContainers"]) }),
  };
}

function isTokenVolume({ name }: JsonObject): boolean {
  return typeof name === "string" && name.startsWith("kube-api-access-");
}

/** `Guaranteed` when every container's limits equal its requests, `BestEffort` without any, else `Burstable`. */
function qosClass(spec: JsonObject): string {
  const containers = Array.isArray(spec["containers"]) ? (spec["containers"] as JsonObject[]) : [];
  let any = false;
  let guaranteed = true;
  for (const container of containers) {
    const limits = valueAt(container, ".resources.limits") as JsonObject | undefined;
    const requests = (valueAt(container, ".resources.requests") ?? limits) as JsonObject | undefined;
    for (const name of ["cpu", "memory"]) {
      if (limits?.[name] !== undefined || requests?.[name] !== undefined) any = true;
      if (limits?.[name] === undefined || limits[name] !== requests?.[name]) guaranteed = false;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

/** A version that objects are stored in from now on is one of those that there can be objects in. */
function withStoredVersion(definition: KubeObject): KubeObject {
  const status = isObject(definition["status"]) ? definition["status"] : {};
  const known = Array.isArray(status["storedVersions"]) ? (status["storedVersions"] as unknown[]) : [];
  const added = storageVersions(definition).filter((version) => !known.includes(version));
  return added.length === 0
    ? definition
    : { ...definition, status: { ...status, storedVersions: [...known, ...added] } };
}

/** The version that a new CustomResourceDefinition stores its objects in. */
function storageVersions({ spec }: KubeObject): readonly unknown[] {
  const versions = isObject(spec) && Array.isArray(spec["versions"]) ? (spec["versions"] as unknown[]) : [];
  const first = versions.find((version) => isObject(version) && version["storage"] === true);
  return isObject(first) ? [first["name"]] : [];
}
