/** An object whose cells show something. */
export interface TableObject {
  readonly apiVersion: string;
  readonly plural: string;
  readonly name: string;
  readonly body: { readonly metadata?: object; readonly [field: string]: unknown };
  readonly status?: object;
}

const containers = [
  { name: "one", image: "registry.example.com/one:1" },
  { name: "two", image: "registry.example.com/two:2" },
];
const labels = { app: "web", tier: "front" };
const template = { metadata: { labels }, spec: { containers } };
const selector = { matchLabels: labels, matchExpressions: [{ key: "app", operator: "In", values: ["web", "api"] }] };

const object = (apiVersion: string, plural: string, name: string, body: object, status?: object): TableObject => ({
  apiVersion,
  plural,
  name,
  body: body as TableObject["body"],
  ...(status === undefined ? {} : { status }),
});

const running = { name: "one", image: "i", imageID: "i", ready: true, restartCount: 2, state: { running: {} } };
const waiting = { name: "two", image: "i", imageID: "i", ready: false, restartCount: 1 };

export const namespacedObjects: readonly TableObject[] = [
  object("v1", "pods", "pending", { spec: { containers, readinessGates: [{ conditionType: "example.com/gate" }] } }),
  object(
    "v1",
    "pods",
    "running",
    { spec: { containers, nodeName: "n1", readinessGates: [{ conditionType: "example.com/gate" }] } },
    {
      phase: "Running",
      podIP: "10.1.2.3",
      podIPs: [{ ip: "10.1.2.3" }],
      hostIP: "10.0.0.1",
      hostIPs: [{ ip: "10.0.0.1" }],
      conditions: [{ type: "example.com/gate", status: "True" }],
      containerStatuses: [running, { ...waiting, state: { waiting: { reason: "CrashLoopBackOff" } } }],
    },
  ),
  object(
    "v1",
    "pods",
    "done",
    { spec: { containers } },
    {
      phase: "Succeeded",
      containerStatuses: [
        { ...waiting, name: "one", state: { terminated: { exitCode: 0, reason: "Completed" } } },
        { ...waiting, state: { terminated: { exitCode: 3 } } },
      ],
    },
  ),
  object("v1", "services", "plain", {
    spec: {
      ports: [{ port: 80 }, { name: "b", port: 443, protocol: "UDP" }].map((each, index) => ({
        name: `p${index}`,
        ...each,
      })),
      selector: labels,
      clusterIP: "None",
    },
  }),
  object("v1", "services", "named", { spec: { type: "ExternalName", externalName: "example.com" } }),
  object("v1", "services", "outside", {
    spec: { clusterIP: "None", selector: labels, externalIPs: ["192.0.2.1", "192.0.2.2"] },
  }),
  object("v1", "endpoints", "ends", {
    subsets: [
      {
        addresses: [{ ip: "10.1.0.1" }, { ip: "10.1.0.2" }],
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 81 },
        ],
      },
    ],
  }),
  object("v1", "configmaps", "maps", { data: { a: "b", c: "d" }, binaryData: { e: "Zg==" } }),
  object("v1", "secrets", "hidden", { stringData: { a: "b" }, type: "example.com/kind" }),
  object("v1", "serviceaccounts", "robot", { secrets: [{ name: "a" }] }),
  object("v1", "limitranges", "limits", { spec: { limits: [{ type: "Container", max: { cpu: "1" } }] } }),
  object(
    "v1",
    "resourcequotas",
    "quota",
    { spec: { hard: { pods: "10", "limits.cpu": "2", "requests.memory": "1Gi" } } },
    {
      hard: { pods: "10", "limits.cpu": "2", "requests.memory": "1Gi" },
      used: { pods: "3", "limits.cpu": "500m", "requests.memory": "0" },
    },
  ),
  object("v1", "podtemplates", "template", { template }),
  object(
    "v1",
    "persistentvolumeclaims",
    "claim",
    {
      spec: {
        accessModes: ["ReadWriteOnce", "ReadOnlyMany"],
        resources: { requests: { storage: "1Gi" } },
        storageClassName: "fast",
        volumeName: "v",
      },
    },
    { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "2Gi" } },
  ),
  object(
    "v1",
    "replicationcontrollers",
    "controller",
    { spec: { replicas: 3, selector: labels, template } },
    { replicas: 2, readyReplicas: 1 },
  ),
  object("v1", "events", "core", {
    involvedObject: {
      kind: "Pod",
      name: "p",
      namespace: "discovery-and-tables-tables-of-namespaced-kinds",
      fieldPath: "spec.containers{one}",
    },
    reason: "Seen",
    message: "it was seen\n",
    type: "Normal",
    source: { component: "eye", host: "h" },
    count: 3,
    firstTimestamp: "2020-01-01T00:00:00Z",
    lastTimestamp: "2020-01-02T00:00:00Z",
  }),
  object(
    "apps/v1",
    "deployments",
    "web",
    { spec: { replicas: 3, selector, template } },
    { replicas: 3, readyReplicas: 2, updatedReplicas: 2, availableReplicas: 1 },
  ),
  object(
    "apps/v1",
    "replicasets",
    "web",
    { spec: { replicas: 3, selector, template } },
    { replicas: 3, readyReplicas: 2 },
  ),
  object(
    "apps/v1",
    "statefulsets",
    "web",
    { spec: { replicas: 3, selector, template, serviceName: "web" } },
    { replicas: 3, readyReplicas: 2 },
  ),
  object(
    "apps/v1",
    "daemonsets",
    "web",
    { spec: { selector, template: { ...template, spec: { containers, nodeSelector: { disk: "ssd", zone: "a" } } } } },
    {
      desiredNumberScheduled: 5,
      currentNumberScheduled: 4,
      numberReady: 3,
      updatedNumberScheduled: 2,
      numberAvailable: 1,
      numberMisscheduled: 0,
    },
  ),
  object("apps/v1", "controllerrevisions", "revision", {
    metadata: {
      ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "u", controller: true }],
    },
    revision: 4,
  }),
  object("batch/v1", "jobs", "once", {
    spec: { completions: 3, parallelism: 2, template: { spec: { containers, restartPolicy: "Never" } } },
  }),
  object("batch/v1", "jobs", "parallel", {
    spec: { parallelism: 2, template: { spec: { containers, restartPolicy: "Never" } }, suspend: true },
  }),
  object("batch/v1", "cronjobs", "often", {
    spec: {
      schedule: "*/5 * * * *",
      timeZone: "Europe/Berlin",
      suspend: true,
      jobTemplate: { spec: { template: { spec: { containers, restartPolicy: "Never" } } } },
    },
  }),
  object(
    "networking.k8s.io/v1",
    "ingresses",
    "in",
    {
      spec: {
        ingressClassName: "alb",
        tls: [{ hosts: ["a.example.com"] }],
        rules: ["a", "b", "c", "d"].map((name) => ({
          host: `${name}.example.com`,
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
          },
        })),
      },
    },
    { loadBalancer: { ingress: [{ hostname: "lb.example.com" }, { ip: "192.0.2.7" }] } },
  ),
  object("networking.k8s.io/v1", "ingresses", "any", {
    spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } } },
  }),
  object("networking.k8s.io/v1", "networkpolicies", "policy", { spec: { podSelector: selector } }),
  object("networking.k8s.io/v1", "networkpolicies", "everything", { spec: { podSelector: {} } }),
  object("discovery.k8s.io/v1", "endpointslices", "slice", {
    addressType: "IPv4",
    ports: [
      { name: "a", port: 80 },
      { name: "b", port: 81 },
      { name: "c", port: 82 },
      { name: "d", port: 83 },
    ],
    endpoints: [
      { addresses: ["10.1.0.1"] },
      { addresses: ["10.1.0.2"] },
      { addresses: ["10.1.0.3"] },
      { addresses: ["10.1.0.4"] },
    ],
  }),
  object("discovery.k8s.io/v1", "endpointslices", "empty", { addressType: "IPv4", endpoints: [] }),
  object("coordination.k8s.io/v1", "leases", "lease", { spec: { holderIdentity: "me" } }),
  object(
    "policy/v1",
    "poddisruptionbudgets",
    "least",
    { spec: { minAvailable: "50%", selector } },
    { disruptionsAllowed: 2, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  ),
  object("policy/v1", "poddisruptionbudgets", "most", { spec: { maxUnavailable: 1, selector } }),
  object("autoscaling/v2", "horizontalpodautoscalers", "scaler", {
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
        { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "100Mi" } } },
      ],
    },
  }),
  object("autoscaling/v1", "horizontalpodautoscalers", "older", {
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, maxReplicas: 5 },
  }),
  object("rbac.authorization.k8s.io/v1", "roles", "role", { rules: [] }),
  object("rbac.authorization.k8s.io/v1", "rolebindings", "binding", {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
    subjects: [
      { kind: "User", name: "ann", apiGroup: "rbac.authorization.k8s.io" },
      { kind: "Group", name: "team", apiGroup: "rbac.authorization.k8s.io" },
      { kind: "ServiceAccount", name: "robot", namespace: "default" },
    ],
  }),
  object("storage.k8s.io/v1", "csistoragecapacities", "capacity", { storageClassName: "fast", capacity: "5Gi" }),
];

