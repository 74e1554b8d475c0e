import type { Scenario } from "../../scenario.ts";

const labels = { app: "a" };

function deployment(spec: object = {}): object {
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a" },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  };
}

const scale = (spec: object, metadata: object = {}): object => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "a", ...metadata },
  spec,
});

/** Ownership by way of status and scale, and in other versions of a built-in kind. */
export const subresourceScenarios: readonly Scenario[] = [
  {
    name: "the scale of a Deployment",
    async run(session) {
      const path = session.at("apps/v1", "deployments", "a");
      await session.apply(path, "one", deployment({ replicas: 1 }));
      await session.patch(`${path}/scale?fieldManager=scaler`, "merge", { spec: { replicas: 2 } });
      await session.get(path);
      await session.apply(path, "one", deployment({ replicas: 1 }));
      await session.apply(path, "one", deployment());
      await session.patch(`${path}/scale?fieldManager=scaler`, "json", [
        { op: "replace", path: "/spec/replicas", value: 3 },
      ]);
      await session.get(path);
      await session.apply(`${path}/scale`, "applier", scale({ replicas: 4 }));
      await session.apply(`${path}/scale`, "applier", scale({ replicas: 4 }), "&force=true");
      await session.get(path);
      await session.apply(`${path}/scale`, "applier", scale({ replicas: 5 }));
      await session.apply(`${path}/scale`, "applier", scale({}));
      await session.get(path);
      await session.put(`${path}/scale?fieldManager=putter`, scale({ replicas: 6 }));
      await session.get(path);
      await session.apply(`${path}/scale`, "applier", deployment({ replicas: 4 }));
      await session.apply(`${path}/scale`, "applier", scale({ replica: 4 }));
      await session.apply(`${path}/scale`, "applier", scale({ replicas: "4" }));
      await session.apply(`${path}/scale`, "applier", scale({ replicas: -1 }), "&force=true");
      await session.apply(
        `${session.at("apps/v1", "deployments", "missing")}/scale`,
        "applier",
        scale({ replicas: 1 }),
      );
      await session.patch(`${path}/scale?fieldManager=one`, "merge", { spec: { replicas: 7 } });
      await session.apply(path, "one", deployment({ replicas: 7 }));
      await session.get(path);
    },
  },
  {
    name: "the status of a Deployment",
    async run(session) {
      const path = session.at("apps/v1", "deployments", "a");
      await session.apply(`${path}/status`, "controller", {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a" },
        status: { replicas: 1 },
      });
      await session.apply(path, "one", { ...deployment(), status: { replicas: 5 } });
      const status = (fields: object, metadata: object = {}): object => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a", ...metadata },
        status: fields,
      });
      const condition = { type: "Available", status: "True", reason: "R", message: "m" };
      await session.apply(
        `${path}/status`,
        "controller",
        status({ observedGeneration: 1, replicas: 1, conditions: [condition] }),
      );
      await session.apply(
        `${path}/status`,
        "controller",
        status({ replicas: 1 }, { labels: { l: "1" }, annotations: { n: "1" } }),
      );
      await session.patch(`${path}/status?fieldManager=patcher`, "strategic-merge", {
        status: { conditions: [condition], readyReplicas: 1 },
        spec: { replicas: 9 },
      });
      await session.apply(`${path}/status`, "controller", status({ readyReplicas: 2 }));
      await session.apply(path, "one", { ...deployment(), status: { replicas: 5 } });
      const { body } = await session.get(path);
      await session.put(`${path}/status?fieldManager=putter`, {
        ...body,
        status: { ...body.status, availableReplicas: 1 },
      });
      await session.put(`${path}?fieldManager=putter`, {
        ...body,
        metadata: { ...body.metadata, resourceVersion: "" },
        status: {},
      });
    },
  },
  {
    name: "an autoscaler in two versions",
    async run(session) {
      const [v1, v2] = [
        session.at("autoscaling/v1", "horizontalpodautoscalers", "a"),
        session.at("autoscaling/v2", "horizontalpodautoscalers", "a"),
      ];
      const target = { apiVersion: "apps/v1", kind: "Deployment", name: "d" };
      const of = (apiVersion: string, spec: object): object => ({
        apiVersion,
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "a" },
        spec,
      });
      await session.apply(
        v1,
        "one",
        of("autoscaling/v1", { scaleTargetRef: target, maxReplicas: 5, targetCPUUtilizationPercentage: 50 }),
      );
      await session.get(v2);
      await session.apply(v2, "two", of("autoscaling/v2", { scaleTargetRef: target, maxReplicas: 5, minReplicas: 2 }));
      await session.apply(v2, "two", of("autoscaling/v2", { scaleTargetRef: target, maxReplicas: 6 }));
      await session.apply(v2, "one", of("autoscaling/v2", { scaleTargetRef: target, maxReplicas: 7 }), "&force=true");
      await session.patch(`${v1}?fieldManager=merger`, "merge", { spec: { minReplicas: 3 } });
      await session.get(v2);
    },
  },
];
