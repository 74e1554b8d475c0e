/** Objects that use much of what their kinds have. */
export const richObjects = `
apiVersion: v1
kind: Pod
metadata: { name: rich, labels: { app: rich } }
spec:
  initContainers:
    - name: sidecar
      image: example.test/sidecar@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      restartPolicy: Always
      startupProbe: { exec: { command: [ready] } }
  containers:
    - name: main
      image: example.test:5000/main:2
      command: [run]
      ports: [{ containerPort: 80 }, { containerPort: 53, protocol: UDP, name: dns }]
      env:
        - { name: NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: MEMORY, valueFrom: { resourceFieldRef: { resource: limits.memory } } }
        - { name: KEY, valueFrom: { secretKeyRef: { name: key, key: a, optional: true } } }
        - { name: EMPTY }
      envFrom: [{ configMapRef: { name: settings } }]
      resources: { requests: { cpu: 0.1, memory: 1024Ki }, limits: { cpu: "2000m", memory: 1Gi } }
      livenessProbe: { httpGet: { port: 80 }, initialDelaySeconds: 5 }
      readinessProbe: { tcpSocket: { port: 80 } }
      startupProbe: { grpc: { port: 80 } }
      lifecycle: { preStop: { httpGet: { port: 80 } }, postStart: { exec: { command: [hello] } } }
      securityContext: { capabilities: { drop: [ALL] }, runAsUser: 1000 }
      volumeMounts: [{ name: scratch, mountPath: /scratch }, { name: settings, mountPath: /settings }]
  volumes:
    - { name: scratch }
    - { name: settings, configMap: { name: settings } }
    - { name: key, secret: { secretName: key } }
    - { name: host, hostPath: { path: /host } }
    - { name: info, downwardAPI: { items: [{ path: name, fieldRef: { fieldPath: metadata.name } }] } }
    - { name: all, projected: { sources: [{ serviceAccountToken: { path: token } }, { configMap: { name: settings } }] } }
    - { name: claimed, persistentVolumeClaim: { claimName: disk } }
    - { name: made, ephemeral: { volumeClaimTemplate: { spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } } } }
    - { name: shared, nfs: { server: nfs.example.test, path: / } }
    - { name: attached, csi: { driver: example.test } }
  tolerations: [{ key: a, operator: Exists }]
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: rich } } }]
  affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: zone } }] } }
  readinessGates: [{ conditionType: target-health.elbv2.k8s.aws/rich }]
  hostAliases: [{ ip: 10.0.0.1, hostnames: [one.test] }]
---
apiVersion: v1
kind: Pod
metadata: { name: host-network }
spec:
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  serviceAccountName: default
  automountServiceAccountToken: false
  nodeName: nowhere
  containers: [{ name: main, image: "example.test/main:latest", ports: [{ containerPort: 80 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: balanced, annotations: { service.beta.kubernetes.io/aws-load-balancer-type: external } }
spec:
  type: LoadBalancer
  loadBalancerClass: service.k8s.aws/nlb
  externalTrafficPolicy: Local
  loadBalancerSourceRanges: [10.0.0.0/8]
  sessionAffinity: ClientIP
  selector: { app: rich }
  ports: [{ name: a, port: 80, targetPort: web }, { name: b, port: 53, protocol: UDP, appProtocol: example.test/dns }]
---
apiVersion: v1
kind: Service
metadata: { name: on-nodes }
spec: { type: NodePort, ports: [{ port: 80, targetPort: 8080 }], internalTrafficPolicy: Local, publishNotReadyAddresses: true }
---
apiVersion: v1
kind: Service
metadata: { name: headless }
spec: { clusterIP: None, selector: { app: rich } }
---
apiVersion: v1
kind: Service
metadata: { name: elsewhere }
spec: { type: ExternalName, externalName: example.test }
---
apiVersion: v1
kind: Service
metadata: { name: without-node-ports }
spec: { type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{ port: 443 }] }
---
apiVersion: v1
kind: Secret
metadata: { name: rich }
type: kubernetes.io/tls
immutable: true
stringData: { tls.crt: certificate, tls.key: key }
---
apiVersion: v1
kind: Secret
metadata: { name: registry }
type: kubernetes.io/dockerconfigjson
stringData: { .dockerconfigjson: '{"auths":{}}' }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: rich }
data: { a: b }
binaryData: { c: aGVsbG8= }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: rich, annotations: { eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/rich" } }
automountServiceAccountToken: false
imagePullSecrets: [{ name: registry }]
secrets: [{ name: rich }]
---
apiVersion: v1
kind: Node
metadata: { name: differential-rich, labels: { zone: a } }
spec: { providerID: "aws:///eu-west-1a/i-0123456789abcdef0", podCIDR: 10.1.0.0/24, taints: [{ key: a, value: b, effect: NoExecute }], unschedulable: true }
status:
  capacity: { cpu: 2, memory: 4Gi, pods: "29" }
  allocatable: { cpu: 1930m, memory: 3Gi, pods: "29" }
  addresses: [{ type: InternalIP, address: 10.0.0.5 }]
  conditions: [{ type: Ready, status: "True" }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: rich }
spec:
  replicas: 3
  minReadySeconds: 5
  paused: true
  revisionHistoryLimit: 0
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1 } }
  selector: { matchExpressions: [{ key: a, operator: In, values: [b, c] }] }
  template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: recreated }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { a: b } }
  template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: rich }
spec:
  serviceName: store
  updateStrategy: { type: OnDelete }
  podManagementPolicy: Parallel
  minReadySeconds: 3
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } }]
  selector: { matchLabels: { a: b } }
  template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: rich }
spec:
  updateStrategy: { rollingUpdate: { maxUnavailable: 10% } }
  selector: { matchLabels: { a: b } }
  template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: rich, labels: { team: a } }
spec:
  completions: 5
  parallelism: 2
  completionMode: Indexed
  backoffLimitPerIndex: 1
  ttlSecondsAfterFinished: 60
  podFailurePolicy: { rules: [{ action: FailJob, onExitCodes: { operator: In, values: [1] } }] }
  template: { metadata: { labels: { own: label } }, spec: { restartPolicy: Never, containers: [{ name: main, image: example.test/main }] } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: manual }
spec:
  manualSelector: true
  suspend: true
  selector: { matchLabels: { a: b } }
  template: { metadata: { labels: { a: b } }, spec: { restartPolicy: OnFailure, containers: [{ name: main, image: example.test/main }] } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: rich }
spec:
  schedule: "*/5 * * * 1-5"
  timeZone: Europe/Dublin
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 30
  jobTemplate: { metadata: { labels: { a: b } }, spec: { template: { spec: { restartPolicy: Never, containers: [{ name: main, image: example.test/main }] } } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: rich }
spec:
  minReplicas: 2
  maxReplicas: 9
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  metrics:
    - { type: Resource, resource: { name: memory, target: { type: AverageValue, averageValue: 500Mi } } }
    - { type: Pods, pods: { metric: { name: hits }, target: { type: AverageValue, averageValue: "10" } } }
    - { type: External, external: { metric: { name: queue }, target: { type: Value, value: "30" } } }
  behavior: { scaleDown: { stabilizationWindowSeconds: 60, policies: [{ type: Pods, value: 1, periodSeconds: 60 }] }, scaleUp: {} }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: rich }
spec: { maxUnavailable: 30%, selector: { matchLabels: { a: b } }, unhealthyPodEvictionPolicy: AlwaysAllow }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: rich }
spec:
  ingressClassName: alb
  tls: [{ hosts: [a.example.test], secretName: rich }]
  rules:
    - host: "*.example.test"
      http:
        paths:
          - { path: /a, pathType: Exact, backend: { service: { name: web, port: { name: http } } } }
          - { pathType: ImplementationSpecific, backend: { service: { name: redirect, port: { name: use-annotation } } } }
          - { path: /b, pathType: Prefix, backend: { resource: { apiGroup: example.test, kind: Bucket, name: b } } }
    - host: empty.example.test
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: differential-rich, annotations: { ingressclass.kubernetes.io/is-default-class: "false" } }
spec: { controller: ingress.k8s.aws/alb, parameters: { apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: public } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: rich }
spec:
  podSelector: { matchLabels: { a: b } }
  ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }, { namespaceSelector: {} }], ports: [{ port: 80 }, { port: dns, protocol: UDP }] }]
  egress: [{ ports: [{ port: 1000, endPort: 2000 }] }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: rich, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: 80 }, { name: dns, port: 53, protocol: UDP }]
endpoints: [{ addresses: [10.2.0.1], conditions: { ready: true }, nodeName: one, zone: a, targetRef: { kind: Pod, name: web } }, { addresses: [10.2.0.2] }]
---
apiVersion: v1
kind: Endpoints
metadata: { name: rich }
subsets: [{ addresses: [{ ip: 10.2.0.1 }], ports: [{ port: 80 }] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: differential-rich }
aggregationRule: { clusterRoleSelectors: [{ matchLabels: { nobody: has-this } }] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: rich }
rules: [{ apiGroups: [""], resources: [pods, pods/log], resourceNames: [web], verbs: ["*"] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: rich }
roleRef: { kind: ClusterRole, name: view, apiGroup: rbac.authorization.k8s.io }
subjects: [{ kind: User, name: ann }, { kind: Group, name: team }, { kind: ServiceAccount, name: robot }, { kind: ServiceAccount, name: robot, namespace: other }]
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: rich }
spec: { holderIdentity: one, leaseDurationSeconds: 15, acquireTime: "2026-01-01T00:00:00.000000Z", renewTime: "2026-01-01T00:00:10.123456Z", leaseTransitions: 1 }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: rich }
spec: { accessModes: [ReadWriteOncePod], volumeMode: Block, storageClassName: "", volumeName: disk, resources: { requests: { storage: 1500M } }, selector: { matchLabels: { a: b } } }
---
apiVersion: v1
kind: LimitRange
metadata: { name: rich }
spec: { limits: [{ type: Container, max: { cpu: 2 }, default: { memory: 1Gi } }] }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: rich }
spec: { hard: { pods: 10, requests.cpu: "4" }, scopes: [NotBestEffort] }
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: differential-rich }
value: 1000
preemptionPolicy: Never
description: text
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: differential-rich }
provisioner: ebs.csi.aws.com
parameters: { type: gp3 }
allowVolumeExpansion: true
volumeBindingMode: WaitForFirstConsumer
mountOptions: [noatime]
---
apiVersion: v1
kind: Event
metadata: { name: rich }
involvedObject: { namespace: $NAMESPACE, apiVersion: v1, kind: Pod, name: web, fieldPath: "spec.containers{main}" }
reason: Pulled
message: done
type: Warning
count: 3
source: { component: kubelet, host: one }
firstTimestamp: "2026-01-01T00:00:00Z"
lastTimestamp: "2026-01-01T00:01:00Z"
`;
