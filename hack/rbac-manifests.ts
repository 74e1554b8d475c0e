import { stringify } from "yaml";
import { clusterRules, leaderElectionRules } from "../src/operator/rbac.ts";
import { defaultLeaseName } from "../src/operator/settings.ts";

const name = "fairlead";
const namespace = "kube-system";
const labels = { "app.kubernetes.io/name": name };
const apiGroup = "rbac.authorization.k8s.io";
const subjects = [{ kind: "ServiceAccount", name, namespace }];

/** The files of `config/rbac`: the operator's ServiceAccount and what it may do in the cluster. */
export function rbacManifests(): ReadonlyMap<string, object> {
  const rbac = { apiVersion: `${apiGroup}/v1` };
  const files: Readonly<Record<string, object>> = {
    "service-account.yaml": { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } },
    "cluster-role.yaml": { ...rbac, kind: "ClusterRole", metadata: { name, labels }, rules: clusterRules() },
    "cluster-role-binding.yaml": {
      ...rbac,
      kind: "ClusterRoleBinding",
      metadata: { name, labels },
      roleRef: { apiGroup, kind: "ClusterRole", name },
      subjects,
    },
    "leader-election-role.yaml": {
      ...rbac,
      kind: "Role",
      metadata: { name: `${name}-leader-election`, namespace, labels },
      rules: leaderElectionRules(defaultLeaseName),
    },
    "leader-election-role-binding.yaml": {
      ...rbac,
      kind: "RoleBinding",
      metadata: { name: `${name}-leader-election`, namespace, labels },
      roleRef: { apiGroup, kind: "Role", name: `${name}-leader-election` },
      subjects,
    },
  };
  return new Map([...Object.entries(files), ["kustomization.yaml", kustomization(Object.keys(files))]]);
}

export function kustomization(resources: readonly string[]): object {
  return { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources };
}

/** The text of one generated manifest. */
export function manifestText(manifest: object): string {
  return stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
}
