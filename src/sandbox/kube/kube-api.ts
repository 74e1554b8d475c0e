import { type Clock, type Random } from "../../clock.ts";
import { errorMessage } from "../../errors.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../http.ts";
import type { WebhookCaller } from "./admission.ts";
import { AdmissionChain } from "./admission-chain.ts";
import { PolicyAdmission } from "./admission-policies.ts";
import { WebhookAdmission } from "./admission-webhooks.ts";
import { builtinDefinitions } from "./builtin/definitions.ts";
import { CrdLifecycle } from "./crd-lifecycle.ts";
import { CreateRules } from "./create-rules.ts";
import { ObjectDeleter } from "./deletion.ts";
import { apiDiscovery } from "./discovery.ts";
import { extraValidation } from "./extra-validation.ts";
import { badPath, errorAnswer, pageNotFound } from "./http-answer.ts";
import { isFinished, ObjectWriter, timestamp } from "./object-writer.ts";
import { bindingAnswer } from "./pod-binding.ts";
import { Registry, type ServedResource } from "./registry.ts";
import type { UserInfo, WriteContext } from "./request-context.ts";
import { isReadable, parseRequest, type RequestInfo } from "./request-info.ts";
import type { KubeObject } from "./resource-definition.ts";
import { type EndpointDependencies, resourceAnswer } from "./resource-endpoint.ts";
import { reviewAnswer } from "./reviews.ts";
import { internalError, noSuchResource, notFound, StatusError } from "./status-error.ts";
import { type Collection, Storage } from "./storage.ts";
import { subresourceAnswer } from "./subresources.ts";
import { tokenUser } from "./tokens.ts";
import { managerFromAgent, parseWriteOptions } from "./write-options.ts";

export interface KubeApiOptions {
  readonly clock: Clock;
  /** For uids, generated names, addresses and ports. */
  readonly random: Random;
  /** Calls admission webhooks. Without it, webhooks cannot be reached, and their failure policies decide. */
  readonly callWebhook?: WebhookCaller;
}

/** One request that the API has answered (a watch counts when it starts). */
export interface RecordedRequest {
  readonly at: number;
  /** `get`, `list`, `watch`, `create` ...; the HTTP method in lower case for paths without a resource. */
  readonly verb: string;
  /** `plural`, or `plural.group`; with `/subresource`. Empty for other paths. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly path: string;
  readonly userAgent: string;
  readonly status: number;
}

/**
 * A Kubernetes API server in the process: the same wire behaviour, with no socket and no timer but the clock's. As the real one,
 * it collects no garbage and empties no namespace: that is for the controllers of `../cluster`.
 */
export interface KubeApi {
  readonly handle: HttpHandler;
  /** Every request so far, oldest first, up to the last 100,000. */
  readonly requests: readonly RecordedRequest[];
  clearRequests(): void;
  /** Forgets all history: watches and continued lists from older versions get 410, as after etcd's compaction. */
  compact(): void;
  /** The stored object, for tests and the sandbox's own views. Frozen. `key` is `group/plural`. */
  stored(key: string, namespace: string, name: string): KubeObject | undefined;
}

const MAX_RECORDED = 100_000;
const ADMIN: UserInfo = {
  username: "kubernetes-admin",
  uid: "kubernetes-admin",
  groups: ["system:masters", "system:authenticated"],
};
const INITIAL_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"] as const;

export function createKubeApi(options: KubeApiOptions): KubeApi {
  const { clock, random } = options;
  const storage = new Storage(clock);
  const registry = new Registry(builtinDefinitions);
  const rules = new CreateRules(storage, random);
  const admission = new AdmissionChain({
    policies: new PolicyAdmission({ storage, registry }),
    webhooks: new WebhookAdmission({ storage, random, call: options.callWebhook }),
  });
  const writer = new ObjectWriter({ clock, storage, registry, rules, admission, extraValidation });
  const deleter = new ObjectDeleter(clock, storage, admission);
  const deps: EndpointDependencies = { clock, random, storage, registry, writer, deleter, admission };
  new CrdLifecycle(clock, storage, registry, (collection, object) => removeInstance(deps, collection, object));
  createInitialObjects(storage, rules, clock);

  let requests: RecordedRequest[] = [];
  const record = (http: HttpRequest, info: RequestInfo | undefined, status: number): void => {
    if (requests.length >= MAX_RECORDED) requests = requests.slice(MAX_RECORDED / 2);
    requests.push(recorded(clock.now(), http, info, status));
  };
  return {
    get requests() {
      return requests;
    },
    clearRequests: () => {
      requests = [];
    },
    compact: () => storage.compact(),
    stored: (key, namespace, name) => storage.collection(key).get(namespace, name),
    handle: async (http) => {
      let info: RequestInfo | undefined;
      let answer: HttpResponse;
      try {
        info = parseRequest(http.method, http.path);
        answer = await answerRequest(deps, registry, http, info);
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        answer = errorAnswer(error);
      }
      record(http, info, answer.status);
      return answer;
    },
  };
}

async function answerRequest(
  deps: EndpointDependencies,
  registry: Registry,
  http: HttpRequest,
  info: RequestInfo | undefined,
): Promise<HttpResponse> {
  const warnings: string[] = [];
  try {
    const discovered = apiDiscovery(http, registry.definitions);
    if (discovered !== undefined) return discovered;
    if (info === undefined) return isReadable(http.path) ? pageNotFound() : badPath();
    const user = userOf(http, deps.clock.now());
    const review = reviewAnswer(http, info, user, deps.clock.now());
    if (review !== undefined) return review;
    const resource = registry.find(info.group, info.version, info.resource);
    const pods = info.group === "" && info.resource === "bindings" ? registry.find("", "v1", "pods") : undefined;
    if (pods !== undefined && info.namespace !== undefined && info.name === undefined) {
      const context = writeContext(http, info, user, warnings);
      return await bindingAnswer(deps, { http, info, resource: pods, context });
    }
    if (resource === undefined) {
      // Below a group version of its own, the API server answers as an API; elsewhere, as a web server.
      if (registry.hasBuiltinGroup(info.group)) throw noSuchResource();
      return pageNotFound();
    }
    const nowhere = (): HttpResponse => {
      if (resource.custom) return pageNotFound();
      throw noSuchResource();
    };
    const { namespaced, verbs } = resource.definition;
    if (!namespaced && info.namespace !== undefined) return nowhere();
    if (info.oldWatch && (info.subresource !== "" || !verbs.includes("watch"))) return nowhere();
    // Custom resources of namespaces are listed and watched everywhere, and nothing else.
    const isRead = info.verb === "list" || info.verb === "watch";
    if (resource.custom && namespaced && info.namespace === undefined && !isRead) return nowhere();
    const call = { http, info: routed(info, resource), resource, context: writeContext(http, info, user, warnings) };
    if (resource.definition.deprecation !== undefined) warnings.push(resource.definition.deprecation);
    const { subresource } = call.info;
    if (subresource === "" || (subresource === "status" && resource.definition.hasStatus)) {
      return await resourceAnswer(deps, call);
    }
    const answer = await subresourceAnswer(deps, call);
    if (answer !== undefined) return answer;
    throw resource.custom ? notFound(resource, info.name ?? "") : noSuchResource();
  } catch (error) {
    return errorAnswer(error instanceof StatusError ? error : internalError(errorMessage(error), error), warnings);
  }
}

/** Paths of custom resources are not looked at beyond their subresource. */
function routed(info: RequestInfo, { custom }: ServedResource): RequestInfo {
  return custom ? { ...info, subresource: info.subresource.split("/", 1)[0] ?? "" } : info;
}

function writeContext(
  http: HttpRequest,
  { query, verb }: RequestInfo,
  user: UserInfo,
  warnings: string[],
): WriteContext {
  const options = parseWriteOptions(query, verb, http.headers["content-type"]);
  const manager =
    options.fieldManager === "" ? managerFromAgent(http.headers["user-agent"] ?? "") : options.fieldManager;
  return { ...options, user, fieldManager: manager, warnings, options: requestOptions(query) };
}

function requestOptions(query: URLSearchParams): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  if (dryRun.length > 0) options["dryRun"] = dryRun;
  for (const name of ["fieldManager", "fieldValidation"]) {
    const value = query.get(name);
    if (value !== null && value !== "") options[name] = value;
  }
  return options;
}

