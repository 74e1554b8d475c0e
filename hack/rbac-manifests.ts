import { stringify } from "yaml";
import { rbacManifests } from "../src/operator/rbac-manifests.ts";

/** The files of `config/rbac`, by name. */
export function rbacFiles(): ReadonlyMap<string, object> {
  const files = Object.entries(rbacManifests);
  return new Map<string, object>([...files, ["kustomization.yaml", kustomization(files.map(([name]) => name))]]);
}

export function kustomization(resources: readonly string[]): object {
  return { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources };
}

/** The text of one generated manifest. */
export function manifestText(manifest: object): string {
  return stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
}
