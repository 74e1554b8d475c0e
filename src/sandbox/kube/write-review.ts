import { errorMessage } from "../../errors.ts";
import type { Admission, AdmissionSubject, KindName, Operation } from "./admission.ts";
import { checkedAfterAdmission } from "./admitted-object.ts";
import type { CreateRules } from "./create-rules.ts";
import type { JsonObject } from "./json-value.ts";
import { decodeMutated } from "./object-decoding.ts";
import type { WriteTarget } from "./object-writer.ts";
import type { Registry, ServedResource } from "./registry.ts";
import type { WriteContext } from "./request-context.ts";
import type { KubeObject } from "./resource-definition.ts";
import { internalError } from "./status-error.ts";

/** A subresource that shows its object in another shape, such as `scale`. */
export interface Facade {
  readonly subresource: string;
  readonly kind?: KindName;
  show(object: KubeObject): KubeObject;
  /** The object, as a webhook's change of what was shown makes it. */
  absorb(object: KubeObject, shown: KubeObject): KubeObject;
}

/** What the hooks of admission need to know of a write beside the new object. */
export interface Review {
  readonly target: WriteTarget;
  readonly operation: Operation;
  readonly oldObject: KubeObject | undefined;
  readonly context: WriteContext;
  readonly facade: Facade | undefined;
}

/** Takes the writes of objects through admission. */
export class WriteReviews {
  readonly #deps: {
    readonly registry: Registry;
    readonly rules: CreateRules;
    readonly admission: Admission;
    readonly defaulted: (resource: ServedResource, object: KubeObject) => KubeObject;
  };

  constructor(dependencies: {
    readonly registry: Registry;
    readonly rules: CreateRules;
    readonly admission: Admission;
    /** The object with the defaults of its kind. */
    readonly defaulted: (resource: ServedResource, object: KubeObject) => KubeObject;
  }) {
    this.#deps = dependencies;
  }

  async admitted(review: Review, object: KubeObject): Promise<KubeObject> {
    const { target, facade, operation } = review;
    const { resource } = target;
    const { admission, registry, rules } = this.#deps;
    if (facade !== undefined) {
      const shown = facade.show(object);
      const changed = (await admission.mutate(this.#subject(review, shown))) ?? shown;
      return changed === shown ? object : facade.absorb(object, changed);
    }
    const subject: AdmissionSubject = {
      ...this.#subject(review, object),
      equivalents: registry.equivalentsOf(resource),
      decode: (value) => this.#decoded(resource, value),
      builtIn: (given) => (target.subresource === "" ? rules.admit(resource, given, operation) : given),
    };
    const admitted = (await admission.mutate(subject)) ?? object;
    return checkedAfterAdmission(object, admitted, review.context.warnings);
  }

  async judged(review: Review, object: KubeObject): Promise<void> {
    const { admission, registry } = this.#deps;
    const { target, facade } = review;
    const subject = this.#subject(review, facade === undefined ? object : facade.show(object));
    await admission.validate({
      ...subject,
      ...(facade === undefined ? { equivalents: registry.equivalentsOf(target.resource) } : {}),
    });
  }

  #subject({ target, operation, oldObject, context, facade }: Review, object: KubeObject): AdmissionSubject {
    return {
      ...target,
      subresource: facade?.subresource ?? target.subresource,
      ...(facade?.kind === undefined ? {} : { kind: facade.kind }),
      operation,
      object,
      oldObject: facade === undefined || oldObject === undefined ? oldObject : facade.show(oldObject),
      context,
      options: context.options ?? {},
    };
  }

  #decoded(resource: ServedResource, value: JsonObject): KubeObject {
    try {
      return this.#deps.defaulted(resource, decodeMutated(value, resource));
    } catch (error) {
      throw internalError(errorMessage(error), error);
    }
  }
}
