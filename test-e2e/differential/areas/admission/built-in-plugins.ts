import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";

const container = { name: "c", image: "i" };

/** A pod whose token volume, named by chance, appears under one name. */
async function createPod(session: Session, name: string, spec: Record<string, unknown>): Promise<void> {
  const path = session.at("v1", "pods");
  const made = await session.silently("POST", path, { metadata: { name }, spec: { containers: [container], ...spec } });
  const volumes = (made.body.spec?.volumes ?? []) as { name: string }[];
  for (const volume of volumes) {
    if (volume.name.startsWith("kube-api-access-")) session.alias(volume.name, "token volume");
  }
  const { status, body } = made;
  session.compared(`create of pod ${name}`, { status, body });
}

/** Admission that is compiled into the API server. */
export const builtInPluginScenarios: readonly Scenario[] = [
  {
    name: "NamespaceLifecycle",
    async run(session) {
      const nowhere = "/api/v1/namespaces/admission-nowhere/configmaps";
      await session.post(nowhere, { metadata: { name: "a" } });
      await session.put(`${nowhere}/a`, { metadata: { name: "a" } });
      await session.delete(`${nowhere}/a`);
      for (const name of ["default", "kube-system", "kube-public"]) {
        await session.delete(`/api/v1/namespaces/${name}?dryRun=All`);
      }
      const own = "/api/v1/namespaces/admission-lifecycle";
      await session.post("/api/v1/namespaces", { metadata: { name: "admission-lifecycle" } });
      await session.post(`${own}/configmaps`, { metadata: { name: "a", finalizers: ["example.io/held"] } });
      await session.delete(own);
      await session.until(own, ({ body }) => body.status?.phase === "Terminating");
      await session.post(`${own}/configmaps`, { metadata: { name: "b" } });
      await session.post(`${own}/configmaps?dryRun=All`, { metadata: { generateName: "b-" } });
      await session.patch(`${own}/configmaps/a`, "merge", { data: { k: "v" } });
      await session.patch(`${own}/configmaps/a`, "merge", { metadata: { finalizers: null } });
      await session.delete(`${own}/configmaps/a`);
    },
  },
  {
    name: "ServiceAccount and DefaultTolerationSeconds",
    async run(session) {
      await session.post(session.at("v1", "serviceaccounts"), {
        metadata: { name: "quiet" },
        automountServiceAccountToken: false,
      });
      await createPod(session, "plain", {});
      await createPod(session, "named", { serviceAccountName: "default" });
      await createPod(session, "two", {
        containers: [container, { name: "d", image: "i" }],
        initContainers: [{ name: "n", image: "i" }],
      });
      await createPod(session, "quiet", { serviceAccountName: "quiet" });
      await createPod(session, "loud", { serviceAccountName: "quiet", automountServiceAccountToken: true });
      await createPod(session, "hushed", { automountServiceAccountToken: false });
      await createPod(session, "mounted", {
        containers: [
          { ...container, volumeMounts: [{ name: "v", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }] },
        ],
        volumes: [{ name: "v", emptyDir: {} }],
      });
      const toleration = { effect: "NoExecute", operator: "Exists" };
      await createPod(session, "tolerant", { tolerations: [toleration] });
      await createPod(session, "half", {
        tolerations: [{ ...toleration, key: "node.kubernetes.io/not-ready", tolerationSeconds: 5 }],
      });
      await createPod(session, "other", {
        tolerations: [{ key: "a", operator: "Equal", value: "b", effect: "NoSchedule" }],
      });
    },
  },
  {
    name: "a missing ServiceAccount",
    async run(session) {
      await createPod(session, "lost", { serviceAccountName: "missing" });
    },
  },
  {
    name: "Priority",
    async run(session) {
      await createPod(session, "none", {});
      await createPod(session, "system", { priorityClassName: "system-node-critical" });
      await createPod(session, "missing", { priorityClassName: "missing" });
      await createPod(session, "given", { priority: 5 });
    },
  },
  {
    name: "DefaultIngressClass",
    async run(session) {
      const classes = "/apis/networking.k8s.io/v1/ingressclasses";
      await session.silently("POST", classes, {
        metadata: { name: "admission-class", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
        spec: { controller: "example.io/none" },
      });
      const path = session.at("networking.k8s.io/v1", "ingresses");
      const spec = { defaultBackend: { service: { name: "a", port: { number: 80 } } } };
      for (const end = Date.now() + 20_000; Date.now() < end; ) {
        const { body } = await session.silently("POST", `${path}?dryRun=All`, { metadata: { name: "probe" }, spec });
        if (body.spec?.ingressClassName !== undefined) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await session.post(path, { metadata: { name: "plain" }, spec });
      await session.post(path, { metadata: { name: "named" }, spec: { ...spec, ingressClassName: "other" } });
      await session.post(path, {
        metadata: { name: "annotated", annotations: { "kubernetes.io/ingress.class": "old" } },
        spec,
      });
      await session.post(path, {
        metadata: { name: "annotated-and-named", annotations: { "kubernetes.io/ingress.class": "old" } },
        spec: { ...spec, ingressClassName: "other" },
      });
      await session.patch(`${path}/annotated`, "merge", { metadata: { labels: { a: "b" } } });
      await session.silently("DELETE", `${classes}/admission-class`);
    },
  },
  {
    name: "PodSecurity",
    async run(session) {
      await session.patch(`/api/v1/namespaces/${session.namespace}`, "merge", {
        metadata: { labels: { "pod-security.kubernetes.io/enforce": "baseline" } },
      });
      await createPod(session, "privileged", { containers: [{ ...container, securityContext: { privileged: true } }] });
      await createPod(session, "host", { hostNetwork: true });
      await createPod(session, "plain", {});
    },
  },
  {
    name: "LimitRanger and ResourceQuota",
    async run(session) {
      await session.silently("POST", session.at("v1", "limitranges"), {
        metadata: { name: "limits" },
        spec: { limits: [{ type: "Container", default: { cpu: "1" }, defaultRequest: { cpu: "100m" } }] },
      });
      await session.until(`${session.at("v1", "limitranges")}/limits`, ({ status }) => status === 200);
      await createPod(session, "limited", {});
    },
  },
  {
    name: "TaintNodesByCondition and StorageObjectInUseProtection",
    async run(session) {
      await session.post("/api/v1/nodes", { metadata: { name: "admission-node" } });
      await session.silently("DELETE", "/api/v1/nodes/admission-node");
      const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
      await session.post(session.at("v1", "persistentvolumeclaims"), { metadata: { name: "claim" }, spec });
    },
  },
  {
    name: "admission policies",
    async run(session) {
      const path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
      await session.get(`${path}/admission-policy-missing`);
    },
  },
];
