import type { KubeObject } from "../resource-definition.ts";
import { ensureFields, fieldsAt, isFields, numberAt, objectsAt, setDefault } from "./fields.ts";
import { defaultPodSpec } from "./pod-defaults.ts";

/** A Pod's defaults. What needs more than the pod (service account, priority, tolerations) is admission's. */
export function defaultPod(pod: KubeObject): void {
  const spec = ensureFields(pod, "spec");
  defaultPodSpec(spec);
  // Only a pod itself is put right; in templates it stays as it is.
  if ((numberAt(spec, "terminationGracePeriodSeconds") ?? 0) < 0) spec["terminationGracePeriodSeconds"] = 1;
  setDefault(spec, "enableServiceLinks", true);
  for (const container of [...objectsAt(spec, "containers"), ...objectsAt(spec, "initContainers")]) {
    const limits = fieldsAt(container, "resources", "limits");
    if (Object.keys(limits).length === 0) continue;
    const resources = ensureFields(container, "resources");
    resources["requests"] = { ...limits, ...fieldsAt(resources, "requests") };
  }
}

/** `stringData` is a way to write only: it is stored in `data`. */
export function defaultSecret(secret: KubeObject): void {
  setDefault(secret, "type", "Opaque");
  const plain = secret["stringData"];
  if (!isFields(plain)) return;
  const encoded = Object.entries(plain).map(([key, value]) => [key, Buffer.from(String(value)).toString("base64")]);
  secret["data"] = { ...fieldsAt(secret, "data"), ...(Object.fromEntries(encoded) as Record<string, string>) };
  delete secret["stringData"];
}

export function defaultConfig(config: KubeObject): void {
  for (const name of ["data", "binaryData"]) {
    if (Object.keys(fieldsAt(config, name)).length === 0) delete config[name];
  }
}

/** A node's pod addresses are told in two fields. */
export function defaultNode(node: KubeObject): void {
  const spec = ensureFields(node, "spec");
  if (typeof spec["podCIDR"] === "string" && spec["podCIDRs"] === undefined) spec["podCIDRs"] = [spec["podCIDR"]];
  const status = fieldsAt(node, "status");
  if (status["allocatable"] === undefined && isFields(status["capacity"]))
    status["allocatable"] = { ...status["capacity"] };
}
