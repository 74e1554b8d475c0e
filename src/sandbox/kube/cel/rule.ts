import type { Schema } from "../resource-definition.ts";

export type Rule = NonNullable<Schema["x-kubernetes-validations"]>[number];

/**
 * A rule's `fieldPath`, such as `.spec['a-b'].c`, in the notation of errors; undefined when it leads to nothing in the
 * schema.
 */
export function fieldPathOf(path: string, schema: Schema): string | undefined {
  let rest = path;
  let result = "";
  let current: Schema | undefined = schema;
  while (rest !== "") {
    const [whole, plain, quoted] = /^(?:\.([^.[\]']+)|\['((?:[^'\\]|\\.)*)'\])/.exec(rest) ?? [];
    const name: string | undefined = plain ?? quoted?.replaceAll(/\\(.)/g, "$1");
    if (whole === undefined || name === undefined || current === undefined) return undefined;
    rest = rest.slice(whole.length);
    const property: Schema | undefined = current.properties?.[name];
    const additional: Schema | boolean | undefined = current.additionalProperties;
    if (property !== undefined) {
      result += result === "" ? name : `.${name}`;
      current = property;
    } else if (typeof additional === "object") {
      result += `[${name}]`;
      current = additional;
    } else return undefined;
  }
  return result;
}

/** All parts of a schema that values have a place in. */
export function partsOf(schema: Schema): Schema[] {
  return [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : []),
  ];
}
