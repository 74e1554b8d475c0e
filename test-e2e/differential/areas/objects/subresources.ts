import type { Scenario } from "../../scenario.ts";
import { serveCustomKinds, widget, widgetVersion } from "./custom-kinds.ts";
import { configMap, deployment, pod } from "./sample-objects.ts";

export const subresourceScenarios: readonly Scenario[] = [
  {
    name: "scales",
    async run(session) {
      await serveCustomKinds(session);
      for (const [path, object] of [
        [session.at("apps/v1", "deployments"), deployment("one")],
        [session.at(widgetVersion, "widgets"), widget("one", { spec: { replicas: 2, size: 1 } })],
      ] as const) {
        const at = `${path}/one/scale`;
        await session.get(at);
        await session.post(path, object);
        const { body } = await session.get(at);
        await session.put(at, { ...body, spec: { replicas: 3 } });
        await session.put(at, { ...body, spec: { replicas: 4 } });
        await session.put(at, {
          ...body,
          metadata: { name: "one", namespace: session.namespace },
          spec: { replicas: 5 },
        });
        await session.put(at, { metadata: { name: "one" }, spec: { replicas: 6 } });
        await session.put(at, {
          apiVersion: "autoscaling/v1",
          kind: "Scale",
          metadata: { name: "two" },
          spec: { replicas: 6 },
        });
        await session.put(at, { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "one" } });
        await session.put(at, {
          apiVersion: "autoscaling/v1",
          kind: "Scale",
          metadata: { name: "one" },
          spec: { replicas: -1 },
        });
        await session.put(at, {
          apiVersion: "autoscaling/v1",
          kind: "Scale",
          metadata: { name: "one" },
          spec: { replicas: "3" },
        });
        await session.put(at, { apiVersion: "autoscaling/v1", kind: "Scale", spec: { replicas: 2 } });
        await session.put(at, {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "one" },
          spec: { replicas: 3 },
        });
        await session.put(at, {});
        await session.patch(at, "merge", { spec: { replicas: 7 } });
        await session.patch(at, "merge", { spec: { replicas: 7 } });
        await session.patch(at, "merge", { spec: { replicas: -7 } });
        await session.patch(at, "merge", { spec: { replicas: null } });
        await session.patch(at, "merge", { spec: { unknown: 1 }, status: { replicas: 9 } });
        await session.patch(at, "merge", { metadata: { labels: { a: "1" } }, spec: { replicas: 2 } });
        await session.patch(at, "merge", { metadata: { resourceVersion: "1" }, spec: { replicas: 2 } });
        await session.patch(at, "json", [{ op: "replace", path: "/spec/replicas", value: 8 }]);
        await session.patch(at, "json", [{ op: "test", path: "/spec/replicas", value: 9 }]);
        await session.patch(at, "strategic-merge", { spec: { replicas: 9 } });
        await session.patch(`${at}?dryRun=All`, "merge", { spec: { replicas: 10 } });
        await session.get(`${path}/one`);
        await session.patch(`${path}/one/status`, "merge", { status: { replicas: 3, selector: "app=x" } });
        await session.get(at);
        await session.post(at, { spec: { replicas: 1 } });
        await session.delete(at);
      }
      await session.post(session.at(widgetVersion, "widgets"), widget("bare"));
      await session.get(session.at(widgetVersion, "widgets", "bare", "scale"));
      await session.patch(session.at(widgetVersion, "widgets", "bare", "scale"), "merge", { spec: { replicas: 1 } });
      await session.patch(session.at(widgetVersion, "widgets", "bare", "scale"), "merge", { spec: { replicas: 0 } });
      await session.get(session.at(widgetVersion, "widgets", "bare"));
      await session.get(session.at("v1", "configmaps", "one", "scale"));
    },
  },
  {
    name: "bindings and evictions",
    async run(session) {
      const path = session.at("v1", "pods");
      for (const name of ["one", "two", "three", "four"]) await session.silently("POST", path, pod(name));
      await session.get(`${path}/one`);
      const target = { kind: "Node", name: "objects-node" };
      await session.post(`${path}/one/binding`, { target: { kind: "Node" } });
      await session.post(`${path}/one/binding`, { target: { kind: "Other", name: "x" } });
      await session.post(`${path}/one/binding`, {});
      await session.post(`${path}/one/binding`, { metadata: { name: "two" }, target });
      await session.post(`${path}/one/binding?dryRun=All`, { metadata: { name: "one" }, target });
      await session.post(`${path}/one/binding`, {
        metadata: { name: "one", annotations: { a: "1" }, labels: { b: "2" } },
        target,
      });
      await session.post(`${path}/one/binding`, { metadata: { name: "one" }, target });
      await session.post(`${path}/missing/binding`, { metadata: { name: "missing" }, target });
      await session.get(`${path}/one/binding`);
      await session.put(`${path}/one/binding`, {});
      await session.get(`${path}/one`);
      await session.post(session.at("v1", "bindings"), { metadata: { name: "two" }, target });
      await session.get(`${path}/two`);
      const eviction = (name: string, more: object = {}): object => ({
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name },
        ...more,
      });
      await session.post(`${path}/missing/eviction`, eviction("missing"));
      await session.post(`${path}/three/eviction`, eviction("wrong"));
      await session.post(`${path}/three/eviction`, { ...eviction("three"), apiVersion: "v1" });
      await session.post(`${path}/three/eviction`, eviction("three", { deleteOptions: { dryRun: ["All"] } }));
      await session.post(`${path}/three/eviction?dryRun=All`, eviction("three"));
      await session.post(
        `${path}/three/eviction`,
        eviction("three", { deleteOptions: { preconditions: { uid: "x" } } }),
      );
      await session.post(`${path}/three/eviction`, eviction("three"));
      await session.get(`${path}/three`);
      await session.get(`${path}/four/eviction`);
      await session.post(session.at("policy/v1", "poddisruptionbudgets"), {
        metadata: { name: "guard" },
        spec: { minAvailable: 1, selector: { matchLabels: { app: "one" } } },
      });
      await session.patch(session.at("policy/v1", "poddisruptionbudgets", "guard", "status"), "merge", {
        status: { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, disruptionsAllowed: 0 },
      });
      await session.patch(`${path}/one/status`, "strategic-merge", {
        status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
      });
      await session.post(`${path}/one/eviction`, eviction("one"));
      await session.patch(session.at("policy/v1", "poddisruptionbudgets", "guard", "status"), "merge", {
        status: { disruptionsAllowed: 1 },
      });
      await session.post(`${path}/one/eviction`, eviction("one", { deleteOptions: { gracePeriodSeconds: 5 } }));
      await session.get(`${path}/one`);
      for (const name of ["one", "two", "four"])
        await session.silently("DELETE", `${path}/${name}?gracePeriodSeconds=0`);
    },
  },
  {
    name: "other parts of Pods",
    async run(session) {
      const path = session.at("v1", "pods");
      for (const name of ["four", "five"]) await session.silently("POST", path, pod(name));
      await session.patch(`${path}/four/ephemeralcontainers`, "strategic-merge", {
        spec: { ephemeralContainers: [{ name: "debug", image: "d" }] },
      });
      await session.patch(`${path}/four/ephemeralcontainers`, "strategic-merge", {
        spec: { ephemeralContainers: [{ name: "debug", image: "e" }] },
      });
      await session.patch(`${path}/four/ephemeralcontainers`, "merge", { spec: { ephemeralContainers: [] } });
      await session.get(`${path}/four/ephemeralcontainers`);
      await session.patch(`${path}/four`, "strategic-merge", {
        spec: { ephemeralContainers: [{ name: "more", image: "d" }] },
      });
      await session.patch(`${path}/four`, "strategic-merge", {
        spec: { containers: [{ name: "main", image: "new" }] },
      });
      await session.patch(`${path}/four`, "merge", { spec: { activeDeadlineSeconds: 5 } });
      await session.patch(`${path}/four`, "merge", { spec: { activeDeadlineSeconds: 9 } });
      await session.patch(`${path}/four`, "merge", { spec: { nodeName: "x" } });
      await session.patch(`${path}/four`, "merge", { spec: { restartPolicy: "Never" } });
      await session.patch(`${path}/four`, "merge", { spec: { terminationGracePeriodSeconds: 1 } });
      await session.patch(`${path}/four`, "strategic-merge", {
        spec: { tolerations: [{ key: "x", operator: "Exists" }] },
      });
      await session.patch(`${path}/four`, "strategic-merge", { spec: { containers: [{ name: "other", image: "x" }] } });
      await session.patch(`${path}/four/status`, "strategic-merge", {
        status: {
          phase: "Running",
          podIP: "10.0.0.9",
          podIPs: [{ ip: "10.0.0.9" }],
          conditions: [
            { type: "Ready", status: "True", lastTransitionTime: "2024-01-01T00:00:00Z" },
            { type: "a.test/gate", status: "False" },
          ],
        },
      });
      await session.patch(`${path}/four/status`, "strategic-merge", {
        status: { conditions: [{ type: "a.test/gate", status: "True", reason: "Why" }] },
        spec: { nodeName: "y" },
        metadata: { labels: { z: "1" } },
      });
      await session.patch(`${path}/four/status`, "strategic-merge", {
        status: { conditions: [{ type: "Ready", $patch: "delete" }] },
      });
      await session.patch(`${path}/four/status`, "merge", { status: { podIP: "nonsense" } });
      await session.patch(`${path}/four/resize`, "merge", { spec: {} });
      await session.get(`${path}/four/log`);
      await session.get(`${path}/five/nonsense`);
      for (const name of ["four", "five"]) await session.silently("DELETE", `${path}/${name}?gracePeriodSeconds=0`);
    },
  },
  {
    name: "tokens of service accounts",
    async run(session) {
      const accounts = session.at("v1", "serviceaccounts");
      const { body: account } = await session.post(accounts, { metadata: { name: "one" } });
      session.alias(account.metadata.uid as string, "account uid");
      const ask = async (path: string, body: unknown): Promise<void> => {
        const { status, body: answer } = await session.silently("POST", path, body);
        const token = answer.status?.token as string | undefined;
        const claims =
          token === undefined
            ? undefined
            : (JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>);
        const told =
          claims === undefined
            ? answer
            : { ...answer, status: { ...answer.status, token: "<token>", expirationTimestamp: "<time>" } };
        session.compared(`token for ${JSON.stringify(body)}`, {
          status,
          answer:
            told.metadata === undefined
              ? told
              : { ...told, metadata: { ...told.metadata, creationTimestamp: "<time>" } },
          audience: claims?.["aud"],
          subject: claims?.["sub"],
          lifetime: claims === undefined ? undefined : (claims["exp"] as number) - (claims["iat"] as number),
        });
      };
      const at = `${accounts}/one/token`;
      for (const body of [
        {},
        { spec: {} },
        { spec: { audiences: ["sts.amazonaws.com"] } },
        { spec: { audiences: ["a", "b"], expirationSeconds: 600 } },
        { spec: { expirationSeconds: 599 } },
        { spec: { expirationSeconds: 2 ** 33 } },
        { spec: { expirationSeconds: 864000 } },
        { metadata: { name: "two" }, spec: {} },
        { metadata: { namespace: "elsewhere" }, spec: {} },
        { spec: { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "missing" } } },
        { spec: { boundObjectRef: { kind: "ConfigMap", apiVersion: "v1", name: "x" } } },
        { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: ["x"] } },
        { apiVersion: "authentication.k8s.io/v1", kind: "Other", spec: {} },
      ])
        await ask(at, body);
      await ask(`${accounts}/missing/token`, { spec: {} });
      await session.get(at);
      await session.put(at, {});
      await session.delete(at);
    },
  },
  {
    name: "status of kinds that have none and other parts",
    async run(session) {
      await serveCustomKinds(session);
      await session.post(session.at("v1", "configmaps"), configMap("one"));
      await session.post(session.at(widgetVersion, "widgets"), widget("one"));
      for (const [path, parts] of [
        [session.at("v1", "configmaps", "one"), ["status", "scale", "nonsense", "status/deep"]],
        [session.at("v1", "secrets", "one"), ["status"]],
        [session.at(widgetVersion, "widgets", "one"), ["nonsense", "status/deep", "scale/deep"]],
        [session.at("coordination.k8s.io/v1", "leases", "one"), ["status"]],
        [session.at("apps/v1", "deployments", "one"), ["nonsense", "rollback"]],
      ] as const) {
        for (const part of parts) {
          await session.get(`${path}/${part}`);
          await session.put(`${path}/${part}`, {});
          await session.post(`${path}/${part}`, {});
          await session.patch(`${path}/${part}`, "merge", {});
          await session.delete(`${path}/${part}`);
        }
      }
      for (const path of [session.at("apps/v1", "deployments", "one"), session.at(widgetVersion, "widgets", "one")]) {
        await session.post(`${path}/status`, {});
        await session.delete(`${path}/status`);
        await session.get(`${path}/status`);
      }
    },
  },
];
