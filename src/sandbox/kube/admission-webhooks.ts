import type { Random } from "../../clock.ts";
import { errorMessage } from "../../errors.ts";
import type { Admission, AdmissionSubject, WebhookCaller } from "./admission.ts";
import { authorizer, requestResource } from "./cel/functions/authorization.ts";
import { jsonPatch } from "./json-patch.ts";
import { deepEqual, isObject, type JsonObject } from "./json-value.ts";
import type { KubeObject } from "./resource-definition.ts";
import { badRequest, forbidden, internalError, StatusError } from "./status-error.ts";
import type { Storage } from "./storage.ts";
import type { Webhook } from "./webhook-admission/configuration.ts";
import { dynamic, matchConditions } from "./webhook-admission/match-conditions.ts";
import {
  admissionReview,
  checkedResponse,
  checkReview,
  denied,
  type Response,
  reviewVersion,
  shown,
} from "./webhook-admission/review.ts";
import { type Invocation, invocationOf, isExempt, isSelected } from "./webhook-admission/rules.ts";

const MUTATING = "admissionregistration.k8s.io/mutatingwebhookconfigurations";
const VALIDATING = "admissionregistration.k8s.io/validatingwebhookconfigurations";
const DEFAULT_TIMEOUT_SECONDS = 10;

/** A webhook that could not be asked, or whose answer cannot be used: its failure policy decides what comes of that. */
class CallError extends Error {
  override readonly name = "CallError";
}

/** Which of the webhooks with `reinvocationPolicy: IfNeeded` are to be called again. */
interface Calls {
  changed: boolean;
  patched: boolean;
  /** Called since the last change. */
  readonly previous: Set<Webhook>;
  /** Called before a change by another. */
  readonly due: Set<Webhook>;
}

