import { ingressKind, serviceKind } from "../src/api/builtin.ts";
import { nodeGroupKind } from "../src/api/node-group.ts";
import type { Kind } from "../src/api/object.ts";
import type { Draft } from "../src/kube/client.ts";

/** How large a run is. */
export interface Size {
  readonly ingresses: number;
  readonly services: number;
  readonly pods: number;
}

export interface Planned {
  readonly kind: Kind;
  readonly object: Draft;
}

const namespace = "default";
const podsPerNode = 100;

export const deploymentKind: Kind = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};

/** The machines for all pods, as a node group of ours. */
export function nodesFor({ pods }: Size): Planned {
  const desired = Math.ceil(pods / podsPerNode) + 1;
  return {
    kind: nodeGroupKind,
    object: {
      metadata: { name: "bench" },
      spec: { instanceTypes: ["m6i.large"], scaling: { min: desired, max: desired, desired } },
    },
  };
}

/** Everything that is there before the first load balancer: Deployments with their pods, and the Services of Ingresses. */
export function backends(size: Size): readonly Planned[] {
  const names = [...ingressNames(size), ...serviceNames(size)];
  const replicas = Math.floor(size.pods / names.length);
  return [
    ...names.map((name, index): Planned => {
      const labels = { app: name };
      const count = index < size.pods - replicas * names.length ? replicas + 1 : replicas;
      const containers = [{ name: "web", image: "registry.example.com/web:1", ports: [{ containerPort: 8080 }] }];
      return {
        kind: deploymentKind,
        object: {
          metadata: { name, namespace },
          spec: {
            replicas: count,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers } },
          },
        },
      };
    }),
    ...ingressNames(size).map(
      (name): Planned => ({
        kind: serviceKind,
        object: {
          metadata: { name, namespace },
          spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
        },
      }),
    ),
  ];
}

/** The objects that become load balancers, one each. */
export function loadBalancers(size: Size): readonly Planned[] {
  return [
    ...ingressNames(size).map(
      (name): Planned => ({
        kind: ingressKind,
        object: {
          metadata: { name, namespace, annotations: { "alb.ingress.kubernetes.io/target-type": "ip" } },
          spec: {
            ingressClassName: "alb",
            rules: [
              {
                host: `${name}.example.com`,
                http: {
                  paths: [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { number: 80 } } } }],
                },
              },
            ],
          },
        },
      }),
    ),
    ...serviceNames(size).map(
      (name): Planned => ({
        kind: serviceKind,
        object: {
          metadata: {
            name,
            namespace,
            annotations: { "service.beta.kubernetes.io/aws-load-balancer-type": "nlb-ip" },
          },
          spec: { type: "LoadBalancer", selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
        },
      }),
    ),
  ];
}

function ingressNames({ ingresses }: Size): readonly string[] {
  return Array.from({ length: ingresses }, (_, index) => `web-${index}`);
}

function serviceNames({ services }: Size): readonly string[] {
  return Array.from({ length: services }, (_, index) => `tcp-${index}`);
}

/** Quotas that a customer of this size has had raised. */
export function quotasFor({ ingresses, services }: Size): {
  readonly applicationLoadBalancers: number;
  readonly networkLoadBalancers: number;
} {
  return { applicationLoadBalancers: ingresses + 50, networkLoadBalancers: services + 50 };
}
