import type { Random } from "../../clock.ts";
import { errorMessage } from "../../errors.ts";
import type { Admission, AdmissionSubject, WebhookCaller, WebhookTarget } from "./admission.ts";
import { jsonPatch } from "./json-patch.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import type { KubeObject } from "./resource-definition.ts";
import { objectSelector } from "./selectors.ts";
import { internalError, StatusError } from "./status-error.ts";
import type { Storage } from "./storage.ts";

interface Webhook {
  readonly name: string;
  readonly clientConfig: WebhookTarget;
  readonly rules?: readonly Rule[];
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly matchPolicy?: string;
  readonly namespaceSelector?: unknown;
  readonly objectSelector?: unknown;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
  readonly reinvocationPolicy?: "Never" | "IfNeeded";
  readonly admissionReviewVersions?: readonly string[];
}

interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
}

interface WebhookResponse {
  readonly uid?: string;
  readonly allowed?: boolean;
  readonly status?: { readonly message?: string; readonly reason?: string; readonly code?: number };
  readonly patch?: string;
  readonly patchType?: string;
  readonly warnings?: readonly string[];
}

const MUTATING = "admissionregistration.k8s.io/mutatingwebhookconfigurations";
const VALIDATING = "admissionregistration.k8s.io/validatingwebhookconfigurations";
const DEFAULT_TIMEOUT_SECONDS = 10;

/** Admission by the webhook configurations that are stored. */
export class WebhookAdmission implements Admission {
  readonly #storage: Storage;
  readonly #random: Random;
  readonly #call: WebhookCaller | undefined;

  constructor(options: {
    readonly storage: Storage;
    readonly random: Random;
    readonly call: WebhookCaller | undefined;
  }) {
    this.#storage = options.storage;
    this.#random = options.random;
    this.#call = options.call;
  }

  async mutate(subject: AdmissionSubject): Promise<KubeObject | undefined> {
    let object = subject.object;
    const again: Webhook[] = [];
    for (const webhook of this.#matching(MUTATING, subject)) {
      const before = object;
      object = await this.#mutateOnce(webhook, { ...subject, object });
      if (object === before) {
        if (webhook.reinvocationPolicy === "IfNeeded") again.push(webhook);
        continue;
      }
      const repeat = again.splice(0);
      if (webhook.reinvocationPolicy === "IfNeeded") again.push(webhook);
      for (const earlier of repeat) object = await this.#mutateOnce(earlier, { ...subject, object });
    }
    return object;
  }

  async validate(subject: AdmissionSubject): Promise<void> {
    const results = await Promise.allSettled(
      this.#matching(VALIDATING, subject).map((webhook) => this.#ask(webhook, subject, "validating")),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason as Error;
  }

  async #mutateOnce(webhook: Webhook, subject: AdmissionSubject): Promise<KubeObject | undefined> {
    const response = await this.#ask(webhook, subject, "mutating");
    if (response?.patch === undefined || response.patch === "" || subject.object === undefined) return subject.object;
    try {
      const patch: unknown = JSON.parse(Buffer.from(response.patch, "base64").toString());
      if (Array.isArray(patch) && patch.length === 0) return subject.object;
      return jsonPatch(subject.object, patch) as KubeObject;
    } catch (error) {
      const why =
        error instanceof StatusError && error.cause instanceof Error ? error.cause.message : errorMessage(error);
      throw internalError(
        `admission webhook ${JSON.stringify(webhook.name)} gave a patch that does not apply: ${why}`,
        error,
      );
    }
  }

  #matching(key: string, subject: AdmissionSubject): Webhook[] {
    const { group } = subject.resource;
    if (group === "admissionregistration.k8s.io") return [];
    return [...this.#storage.collection(key).objects()]
      .flatMap((configuration) => (configuration["webhooks"] ?? []) as Webhook[])
      .filter((webhook) => this.#applies(webhook, subject));
  }

  #applies(webhook: Webhook, subject: AdmissionSubject): boolean {
    if (!(webhook.rules ?? []).some((rule) => ruleMatches(rule, subject))) return false;
    const selectObject = objectSelector(webhook.objectSelector);
    const labels = [subject.object, subject.oldObject]
      .filter((object) => object !== undefined)
      .map((object) => object.metadata.labels ?? {});
    if (!labels.some(selectObject)) return false;
    const { namespace, resource } = subject;
    if (resource.storageKey === "/namespaces") {
      return objectSelector(webhook.namespaceSelector)((subject.object ?? subject.oldObject)?.metadata.labels ?? {});
    }
    if (namespace === undefined) return true;
    const found = this.#storage.collection("/namespaces").get("", namespace);
    return objectSelector(webhook.namespaceSelector)(found?.metadata.labels ?? {});
  }