function requireAgain({ previous, due }: Calls): void {
  for (const webhook of previous) due.add(webhook);
  previous.clear();
}

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

  /** Two rounds at most: when a webhook has changed the object, those before it that ask for it are called once more. */
  async mutate(subject: AdmissionSubject): Promise<KubeObject | undefined> {
    const { object, builtIn = (same: KubeObject) => same } = subject;
    const calls: Calls = { changed: false, patched: false, previous: new Set(), due: new Set() };
    const first = await this.#round(subject, object === undefined ? undefined : builtIn(object), calls, false);
    if (first === undefined || !calls.changed) return first;
    const revised = builtIn(first);
    if (!deepEqual(revised, first)) requireAgain(calls);
    return this.#round(subject, revised, calls, true);
  }

  async validate(subject: AdmissionSubject): Promise<void> {
    const chosen = this.#webhooks(VALIDATING, subject).flatMap((webhook) => {
      const invocation = this.#invocation(webhook, subject);
      return invocation === undefined ? [] : [{ webhook, invocation }];
    });
    let failure: unknown;
    const asked = chosen.map(async ({ webhook, invocation }) => {
      try {
        await this.#judge(webhook, subject, invocation);
      } catch (error) {
        failure ??= error;
      }
    });
    await Promise.all(asked);
    if (failure !== undefined) throw failure as Error;
  }

  /** Calls mutating webhooks in turn: all, or in the second round only those that are due. */
  async #round(
    subject: AdmissionSubject,
    object: KubeObject | undefined,
    calls: Calls,
    second: boolean,
  ): Promise<KubeObject | undefined> {
    let current = object;
    for (const webhook of this.#webhooks(MUTATING, subject)) {
      const now = { ...subject, object: current };
      const invocation = this.#invocation(webhook, now);
      if (invocation === undefined || (second && !calls.due.has(webhook))) continue;
      const next = await this.#mutateOnce(webhook, now, invocation);
      // The first patch counts even when it changes nothing: it cuts the times of new managed fields to whole seconds.
      if (next !== current && (!calls.patched || !deepEqual(next, current))) {
        calls.changed = true;
        requireAgain(calls);
      }
      calls.patched ||= next !== current;
      if (webhook.reinvocationPolicy === "IfNeeded") calls.previous.add(webhook);
      current = next;
    }
    return current;
  }

  async #mutateOnce(
    webhook: Webhook,
    subject: AdmissionSubject,
    invocation: Invocation,
  ): Promise<KubeObject | undefined> {
    try {
      const response = await this.#ask(webhook, subject, invocation, true);
      if (!response.allowed) throw denied(webhook.name, response);
      return patched(webhook, subject, invocation, response);
    } catch (error) {
      this.#checkPolicy(webhook, error);
      return subject.object;
    }
  }

  async #judge(webhook: Webhook, subject: AdmissionSubject, invocation: Invocation): Promise<void> {
    try {
      const response = await this.#ask(webhook, subject, invocation, false);
      if (!response.allowed) throw denied(webhook.name, response);
    } catch (error) {
      this.#checkPolicy(webhook, error);
    }
  }

  /** Throws unless the failure is one that the webhook wants ignored. */
  #checkPolicy(webhook: Webhook, error: unknown): void {
    if (!(error instanceof CallError)) throw error as Error;
    if (webhook.failurePolicy === "Ignore") return;
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}`, error);
  }

  #webhooks(key: string, subject: AdmissionSubject): Webhook[] {
    if (isExempt(subject)) return [];
    const configurations = [...this.#storage.collection(key).objects()];
    configurations.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    return configurations.flatMap((configuration) => (configuration["webhooks"] ?? []) as Webhook[]);
  }

  #invocation(webhook: Webhook, subject: AdmissionSubject): Invocation | undefined {
    const namespaces = this.#storage.collection("/namespaces");
    if (!isSelected(webhook, subject, (name) => namespaces.get("", name))) return undefined;
    const invocation = invocationOf(webhook.rules ?? [], webhook.matchPolicy, subject);
    if (invocation === undefined || webhook.matchConditions === undefined) return invocation;
    const { request } = admissionReview("", "v1", subject, invocation) as { readonly request: JsonObject };
    const { object, oldObject, ...rest } = request;
    const result = matchConditions(webhook.matchConditions, {
      object: dynamic(object),
      oldObject: dynamic(oldObject),
      request: dynamic(rest),
      namespaceObject: null,
      authorizer,
      "authorizer.requestResource": requestResource,
    });
    if ("matches" in result) return result.matches ? invocation : undefined;
    if (webhook.failurePolicy === "Ignore") return undefined;
    const [single, ...others] = result.errors;
    throw forbidden(
      subject.resource,
      subject.name,
      others.length === 0 ? (single ?? "") : `[${result.errors.join(", ")}]`,
    );
  }

  async #ask(
    webhook: Webhook,
    subject: AdmissionSubject,
    invocation: Invocation,
    mutating: boolean,
  ): Promise<Response> {
    const { context } = subject;
    if (context.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun") {
      throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
    }
    const version = reviewVersion(webhook.admissionReviewVersions);
    if (version === undefined) {
      throw new CallError(
        "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)",
      );
    }
    const uid = this.#uid();
    const answer = await this.#post(webhook, admissionReview(uid, version, subject, invocation), version);
    let response: Response;
    try {
      response = checkedResponse(answer, uid, version, mutating);
    } catch (error) {
      throw new CallError(`received invalid webhook response: ${errorMessage(error)}`, { cause: error });
    }
    context.warnings.push(...response.warnings);
    return response;
  }

  async #post(webhook: Webhook, review: JsonObject, version: "v1" | "v1beta1"): Promise<unknown> {
    const timeoutSeconds = webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    if (this.#call === undefined) throw new CallError("failed to call webhook: no network");
    try {
      const answer = await this.#call(webhook.clientConfig, review, { timeoutSeconds });
      checkReview(answer, version);
      return answer;
    } catch (error) {
      throw new CallError(`failed to call webhook: ${errorMessage(error)}`, { cause: error });
    }
  }

  #uid(): string {
    let text = "";
    while (text.length < 32) text += Math.floor(this.#random() * 16).toString(16);
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
  }
}

/** The object as the webhook's patch makes it, in the version of the request. */
function patched(
  webhook: Webhook,
  subject: AdmissionSubject,
  invocation: Invocation,
  { patch, patchType }: Response,
): KubeObject | undefined {
  const { object, resource } = subject;
  if (patch === "") return object;
  const operations = decodedPatch(patch);
  if (operations.length === 0) return object;
  if (object === undefined) {
    throw internalError(
      `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
    );
  }
  if (patchType !== "JSONPatch") throw new CallError(`unsupported patch type ${JSON.stringify(patchType)}`);
  const seen = shown(object, subject, invocation);
  let result: unknown;
  try {
    result = jsonPatch(seen, operations);
  } catch (error) {
    const cause = error instanceof StatusError ? error.cause : error;
    throw internalError(errorMessage(cause ?? error), error);
  }
  if (!isObject(result)) throw internalError("json: cannot unmarshal into an object");
  const { kind } = result;
  if (subject.kind === undefined && typeof kind === "string" && kind !== "" && kind !== resource.kind) {
    throw unconvertible(kind, subject);
  }
  const converted =
    invocation.resource === resource || subject.kind !== undefined
      ? result
      : resource.fromStorage(invocation.resource.toStorage(result as KubeObject));
  return subject.decode === undefined ? (converted as KubeObject) : subject.decode(converted);
}

function unconvertible(kind: string, { resource }: AdmissionSubject): StatusError {
  const { group, version } = resource.definition;
  const internal = group === "" ? "core" : (group.split(".", 1)[0] ?? group);
  const why = `converting (${version}.${kind}) to (${internal}.${resource.kind}): unknown conversion`;
  return new StatusError(500, "", why);
}

function decodedPatch(patch: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(patch);
  } catch (error) {
    throw new CallError(`received undecodable patch in webhook response: ${jsonProblem(patch)}`, { cause: error });
  }
  if (Array.isArray(value)) return value as unknown[];
  throw new CallError(
    "received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
  );
}

/** What Go's decoder says of text that is no JSON, of its first word. */
function jsonProblem(text: string): string {
  const trimmed = text.trim();
  const [first] = trimmed;
  if (first === undefined) return "unexpected end of JSON input";
  const literal = ["null", "true", "false"].find((word) => word.startsWith(first));
  if (literal === undefined) return `invalid character '${first}' looking for beginning of value`;
  const index = literal.split("").findIndex((char, at) => trimmed[at] !== char);
  if (index < 0) return `invalid character '${trimmed[literal.length] ?? ""}' after top-level value`;
  return `invalid character '${trimmed[index] ?? ""}' in literal ${literal} (expecting '${literal[index] ?? ""}')`;
}
