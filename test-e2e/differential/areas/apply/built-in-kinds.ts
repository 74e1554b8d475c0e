import type { Scenario } from "../../scenario.ts";

const labels = { app: "a" };

/** Ownership on the other built-in kinds, and what their creators own. */
export const otherKindScenarios: readonly Scenario[] = [
  {
    name: "service accounts, secrets and roles",
    async run(session) {
      const account = (rest: object): object => ({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "a" },
        ...rest,
      });
      const accounts = session.at("v1", "serviceaccounts", "a");
      await session.apply(accounts, "one", account({ imagePullSecrets: [{ name: "x" }], secrets: [{ name: "s" }] }));
      await session.apply(accounts, "two", account({ imagePullSecrets: [{ name: "y" }] }));
      await session.apply(accounts, "two", account({ secrets: [{ name: "t" }] }));
      await session.apply(accounts, "one", account({ automountServiceAccountToken: false }));
      const secret = (rest: object): object => ({ apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, ...rest });
      const secrets = session.at("v1", "secrets", "a");
      await session.apply(secrets, "one", secret({ stringData: { x: "1" }, data: { y: "MQ==" } }));
      await session.apply(secrets, "one", secret({ stringData: { x: "2" }, data: { y: "MQ==" } }));
      await session.apply(secrets, "two", secret({ data: { x: "Mw==" } }));
      await session.apply(secrets, "one", secret({ data: { y: "not base64" } }));
      await session.apply(secrets, "one", secret({ type: "Opaque" }));
      const role = (rules: unknown): object => ({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "a" },
        rules,
      });
      const roles = session.at("rbac.authorization.k8s.io/v1", "roles", "a");
      await session.apply(roles, "one", role([{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }]));
      await session.apply(roles, "two", role([{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }]));
      await session.apply(roles, "two", role([{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }]));
      await session.apply(roles, "one", {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "a" },
      });
      await session.apply(roles, "two", {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "a" },
      });
      const binding = (name: string): object => ({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "a" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "a" },
        subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
      });
      const bindings = session.at("rbac.authorization.k8s.io/v1", "rolebindings", "a");
      await session.apply(bindings, "one", binding("x"));
      await session.apply(bindings, "two", binding("y"));
      await session.apply(bindings, "two", binding("y"), "&force=true");
    },
  },
  {
    name: "taints, conditions and addresses of a Node",
    async run(session) {
      const path = "/api/v1/nodes/server-side-apply-a";
      const node = (rest: object, metadata: object = {}): object => ({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "server-side-apply-a", ...metadata },
        ...rest,
      });
      await session.silently("DELETE", path);
      await session.apply(
        path,
        "one",
        node(
          { spec: { taints: [{ key: "a", effect: "NoSchedule" }], podCIDRs: ["10.1.0.0/24"], podCIDR: "10.1.0.0/24" } },
          { labels: { z: "1" } },
        ),
      );
      await session.apply(path, "two", node({ spec: { taints: [{ key: "b", effect: "NoSchedule" }] } }));
      await session.apply(path, "two", node({ spec: { providerID: "aws:///a/i-1" } }));
      const condition = (type: string, status: string): object => ({
        type,
        status,
        lastHeartbeatTime: null,
        lastTransitionTime: null,
      });
      await session.apply(
        `${path}/status`,
        "kubelet",
        node({
          status: {
            conditions: [condition("Ready", "True")],
            capacity: { cpu: "2", memory: "1024Mi" },
            addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
          },
        }),
      );
      await session.apply(
        `${path}/status`,
        "other",
        node({ status: { conditions: [condition("Own", "True"), condition("Ready", "False")] } }),
      );
      await session.apply(`${path}/status`, "other", node({ status: { conditions: [condition("Own", "True")] } }));
      await session.patch(`${path}/status?fieldManager=patcher`, "strategic-merge", {
        status: { conditions: [{ type: "Own", status: "Unknown" }] },
      });
      await session.apply(`${path}/status`, "other", node({ status: {} }));
      await session.apply(path, "one", node({ status: { phase: "Running" }, spec: { taints: [] } }));
      await session.silently("DELETE", path);
    },
  },
  {
    name: "a Pod with what admission adds",
    async run(session) {
      const path = session.at("v1", "pods", "a");
      const pod = (spec: object, metadata: object = {}): object => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "a", ...metadata },
        spec,
      });
      await session.apply(
        path,
        "one",
        pod({ containers: [{ name: "c", image: "i" }], tolerations: [{ key: "x", operator: "Exists" }] }),
      );
      await session.apply(
        path,
        "one",
        pod(
          { containers: [{ name: "c", image: "i" }], tolerations: [{ key: "x", operator: "Exists" }] },
          { labels: { a: "b" } },
        ),
      );
      await session.apply(path, "two", pod({ containers: [{ name: "c", image: "j" }] }));
      await session.apply(path, "two", pod({ containers: [{ name: "c", image: "j" }] }), "&force=true");
      await session.patch(`${path}/status?fieldManager=kubelet`, "strategic-merge", {
        status: {
          phase: "Running",
          podIP: "10.0.0.1",
          podIPs: [{ ip: "10.0.0.1" }],
          conditions: [{ type: "Ready", status: "True" }],
        },
      });
      await session.apply(`${path}/status`, "gate", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "a", labels: { s: "t" } },
        status: { conditions: [{ type: "x.y/gate", status: "True" }] },
      });
      await session.get(path);
    },
  },
  {
    name: "endpoint slices, policies, leases and budgets",
    async run(session) {
      const slices = session.at("discovery.k8s.io/v1", "endpointslices", "a");
      const slice = (rest: object): object => ({
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "a" },
        ...rest,
      });
      await session.apply(
        slices,
        "one",
        slice({ addressType: "IPv4", ports: [{ name: "p", port: 80 }], endpoints: [{ addresses: ["10.0.0.1"] }] }),
      );
      await session.apply(slices, "two", slice({ addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.2"] }] }));
      await session.apply(slices, "one", slice({ addressType: "IPv4", ports: [{ name: "p", port: 81 }] }));
      const leases = session.at("coordination.k8s.io/v1", "leases", "a");
      const lease = (spec: object): object => ({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "a" },
        spec,
      });
      await session.apply(
        leases,
        "one",
        lease({ holderIdentity: "one", leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z" }),
      );
      await session.apply(leases, "two", lease({ holderIdentity: "two" }));
      await session.apply(leases, "one", lease({ holderIdentity: "one", renewTime: "2026-01-01T00:00:01.500000Z" }));
      const budgets = session.at("policy/v1", "poddisruptionbudgets", "a");
      const budget = (spec: object): object => ({
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "a" },
        spec,
      });
      await session.apply(budgets, "one", budget({ minAvailable: 1, selector: { matchLabels: { a: "b" } } }));
      await session.apply(budgets, "two", budget({ minAvailable: "50%", selector: { matchLabels: { c: "d" } } }));
      await session.apply(budgets, "two", budget({ minAvailable: "50%" }), "&force=true");
      const policies = session.at("networking.k8s.io/v1", "networkpolicies", "a");
      await session.apply(policies, "one", {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "a" },
        spec: { podSelector: {}, policyTypes: ["Ingress"] },
      });
      await session.apply(policies, "two", {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "a" },
        spec: { podSelector: { matchLabels: { a: "b" } } },
      });
    },
  },
  {
    name: "the creator of every kind",
    async run(session) {
      const podSpec = { containers: [{ name: "c", image: "i" }] };
      const pods = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } };
      const job = { template: { spec: { ...podSpec, restartPolicy: "Never" } } };
      const of = (apiVersion: string, kind: string, plural: string, rest: object): Promise<unknown> =>
        session.post(session.at(apiVersion, plural), { apiVersion, kind, metadata: { name: "a" }, ...rest });
      await of("apps/v1", "StatefulSet", "statefulsets", { spec: { ...pods, serviceName: "s" } });
      await of("apps/v1", "DaemonSet", "daemonsets", { spec: pods });
      await of("apps/v1", "ReplicaSet", "replicasets", { spec: pods });
      await of("v1", "ReplicationController", "replicationcontrollers", {
        spec: { selector: labels, template: pods.template },
      });
      await of("batch/v1", "CronJob", "cronjobs", { spec: { schedule: "* * * * *", jobTemplate: { spec: job } } });
      await of("v1", "PersistentVolumeClaim", "persistentvolumeclaims", {
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      });
      await of("v1", "ResourceQuota", "resourcequotas", { spec: { hard: { pods: "10" } } });
      await of("v1", "LimitRange", "limitranges", { spec: { limits: [{ type: "Container", default: { cpu: "1" } }] } });
      await of("v1", "Endpoints", "endpoints", {
        subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ port: 80 }] }],
      });
      await of("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", {
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
        ports: [{ port: 1 }],
      });
      await of("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", {
        spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
      });
      await of("networking.k8s.io/v1", "Ingress", "ingresses", {
        spec: { defaultBackend: { service: { name: "s", port: { number: 1 } } } },
      });
      await of("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", { spec: { podSelector: {} } });
      await of("v1", "PodTemplate", "podtemplates", { template: pods.template });
      await of("apps/v1", "ControllerRevision", "controllerrevisions", { revision: 1, data: { a: { b: [1] } } });
      await of("rbac.authorization.k8s.io/v1", "Role", "roles", {});
      await of("v1", "Event", "events", {
        involvedObject: { kind: "Pod", name: "p", namespace: session.namespace },
        reason: "R",
        type: "Normal",
      });
      await of("coordination.k8s.io/v1", "Lease", "leases", { spec: { holderIdentity: "me" } });
    },
  },
];
