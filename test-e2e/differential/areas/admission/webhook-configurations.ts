import type { Scenario } from "../../scenario.ts";

const group = "/apis/admissionregistration.k8s.io/v1";
const good = {
  name: "a.admission.test",
  clientConfig: { url: "https://127.0.0.1:1/" },
  rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "nowhere" } },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};
const rule = good.rules[0];

const variants: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  good: [good],
  minimal: [
    { name: "a.b.c", clientConfig: { url: "https://h" }, sideEffects: "None", admissionReviewVersions: ["v1"] },
  ],
  empty: [{}],
  service: [{ ...good, clientConfig: { service: { name: "s", namespace: "n" } } }],
  both: [{ ...good, clientConfig: { url: "https://h/", service: { name: "s", namespace: "n" } } }],
  neither: [{ ...good, clientConfig: {} }],
  "plain HTTP": [{ ...good, clientConfig: { url: "http://h/x" } }],
  "no scheme": [{ ...good, clientConfig: { url: "h/x" } }],
  user: [{ ...good, clientConfig: { url: "https://u:p@h/x" } }],
  query: [{ ...good, clientConfig: { url: "https://h/x?a=b#c" } }],
  "no side effects": [{ ...good, sideEffects: undefined }],
  "some side effects": [{ ...good, sideEffects: "Some" }],
  "odd side effects": [{ ...good, sideEffects: "Odd" }],
  "no versions": [{ ...good, admissionReviewVersions: undefined }],
  "empty versions": [{ ...good, admissionReviewVersions: [] }],
  "unknown versions": [{ ...good, admissionReviewVersions: ["v2", "v3"] }],
  "one known version": [{ ...good, admissionReviewVersions: ["v2", "v1beta1"] }],
  "doubled versions": [{ ...good, admissionReviewVersions: ["v1", "v1", "V1"] }],
  "timeout of zero": [{ ...good, timeoutSeconds: 0 }],
  "timeout of 31": [{ ...good, timeoutSeconds: 31 }],
  "no name": [{ ...good, name: "" }],
  "short name": [{ ...good, name: "a.b" }],
  "odd name": [{ ...good, name: "A_b.c.d" }],
  "one name twice": [good, good],
  "odd policies": [{ ...good, failurePolicy: "Maybe", matchPolicy: "Similar" }],
  "odd reinvocation": [{ ...good, reinvocationPolicy: "Always" }],
  "empty rule": [{ ...good, rules: [{}] }],
  "odd operations": [{ ...good, rules: [{ ...rule, operations: ["READ", ""] }] }],
  "all operations and more": [{ ...good, rules: [{ ...rule, operations: ["*", "CREATE"] }] }],
  "all groups and more": [{ ...good, rules: [{ ...rule, apiGroups: ["*", "apps"], apiVersions: ["*", "v1"] }] }],
  "empty version": [{ ...good, rules: [{ ...rule, apiVersions: [""] }] }],
  "all resources and more": [{ ...good, rules: [{ ...rule, resources: ["*", "pods"] }] }],
  "all resources and subresources": [{ ...good, rules: [{ ...rule, resources: ["*/*", "pods"] }] }],
  "doubled subresources": [
    { ...good, rules: [{ ...rule, resources: ["pods/*", "pods/status", "*/scale", "deployments/scale", ""] }] },
  ],
  "odd scope": [{ ...good, rules: [{ ...rule, scope: "World" }] }],
  conditions: [
    {
      ...good,
      matchConditions: [
        { name: "good", expression: "request.userInfo.username != 'a'" },
        { name: "good", expression: "object.x" },
        { name: "a b", expression: "params.x == 1" },
        { name: "", expression: " " },
        { name: "authorized", expression: "authorizer.requestResource.check('get').allowed()" },
        { name: "syntax", expression: "object.x ==" },
      ],
    },
  ],
  "odd selectors": [
    { ...good, namespaceSelector: { matchLabels: { "a b": "c d" } }, objectSelector: { matchExpressions: [{}] } },
  ],
  none: [],
};

/** What the API server makes of webhook configurations themselves. */
export const webhookConfigurationScenarios: readonly Scenario[] = (["mutating", "validating"] as const).map((kind) => ({
  name: `${kind} webhook configurations`,
  async run(session) {
    const path = `${group}/${kind}webhookconfigurations`;
    const name = `admission-configuration-${kind}`;
    for (const [what, webhooks] of Object.entries(variants)) {
      session.note(what, "begins");
      await session.post(`${path}?dryRun=All`, { metadata: { name }, webhooks });
    }
    await session.post(path, { metadata: { name }, webhooks: [good] });
    await session.get(`${path}/${name}`);
    await session.patch(`${path}/${name}`, "strategic-merge", {
      webhooks: [{ name: good.name, timeoutSeconds: 3 }],
    });
    await session.patch(`${path}/${name}`, "merge", { webhooks: [{ ...good, name: "short" }] });
    await session.put(`${path}/${name}`, { metadata: { name }, webhooks: [good] });
    await session.apply(`${path}/${name}`, "applier", {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: kind === "mutating" ? "MutatingWebhookConfiguration" : "ValidatingWebhookConfiguration",
      metadata: { name },
      webhooks: [{ name: good.name, clientConfig: { url: "https://127.0.0.1:2/" } }],
    });
    await session.delete(`${path}/${name}`);
  },
}));
