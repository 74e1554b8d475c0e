import type { Scenario } from "../../scenario.ts";

const yaml = "application/apply-patch+yaml";

/** What server-side apply refuses, and with what words. */
export const badRequestScenarios: readonly Scenario[] = [
  {
    name: "without or with a wrong manager",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
      await session.call("PATCH", path, body, { contentType: yaml });
      await session.call("PATCH", `${path}?fieldManager=`, body, { contentType: yaml });
      await session.apply(path, "a".repeat(128), body);
      await session.apply(path, "a".repeat(129), body);
      await session.apply(path, "a%20b%2Fc", body);
      await session.apply(path, "a%07b", body);
      await session.apply(path, "%C3%A4", body);
      await session.post(`${session.at("v1", "configmaps")}?fieldManager=${"b".repeat(129)}`, body);
      await session.post(`${session.at("v1", "configmaps")}?fieldManager=a%09b`, body);
      await session.put(`${path}?fieldManager=a%0Ab`, body);
      await session.patch(`${path}?fieldManager=${"b".repeat(129)}`, "merge", {});
      await session.patch(`${path}?force=true`, "merge", {});
      await session.patch(`${path}?fieldManager=x&force=false`, "json", []);
      await session.apply(path, "one", body, "&fieldValidation=Sometimes");
      await session.call("PATCH", `${path}?dryRun=Some&fieldValidation=Sometimes&force=true`, body, {
        contentType: yaml,
      });
    },
  },
  {
    name: "other kinds and versions",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      const metadata = { name: "a" };
      await session.apply(path, "one", { apiVersion: "v1", kind: "Secret", metadata });
      await session.apply(path, "one", { apiVersion: "v2", kind: "ConfigMap", metadata });
      await session.apply(path, "one", { apiVersion: "apps/v1", kind: "Deployment", metadata });
      await session.apply(path, "one", { apiVersion: "v1", metadata });
      await session.apply(path, "one", { kind: "ConfigMap", metadata });
      await session.apply(path, "one", { metadata });
      await session.apply(path, "one", {});
      await session.apply(path, "one", "");
      await session.apply(path, "one", []);
      await session.apply(path, "one", "5");
      await session.apply(path, "one", "word");
      await session.apply(path, "one", "true");
      await session.apply(path, "one", { apiVersion: 1, kind: "ConfigMap", metadata });
      await session.apply(path, "one", { apiVersion: "a/b/c", kind: "ConfigMap", metadata });
      await session.call("PATCH", `${path}?fieldManager=one`, {}, { contentType: "application/apply-patch+json" });
      await session.call("PATCH", `${path}?fieldManager=one`, "", { contentType: "application/apply-patch+cbor" });
      await session.apply(session.at("v1", "configmaps"), "one", {});
      await session.apply("/api/v1/namespaces/no-such-namespace/configmaps/a", "one", {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata,
      });
    },
  },
  {
    name: "fields that no schema declares",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
      await session.apply(path, "one", { ...body, foo: 1 });
      for (const validation of ["Strict", "Warn", "Ignore"]) {
        await session.apply(path, "one", { ...body, foo: 1 }, `&fieldValidation=${validation}`);
      }
      await session.apply(path, "one", { ...body, metadata: { name: "a", namespace: session.namespace, foo: 1 } });
      await session.apply(path, "one", { ...body, metadata: { name: "a", clusterName: "x" } });
      const deployments = session.at("apps/v1", "deployments", "a");
      // Of several, the API server names any.
      for (const spec of [
        { containers: [{ name: "c", imag: "x" }] },
        { foo: 1 },
        { containers: [{ ports: [{ x: 1 }] }] },
      ]) {
        const template = { spec };
        await session.apply(deployments, "one", {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "a" },
          spec: { template },
        });
      }
      await session.apply(deployments, "one", {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a" },
        spec: { replica: 1 },
      });
    },
  },
  {
    name: "values of wrong types",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      const body = (rest: object): object => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a" },
        ...rest,
      });
      for (const value of [1, 1.5, true, ["a"], { a: "b" }])
        await session.apply(path, "one", body({ data: { x: value } }));
      for (const value of [1, "x", true, ["a", 1]]) await session.apply(path, "one", body({ data: value }));
      await session.apply(path, "one", body({ immutable: "yes" }));
      await session.apply(path, "one", body({ immutable: 1 }));
      await session.apply(path, "one", body({ metadata: { name: "a", labels: { a: 1 } } }));
      await session.apply(path, "one", body({ metadata: { name: "a", labels: "x" } }));
      await session.apply(path, "one", body({ metadata: { name: "a", finalizers: "x" } }));
      await session.apply(path, "one", body({ metadata: { name: "a", finalizers: [1] } }));
      await session.apply(path, "one", body({ metadata: { name: "a", generation: "x" } }));
      await session.apply(path, "one", body({ metadata: { name: 5 } }));
      await session.apply(path, "one", body({ metadata: "x" }));
      await session.apply(path, "one", body({ metadata: null }));
    },
  },
  {
    name: "deployments of wrong types",
    async run(session) {
      const path = session.at("apps/v1", "deployments", "a");
      const body = (spec: unknown): object => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a" },
        spec,
      });
      const labels = { app: "a" };
      const pod = (spec: unknown): object =>
        body({ selector: { matchLabels: labels }, template: { metadata: { labels }, spec } });
      await session.apply(path, "one", body({ replicas: "3" }));
      await session.apply(path, "one", body({ replicas: 1.5 }));
      await session.apply(path, "one", body({ paused: "true" }));
      await session.apply(path, "one", body("x"));
      await session.apply(path, "one", body([]));
      await session.apply(path, "one", pod({ containers: {} }));
      await session.apply(path, "one", pod({ containers: ["x"] }));
      await session.apply(path, "one", pod({ containers: [null] }));
      await session.apply(path, "one", pod({ containers: [{}] }));
      await session.apply(path, "one", pod({ containers: [{ name: "a" }, { name: "a" }] }));
      await session.apply(
        path,
        "one",
        pod({ containers: [{ name: "a", env: [{ name: "X", value: 1 }, { name: "X" }] }] }),
      );
      await session.apply(
        path,
        "one",
        pod({ containers: [{ name: "a", ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "TCP" }] }] }),
      );
      await session.apply(
        path,
        "one",
        pod({ containers: [{ name: "a", ports: [{ protocol: "TCP" }, { containerPort: "x" }] }] }),
      );
      await session.apply(
        path,
        "one",
        pod({
          containers: [
            { name: "a", args: "x" },
            { name: "b", command: [1, "x"] },
          ],
        }),
      );
      await session.apply(path, "one", pod({ containers: [{ name: "a", resources: { limits: { cpu: { a: 1 } } } }] }));
      await session.apply(
        path,
        "one",
        pod({ containers: [{ name: "a", readinessProbe: { httpGet: { port: { a: 1 } } } }] }),
      );
      await session.apply(
        path,
        "one",
        pod({ containers: [{ name: "a", readinessProbe: { httpGet: { port: true } } }] }),
      );
    },
  },
  {
    name: "sets and maps with doubles",
    async run(session) {
      const path = session.at("v1", "services", "a");
      const body = (rest: object): object => ({ apiVersion: "v1", kind: "Service", metadata: { name: "a" }, ...rest });
      await session.apply(path, "one", body({ metadata: { name: "a", finalizers: ["a.b/c", "a.b/c"] } }));
      await session.apply(path, "one", body({ metadata: { name: "a", finalizers: [null] } }));
      await session.apply(path, "one", body({ spec: { ports: [{ port: 80 }, { port: 80, protocol: "TCP" }] } }));
      await session.apply(path, "one", body({ spec: { ports: [{ port: 80 }, { port: 80 }, { port: 80 }] } }));
      await session.apply(path, "one", body({ spec: { ports: [{ port: "80" }] } }));
      await session.apply(path, "one", body({ spec: { ports: [{ name: "x" }] } }));
      const reference = { apiVersion: "v1", kind: "ConfigMap", name: "b" };
      await session.apply(path, "one", body({ metadata: { name: "a", ownerReferences: [reference] } }));
      await session.apply(
        path,
        "one",
        body({
          metadata: {
            name: "a",
            ownerReferences: [
              { ...reference, uid: "u" },
              { ...reference, uid: "u" },
            ],
          },
        }),
      );
      await session.apply(session.at("v1", "serviceaccounts", "a"), "one", {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "a" },
        secrets: [{ namespace: "x" }],
      });
    },
  },
  {
    name: "YAML bodies",
    async run(session) {
      const path = session.at("v1", "configmaps", "a");
      const head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
      await session.apply(path, "one", `${head}data:\n  x: one\n  y: |\n    two\n    lines\n`);
      await session.apply(path, "one", `${head}data:\n  x: 1\n`);
      await session.apply(path, "one", `${head}data:\n  x: yes\n`);
      await session.apply(path, "one", `${head}data: {x: "yes", y: 'no', "5": five}\n`);
      await session.apply(path, "one", `# comment\n---\n${head}data:\n  x: &v value\n  y: *v\n`);
      await session.apply(path, "one", `${head}data:\n  x: 1\n`, "&fieldValidation=Strict");
      for (const validation of ["Strict", "Warn", "Ignore"]) {
        await session.apply(path, "one", `${head}data:\n  x: one\n  x: two\n`, `&fieldValidation=${validation}`);
      }
      await session.apply(
        path,
        "one",
        `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}`,
      );
      await session.apply(
        path,
        "one",
        `${head}data:\n  x: one\n  x: two\nkind: ConfigMap\n`,
        "&fieldValidation=Strict",
      );
    },
  },
];
