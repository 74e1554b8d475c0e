import assert from "node:assert/strict";
import { valueAt } from "../../../src/sandbox/kube/builtin/fields.ts";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { defaulted, make, problems } from "./definition-harness.ts";

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "nginx" }] } };

function service(spec: Record<string, unknown>): KubeObject {
  return make("Service", { spec: { ports: [{ port: 80 }], ...spec } });
}

function ingress(path: Record<string, unknown>, rule: Record<string, unknown> = {}): KubeObject {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const paths = [{ path: "/", pathType: "Prefix", backend, ...path }];
  return make("Ingress", { spec: { rules: [{ http: { paths }, ...rule }] } });
}

function deployment(spec: Record<string, unknown>): KubeObject {
  return make("Deployment", { spec: { selector: { matchLabels: { app: "a" } }, template, ...spec } });
}

describe("defaults of built-in kinds", () => {
  it("complete a load balancer service", () => {
    assert.deepEqual(defaulted(service({ type: "LoadBalancer" }))["spec"], {
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      type: "LoadBalancer",
      sessionAffinity: "None",
      externalTrafficPolicy: "Cluster",
      internalTrafficPolicy: "Cluster",
      allocateLoadBalancerNodePorts: true,
    });
  });

  it("complete a deployment and its pods", () => {
    const spec = defaulted(deployment({}))["spec"];
    assert.deepEqual(valueAt(spec, "strategy"), {
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" },
    });
    assert.deepEqual(
      [valueAt(spec, "replicas"), valueAt(spec, "revisionHistoryLimit"), valueAt(spec, "progressDeadlineSeconds")],
      [1, 10, 600],
    );
    assert.deepEqual(valueAt(spec, "template", "spec"), {
      containers: [
        {
          name: "c",
          image: "nginx",
          resources: {},
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          imagePullPolicy: "Always",
        },
      ],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      securityContext: {},
      schedulerName: "default-scheduler",
    });
  });

  it("drop nulls, turn numbers of quantities into text, and change nothing the second time", () => {
    const limits = { cpu: 2, memory: "1Gi" };
    const spec = { containers: [{ name: "c", image: "a:1", resources: { limits }, env: null }] };
    const once = defaulted(make("Pod", { spec }, { labels: null }));
    assert.deepEqual(valueAt(once, "spec", "containers", 0, "resources"), {
      limits: { cpu: "2", memory: "1Gi" },
      requests: { cpu: "2", memory: "1Gi" },
    });
    assert.equal(valueAt(once, "spec", "containers", 0, "env"), undefined);
    assert.deepEqual(defaulted(once), once);
  });

  it("store the plain text of a secret encoded", () => {
    const secret = defaulted(make("Secret", { stringData: { a: "text" } }));
    assert.deepEqual([secret["type"], secret["data"], secret["stringData"]], ["Opaque", { a: "dGV4dA==" }, undefined]);
  });
});

describe("validation of built-in kinds", () => {
  const label =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  const path = "spec.rules[0].http.paths[0]";
  const cases: readonly {
    readonly name: string;
    readonly object: KubeObject;
    readonly old?: KubeObject;
    readonly expected: readonly string[];
  }[] = [
    { name: "a good ingress", object: ingress({}, { host: "*.example.com" }), expected: [] },
    {
      name: "an ingress path without a type",
      object: ingress({ pathType: undefined }),
      expected: [`${path}.pathType: Required value: pathType must be specified`],
    },
    {
      name: "an unknown path type",
      object: ingress({ pathType: "Regex" }),
      expected: [
        `${path}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
      ],
    },
    {
      name: "a relative path",
      object: ingress({ path: "a" }),
      expected: [`${path}.path: Invalid value: "a": must be an absolute path`],
    },
    {
      name: "a backend without a port",
      object: ingress({ backend: { service: { name: "web" } } }),
      expected: [`${path}.backend: Required value: port name or number is required`],
    },
    {
      name: "a backend with two ports",
      object: ingress({ backend: { service: { name: "web", port: { name: "http", number: 80 } } } }),
      expected: [`${path}.backend: Invalid value: "": cannot set both port name & port number`],
    },
    {
      name: "an address as host",
      object: ingress({}, { host: "10.0.0.1" }),
      expected: ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    },
    {
      name: "a host in capitals",
      object: ingress({}, { host: "Example.com" }),
      expected: [`spec.rules[0].host: Invalid value: "Example.com": ${label}`],
    },
    {
      name: "an ingress with nothing in it",
      object: make("Ingress", { spec: {} }),
      expected: ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    },
    {
      name: "a service without ports",
      object: service({ ports: [] }),
      expected: ["spec.ports: Required value"],
    },
    {
      name: "nameless and doubled service ports",
      object: service({ ports: [{ port: 80 }, { port: 80, name: "b" }] }),
      expected: [
        "spec.ports[0].name: Required value",
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    },
    {
      name: "a node port of a service without any",
      object: service({ ports: [{ port: 80, nodePort: 30_080 }] }),
      expected: ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    },
    {
      name: "a load balancer class on another type",
      object: service({ loadBalancerClass: "a/b" }),
      expected: ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    },
    {
      name: "a changed load balancer class",
      object: service({ type: "LoadBalancer", loadBalancerClass: "a/c" }),
      old: service({ type: "LoadBalancer", loadBalancerClass: "a/b" }),
      expected: ['spec.loadBalancerClass: Invalid value: "a/c": may not change once set'],
    },
    {
      name: "a changed cluster address",
      object: service({ clusterIP: "10.100.0.2", clusterIPs: ["10.100.0.2"] }),
      old: service({ clusterIP: "10.100.0.1", clusterIPs: ["10.100.0.1"] }),
      expected: ['spec.clusterIPs[0]: Invalid value: ["10.100.0.2"]: may not change once set'],
    },
    {
      name: "a template that its selector does not match",
      object: deployment({ selector: { matchLabels: { app: "b" } } }),
      expected: [
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      ],
    },
    {
      name: "a changed selector",
      object: deployment({ selector: { matchLabels: { app: "a" } } }),
      old: deployment({ selector: { matchLabels: { app: "b" } } }),
      expected: ['spec.selector: Invalid value: {"matchLabels":{"app":"a"}}: field is immutable'],
    },
    {
      name: "a container without a name and with a volume that is not there",
      object: make("Pod", { spec: { containers: [{ image: "a", volumeMounts: [{ name: "v", mountPath: "/v" }] }] } }),
      expected: ["spec.containers[0].name: Required value", 'spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    },
    {
      name: "a changed controller of an ingress class",
      object: make("IngressClass", { spec: { controller: "a/b" } }),
      old: make("IngressClass", { spec: { controller: "a/c" } }),
      expected: ['spec.controller: Invalid value: "a/b": field is immutable'],
    },
    {
      name: "a TLS secret without its key",
      object: make("Secret", { type: "kubernetes.io/tls", data: { "tls.crt": "" } }),
      expected: ["data[tls.key]: Required value"],
    },
  ];
  for (const { name, object, old, expected } of cases) {
    it(`of ${name}`, () => assert.deepEqual(problems(object, old), expected));
  }
});
