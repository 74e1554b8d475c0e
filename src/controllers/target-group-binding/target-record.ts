import type { Kind, KubeObject } from "../../api/object.ts";
import type { TargetGroupBinding } from "../../api/target-group-binding.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Target } from "../../resources/elbv2/specs.ts";

/** What bindings that share their target group with others have registered there. `undefined`: nothing was ever recorded. */
export interface TargetRecords {
  read(binding: TargetGroupBinding, signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Nothing is written where the record says so already. */
  write(binding: TargetGroupBinding, targets: readonly string[], signal: AbortSignal): Promise<void>;
  remove(binding: TargetGroupBinding, signal: AbortSignal): Promise<void>;
}

/** A target as records name it: `id:port`. */
export function recordedTarget({ id, port }: Target): string {
  return `${id}:${port}`;
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const configMapKind: Kind<ConfigMap> = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
};

const dataKey = "targets";

/** Records in the ConfigMaps that LBC uses, one for each binding; they go with their binding. */
export function targetRecords(kube: KubeClient): TargetRecords {
  const known = new Map<string, readonly string[] | undefined>();
  const nameOf = ({ metadata }: TargetGroupBinding) => ({
    namespace: metadata.namespace ?? "",
    name: `aws-lbc-targets-${metadata.name}`,
  });
  return {
    async read(binding, signal) {
      const { uid } = binding.metadata;
      if (known.has(uid)) return known.get(uid);
      const found = await kube.get(configMapKind, nameOf(binding), { signal });
      const text = found?.data?.[dataKey];
      const targets = found === undefined ? undefined : (text ?? "").split(",").filter((entry) => entry !== "");
      known.set(uid, targets);
      return targets;
    },
    async write(binding, targets, signal) {
      const { metadata } = binding;
      const wanted = [...new Set(targets)].sort();
      if (known.get(metadata.uid)?.join() === wanted.join()) return;
      known.delete(metadata.uid);
      const owner = { apiVersion: binding.apiVersion, kind: binding.kind, name: metadata.name, uid: metadata.uid };
      await kube.apply(
        configMapKind,
        { metadata: { ...nameOf(binding), ownerReferences: [owner] }, data: { [dataKey]: wanted.join(",") } },
        { signal, force: true },
      );
      known.set(metadata.uid, wanted);
    },
    async remove(binding, signal) {
      known.delete(binding.metadata.uid);
      await kube.delete(configMapKind, nameOf(binding), { signal });
    },
  };
}
