import type { ServedResource } from "./registry.ts";
import type { WriteContext } from "./request-context.ts";
import type { KubeObject } from "./resource-definition.ts";

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** One write on its way in, in the version of the request. */
export interface AdmissionSubject {
  readonly operation: Operation;
  readonly resource: ServedResource;
  /** Empty for the main resource. */
  readonly subresource: string;
  readonly name: string;
  readonly namespace: string | undefined;
  /** Absent on DELETE. */
  readonly object: KubeObject | undefined;
  /** Absent on CREATE. */
  readonly oldObject: KubeObject | undefined;
  readonly context: WriteContext;
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

/** Posts an `AdmissionReview` and gives the decoded answer; rejects when the webhook cannot be reached in time. */
export type WebhookCaller = (
  target: WebhookTarget,
  review: Readonly<Record<string, unknown>>,
  options: { readonly timeoutSeconds: number; readonly signal?: AbortSignal },
) => Promise<unknown>;
