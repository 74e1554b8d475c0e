import type { Scenario } from "../../scenario.ts";

const labels = { app: "a" };

function deployment(podSpec: object, spec: object = {}): object {
  const template = { metadata: { labels }, spec: podSpec };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a" },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  };
}

const template = (podSpec: object): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "a" },
  spec: { template: { spec: podSpec } },
});

/** Lists of built-in kinds: those with keys, sets, and those owned as a whole. */
export const builtInListScenarios: readonly Scenario[] = [
  {
    name: "containers, ports, variables and mounts",
    async run(session) {
      const path = session.at("apps/v1", "deployments", "a");
      const main = {
        name: "main",
        image: "i:1",
        args: ["a", "b"],
        ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "UDP" }, { containerPort: 443, name: "https" }],
        env: [
          { name: "A", value: "1" },
          { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        ],
        envFrom: [{ configMapRef: { name: "x" } }],
        resources: { requests: { cpu: "0.5", memory: "1Gi" } },
        volumeMounts: [
          { name: "v", mountPath: "/v" },
          { name: "v", mountPath: "/w", subPath: "w" },
        ],
        readinessProbe: { httpGet: { path: "/", port: "https" } },
        securityContext: { capabilities: { drop: ["ALL"] } },
      };
      const volumes = [
        { name: "v", emptyDir: {} },
        { name: "c", configMap: { name: "x", items: [{ key: "k", path: "p" }] } },
      ];
      await session.apply(path, "one", deployment({ containers: [main], volumes }, { replicas: 2 }));
      await session.apply(path, "one", deployment({ containers: [main], volumes }, { replicas: 2 }));
      await session.apply(
        path,
        "two",
        template({ containers: [{ name: "side", image: "s:1", ports: [{ containerPort: 9 }] }] }),
      );
      await session.apply(path, "two", template({ containers: [{ name: "main", env: [{ name: "C", value: "3" }] }] }));
      await session.apply(path, "two", template({ containers: [{ name: "main", env: [{ name: "A", value: "2" }] }] }));
      await session.apply(
        path,
        "two",
        template({ containers: [{ name: "main", args: ["c"], ports: [{ containerPort: 80, name: "http" }] }] }),
      );
      await session.apply(
        path,
        "two",
        template({ containers: [{ name: "main", ports: [{ containerPort: 80, protocol: "TCP", name: "http" }] }] }),
        "&force=true",
      );
      await session.apply(
        path,
        "one",
        deployment({ containers: [{ ...main, ports: [{ containerPort: 443, name: "https" }], env: [] }] }),
      );
      await session.apply(
        path,
        "one",
        deployment({
          containers: [
            { name: "other", image: "o" },
            { name: "main", image: "i:2" },
          ],
        }),
      );
      await session.apply(path, "two", template({}));
      await session.apply(path, "one", deployment({ containers: [{ name: "other", image: "o" }] }));
      await session.get(path);
    },
  },
  {
    name: "the order of merged lists",
    async run(session) {
      const path = session.at("apps/v1", "deployments", "a");
      const of = (names: string): object =>
        template({ containers: Array.from(names, (name) => ({ name, image: "i" })) });
      await session.apply(
        path,
        "one",
        deployment({ containers: Array.from("abcd", (name) => ({ name, image: "i" })) }),
      );
      await session.apply(path, "two", of("xb"));
      await session.apply(path, "two", of("dxb"));
      await session.apply(path, "three", of("zdaqcb"));
      await session.apply(
        path,
        "one",
        deployment({ containers: Array.from("dcba", (name) => ({ name, image: "i" })) }),
      );
      await session.apply(path, "three", of("q"));
      await session.apply(path, "two", of("yxd"));
      await session.apply(path, "four", of("badcxyzq"));
    },
  },
  {
    name: "defaults of a Deployment and who owns them",
    async run(session) {
      const path = session.at("apps/v1", "deployments");
      const plain = deployment({ containers: [{ name: "main", image: "i" }] });
      await session.post(`${path}?fieldManager=creator`, plain);
      await session.apply(
        `${path}/a`,
        "one",
        deployment(
          { containers: [{ name: "main", image: "i" }] },
          { replicas: 1, strategy: { type: "RollingUpdate" } },
        ),
      );
      await session.apply(
        `${path}/a`,
        "one",
        deployment({ containers: [{ name: "main", image: "i" }] }, { strategy: { type: "Recreate" } }),
      );
      await session.apply(
        `${path}/a`,
        "one",
        deployment(
          { containers: [{ name: "main", image: "i" }] },
          { strategy: { type: "Recreate", rollingUpdate: null } },
        ),
        "&force=true",
      );
      await session.apply(
        `${path}/a`,
        "one",
        deployment({ containers: [{ name: "main", image: "i" }] }, { replicas: null }),
      );
      await session.patch(`${path}/a?fieldManager=scaler`, "merge", { spec: { replicas: 4 } });
      await session.apply(
        `${path}/a`,
        "one",
        deployment({ containers: [{ name: "main", image: "i" }] }, { replicas: 2 }),
      );
      await session.put(`${path}/a?fieldManager=putter`, plain);
      await session.patch(`${path}/a?fieldManager=merger`, "strategic-merge", {
        spec: {
          template: {
            spec: {
              containers: [
                { name: "main", $patch: "delete" },
                { name: "new", image: "n" },
              ],
            },
          },
        },
      });
    },
  },
  {
    name: "ports of a Service",
    async run(session) {
      const path = session.at("v1", "services", "a");
      const service = (spec: object): object => ({ apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec });
      await session.apply(
        path,
        "one",
        service({ selector: { app: "a" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] }),
      );
      await session.apply(
        path,
        "two",
        service({
          ports: [
            { name: "dns", port: 53, protocol: "UDP" },
            { name: "dns-tcp", port: 53 },
          ],
        }),
      );
      await session.apply(path, "two", service({ ports: [{ port: 80, targetPort: "web" }] }));
      await session.apply(path, "two", service({ selector: { app: "b" } }));
      await session.apply(path, "two", service({ selector: { app: "a" } }));
      await session.apply(path, "one", service({ ports: [{ name: "http", port: 80, targetPort: 8080 }] }));
      await session.apply(path, "one", service({ type: "NodePort", ports: [{ name: "http", port: 80 }] }));
      await session.apply(path, "three", service({ externalIPs: ["1.2.3.4"], sessionAffinity: "ClientIP" }));
      await session.apply(path, "three", service({ externalIPs: ["1.2.3.5"] }));
      await session.apply(path, "one", service({}));
      const put = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "b" },
        spec: { ports: [{ name: "x", port: 1 }], clusterIP: "None" },
      };
      await session.post(`${session.at("v1", "services")}?fieldManager=creator`, put);
      await session.post(`${session.at("v1", "services")}?fieldManager=creator`, {
        ...put,
        metadata: { name: "c" },
        spec: { ...put.spec, clusterIP: undefined, type: "LoadBalancer" },
      });
    },
  },
  {
    name: "rules of an Ingress",
    async run(session) {
      const path = session.at("networking.k8s.io/v1", "ingresses", "a");
      const rule = (host: string, port: object): object => ({
        host,
        http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "s", port } } }] },
      });
      const ingress = (spec: object, annotations?: object): object => ({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "a", ...(annotations === undefined ? {} : { annotations }) },
        spec,
      });
      await session.apply(
        path,
        "one",
        ingress(
          { ingressClassName: "c", rules: [rule("a.b", { number: 80 })], tls: [{ hosts: ["a.b"] }] },
          { "x.y/z": "1" },
        ),
      );
      await session.apply(path, "two", ingress({ rules: [rule("c.d", { name: "http" })] }));
      await session.apply(path, "two", ingress({ rules: [rule("a.b", { number: 80 })] }, { "x.y/w": "1" }));
      await session.apply(path, "two", ingress({ defaultBackend: { service: { name: "d", port: { number: 1 } } } }));
      await session.apply(path, "three", ingress({ defaultBackend: { service: { name: "d", port: { name: "p" } } } }));
      await session.apply(path, "three", ingress({ defaultBackend: { service: { name: "e" } } }), "&force=true");
      await session.patch(`${path}/status?fieldManager=controller`, "merge", {
        status: { loadBalancer: { ingress: [{ hostname: "h" }] } },
      });
      await session.apply(path, "one", ingress({ rules: [rule("x.y", { number: 80 })] }));
      await session.get(path);
    },
  },
];
