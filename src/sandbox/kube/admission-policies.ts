import type { AdmissionSubject } from "./admission.ts";
import { omit } from "./json-value.ts";
import { type Denial, denials } from "./policy-admission/evaluation.ts";
import { matched } from "./policy-admission/matching.ts";
import { ConfigurationError, checkParamKind, paramsOf } from "./policy-admission/params.ts";
import type { BindingSpec, PolicySpec } from "./policy-admission/policy.ts";
import type { Registry } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";
import { forbidden, StatusError } from "./status-error.ts";
import type { Storage } from "./storage.ts";
import { admissionReview } from "./webhook-admission/review.ts";
import { type Invocation, isExempt } from "./webhook-admission/rules.ts";

const POLICIES = "admissionregistration.k8s.io/validatingadmissionpolicies";
const BINDINGS = "admissionregistration.k8s.io/validatingadmissionpolicybindings";
const STATUS_OF_REASON = { Invalid: 422, Forbidden: 403, RequestEntityTooLarge: 413 } as const;

/** Who refuses a request, and why. */
interface Refusal {
  readonly policy: KubeObject;
  readonly binding?: KubeObject;
  readonly denial: Denial;
}

/** Admission by the ValidatingAdmissionPolicies that are stored and bound. */
export class PolicyAdmission {
  readonly #storage: Storage;
  readonly #registry: Registry;

  constructor(dependencies: { readonly storage: Storage; readonly registry: Registry }) {
    this.#storage = dependencies.storage;
    this.#registry = dependencies.registry;
  }

  validate(subject: AdmissionSubject): void {
    if (isExempt(subject)) return;
    const bindings = byName(this.#storage.collection(BINDINGS).objects());
    if (bindings.length === 0) return;
    const refusals = byName(this.#storage.collection(POLICIES).objects()).flatMap((policy) => {
      const own = bindings.filter((binding) => specOf<BindingSpec>(binding).policyName === policy.metadata.name);
      return own.length === 0 ? [] : this.#refusals(policy, own, subject);
    });
    const [first] = refusals;
    if (first !== undefined) throw refused(subject, first);
  }

  #refusals(policy: KubeObject, bindings: readonly KubeObject[], subject: AdmissionSubject): readonly Refusal[] {
    const spec = specOf<PolicySpec>(policy);
    const namespaces = this.#storage.collection("/namespaces");
    const named = (name: string): KubeObject | undefined => namespaces.get("", name);
    const invocation = matched(spec.matchConstraints ?? {}, subject, named);
    if (invocation === undefined) return [];
    const attempt = (binding: KubeObject | undefined, run: () => readonly Refusal[]): readonly Refusal[] => {
      try {
        return run();
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        if (spec.failurePolicy === "Ignore") return [];
        const what = binding === undefined ? "policy" : "binding";
        const denial = { message: `failed to configure ${what}: ${error.message}` };
        return [{ policy, denial, ...(binding === undefined ? {} : { binding }) }];
      }
    };
    return attempt(undefined, () => {
      checkParamKind(this.#registry, spec.paramKind);
      return bindings
        .filter((binding) => {
          const { matchResources } = specOf<BindingSpec>(binding);
          return matchResources === undefined || matched(matchResources, subject, named) !== undefined;
        })
        .flatMap((binding) => attempt(binding, () => this.#bound({ policy, binding, subject, invocation })));
    });
  }

  /** What a policy refuses with the parameters of one binding; the other actions of the binding are done. */
  #bound({
    policy,
    binding,
    subject,
    invocation,
  }: {
    readonly policy: KubeObject;
    readonly binding: KubeObject;
    readonly subject: AdmissionSubject;
    readonly invocation: Invocation;
  }): readonly Refusal[] {
    const spec = specOf<PolicySpec>(policy);
    const { paramRef, validationActions = [] } = specOf<BindingSpec>(binding);
    const { request } = admissionReview("", "v1", subject, invocation) as { readonly request: Record<string, unknown> };
    const { object, oldObject, ...rest } = request;
    const { namespace } = request as { readonly namespace?: string };
    const input = { object, oldObject, request: rest, namespaceObject: this.#namespace(subject) };
    const found = paramsOf({ registry: this.#registry, storage: this.#storage }, spec.paramKind, paramRef, namespace);
    return found
      .flatMap((params) => denials(spec, { ...input, params }))
      .flatMap((denial): readonly Refusal[] => {
        const refusal = { policy, binding, denial };
        if (denial.always === true) return [refusal];
        if (validationActions.includes("Warn")) {
          subject.context.warnings.push(
            `Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${denial.message}`,
          );
        }
        return validationActions.includes("Deny") ? [refusal] : [];
      });
  }

  /** The Namespace around the object, without what policies are not shown. */
  #namespace({ resource, namespace }: AdmissionSubject): unknown {
    if (namespace === undefined || resource.storageKey === "/namespaces") return null;
    const found = this.#storage.collection("/namespaces").get("", namespace);
    if (found === undefined) return null;
    const { spec, status } = found;
    return { metadata: omit(found.metadata, ["managedFields", "ownerReferences"]), spec, status };
  }
}

function specOf<Spec>(object: KubeObject): Spec {
  return (object["spec"] ?? {}) as Spec;
}

function byName(objects: Iterable<KubeObject>): readonly KubeObject[] {
  return [...objects].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function refused({ resource, name }: AdmissionSubject, { policy, binding, denial }: Refusal): StatusError {
  const with_ = binding === undefined ? "" : ` with binding '${binding.metadata.name}'`;
  const message = `ValidatingAdmissionPolicy '${policy.metadata.name}'${with_} denied request: ${denial.message}`;
  const { message: whole, statusDetails = {} } = forbidden(resource, name, message);
  const reason = denial.reason ?? "Invalid";
  return new StatusError(STATUS_OF_REASON[reason], reason, whole, {
    details: { ...statusDetails, causes: [{ message }] },
  });
}
