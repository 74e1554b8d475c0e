import type { FieldError } from "../resource-definition.ts";

/** Errors of a check; `matches` tells of two failures which one came nearer, for `anyOf` and `oneOf`. */
export class ValidationResult {
  readonly errors: FieldError[] = [];
  matches = 0;

  add(error: FieldError): void {
    // The same check can be made several times over; what was said is not said again.
    if (!this.errors.some(({ field, detail }) => field === error.field && detail === error.detail)) {
      this.errors.push(error);
    }
  }

  merge(other: ValidationResult): void {
    for (const error of other.errors) this.add(error);
    this.matches += other.matches;
  }

  get valid(): boolean {
    return this.errors.length === 0;
  }
}
