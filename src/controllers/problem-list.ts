import type { KubeObject } from "../api/object.ts";
import type { Reason } from "../api/reasons.ts";
import type { Problem } from "../engine/stack.ts";

/** Collects what is wrong with one object. */
export class ProblemList {
  readonly #object: Problem["object"];
  readonly #problems: Problem[] = [];

  constructor({ kind, metadata }: KubeObject) {
    const { namespace, name } = metadata;
    this.#object = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
  }

  error(reason: Reason, field: string, message: string, value?: string): void {
    this.#add("error", { reason, field, message, value });
  }

  warning(reason: Reason, field: string, message: string, value?: string): void {
    this.#add("warning", { reason, field, message, value });
  }

  get all(): readonly Problem[] {
    return this.#problems;
  }

  #add(
    severity: Problem["severity"],
    { reason, field, message, value }: { reason: Reason; field: string; message: string; value: string | undefined },
  ): void {
    this.#problems.push({
      object: this.#object,
      reason,
      field,
      ...(value === undefined ? {} : { value }),
      message: `${field}: ${message}`,
      severity,
    });
  }
}
