import { type Manifest, parseManifests } from "../../src/cli/manifests.ts";

/** The sample Ingress that the call budget counts: one host, two paths, two Services of three pods, HTTP, target type `ip`. */
export function sampleIngress(name: string, { replicas = 3 } = {}): readonly Manifest[] {
  return parseManifests(
    `${workload(`${name}-a`, { replicas, ports: [8080] })}
---
${workload(`${name}-b`, { replicas, ports: [8080] })}
---
${plainService(`${name}-a`)}
---
${plainService(`${name}-b`)}
---
${ingress(name, { a: `${name}-a`, b: `${name}-b` })}
`,
    name,
  );
}

/** The sample Service that the call budget counts: a network load balancer with two TCP ports to two container ports of three pods. */
export function sampleService(name: string, { replicas = 3 } = {}): readonly Manifest[] {
  return parseManifests(
    `${workload(name, { replicas, ports: [8080, 9090] })}
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: default
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: nlb-ip
spec:
  type: LoadBalancer
  selector: {app: ${name}}
  ports:
    - {name: one, port: 80, targetPort: 8080}
    - {name: two, port: 90, targetPort: 9090}
`,
    name,
  );
}

export function ingress(name: string, { a, b }: { readonly a: string; readonly b: string }): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: default
  annotations:
    alb.ingress.kubernetes.io/scheme: internet-facing
    alb.ingress.kubernetes.io/target-type: ip
spec:
  ingressClassName: alb
  rules:
    - host: ${name}.example.com
      http:
        paths:
          - path: /a
            pathType: Prefix
            backend: {service: {name: ${a}, port: {number: 80}}}
          - path: /b
            pathType: Prefix
            backend: {service: {name: ${b}, port: {number: 80}}}`;
}

export function workload(
  name: string,
  { replicas, ports }: { readonly replicas: number; readonly ports: readonly number[] },
): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: default}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1
          ports: [${ports.map((port) => `{containerPort: ${port}}`).join(", ")}]`;
}

export function plainService(name: string): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec:
  selector: {app: ${name}}
  ports: [{name: http, port: 80, targetPort: 8080}]`;
}
