import type { Scenario } from "./scenario.ts";
import type { Session } from "./session.ts";

export const registration = "/apis/admissionregistration.k8s.io/v1";
export const policiesPath = `${registration}/validatingadmissionpolicies`;
export const bindingsPath = `${registration}/validatingadmissionpolicybindings`;

type Spec = Readonly<Record<string, unknown>>;

const maps = { operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] };

/** The policies of a scenario, which see ConfigMaps of its namespace unless they are told otherwise. */
export class Policies {
  readonly #session: Session;
  readonly #made: string[] = [];
  #markers = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Constraints that choose what the scenario's namespace has of some resources. */
  constraints(extra: Spec = {}): Spec {
    return {
      resourceRules: [maps],
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": this.#session.namespace } },
      ...extra,
    };
  }

  /** Makes a policy and a binding of the same name. */
  async make(name: string, policy: Spec, binding: Spec = {}): Promise<void> {
    await this.#make(policiesPath, name, { matchConstraints: this.constraints(), ...policy });
    await this.bind(name, name, binding);
  }

  async bind(name: string, policyName: string, binding: Spec = {}): Promise<void> {
    await this.#make(bindingsPath, name, { policyName, validationActions: ["Deny"], ...binding });
  }

  /** Waits until all that was made before is in effect: a policy that is made last refuses one certain object. */
  async inEffect(): Promise<void> {
    const object = `marker-${++this.#markers}`;
    await this.make(`${this.#session.namespace}-${object}`, {
      validations: [{ expression: `object.metadata.name != '${object}'` }],
      matchConstraints: this.constraints({
        resourceRules: [{ ...maps, operations: ["CREATE"], resourceNames: [object] }],
      }),
    });
    await this.refused({ metadata: { name: object } }, `with binding '${this.#session.namespace}-${object}'`);
  }

  /** Waits until a ConfigMap is refused with a text. */
  async refused(object: unknown, text: string): Promise<void> {
    const path = `${this.#session.at("v1", "configmaps")}?dryRun=All`;
    for (const end = Date.now() + 30_000; ; ) {
      const { status, body } = await this.#session.silently("POST", path, object);
      const { message } = body as { readonly message?: string };
      if (status >= 400 && message?.includes(text) === true) return;
      if (Date.now() > end) throw new Error(`not refused in time with ${text}: ${status} ${message ?? ""}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async clear(): Promise<void> {
    for (const path of this.#made.splice(0).reverse()) await this.#session.silently("DELETE", path);
  }

  async #make(path: string, name: string, spec: Spec): Promise<void> {
    const { status, body } = await this.#session.silently("POST", path, { metadata: { name }, spec });
    if (status !== 201) throw new Error(`${path} ${name}: ${status} ${JSON.stringify(body)}`);
    this.#made.push(`${path}/${name}`);
  }
}

/** A scenario with policies, which are gone when it ends. */
export function policyScenario(name: string, run: (session: Session, policies: Policies) => Promise<void>): Scenario {
  return {
    name,
    async run(session) {
      const policies = new Policies(session);
      try {
        await run(session, policies);
      } finally {
        await policies.clear();
      }
    },
  };
}
