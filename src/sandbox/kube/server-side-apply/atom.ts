import { isObject } from "../json-value.ts";
import type { MergeType } from "./merge-type.ts";

/** The forms of a type that a value of it takes: one, unless it is null, absent or of a form that the type has not. */
export function atomFor(type: MergeType, value: unknown): MergeType {
  if (value === null || value === undefined) return type;
  if (isObject(value)) return type.map === undefined ? type : only(type, "map");
  if (Array.isArray(value)) return type.list === undefined ? type : only(type, "list");
  return type.scalar === undefined ? type : only(type, "scalar");
}

const single = new WeakMap<MergeType, Partial<Record<keyof MergeType, MergeType>>>();

function only(type: MergeType, form: keyof MergeType): MergeType {
  if (Object.keys(type).length === 1) return type;
  let forms = single.get(type);
  if (forms === undefined) single.set(type, (forms = {}));
  return (forms[form] ??= { [form]: type[form] });
}

/** The form in which a value is looked at when the type allows several. */
export function formOf(type: MergeType): keyof MergeType {
  if (type.map !== undefined) return "map";
  return type.scalar !== undefined ? "scalar" : "list";
}

/** Absent, null or without members. */
export function isVoid(value: unknown): boolean {
  if (isObject(value)) return Object.keys(value).length === 0;
  return !Array.isArray(value) || value.length === 0;
}
