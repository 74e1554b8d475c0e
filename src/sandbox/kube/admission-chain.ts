import type { Admission, AdmissionSubject } from "./admission.ts";
import type { PolicyAdmission } from "./admission-policies.ts";
import type { KubeObject } from "./resource-definition.ts";

/** All admission that clients can configure, in the order of the API server: policies judge before webhooks do. */
export class AdmissionChain implements Admission {
  readonly #policies: PolicyAdmission;
  readonly #webhooks: Admission;

  constructor(parts: { readonly policies: PolicyAdmission; readonly webhooks: Admission }) {
    this.#policies = parts.policies;
    this.#webhooks = parts.webhooks;
  }

  mutate(subject: AdmissionSubject): Promise<KubeObject | undefined> {
    return this.#webhooks.mutate(subject);
  }

  async validate(subject: AdmissionSubject): Promise<void> {
    this.#policies.validate(subject);
    await this.#webhooks.validate(subject);
  }
}