/** Everyone is an administrator, except bearers of service account tokens and those who impersonate. */
function userOf(http: HttpRequest, now: number): UserInfo {
  const impersonated = http.headers["impersonate-user"];
  if (impersonated !== undefined) {
    const groups = (http.headers["impersonate-group"] ?? "").split(",").map((group) => group.trim());
    return { username: impersonated, groups: [...groups.filter((group) => group !== ""), "system:authenticated"] };
  }
  const token = /^Bearer (.+)$/i.exec(http.headers["authorization"] ?? "")?.[1];
  const found = token === undefined ? undefined : tokenUser(token, now);
  if (found === undefined) return ADMIN;
  const { audiences: _audiences, ...user } = found;
  return user;
}

function recorded(at: number, http: HttpRequest, info: RequestInfo | undefined, status: number): RecordedRequest {
  const base = info === undefined ? "" : info.group === "" ? info.resource : `${info.resource}.${info.group}`;
  return {
    at,
    verb: info?.verb ?? http.method.toLowerCase(),
    resource: info === undefined || info.subresource === "" ? base : `${base}/${info.subresource}`,
    namespace: info?.namespace,
    name: info?.name,
    path: http.path,
    userAgent: http.headers["user-agent"] ?? "",
    status,
  };
}

/** Deletes an object of a custom kind whose definition goes. */
function removeInstance({ clock, storage }: EndpointDependencies, collection: Collection, object: KubeObject): void {
  const { generation } = object.metadata;
  const marked: KubeObject = {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: timestamp(clock),
      deletionGracePeriodSeconds: 0,
      ...(generation === undefined ? {} : { generation: generation + 1 }),
    },
  };
  if (isFinished({ storageKey: collection.key }, marked)) storage.remove(collection, object);
  else storage.put(collection, marked);
}

function createInitialObjects(storage: Storage, rules: CreateRules, clock: Clock): void {
  const identity = (): { uid: string; creationTimestamp: string } => ({
    uid: rules.uid(),
    creationTimestamp: timestamp(clock),
  });
  for (const name of INITIAL_NAMESPACES) {
    const own = identity();
    const managed = {
      manager: "kube-apiserver",
      operation: "Update",
      apiVersion: "v1",
      time: own.creationTimestamp,
      fieldsType: "FieldsV1",
      fieldsV1: { "f:metadata": { "f:labels": { ".": {}, "f:kubernetes.io/metadata.name": {} } } },
    };
    storage.put(storage.collection("/namespaces"), {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, ...own, labels: { "kubernetes.io/metadata.name": name }, managedFields: [managed] },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  }
  storage.put(storage.collection("/services"), {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      ...identity(),
      labels: { component: "apiserver", provider: "kubernetes" },
    },
    spec: {
      type: "ClusterIP",
      clusterIP: "10.100.0.1",
      clusterIPs: ["10.100.0.1"],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
      sessionAffinity: "None",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 443 }],
    },
    status: { loadBalancer: {} },
  });
}
