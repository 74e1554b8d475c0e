import { patching, webhookScenario } from "../../reviewer.ts";

const maps = "configmaps";
const rule = { operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: [maps] };

/** Which requests reach a webhook: rules, selectors, match policy and conditions. */
export const webhookMatchingScenarios = [
  webhookScenario("rules", async (session, webhooks) => {
    const rules: Record<string, Record<string, unknown>> = {
      create: { ...rule, operations: ["CREATE"] },
      update: { ...rule, operations: ["UPDATE"] },
      delete: { ...rule, operations: ["DELETE"] },
      "other-group": { ...rule, apiGroups: ["apps"] },
      "all-groups": { ...rule, apiGroups: ["*"] },
      "other-version": { ...rule, apiVersions: ["v2"] },
      "all-versions": { ...rule, apiVersions: ["*"] },
      "all-resources": { ...rule, resources: ["*"] },
      everything: { ...rule, apiGroups: ["*"], resources: ["*/*"] },
      subresources: { ...rule, apiGroups: ["*"], resources: ["*/status", "*/scale"] },
      "of-pods": { ...rule, resources: ["pods/*"] },
      namespaced: { ...rule, scope: "Namespaced", resources: ["*"] },
      cluster: { ...rule, scope: "Cluster", resources: ["*"] },
    };
    await webhooks.register(
      "Validating",
      "admission-rules",
      Object.entries(rules).map(([name, each]) => webhooks.webhook(`/${name}`, { rules: [each] })),
    );
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a" } });
    webhooks.reviewed("create", "sorted");
    await session.patch(`${path}/a`, "merge", { data: { k: "v" } });
    webhooks.reviewed("update", "sorted");
    await session.delete(`${path}/a`);
    webhooks.reviewed("delete", "sorted");
    const namespace = `/api/v1/namespaces/${session.namespace}`;
    await session.patch(namespace, "merge", { metadata: { labels: { changed: "yes" } } });
    webhooks.reviewed("update of the namespace", "sorted");
    const deployments = session.at("apps/v1", "deployments");
    await session.post(deployments, {
      metadata: { name: "a" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    });
    webhooks.reviewed("create of a deployment", "sorted");
    await session.patch(`${deployments}/a/status`, "merge", { status: { observedGeneration: 1 } });
    webhooks.reviewed("update of status", "sorted");
    await session.get(`${deployments}/a/scale`);
    await session.patch(`${deployments}/a/scale`, "merge", { spec: { replicas: 2 } });
    webhooks.reviewed("update of scale", "sorted");
  }),

  webhookScenario("mutation of status and scale", async (session, webhooks) => {
    webhooks.on("/status", () => patching({ op: "add", path: "/status/observedGeneration", value: 7 }));
    webhooks.on("/scale", () => patching({ op: "add", path: "/spec/replicas", value: 5 }));
    const of = (resource: string): Record<string, unknown> => ({
      rules: [{ ...rule, operations: ["UPDATE"], apiGroups: ["apps"], resources: [resource] }],
    });
    await webhooks.register("Mutating", "admission-subresources", [
      webhooks.webhook("/status", of("deployments/status")),
      webhooks.webhook("/scale", of("deployments/scale")),
    ]);
    const path = session.at("apps/v1", "deployments");
    await session.post(path, {
      metadata: { name: "a" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    });
    await session.patch(`${path}/a/status`, "merge", { status: { replicas: 1 } });
    await session.patch(`${path}/a/scale`, "merge", { spec: { replicas: 2 } });
    await session.get(`${path}/a`);
    webhooks.reviewed("subresources");
  }),

  webhookScenario("selectors", async (session, webhooks) => {
    const selectors: Record<string, Record<string, unknown>> = {
      empty: {},
      equal: { matchLabels: { tier: "web" } },
      in: { matchExpressions: [{ key: "tier", operator: "In", values: ["web", "db"] }] },
      "not-in": { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["web"] }] },
      exists: { matchExpressions: [{ key: "tier", operator: "Exists" }] },
      absent: { matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] },
    };
    await webhooks.register(
      "Validating",
      "admission-selectors",
      Object.entries(selectors).map(([name, objectSelector]) => webhooks.webhook(`/${name}`, { objectSelector })),
    );
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a", labels: { tier: "web" } } });
    webhooks.reviewed("with the label", "sorted");
    await session.post(path, { metadata: { name: "b" } });
    webhooks.reviewed("without the label", "sorted");
    await session.patch(`${path}/a`, "merge", { metadata: { labels: { tier: null } } });
    webhooks.reviewed("taking the label off", "sorted");
    await session.patch(`${path}/b`, "merge", { metadata: { labels: { tier: "db" } } });
    webhooks.reviewed("putting the label on", "sorted");
    await session.delete(`${path}/b`);
    webhooks.reviewed("deleting", "sorted");
  }),

  webhookScenario("matchPolicy", async (session, webhooks) => {
    const autoscalers = (apiVersion: string): Record<string, unknown> => ({
      rules: [
        {
          operations: ["*"],
          apiGroups: ["autoscaling"],
          apiVersions: [apiVersion],
          resources: ["horizontalpodautoscalers"],
        },
      ],
    });
    await webhooks.register("Mutating", "admission-policy", [
      webhooks.webhook("/m-equivalent-v1", { ...autoscalers("v1"), matchPolicy: "Equivalent" }),
      webhooks.webhook("/m-exact-v1", { ...autoscalers("v1"), matchPolicy: "Exact" }),
    ]);
    await webhooks.register("Validating", "admission-policy", [
      webhooks.webhook("/v-equivalent-v2", { ...autoscalers("v2"), matchPolicy: "Equivalent" }),
      webhooks.webhook("/v-exact-v2", { ...autoscalers("v2"), matchPolicy: "Exact" }),
    ]);
    webhooks.on("/m-equivalent-v1", (request) =>
      request.operation === "DELETE" ? { allowed: true } : patching({ op: "add", path: "/spec/maxReplicas", value: 9 }),
    );
    const spec = { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" }, maxReplicas: 3 };
    await session.post(session.at("autoscaling/v2", "horizontalpodautoscalers"), { metadata: { name: "two" }, spec });
    webhooks.reviewed("autoscaling/v2", "sorted");
    await session.post(session.at("autoscaling/v1", "horizontalpodautoscalers"), { metadata: { name: "one" }, spec });
    webhooks.reviewed("autoscaling/v1", "sorted");
    await session.delete(session.at("autoscaling/v2", "horizontalpodautoscalers", "two"));
    webhooks.reviewed("delete", "sorted");
  }),

  webhookScenario("matchConditions", async (session, webhooks) => {
    const conditions: Record<string, readonly string[]> = {
      always: ["true"],
      never: ["false"],
      "by-name": ["object.metadata.name.startsWith('a')"],
      "by-request": ["request.operation == 'CREATE'", "request.namespace == '" + session.namespace + "'"],
      "by-old": ["oldObject != null && oldObject.data.k == 'v'"],
      "by-label": ["'x' in object.metadata.?labels.orValue({})"],
      "false-after-error": ["object.data.missing == 'x'", "false"],
      resource: ["request.resource.resource == 'configmaps' && request.kind.kind == 'ConfigMap'"],
      dry: ["request.dryRun"],
    };
    const hooks = Object.entries(conditions).map(([name, expressions]) =>
      webhooks.webhook(`/${name}`, {
        matchConditions: expressions.map((expression, index) => ({ name: `c${index}`, expression })),
        failurePolicy: "Ignore",
      }),
    );
    await webhooks.register("Mutating", "admission-conditions", hooks);
    await webhooks.register("Validating", "admission-conditions", [
      webhooks.webhook("/error", {
        matchConditions: [{ name: "fails", expression: "object.data.failing == 'x'" }],
        objectSelector: { matchLabels: { failing: "yes" } },
      }),
    ]);
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a" }, data: { k: "v" } });
    webhooks.reviewed("create");
    await session.patch(`${path}/a`, "merge", { data: { k: "w" } });
    webhooks.reviewed("update");
    await session.post(`${path}?dryRun=All`, { metadata: { name: "b", labels: { x: "1" } } });
    webhooks.reviewed("dry run");
    await session.post(path, { metadata: { name: "c", labels: { failing: "yes" } }, data: { k: "v" } });
    await session.delete(`${path}/a`);
    webhooks.reviewed("delete");
  }),

  webhookScenario("kinds beyond the reach of webhooks", async (session, webhooks) => {
    webhooks.on("/all", () => ({ allowed: false }));
    await webhooks.register("Validating", "admission-beyond", [
      webhooks.webhook("/all", {
        namespaceSelector: {},
        rules: [
          {
            ...rule,
            operations: ["CREATE"],
            apiGroups: ["admissionregistration.k8s.io"],
            apiVersions: ["*"],
            resources: ["*"],
          },
        ],
      }),
    ]);
    const path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    await session.post(path, { metadata: { name: "admission-beyond-other" }, webhooks: [] });
    await session.delete(`${path}/admission-beyond-other`);
    webhooks.reviewed("a configuration");
  }),

  webhookScenario("versions of the review, and who asks", async (session, webhooks) => {
    await webhooks.register("Validating", "admission-versions", [
      webhooks.webhook("/beta", { admissionReviewVersions: ["v1beta1", "v1"] }),
      webhooks.webhook("/first-known", { admissionReviewVersions: ["v7", "v1"] }),
    ]);
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a" } });
    webhooks.reviewed("create", "sorted");
    await session.post(`${path}?fieldManager=me&fieldValidation=Strict`, { metadata: { name: "b" } });
    webhooks.reviewed("create with options", "sorted");
    await session.apply(
      `${path}/c`,
      "me",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } },
      "&force=true",
    );
    webhooks.reviewed("apply with force", "sorted");
    await session.delete(`${path}/c`, {
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions: {},
      gracePeriodSeconds: 0,
    });
    webhooks.reviewed("delete with options", "sorted");
  }),
  webhookScenario("parts with kinds of their own", async (session, webhooks) => {
    const own = { kind: "pods", name: "bound" };
    await session.silently("POST", session.at("v1", "serviceaccounts"), { metadata: { name: "default" } });
    await session.silently("POST", session.at("v1", own.kind), {
      metadata: { name: own.name },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    const all = { rules: [{ ...rule, resources: ["pods/*", "serviceaccounts/*", "namespaces/finalize"] }] };
    await webhooks.register("Mutating", "admission-parts-mutating", [webhooks.webhook("/mutating", all)]);
    await webhooks.register("Validating", "admission-parts-validating", [webhooks.webhook("/validating", all)]);
    const refused = { status: false };
    webhooks.on("/validating", () => ({ allowed: !refused.status, status: { message: "not now" } }));
    const pod = `${session.at("v1", "pods")}/bound`;
    const binding = { metadata: { name: "bound" }, target: { kind: "Node", name: "n" } };
    const eviction = { metadata: { name: "bound" }, deleteOptions: { gracePeriodSeconds: 0 } };
    const token = { spec: { expirationSeconds: 1200, audiences: ["a"] } };
    const account = `${session.at("v1", "serviceaccounts")}/default`;
    for (refused.status of [true, false]) {
      await session.post(`${pod}/binding`, binding);
      webhooks.reviewed("a binding");
      await session.post(`${pod}/eviction`, eviction);
      webhooks.reviewed("an eviction");
      const { status } = await session.silently("POST", `${account}/token`, token);
      session.note("token", status);
      webhooks.reviewed("a token request");
    }
  }),
];
