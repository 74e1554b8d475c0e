import type { KubeObject } from "../resource-definition.ts";
import { ensureFields, isFields, setDefault, valueAt } from "./fields.ts";

export function defaultVolume(volume: KubeObject): void {
  const spec = ensureFields(volume, "spec");
  setDefault(spec, "persistentVolumeReclaimPolicy", "Retain");
  setDefault(spec, "volumeMode", "Filesystem");
  if (isFields(spec["hostPath"])) setDefault(spec["hostPath"], "type", "");
  if (valueAt(volume, "status", "phase") === undefined) ensureFields(volume, "status")["phase"] = "Pending";
}

export function defaultVolumeClaim(claim: KubeObject): void {
  setDefault(ensureFields(claim, "spec"), "volumeMode", "Filesystem");
  if (valueAt(claim, "status", "phase") === undefined) ensureFields(claim, "status")["phase"] = "Pending";
}

export function defaultStorageClass(storageClass: KubeObject): void {
  setDefault(storageClass, "reclaimPolicy", "Delete");
  setDefault(storageClass, "volumeBindingMode", "Immediate");
}
