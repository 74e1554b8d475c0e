import type { Scenario } from "../../scenario.ts";
import { samples } from "./objects.ts";

/** Objects with something wrong, by kind; each is sent and refused. */
const wrong: Readonly<Record<string, string>> = {
  Services: `
apiVersion: v1
kind: Service
metadata: { name: no-ports }
spec: { selector: { a: b } }
---
apiVersion: v1
kind: Service
metadata: { name: port-range }
spec: { ports: [{ port: 0 }, { port: 65536, name: b }, { port: 80, name: c, targetPort: 70000 }, { port: 81, name: d, nodePort: 5 }] }
---
apiVersion: v1
kind: Service
metadata: { name: names }
spec: { ports: [{ port: 80 }, { port: 81 }, { port: 82, name: Upper }, { port: 83, name: a }, { port: 84, name: a }, { port: 80, name: z }] }
---
apiVersion: v1
kind: Service
metadata: { name: protocol }
spec: { ports: [{ port: 80, protocol: HTTP, targetPort: "a_b" }] }
---
apiVersion: v1
kind: Service
metadata: { name: types }
spec: { type: Balanced, sessionAffinity: Sticky, externalTrafficPolicy: Cluster, internalTrafficPolicy: Some, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: addresses }
spec: { clusterIP: 1.2.3, externalIPs: [x, 127.0.0.1], loadBalancerSourceRanges: [10.0.0.0], loadBalancerIP: nothing, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: outside }
spec: { clusterIP: 192.168.1.1, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: external }
spec: { type: ExternalName }
---
apiVersion: v1
kind: Service
metadata: { name: external-bad }
spec: { type: ExternalName, externalName: "a b", ports: [{ port: 80, nodePort: 30001 }] }
---
apiVersion: v1
kind: Service
metadata: { name: class-without }
spec: { loadBalancerClass: service.k8s.aws/nlb, allocateLoadBalancerNodePorts: false, healthCheckNodePort: 31000, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: class-bad }
spec: { type: LoadBalancer, loadBalancerClass: "a b", loadBalancerSourceRanges: ["x/8"], ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: selector }
spec: { selector: { "a b": "c d" }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: 1number }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: affinity }
spec: { sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 100000 } }, ports: [{ port: 80, appProtocol: "a b" }] }
---
apiVersion: v1
kind: Service
metadata: { name: families }
spec: { ipFamilies: [IPv4, IPv4], ipFamilyPolicy: Dual, clusterIPs: [10.100.5.5, 10.100.5.6], ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: headless-balanced }
spec: { type: LoadBalancer, clusterIP: None, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: types-of-json }
spec: { ports: [{ port: "80" }] }
---
apiVersion: v1
kind: Service
metadata: { name: list-of-ports }
spec: { ports: { port: 80 } }
`,
  Ingresses: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: empty }
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: paths }
spec: { rules: [{ http: { paths: [{ path: a, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }, { path: "/a//b", pathType: Exact, backend: { service: { name: web, port: { number: 80 } } } }, { path: /x, backend: { service: { name: web, port: { number: 80 } } } }, { path: /y, pathType: Other, backend: { service: { name: web, port: { number: 80 } } } }] } }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: hosts }
spec: { rules: [{ host: "1.2.3.4" }, { host: "a b" }, { host: "*" }, { host: "*.a.*" }, { host: "UPPER.test" }, { host: "a.test:80" }], defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: backends }
spec: { rules: [{ http: { paths: [{ pathType: Prefix, path: /a, backend: {} }, { pathType: Prefix, path: /b, backend: { service: { name: "" } } }, { pathType: Prefix, path: /c, backend: { service: { name: web, port: { name: http, number: 80 } } } }, { pathType: Prefix, path: /d, backend: { service: { name: web, port: { number: 0 } } } }, { pathType: Prefix, path: /e, backend: { service: { name: Web_1, port: { number: 70000 } } } }, { pathType: Prefix, path: /f, backend: { service: { name: web, port: { name: "Bad Name" } } } }, { pathType: Prefix, path: /g, backend: { service: { name: web, port: { number: 80 } }, resource: { kind: Bucket, name: b } } }] } }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: no-paths }
spec: { rules: [{ http: { paths: [] } }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: class-both, annotations: { kubernetes.io/ingress.class: alb } }
spec: { ingressClassName: alb, defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: class-bad }
spec: { ingressClassName: "A B", tls: [{ hosts: ["a b"] }, { secretName: "x y" }], defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: differential-refused }
spec: { controller: "no slash" }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: differential-refused }
spec: { controller: a.test/b, parameters: { kind: X, name: y, scope: Namespace } }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: differential-refused }
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ports }
spec: { podSelector: { matchLabels: { "a b": c } }, policyTypes: [Other], ingress: [{ from: [{ ipBlock: { cidr: x, except: [1.1.1.0/24] } }, {}], ports: [{ port: 0 }, { port: bad_name, protocol: HTTP }, { port: 10, endPort: 5 }] }] }
`,
  Workloads: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: nothing }
spec: {}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: mismatch }
spec: { selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: c } }, spec: { containers: [{ name: main, image: x }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: numbers }
spec: { replicas: -1, minReadySeconds: -2, revisionHistoryLimit: -1, progressDeadlineSeconds: 0, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { restartPolicy: Never, containers: [{ name: main, image: x }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: strategy }
spec: { strategy: { type: Recreate, rollingUpdate: { maxSurge: 1 } }, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: x }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: rolling }
spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: x }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: percent }
spec: { strategy: { rollingUpdate: { maxSurge: "10", maxUnavailable: 200% } }, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: x }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: selectors }
spec: { selector: { matchExpressions: [{ key: a, operator: In }, { key: b, operator: Exists, values: [c] }, { key: c, operator: Like }] }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: x }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: empty-selector }
spec: { selector: {}, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: x }] } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: bad }
spec: { podManagementPolicy: Some, updateStrategy: { type: OnDelete, rollingUpdate: { partition: 1 } }, replicas: -1, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { restartPolicy: OnFailure, containers: [] } } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: bad }
spec: { updateStrategy: { type: Other }, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main }] } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: bad }
spec: { parallelism: -1, completions: -1, activeDeadlineSeconds: -5, template: { spec: { containers: [{ name: main, image: x }] } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: indexed }
spec: { completionMode: Indexed, template: { spec: { restartPolicy: Never, containers: [{ name: main, image: x }] } } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: bad }
spec: { schedule: "every day", timeZone: Nowhere/City, concurrencyPolicy: Maybe, successfulJobsHistoryLimit: -1, jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: main, image: x }] } } } } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: none }
spec: { jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: main, image: x }] } } } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: bad }
spec: { minReplicas: 0, maxReplicas: 0, scaleTargetRef: { kind: "", name: "" }, metrics: [{ type: Resource }] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: more }
spec: { minReplicas: 5, maxReplicas: 3, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: both }
spec: { minAvailable: 1, maxUnavailable: 1 }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: bad }
spec: { minAvailable: -1, selector: { matchExpressions: [{ key: a, operator: Bad }] } }
`,
  Pods: `
apiVersion: v1
kind: Pod
metadata: { name: empty }
spec: {}
---
apiVersion: v1
kind: Pod
metadata: { name: containers }
spec: { containers: [{ name: Main }, { image: x }, { name: a, image: x }, { name: a, image: x, imagePullPolicy: Often, terminationMessagePolicy: None }] }
---
apiVersion: v1
kind: Pod
metadata: { name: ports }
spec: { containers: [{ name: a, image: x, ports: [{ containerPort: 0 }, { containerPort: 70000, name: UPPER }, { containerPort: 80, name: a, protocol: HTTP }, { containerPort: 81, name: a }, { containerPort: 82, hostPort: 99999 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: env }
spec: { containers: [{ name: a, image: x, env: [{ name: "" }, { name: "a=b" }, { name: c, value: d, valueFrom: { secretKeyRef: { name: s, key: k } } }, { name: e, valueFrom: {} }, { name: f, valueFrom: { fieldRef: { fieldPath: spec.nothing } } }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: probes }
spec: { containers: [{ name: a, image: x, livenessProbe: { httpGet: { port: 0 }, periodSeconds: -1, successThreshold: 2 }, readinessProbe: {}, startupProbe: { tcpSocket: { port: "UPPER!" }, exec: { command: [x] } } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: resources }
spec: { containers: [{ name: a, image: x, resources: { requests: { cpu: 2, memory: -1 }, limits: { cpu: 1, apples: 3 } } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: quantity }
spec: { containers: [{ name: a, image: x, resources: { requests: { cpu: lots } } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: volumes }
spec: { containers: [{ name: a, image: x, volumeMounts: [{ name: nothing, mountPath: /a }, { name: v, mountPath: "" }, { name: v, mountPath: /a }] }], volumes: [{ name: v, emptyDir: {}, hostPath: { path: /x } }, { name: v }, { name: Bad }, { name: s, secret: {} }, { name: c, configMap: { name: x, items: [{ key: "", path: ../x }] } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: policies }
spec: { restartPolicy: Sometimes, dnsPolicy: None, terminationGracePeriodSeconds: -1, activeDeadlineSeconds: 0, nodeSelector: { "a b": c }, hostname: UP, serviceAccountName: Bad_Name, containers: [{ name: a, image: " x" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: tolerations }
spec: { tolerations: [{ key: a, operator: Some }, { operator: Equal }, { key: b, operator: Exists, value: c }, { key: d, effect: NoSchedule, tolerationSeconds: 5 }, { key: e, effect: Bad }], readinessGates: [{ conditionType: "a b" }], topologySpreadConstraints: [{ maxSkew: 0, topologyKey: "", whenUnsatisfiable: Never }], containers: [{ name: a, image: x }] }
---
apiVersion: v1
kind: Pod
metadata: { name: account }
spec: { serviceAccountName: nobody, containers: [{ name: a, image: x }] }
`,
  "Other kinds": `
apiVersion: v1
kind: ConfigMap
metadata: { name: keys }
data: { "a b": c, "..": d, both: x }
binaryData: { both: eA== }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: binary }
binaryData: { a: "not base64!" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: numbers }
data: { a: 1 }
---
apiVersion: v1
kind: Secret
metadata: { name: tls }
type: kubernetes.io/tls
---
apiVersion: v1
kind: Secret
metadata: { name: registry }
type: kubernetes.io/dockerconfigjson
stringData: { .dockerconfigjson: not json }
---
apiVersion: v1
kind: Secret
metadata: { name: account }
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Secret
metadata: { name: ssh }
type: kubernetes.io/ssh-auth
---
apiVersion: v1
kind: Node
metadata: { name: "a b" }
spec: { taints: [{ key: "", effect: Bad }, { key: a, effect: NoSchedule }, { key: a, effect: NoSchedule }], podCIDRs: [x] }
---
apiVersion: v1
kind: Namespace
metadata: { name: Upper_Case }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: "UP" }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: none }
spec: {}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: modes }
spec: { accessModes: [Any], resources: { requests: { storage: -1Gi } }, storageClassName: "a b" }
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: bad }
spec: { leaseDurationSeconds: 0, leaseTransitions: -1 }
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: time }
spec: { renewTime: yesterday }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: bad }
addressType: IPv4
ports: [{ name: a }, { name: a, port: 99999, protocol: X }]
endpoints: [{ addresses: [] }, { addresses: ["::1"] }, { addresses: [127.0.0.1] }, { addresses: [10.0.0.1], hostname: UP }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: type }
addressType: Other
endpoints: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: bad }
rules: [{ verbs: [] }, { verbs: [get], nonResourceURLs: [/x] }, { verbs: [get], apiGroups: [""] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: bad }
roleRef: { kind: Thing, name: "", apiGroup: other }
subjects: [{ kind: Robot, name: x }, { kind: ServiceAccount, name: "" }, { kind: User, name: ann, apiGroup: "" }]
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: differential-refused }
value: 2000000000
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: system-mine }
value: 1
preemptionPolicy: Maybe
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: differential-refused }
provisioner: "a b"
reclaimPolicy: Burn
volumeBindingMode: Whenever
---
apiVersion: v1
kind: LimitRange
metadata: { name: bad }
spec: { limits: [{ type: Container, min: { cpu: 2 }, max: { cpu: 1 } }] }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: bad }
spec: { hard: { "a b": 1, pods: -1 }, scopes: [Other] }
`,
};

