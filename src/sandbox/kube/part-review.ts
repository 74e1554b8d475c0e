import type { AdmissionSubject } from "./admission.ts";
import type { JsonObject } from "./json-value.ts";
import type { PartKind } from "./part-body.ts";
import type { KubeObject } from "./resource-definition.ts";
import type { EndpointDependencies, ResourceCall } from "./resource-endpoint.ts";

/**
 * Takes what is posted to a part of an object, such as a Binding or an Eviction, through admission: webhooks and policies
 * see it as created there. Gives what they make of it.
 */
export async function reviewedPart(
  { admission }: EndpointDependencies,
  { info, resource, context }: ResourceCall,
  kind: PartKind,
  {
    body,
    name,
    completed = (object) => object,
  }: {
    readonly body: JsonObject;
    readonly name: string;
    /** What the server adds before the object is judged. */
    readonly completed?: (object: KubeObject) => KubeObject;
  },
): Promise<JsonObject> {
  const { group, version } = kind;
  const subject: AdmissionSubject = {
    operation: "CREATE",
    resource,
    subresource: info.subresource,
    kind,
    name,
    namespace: info.namespace,
    object: {
      ...body,
      apiVersion: group === "" ? version : `${group}/${version}`,
      kind: kind.kind,
      metadata: { ...(body["metadata"] as JsonObject | undefined), namespace: info.namespace },
    } as unknown as KubeObject,
    oldObject: undefined,
    context,
    options: context.options ?? {},
  };
  const mutated = (await admission.mutate(subject)) ?? subject.object;
  const object = mutated === undefined ? undefined : completed(mutated);
  await admission.validate({ ...subject, object });
  return object ?? body;
}
