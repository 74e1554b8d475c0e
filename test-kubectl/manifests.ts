/** A Deployment with a Service, in YAML. */
export const webManifests = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: { app: web }
spec:
  replicas: 2
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: nginx
          image: nginx:1.27
          ports:
            - { name: http, containerPort: 8080 }
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: { app: web }
  ports:
    - { port: 80, targetPort: http }
`;

export const ingressManifest = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  ingressClassName: alb
  rules:
    - host: game.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
`;

export const lakeDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: lakes.example.com
spec:
  group: example.com
  scope: Namespaced
  names: { kind: Lake, plural: lakes, shortNames: [lk] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources:
        status: {}
        scale: { specReplicasPath: .spec.boats, statusReplicasPath: .status.boats }
      additionalPrinterColumns:
        - { name: Depth, type: integer, jsonPath: .spec.depth }
        - { name: Age, type: date, jsonPath: .metadata.creationTimestamp }
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [depth]
              properties:
                depth: { type: integer, minimum: 1, description: Depth in metres. }
                boats: { type: integer, default: 1 }
                fish:
                  type: array
                  items:
                    type: object
                    required: [name]
                    properties:
                      name: { type: string }
                      weight: { type: integer }
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
            status:
              type: object
              x-kubernetes-preserve-unknown-fields: true
`;

export const lakeManifest = `
apiVersion: example.com/v1
kind: Lake
metadata:
  name: constance
spec:
  depth: 250
`;