export const refusedScenarios: readonly Scenario[] = Object.entries(wrong).map(([kinds, text]) => ({
  name: `refused: ${kinds}`,
  async run(session) {
    for (const { apiVersion, plural, object, clusterScoped } of samples(text)) {
      const root = apiVersion.includes("/") ? "/apis" : "/api";
      const path = clusterScoped ? `${root}/${apiVersion}/${plural}` : session.at(apiVersion, plural);
      // Go walks maps, such as those of keys and of resources, in an order of its own.
      await session.post(path, object, { anyOrder: true });
    }
  },
}));

const template = `template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: x }] } }`;

/** What cannot be changed once it is there. */
const changes: readonly { readonly from: string; readonly patches: readonly object[] }[] = [
  {
    from: `{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { ports: [{ port: 80 }] } }`,
    patches: [
      { spec: { clusterIP: "10.100.77.77" } },
      { spec: { clusterIP: null } },
      { spec: { type: "LoadBalancer", loadBalancerClass: "a.test/b" } },
      { spec: { loadBalancerClass: "a.test/c" } },
      { spec: { loadBalancerClass: null } },
      { spec: { type: "ClusterIP" } },
      { spec: { type: "ExternalName", externalName: "a.test" } },
      { spec: { ports: [] } },
      { spec: { ipFamilies: ["IPv6"] } },
    ],
  },
  {
    from: `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { selector: { matchLabels: { a: b } }, ${template} } }`,
    patches: [
      { spec: { selector: { matchLabels: { c: "d" } } } },
      { spec: { template: { spec: { containers: [] } } } },
    ],
  },
  {
    from: `{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: web }, spec: { serviceName: s, selector: { matchLabels: { a: b } }, ${template} } }`,
    patches: [{ spec: { serviceName: "t" } }, { spec: { podManagementPolicy: "Parallel" } }, { spec: { replicas: 4 } }],
  },
  {
    from: `{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: web }, spec: { selector: { matchLabels: { a: b } }, ${template} } }`,
    patches: [
      { spec: { template: { spec: { hostNetwork: true } } } },
      { spec: { minReadySeconds: 5 } },
      { metadata: { annotations: { "deprecated.daemonset.template.generation": "9" } } },
      { spec: { selector: { matchLabels: { c: "d" } } } },
    ],
  },
  {
    from: `{ apiVersion: batch/v1, kind: Job, metadata: { name: web }, spec: { template: { spec: { restartPolicy: Never, containers: [{ name: main, image: x }] } } } }`,
    patches: [
      { spec: { completions: 4 } },
      { spec: { parallelism: 4 } },
      { spec: { template: { spec: { restartPolicy: "OnFailure" } } } },
    ],
  },
  {
    from: `{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { containers: [{ name: main, image: x }] } }`,
    patches: [
      { spec: { containers: [{ name: "main", image: "y" }] } },
      { spec: { containers: [{ name: "other", image: "y" }] } },
      { spec: { nodeName: "somewhere" } },
      { spec: { activeDeadlineSeconds: 10 } },
      { spec: { activeDeadlineSeconds: 20 } },
      { spec: { tolerations: [] } },
    ],
  },
  {
    from: `{ apiVersion: v1, kind: ConfigMap, metadata: { name: fixed }, immutable: true, data: { a: b } }`,
    patches: [{ data: { a: "c" } }, { immutable: false }, { metadata: { labels: { a: "b" } } }],
  },
  {
    from: `{ apiVersion: v1, kind: Secret, metadata: { name: fixed }, immutable: true, stringData: { a: b } }`,
    patches: [{ stringData: { a: "c" } }, { immutable: null }, { type: "other" }],
  },
  {
    from: `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: { name: web }, addressType: IPv4, endpoints: [] }`,
    patches: [{ addressType: "IPv6" }, { endpoints: [{ addresses: ["10.0.0.1"] }] }],
  },
  {
    from: `{ apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: { name: web }, roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view } }`,
    patches: [{ roleRef: { name: "edit" } }, { subjects: [{ kind: "User", name: "ann" }] }],
  },
  {
    from: `{ apiVersion: v1, kind: PersistentVolumeClaim, metadata: { name: web }, spec: { accessModes: [ReadWriteOnce], storageClassName: a, resources: { requests: { storage: 1Gi } } } }`,
    patches: [
      { spec: { storageClassName: "b" } },
      { spec: { accessModes: ["ReadWriteMany"] } },
      { spec: { resources: { requests: { storage: "2Gi" } } } },
    ],
  },
];

export const changeScenarios: readonly Scenario[] = changes.flatMap(({ from, patches }) =>
  samples(from).map(({ apiVersion, plural, object }) => ({
    name: `changes of ${plural} ${object.metadata.name}`,
    async run(session) {
      const path = session.at(apiVersion, plural);
      await session.silently("POST", path, object);
      for (const patch of patches) await session.patch(`${path}/${object.metadata.name}`, "merge", patch);
    },
  })),
);
