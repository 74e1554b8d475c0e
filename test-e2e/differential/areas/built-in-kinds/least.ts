/** Objects with nothing but what they must have. */
export const leastObjects = `
apiVersion: v1
kind: ConfigMap
metadata: { name: least }
---
apiVersion: v1
kind: Secret
metadata: { name: least }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: least }
---
apiVersion: v1
kind: Pod
metadata: { name: least }
spec: { containers: [{ name: main, image: example.test/main }] }
---
apiVersion: v1
kind: PodTemplate
metadata: { name: least }
template: { spec: { containers: [{ name: main, image: example.test/main }] } }
---
apiVersion: v1
kind: Service
metadata: { name: least }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Endpoints
metadata: { name: plain }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: least }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: differential-least }
spec: { accessModes: [ReadWriteOnce], capacity: { storage: 1Gi }, hostPath: { path: /data } }
---
apiVersion: v1
kind: ReplicationController
metadata: { name: least }
spec: { selector: { a: b }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } } }
---
apiVersion: v1
kind: LimitRange
metadata: { name: least }
spec: { limits: [] }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: least }
---
apiVersion: v1
kind: Node
metadata: { name: differential-least }
---
apiVersion: v1
kind: Namespace
metadata: { name: differential-least }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: least }
spec: { selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } } }
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: least }
spec: { selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: least }
spec: { selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: least }
spec: { selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: main, image: example.test/main }] } } }
---
apiVersion: apps/v1
kind: ControllerRevision
metadata: { name: least }
revision: 1
data: { any: [thing] }
---
apiVersion: batch/v1
kind: Job
metadata: { name: least }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: main, image: example.test/main }] } } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: least }
spec: { schedule: "@hourly", jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: main, image: example.test/main }] } } } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: least }
spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: { name: least-v1 }
spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: least }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: least }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: differential-least }
spec: { controller: example.test/least }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: least }
spec: { podSelector: {} }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: least }
addressType: IPv4
endpoints: []
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: least }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: least }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: least }
roleRef: { kind: Role, name: least, apiGroup: rbac.authorization.k8s.io }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: differential-least }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: differential-least }
roleRef: { kind: ClusterRole, name: differential-least, apiGroup: rbac.authorization.k8s.io }
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: differential-least }
value: 5
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: differential-least }
provisioner: example.test/disk
---
apiVersion: v1
kind: Event
metadata: { name: least }
involvedObject: { namespace: $NAMESPACE, kind: Pod, name: web }
---
apiVersion: events.k8s.io/v1
kind: Event
metadata: { name: newer }
eventTime: "2026-01-01T00:00:00.000000Z"
reportingController: example.test/controller
reportingInstance: one
action: Watching
reason: Seen
regarding: { namespace: $NAMESPACE, kind: Pod, name: web }
type: Normal
`;