  /** Undefined when the webhook failed and its policy is to ignore that. */
  async #ask(webhook: Webhook, subject: AdmissionSubject, kind: string): Promise<WebhookResponse | undefined> {
    const { context } = subject;
    if (context.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun") {
      throw new StatusError(
        400,
        "BadRequest",
        `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`,
      );
    }
    const uid = this.#uid();
    let response: WebhookResponse;
    try {
      response = await this.#post(webhook, this.#review(uid, subject), uid);
    } catch (error) {
      if (webhook.failurePolicy === "Ignore") return undefined;
      throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${errorMessage(error)}`, error);
    }
    for (const warning of response.warnings ?? []) context.warnings.push(warning);
    if (response.allowed === true) return response;
    throw denied(webhook.name, response, kind);
  }

  async #post(webhook: Webhook, review: JsonObject, uid: string): Promise<WebhookResponse> {
    const timeoutSeconds = webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    if (this.#call === undefined) throw new Error(`failed to call webhook: no network`);
    const answer = await this.#call(webhook.clientConfig, review, { timeoutSeconds });
    const response = isObject(answer) ? answer["response"] : undefined;
    if (!isObject(response)) throw new Error("webhook response is absent");
    if (response["uid"] !== uid)
      throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response["uid"] ?? "")}`);
    return response;
  }

  #review(uid: string, subject: AdmissionSubject): JsonObject {
    const { resource, operation, context, name, namespace, subresource } = subject;
    const { group, version, plural, kind } = resource.definition;
    const gvk = { group, version, kind };
    const gvr = { group, version, resource: plural };
    const options = {
      CREATE: "CreateOptions",
      UPDATE: "UpdateOptions",
      DELETE: "DeleteOptions",
      CONNECT: "ConnectOptions",
    }[operation];
    return {
      kind: "AdmissionReview",
      apiVersion: "admission.k8s.io/v1",
      request: {
        uid,
        kind: gvk,
        resource: gvr,
        ...(subresource === "" ? {} : { subResource: subresource, requestSubResource: subresource }),
        requestKind: gvk,
        requestResource: gvr,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        operation,
        userInfo: context.user,
        object: subject.object ?? null,
        oldObject: subject.oldObject ?? null,
        dryRun: context.dryRun,
        options: {
          kind: options,
          apiVersion: "meta.k8s.io/v1",
          ...(operation === "DELETE" ? {} : { fieldManager: context.fieldManager }),
        },
      },
    };
  }

  #uid(): string {
    let text = "";
    while (text.length < 32) text += Math.floor(this.#random() * 16).toString(16);
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
  }
}

function ruleMatches(rule: Rule, { operation, resource, subresource, namespace }: AdmissionSubject): boolean {
  const { group, version, plural } = resource.definition;
  const any = (list: readonly string[] | undefined, value: string): boolean =>
    list?.some((item) => item === "*" || item === value) === true;
  if (!any(rule.operations, operation) || !any(rule.apiGroups, group) || !any(rule.apiVersions, version)) return false;
  if (rule.scope === "Namespaced" && namespace === undefined) return false;
  if (rule.scope === "Cluster" && namespace !== undefined) return false;
  return (
    rule.resources?.some((pattern) => {
      const [wantedResource = "", wantedSubresource = ""] = pattern.split("/");
      if (pattern === "*/*") return true;
      return (
        (wantedResource === "*" || wantedResource === plural) &&
        (wantedSubresource === "*" || wantedSubresource === subresource)
      );
    }) === true
  );
}

function denied(name: string, { status }: WebhookResponse, kind: string): StatusError {
  const reason = status?.message ?? status?.reason;
  const prefix = `admission webhook ${JSON.stringify(name)} denied the request`;
  const message = reason === undefined || reason === "" ? `${prefix} without explanation` : `${prefix}: ${reason}`;
  const code = status?.code !== undefined && status.code >= 400 ? status.code : kind === "mutating" ? 400 : 403;
  return new StatusError(
    code,
    status?.reason ?? (code === 400 ? "BadRequest" : code === 403 ? "Forbidden" : ""),
    message,
  );
}
