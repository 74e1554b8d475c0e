import type { Reason } from "../../api/reasons.ts";
import type { Problem } from "../../engine/stack.ts";
import { AppError } from "../../errors.ts";

export interface InputErrorDetails {
  readonly reason: Reason;
  /** Path or annotation key of the culprit inside its object. */
  readonly field?: string;
  /** The offending value as the user wrote it. */
  readonly value?: string;
  /** The culprit, where it is not the object that is being built. */
  readonly object?: Problem["object"];
}

/** The user's input is wrong; becomes a Problem on the object that has it. The message names field, value and what is allowed. */
export class InputError extends AppError {
  readonly input: InputErrorDetails;

  constructor(message: string, details: InputErrorDetails) {
    super(message, { class: "invalid", code: details.reason });
    this.input = details;
  }
}

/** Turns what a build threw into a Problem; anything but an InputError is passed on. */
export function problemOf(error: unknown, object: Problem["object"], severity: Problem["severity"] = "error"): Problem {
  if (!(error instanceof InputError)) throw error;
  const { reason, field, value, object: culprit } = error.input;
  return {
    object: culprit ?? object,
    reason,
    ...(field === undefined ? {} : { field }),
    ...(value === undefined ? {} : { value }),
    message: error.message,
    severity,
  };
}
