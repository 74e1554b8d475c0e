import type { Body } from "../../session.ts";

/**
 * What a named schema says, in a form in which its order, its texts and its manner of referring to others do not matter:
 * version 3 wraps a reference that has neighbours in `allOf`.
 */
export function schemaFacts(schema: Body): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  const { description: _, allOf, $ref, required, properties, items, additionalProperties, ...rest } = schema;
  const reference = $ref ?? (allOf?.length === 1 ? allOf[0].$ref : undefined);
  return {
    ...rest,
    ...(reference === undefined ? {} : { refersTo: lastPart(reference) }),
    ...(allOf === undefined || reference !== undefined ? {} : { allOf }),
    ...(required === undefined ? {} : { required: [...(required as readonly string[])].sort() }),
    ...(properties === undefined ? {} : { properties: mapped(properties, schemaFacts) }),
    ...(items === undefined ? {} : { items: schemaFacts(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: schemaFacts(additionalProperties) }),
  };
}

/**
 * What a path offers. Answers in protobuf and YAML are left out, and the names of operations, from which clients are
 * generated.
 */
export function pathFacts(item: Body, shared: Body): unknown {
  const { parameters: ofPath, ...operations } = item;
  return mapped(operations, ({ parameters, requestBody, consumes, responses, ...operation }: Body) => ({
    action: operation["x-kubernetes-action"],
    kind: operation["x-kubernetes-group-version-kind"],
    parameters: parameterFacts([...(ofPath ?? []), ...(parameters ?? [])], shared),
    takes: bodyTypes(requestBody === undefined ? consumes : Object.keys(requestBody.content)),
    takesSchema: referred(requestBody === undefined ? undefined : Object.values(requestBody.content)[0]),
    gives: mapped(responses, (response: Body) =>
      referred(response.schema === undefined ? response.content?.["application/json"] : response),
    ),
  }));
}

function parameterFacts(parameters: readonly Body[], shared: Body): unknown {
  const resolved = parameters.map((parameter) =>
    parameter.$ref === undefined ? parameter : shared[parameter.$ref.replace("#/parameters/", "")],
  );
  return Object.fromEntries(
    resolved.map(({ name, in: place, required, type, uniqueItems, schema }: Body) => [
      `${place} ${name}`,
      {
        required: required === true,
        type: schema?.type ?? type,
        uniqueItems: schema?.uniqueItems ?? uniqueItems,
        refersTo: referred({ schema }),
      },
    ]),
  );
}

function bodyTypes(types: readonly string[] | undefined): unknown {
  return types?.filter((type) => !/protobuf|cbor/.test(type)).sort();
}

function referred(content: Body): string | undefined {
  const reference = content?.schema?.$ref;
  return reference === undefined ? undefined : lastPart(reference);
}

function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

function mapped(members: Body, facts: (member: Body) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members as object).map(([name, member]) => [name, facts(member)]));
}
