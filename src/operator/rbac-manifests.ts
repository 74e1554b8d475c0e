import { clusterRules, leaderElectionRules } from "./rbac.ts";
import { defaultLeaseName } from "./settings.ts";

/** The ServiceAccount that the operator is installed with. */
export const operatorAccount = { name: "fairlead", namespace: "kube-system" } as const;

const { name, namespace } = operatorAccount;
const labels = { "app.kubernetes.io/name": name };
const apiGroup = "rbac.authorization.k8s.io";
const subjects = [{ kind: "ServiceAccount", name, namespace }];
const rbac = { apiVersion: `${apiGroup}/v1` };

/** The operator's ServiceAccount and what it may do in the cluster, by the names of the files in `config/rbac`. */
export const rbacManifests = {
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
} as const;