const name = "discovery-and-tables";

export const clusterObjects: readonly TableObject[] = [
  object("v1", "namespaces", name, {}),
  object(
    "v1",
    "nodes",
    name,
    { metadata: { labels: { of: name, "node-role.kubernetes.io/worker": "" } }, spec: { unschedulable: true } },
    {
      conditions: [{ type: "Ready", status: "True" }],
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
      nodeInfo: {
        kubeletVersion: "v1.36.0",
        osImage: "Linux",
        kernelVersion: "6",
        containerRuntimeVersion: "c://1",
        machineID: "",
        systemUUID: "",
        bootID: "",
        kubeProxyVersion: "",
        operatingSystem: "linux",
        architecture: "amd64",
      },
    },
  ),
  object("v1", "persistentvolumes", name, {
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce", "ReadWriteMany"],
      hostPath: { path: "/data" },
      claimRef: { namespace: "default", name: "claim" },
      storageClassName: "fast",
    },
  }),
  object("rbac.authorization.k8s.io/v1", "clusterroles", name, { rules: [] }),
  object("rbac.authorization.k8s.io/v1", "clusterrolebindings", name, {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
  }),
  object("networking.k8s.io/v1", "ingressclasses", name, {
    spec: { controller: "example.com/c", parameters: { apiGroup: "example.com", kind: "Parameters", name: "p" } },
  }),
  object("storage.k8s.io/v1", "storageclasses", name, { provisioner: "example.com/p", allowVolumeExpansion: true }),
  object("storage.k8s.io/v1", "csidrivers", name, {
    spec: { tokenRequests: [{ audience: "a" }], volumeLifecycleModes: ["Persistent"] },
  }),
  object("storage.k8s.io/v1", "csinodes", name, { spec: { drivers: [{ name: "d.example.com", nodeID: "n" }] } }),
  object("storage.k8s.io/v1", "volumeattachments", name, {
    spec: { attacher: "a.example.com", nodeName: "n", source: { persistentVolumeName: "v" } },
  }),
  object("storage.k8s.io/v1", "volumeattributesclasses", name, { driverName: "d.example.com", parameters: { a: "b" } }),
  object("scheduling.k8s.io/v1", "priorityclasses", name, { value: 100, preemptionPolicy: "Never" }),
  object("node.k8s.io/v1", "runtimeclasses", name, { handler: "runc" }),
  object("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", name, { webhooks: [] }),
  object("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", name, { webhooks: [] }),
  object("resource.k8s.io/v1", "deviceclasses", name, { spec: {} }),
  object("apiextensions.k8s.io/v1", "customresourcedefinitions", "prints.tables.differential.test", {
    spec: {
      group: "tables.differential.test",
      scope: "Cluster",
      names: { plural: "prints", kind: "Print" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  }),
];
