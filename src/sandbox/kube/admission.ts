import type { JsonObject } from "./json-value.ts";
import type { ServedResource } from "./registry.ts";
import type { WriteContext } from "./request-context.ts";
import type { KubeObject } from "./resource-definition.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface KindName {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** One write on its way in, in the version of the request. */
export interface AdmissionSubject {
  readonly operation: Operation;
  readonly resource: ServedResource;
  /** Empty for the main resource. */
  readonly subresource: string;
  /** Where it is not the resource's own, such as the Scale of a Deployment. */
  readonly kind?: KindName;
  /** Empty when the server makes the name, and for each object of a collection that is deleted as a whole. */
  readonly name: string;
  readonly namespace: string | undefined;
  /** Absent on DELETE. */
  readonly object: KubeObject | undefined;
  /** Absent on CREATE. */
  readonly oldObject: KubeObject | undefined;
  readonly context: WriteContext;
  /** The `CreateOptions`, `DeleteOptions` and so on of the request, without their kind. */
  readonly options: JsonObject;
  /** The other versions in which the resource is served. */
  readonly equivalents?: readonly ServedResource[];
  /** Reads the JSON that a webhook has made of the object: fields that do not exist go, defaults come. */
  readonly decode?: (value: JsonObject) => KubeObject;
  /** What admission that is built in makes of the object; done again after webhooks have changed it. */
  readonly builtIn?: (object: KubeObject) => KubeObject;
}

/** Admission of writes by webhooks: first those that change objects, then those that only judge. Both throw to refuse. */
export interface Admission {
  mutate(subject: AdmissionSubject): Promise<KubeObject | undefined>;
  validate(subject: AdmissionSubject): Promise<void>;
}

/** Where a webhook configuration sends its reviews (`clientConfig`). */
export interface WebhookTarget {
  readonly url?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  };
  /** Base64 of PEM. */
  readonly caBundle?: string;
}

/**
 * Posts an `AdmissionReview` and gives the decoded answer; rejects, in the words of the API server's client, when the
 * webhook cannot be reached in time or does not answer with JSON.
 */
export type WebhookCaller = (
  target: WebhookTarget,
  review: Readonly<Record<string, unknown>>,
  options: { readonly timeoutSeconds: number; readonly signal?: AbortSignal },
) => Promise<unknown>;
