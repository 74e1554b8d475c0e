/** A Deployment that is valid. */
export function deployment(name: string, more: object = {}): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            { name: "main", image: "example.test/main:1", ports: [{ containerPort: 80 }] },
            { name: "side", image: "example.test/side:1" },
          ],
        },
      },
      ...more,
    },
  };
}

export function pod(name: string, spec: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      automountServiceAccountToken: false,
      containers: [{ name: "main", image: "example.test/main:1" }],
      ...spec,
    },
  };
}

export function configMap(name: string, data: Readonly<Record<string, string>> = { sky: "blue" }): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

export function service(name: string, spec: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
  };
}
