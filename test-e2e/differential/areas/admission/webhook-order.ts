import { patching, webhookScenario } from "../../reviewer.ts";
import type { Body } from "../../session.ts";

const append = (mark: string) => (request: Body) =>
  patching({ op: "add", path: "/data/marks", value: `${String(request.object.data?.marks ?? "")}${mark}` });
const maps = "configmaps";

/** In what order webhooks are called, what each of them sees, and what comes of their changes. */
export const webhookOrderScenarios = [
  webhookScenario("reviews of every operation", async (session, webhooks) => {
    await webhooks.register("Mutating", "admission-operations", [webhooks.webhook("/mutating")]);
    await webhooks.register("Validating", "admission-operations", [webhooks.webhook("/validating")]);
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a", labels: { x: "1" } }, data: { k: "v" } });
    webhooks.reviewed("create");
    await session.get(`${path}/a`);
    await session.get(path);
    webhooks.reviewed("reads");
    await session.put(`${path}/a`, { metadata: { name: "a" }, data: { k: "w" } });
    webhooks.reviewed("update");
    await session.put(`${path}/a`, { metadata: { name: "a" }, data: { k: "w" } });
    webhooks.reviewed("update without a change");
    await session.patch(`${path}/a`, "merge", { data: { n: "1" } });
    webhooks.reviewed("merge patch");
    await session.patch(`${path}/a`, "json", [{ op: "remove", path: "/data/n" }]);
    webhooks.reviewed("JSON patch");
    await session.patch(`${path}/a?fieldManager=me`, "strategic-merge", { metadata: { labels: { y: "2" } } });
    webhooks.reviewed("strategic merge patch");
    await session.apply(`${path}/a`, "applier", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { applied: "yes" },
    });
    webhooks.reviewed("apply");
    await session.apply(`${path}/b`, "applier", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "b" },
      data: { applied: "yes" },
    });
    webhooks.reviewed("apply that creates");
    const named = await session.silently("POST", path, { metadata: { generateName: "gen-" } });
    session.alias(String(named.body.metadata?.name), "generated");
    webhooks.reviewed("create with a generated name");
    await session.post(`${path}?dryRun=All`, { metadata: { name: "dry" } });
    webhooks.reviewed("dry run");
    await session.delete(`${path}/a?dryRun=All`);
    webhooks.reviewed("dry run of delete");
    await session.delete(`${path}/a?gracePeriodSeconds=0`, { propagationPolicy: "Foreground" });
    webhooks.reviewed("delete");
    await session.delete(`${path}/b`);
    webhooks.reviewed("delete with no options");
    await session.delete(`${path}/missing`);
    await session.put(`${path}/missing`, { metadata: { name: "missing" } });
    await session.patch(`${path}/missing`, "merge", {});
    webhooks.reviewed("what does not exist");
    await session.post(path, { metadata: { name: "Bad Name" } });
    webhooks.reviewed("an invalid object");
    await session.delete(path);
    webhooks.reviewed("delete of a collection", "sorted");
  }),

  webhookScenario("mutating by name, then validating", async (session, webhooks) => {
    for (const name of ["/b1", "/b2", "/a1", "/c1"]) webhooks.on(name, append(name.slice(1)));
    await webhooks.register("Mutating", "admission-order-b", [webhooks.webhook("/b1"), webhooks.webhook("/b2")]);
    await webhooks.register("Mutating", "admission-order-a", [webhooks.webhook("/a1")]);
    await webhooks.register("Mutating", "admission-order-c", [webhooks.webhook("/c1")]);
    await webhooks.register("Validating", "admission-order-a", [webhooks.webhook("/v1"), webhooks.webhook("/v2")]);
    await webhooks.register("Validating", "admission-order-0", [webhooks.webhook("/v3")]);
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a" }, data: {} });
    webhooks.reviewed("a create", "sorted");
    await session.post(path, { metadata: { name: "b" }, data: { marks: "given " } });
    await session.put(`${path}/a`, { metadata: { name: "a" }, data: { marks: "" } });
    await session.get(`${path}/a`);
    webhooks.reviewed("an update", "sorted");
  }),

  webhookScenario("reinvocation", async (session, webhooks) => {
    for (const name of ["/first", "/second", "/third"]) {
      webhooks.on(name, (request) => {
        const marks = String(request.object.data?.marks ?? "");
        return patching({ op: "add", path: "/data/marks", value: `${marks}${name}` });
      });
    }
    await webhooks.register("Mutating", "admission-reinvocation", [
      webhooks.webhook("/first", { reinvocationPolicy: "IfNeeded" }),
      webhooks.webhook("/second"),
      webhooks.webhook("/third", { reinvocationPolicy: "IfNeeded" }),
      webhooks.webhook("/fourth", { reinvocationPolicy: "IfNeeded" }),
    ]);
    await session.post(session.at("v1", maps), { metadata: { name: "a" }, data: {} });
    webhooks.reviewed("a create");
  }),

  webhookScenario("reinvocation of those that changed nothing", async (session, webhooks) => {
    webhooks.on("/last", (request) =>
      request.object.data?.last === undefined
        ? patching({ op: "add", path: "/data/last", value: "1" })
        : { allowed: true },
    );
    webhooks.on("/early", (request) =>
      request.object.data?.last === "1" && request.object.data?.early === undefined
        ? patching({ op: "add", path: "/data/early", value: "saw" })
        : { allowed: true },
    );
    webhooks.on("/sameness", (request) =>
      patching({ op: "add", path: "/data/k", value: String(request.object.data.k) }),
    );
    await webhooks.register("Mutating", "admission-reinvocation", [
      webhooks.webhook("/never", { reinvocationPolicy: "Never" }),
      webhooks.webhook("/early", { reinvocationPolicy: "IfNeeded" }),
      webhooks.webhook("/sameness", { reinvocationPolicy: "IfNeeded" }),
      webhooks.webhook("/last", { reinvocationPolicy: "IfNeeded" }),
    ]);
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a" }, data: { k: "v" } });
    webhooks.reviewed("a create");
    await session.patch(`${path}/a`, "merge", { data: { other: "1" } });
    webhooks.reviewed("an update");
    await session.patch(`${path}/a`, "merge", { data: { last: null } });
    webhooks.reviewed("an update that a webhook undoes");
  }),

  webhookScenario("mutation by an earlier webhook that a later one selects", async (session, webhooks) => {
    webhooks.on("/labels", () => patching({ op: "add", path: "/metadata/labels", value: { chosen: "yes" } }));
    await webhooks.register("Mutating", "admission-selected", [
      webhooks.webhook("/labels"),
      webhooks.webhook("/chosen", { objectSelector: { matchLabels: { chosen: "yes" } } }),
    ]);
    await webhooks.register("Validating", "admission-selected", [
      webhooks.webhook("/judge", { objectSelector: { matchLabels: { chosen: "yes" } } }),
      webhooks.webhook("/other", {
        objectSelector: { matchExpressions: [{ key: "chosen", operator: "DoesNotExist" }] },
      }),
    ]);
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a" } });
    webhooks.reviewed("a create", "sorted");
    webhooks.on("/labels", () => ({ allowed: true }));
    await session.put(`${path}/a`, { metadata: { name: "a" } });
    webhooks.reviewed("an update that takes the label off", "sorted");
    await session.delete(`${path}/a`);
    webhooks.reviewed("a delete", "sorted");
  }),

  webhookScenario("managed fields and generation after mutation", async (session, webhooks) => {
    webhooks.on("/mutate", (request) =>
      request.operation === "DELETE"
        ? { allowed: true }
        : patching(
            { op: "add", path: "/metadata/annotations", value: { mutated: request.operation } },
            { op: "add", path: "/spec/paused", value: true },
          ),
    );
    await webhooks.register("Mutating", "admission-managed", [
      webhooks.webhook("/mutate", {
        rules: [
          { operations: ["CREATE", "UPDATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] },
        ],
      }),
    ]);
    const path = session.at("apps/v1", "deployments");
    const spec = {
      selector: { matchLabels: { a: "b" } },
      template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    };
    await session.post(path, { metadata: { name: "a" }, spec });
    webhooks.reviewed("a create");
    await session.patch(`${path}/a`, "merge", { spec: { paused: false } });
    webhooks.reviewed("an update that the webhook undoes");
    await session.patch(`${path}/a`, "merge", { spec: { replicas: 3 } });
    await session.apply(`${path}/b`, "applier", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "b" },
      spec,
    });
    webhooks.reviewed("updates");
    await session.apply(`${path}/b`, "applier", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "b" },
      spec,
    });
    await session.apply(`${path}/b`, "other", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "b" },
      spec: { paused: false },
    });
    webhooks.reviewed("applies");
  }),

  webhookScenario("defaults and validation after mutation", async (session, webhooks) => {
    const patches: Record<string, readonly Record<string, unknown>[]> = {
      defaults: [{ op: "add", path: "/spec/ports/-", value: { port: 81, name: "more" } }],
      invalid: [{ op: "replace", path: "/spec/ports/0/port", value: 0 }],
      wrongType: [{ op: "replace", path: "/spec/ports/0/port", value: "http" }],
      unknown: [{ op: "add", path: "/spec/unheard", value: true }],
      name: [{ op: "replace", path: "/metadata/name", value: "renamed" }],
      namespace: [{ op: "replace", path: "/metadata/namespace", value: "default" }],
      uid: [{ op: "add", path: "/metadata/uid", value: "11111111-1111-1111-1111-111111111111" }],
      version: [{ op: "add", path: "/metadata/resourceVersion", value: "7" }],
      kind: [{ op: "replace", path: "/kind", value: "Secret" }],
      noKind: [{ op: "remove", path: "/kind" }],
      finalizer: [{ op: "add", path: "/metadata/finalizers", value: ["example.io/held"] }],
      managed: [{ op: "remove", path: "/metadata/managedFields" }],
      brokenManaged: [{ op: "add", path: "/metadata/managedFields", value: [{ manager: "x", operation: "Nothing" }] }],
      status: [{ op: "add", path: "/status", value: { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } } }],
    };
    webhooks.on("/mutate", (request) => {
      const chosen = patches[String(request.object.metadata.annotations?.["patch"])];
      return chosen === undefined ? { allowed: true } : patching(...chosen);
    });
    const rules = [{ operations: ["CREATE", "UPDATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["services"] }];
    await webhooks.register("Mutating", "admission-after", [webhooks.webhook("/mutate", { rules })]);
    await webhooks.register("Validating", "admission-after", [webhooks.webhook("/validate", { rules })]);
    const path = session.at("v1", "services");
    await session.silently("POST", path, {
      metadata: { name: "plain" },
      spec: { clusterIP: "None", selector: { a: "b" }, ports: [{ name: "a", port: 80 }] },
    });
    for (const patch of Object.keys(patches)) {
      const name = patch.toLowerCase();
      await session.post(path, {
        metadata: { name, annotations: { patch } },
        spec: { clusterIP: "None", selector: { a: "b" }, ports: [{ name: "a", port: 80 }] },
      });
      await session.patch(`${path}/plain`, "merge", { metadata: { annotations: { patch } } });
      await session.silently(
        "PATCH",
        `${path}/plain`,
        { metadata: { annotations: null, finalizers: null } },
        {
          contentType: "application/merge-patch+json",
        },
      );
      await session.silently(
        "PATCH",
        `${path}/${name}`,
        { metadata: { finalizers: null } },
        {
          contentType: "application/merge-patch+json",
        },
      );
    }
    webhooks.reviewed("changes by webhooks");
  }),
];
