import { readFileSync } from "node:fs";
import { modelFields } from "./builtin/model-schema.ts";

/**
 * The texts that `kubectl explain` shows of the built-in kinds, from the comments in the Kubernetes client's type declarations.
 * In a bundle there are no declarations, and the kinds have no descriptions.
 */
export function fieldDescriptions(model: string): ReadonlyMap<string, string> {
  return describe(model).fields;
}

export function modelDescription(model: string): string | undefined {
  return describe(model).model;
}

interface Descriptions {
  readonly model: string | undefined;
  readonly fields: ReadonlyMap<string, string>;
}

const known = new Map<string, Descriptions>();

function describe(model: string): Descriptions {
  let found = known.get(model);
  if (found === undefined) {
    found = parse(model, declarations(model));
    known.set(model, found);
  }
  return found;
}

function declarations(model: string): string {
  try {
    return readFileSync(new URL(`gen/models/${model}.d.ts`, import.meta.resolve("@kubernetes/client-node")), "utf8");
  } catch {
    return "";
  }
}

function parse(model: string, source: string): Descriptions {
  if (source === "") return { model: undefined, fields: new Map() };
  const byProperty = new Map<string, string>();
  for (const [, comment, property] of source.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s+'([^']+)'\??: /g)) {
    if (comment !== undefined && property !== undefined) byProperty.set(property, commentText(comment));
  }
  const fields = new Map<string, string>();
  for (const { name, property } of modelFields(model)) {
    const text = byProperty.get(property);
    if (text !== undefined) fields.set(name, text);
  }
  const own = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s+export declare class/.exec(source)?.[1];
  return { model: own === undefined ? undefined : commentText(own), fields };
}

function commentText(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*\s?/, "").trim())
    .join(" ")
    .replace(/\\(['"])/g, "$1")
    .trim();
}
