import { inOrderOfNames } from "./json-value.ts";
import type { ServedResource } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";

const TAILS = new WeakMap<object, string>();

/**
 * The object's JSON without its head (`{"kind":...,"apiVersion":...,`), made once per stored object. Custom resources have
 * their members in order of names, as the API server keeps them as maps.
 */
function tail(object: KubeObject, custom: boolean): string {
  let text = TAILS.get(object);
  if (text === undefined) {
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
    text = JSON.stringify(custom ? inOrderOfNames(rest) : rest).slice(1);
    if (Object.isFrozen(object)) TAILS.set(object, text);
  }
  return text;
}

function joined(head: string, rest: string): string {
  return rest === "}" ? `{${head}}` : `{${head},${rest}`;
}

/** The wire form of an object as `resource` serves it. */
export function objectJson(object: KubeObject, resource: ServedResource): string {
  const converted = resource.fromStorage(object);
  const source = sameContent(converted, object) ? object : converted;
  const kind = JSON.stringify(converted.kind);
  const apiVersion = JSON.stringify(converted.apiVersion);
  const head = resource.custom
    ? `"apiVersion":${apiVersion},"kind":${kind}`
    : `"kind":${kind},"apiVersion":${apiVersion}`;
  return joined(head, tail(source, resource.custom));
}

/** An object as an item of a list: built-in kinds leave out `apiVersion` and `kind` there. */
export function itemJson(object: KubeObject, resource: ServedResource): string {
  if (resource.custom) return objectJson(object, resource);
  const converted = resource.fromStorage(object);
  return `{${tail(sameContent(converted, object) ? object : converted, false)}`;
}

/** Whether a conversion changed no more than `apiVersion`. */
function sameContent(a: KubeObject, b: KubeObject): boolean {
  return (
    a === b ||
    (a.metadata === b.metadata &&
      a["spec"] === b["spec"] &&
      a["involvedObject"] === b["involvedObject"] &&
      a["regarding"] === b["regarding"])
  );
}
