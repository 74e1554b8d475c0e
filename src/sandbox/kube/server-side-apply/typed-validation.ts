import { isObject } from "../json-value.ts";
import { atomFor, formOf } from "./atom.ts";
import { goType, goValue } from "./go-value.ts";
import { itemElement } from "./list-items.ts";
import type { ListType, MapType, MergeType } from "./merge-type.ts";
import { elementText } from "./path-element.ts";

/** Why a value is none of the type, with the API server's texts; each problem with its path. */
export function typeProblems(value: unknown, type: MergeType, allowDuplicates: boolean): string[] {
  return problems(value, type, "", allowDuplicates);
}

/** Problems as one text, as the API server joins them. */
export function problemText(found: readonly string[]): string {
  return found.length === 1 ? found.join("") : `errors:\n${found.map((problem) => `  ${problem}`).join("\n")}`;
}

function problems(value: unknown, type: MergeType, path: string, allowDuplicates: boolean): string[] {
  if (value === null || value === undefined) return [];
  const atom = atomFor(type, value);
  switch (formOf(atom)) {
    case "scalar": {
      const problem = scalarProblem(value, atom.scalar ?? "untyped");
      return problem === undefined ? [] : [at(path, problem)];
    }
    case "map":
      if (!isObject(value)) return [at(path, `expected map, got &{${goValue(value, "plain")}}`)];
      return atom.map === undefined ? [] : memberProblems(value, atom.map, path, allowDuplicates);
    case "list":
      if (!Array.isArray(value)) return [at(path, `expected list, got &{${goValue(value, "plain")}}`)];
      return atom.list === undefined ? [] : itemProblems(value, atom.list, path, allowDuplicates);
  }
}

function at(path: string, problem: string): string {
  return path === "" ? problem : `${path}: ${problem}`;
}

function scalarProblem(value: unknown, scalar: NonNullable<MergeType["scalar"]>): string | undefined {
  const type = typeof value;
  switch (scalar) {
    case "numeric":
      return type === "number" ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case "string":
      return type === "string"
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goValue(value, "source")}}`;
    case "boolean":
      return type === "boolean" ? undefined : `expected boolean, got &{${goValue(value, "plain")}}`;
    case "untyped":
      return type === "number" || type === "string" || type === "boolean"
        ? undefined
        : `expected any scalar, got &{${goValue(value, "plain")}}`;
  }
}

/** The first member that is not declared ends the search in its map. */
function memberProblems(
  value: Readonly<Record<string, unknown>>,
  map: MapType,
  path: string,
  allowDuplicates: boolean,
): string[] {
  const found: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const below = `${path}.${name}`;
    const type = map.field(name) ?? map.element();
    if (type === undefined) {
      found.push(at(below, "field not declared in schema"));
      break;
    }
    found.push(...problems(member, type, below, allowDuplicates));
  }
  return found;
}

function itemProblems(items: readonly unknown[], list: ListType, path: string, allowDuplicates: boolean): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    let text = `[${index}]`;
    if (list.associative) {
      const place = itemElement(item, list);
      if ("problem" in place) {
        found.push(at(path, `element ${index}: ${place.problem}`));
        break;
      }
      text = elementText(place.element);
      if (seen.has(place.element) && !allowDuplicates) found.push(at(path, `duplicate entries for key ${text}`));
      seen.add(place.element);
    }
    found.push(...problems(item, list.items(), `${path}${text}`, allowDuplicates));
  }
  return found;
}
