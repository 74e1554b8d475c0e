import { writeZeros } from "./builtin/normalize.ts";
import { completeSchema } from "./object-meta.ts";
import type { Registry, ServedResource } from "./registry.ts";
import type { KubeObject } from "./resource-definition.ts";
import { EMPTY_SET } from "./server-side-apply/field-set.ts";
import type { FieldWriter } from "./server-side-apply/managed-fields.ts";
import { mergeTypeOf } from "./server-side-apply/merge-type.ts";
import { resetFields } from "./server-side-apply/reset-fields.ts";
import type { Versions } from "./server-side-apply/versions.ts";

/** Who writes fields of a resource through an endpoint of it. `time` is RFC 3339 in whole seconds. */
export function fieldWriter(
  registry: Pick<Registry, "findKind">,
  resource: ServedResource,
  { manager, subresource, time }: { readonly manager: string; readonly subresource: string; readonly time: string },
): FieldWriter {
  const ignored = resetFields(resource, subresource);
  const { apiVersion, kind, custom } = resource;
  return {
    manager,
    apiVersion,
    kind,
    subresource,
    time,
    versions: versionsOf(registry, resource),
    // Of a custom resource, `status` is left out in the version of the request only.
    ignored: (version) => (custom && subresource === "" && version !== apiVersion ? EMPTY_SET : ignored),
    custom,
  };
}

function versionsOf(registry: Pick<Registry, "findKind">, resource: ServedResource): Versions {
  const inVersion = (object: KubeObject, served: ServedResource): KubeObject => {
    // What another version of a custom resource does not know stays, to be noticed.
    if (resource.custom) return { ...object, apiVersion: served.apiVersion };
    const from = registry.findKind(object.apiVersion, resource.kind) ?? resource;
    return served.fromStorage(from.toStorage(object));
  };
  return {
    convert(object, apiVersion) {
      const served = apiVersion === resource.apiVersion ? resource : registry.findKind(apiVersion, resource.kind);
      if (served?.storageKey !== resource.storageKey) return undefined;
      const type = mergeTypeOf(completeSchema(served.definition.schema));
      return { object: object.apiVersion === apiVersion ? object : inVersion(object, served), type };
    },
    empty(apiVersion) {
      const object = {};
      const served = apiVersion === resource.apiVersion ? resource : registry.findKind(apiVersion, resource.kind);
      if (!resource.custom) writeZeros(object, served?.definition.schema);
      return object;
    },
  };
}
