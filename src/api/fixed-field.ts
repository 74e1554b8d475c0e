import type { ValidationRule } from "./schema.ts";

/** A member that can be neither changed, added nor removed; for the object that holds it. */
export function fixed(field: string): ValidationRule {
  return {
    rule: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
    message: `${field} cannot be changed, added or removed; make a new object instead`,
  };
}

/** The same for a member of an optional object inside the spec. */
export function fixedInside(parent: string, field: string): ValidationRule {
  const now = `(has(self.${parent}) && has(self.${parent}.${field}))`;
  const before = `(has(oldSelf.${parent}) && has(oldSelf.${parent}.${field}))`;
  return {
    rule: `${now} == ${before} && (!${now} || self.${parent}.${field} == oldSelf.${parent}.${field})`,
    message: `${parent}.${field} cannot be changed, added or removed; make a new object instead`,
  };
}
