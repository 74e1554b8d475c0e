import { type Policies, policyScenario, registration } from "../../policies.ts";
import type { Session } from "../../session.ts";

const configMaps = { operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] };

/** A policy for the one ConfigMap of its name, so that of several policies just one speaks. */
function only(name: string, rule: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { resourceRules: [{ ...configMaps, resourceNames: [name], ...rule }] };
}

/** Makes a policy for each of some ConfigMaps, and tries to create these. */
async function each(
  session: Session,
  policies: Policies,
  specs: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  binding: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  for (const [name, spec] of Object.entries(specs)) {
    await policies.make(
      `${session.namespace}-${name}`,
      { matchConstraints: policies.constraints(only(name)), ...spec },
      binding,
    );
  }
  await policies.inEffect();
  for (const name of Object.keys(specs)) {
    await session.post(session.at("v1", "configmaps"), {
      metadata: { name, labels: { a: "b" } },
      data: { text: "some", number: "5" },
    });
  }
}

/** What ValidatingAdmissionPolicies do to requests. */
export const policyEffectScenarios = [
  policyScenario("policies that refuse", async (session, policies) => {
    await each(session, policies, {
      plain: { validations: [{ expression: "object.data.text == 'other'" }] },
      message: { validations: [{ expression: "object.data.text == 'other'", message: " No. " }] },
      composed: {
        validations: [
          {
            expression: "object.data.text == 'other'",
            message: "No.",
            messageExpression:
              "'not ' + object.data.text + ' in ' + namespaceObject.metadata.labels['kubernetes.io/metadata.name']",
          },
        ],
      },
      "composed-badly": {
        validations: [{ expression: "false", message: "No.", messageExpression: "string(object.data.missing)" }],
      },
      "composed-empty": { validations: [{ expression: "false", message: "No.", messageExpression: "' '" }] },
      "composed-lines": { validations: [{ expression: "false", messageExpression: "'a\\nb'" }] },
      forbidden: { validations: [{ expression: "false", reason: "Forbidden" }] },
      large: { validations: [{ expression: "false", reason: "RequestEntityTooLarge" }] },
      second: {
        validations: [{ expression: "true" }, { expression: "1 > 2", message: "second" }, { expression: "false" }],
      },
      fine: { validations: [{ expression: "size(object.data) == 2 && oldObject == null" }] },
      missing: { validations: [{ expression: "object.data.missing == 'x'" }] },
      "missing-ignored": { failurePolicy: "Ignore", validations: [{ expression: "object.data.missing == 'x'" }] },
      "false-ignored": { failurePolicy: "Ignore", validations: [{ expression: "object.data.text == 'x'" }] },
      overload: { validations: [{ expression: "object.data.text > 1" }] },
      "old-object": { validations: [{ expression: "oldObject.data.text == 'x'" }] },
      conversion: { validations: [{ expression: "int(object.data.text) > 1" }] },
      number: { validations: [{ expression: "int(object.data.number) > 5" }] },
      annotation: {
        validations: [{ expression: "true" }],
        auditAnnotations: [{ key: "a", valueExpression: "string(object.data.missing)" }],
      },
      "annotation-fine": { auditAnnotations: [{ key: "a", valueExpression: "'text: ' + object.data.text" }] },
      "annotation-ignored": {
        failurePolicy: "Ignore",
        auditAnnotations: [{ key: "a", valueExpression: "string(object.data.missing)" }],
      },
      authorized: { validations: [{ expression: "!authorizer.requestResource.check('create').allowed()" }] },
      "authorized-elsewhere": {
        validations: [
          {
            expression: "!authorizer.group('apps').resource('deployments').namespace('default').check('get').allowed()",
          },
        ],
      },
    });
  }),
  policyScenario("variables and conditions of policies", async (session, policies) => {
    await each(session, policies, {
      variables: {
        variables: [
          { name: "data", expression: "object.data" },
          { name: "text", expression: "variables.data.text + '!'" },
        ],
        validations: [{ expression: "variables.text != 'some!'", messageExpression: "'it is ' + variables.text" }],
      },
      "failing-variable": {
        variables: [{ name: "missing", expression: "object.data.missing" }],
        validations: [{ expression: "variables.missing == 'x'" }],
      },
      "failing-variable-of-variable": {
        variables: [
          { name: "missing", expression: "object.data.missing" },
          { name: "more", expression: "variables.missing" },
        ],
        validations: [{ expression: "variables.more == 'x'" }],
      },
      "failing-variable-unused": {
        variables: [{ name: "missing", expression: "object.data.missing" }],
        validations: [
          { expression: "object.data.text == 'x' || variables.missing == 'x' || false", message: "unused" },
        ],
      },
      "variable-of-nothing": {
        variables: [{ name: "optional", expression: "object.?spec.?x.orValue('none')" }],
        validations: [{ expression: "variables.optional == 'some'", messageExpression: "'is ' + variables.optional" }],
      },
      "condition-false": {
        matchConditions: [{ name: "a", expression: "object.data.text == 'x'" }],
        validations: [{ expression: "false" }],
      },
      "condition-true": {
        matchConditions: [{ name: "a", expression: "request.operation == 'CREATE'" }],
        validations: [{ expression: "false" }],
      },
      "condition-failing": {
        matchConditions: [{ name: "a", expression: "object.data.missing == 'x'" }],
        validations: [{ expression: "true" }],
      },
      "conditions-failing": {
        matchConditions: [
          { name: "a", expression: "object.data.missing == 'x'" },
          { name: "b", expression: "object.data.gone == 'x'" },
        ],
        validations: [{ expression: "true" }],
      },
      "condition-failing-but-false": {
        matchConditions: [
          { name: "a", expression: "object.data.missing == 'x'" },
          { name: "b", expression: "false" },
        ],
        validations: [{ expression: "false" }],
      },
      "condition-failing-ignored": {
        failurePolicy: "Ignore",
        matchConditions: [{ name: "a", expression: "object.data.missing == 'x'" }],
        validations: [{ expression: "false" }],
      },
    });
  }),
  policyScenario("what policies see", async (session, policies) => {
    const shown: Readonly<Record<string, string>> = {
      object: "'' + object.kind + object.apiVersion + object.metadata.namespace",
      time: "string(has(object.metadata.creationTimestamp))",
      labels: "string(object.metadata.labels.size()) + object.metadata.labels['a']",
      operation: "request.operation + request.name + request.namespace",
      kinds: "request.kind.group + request.kind.version + request.kind.kind + request.requestKind.kind",
      resources: "request.resource.group + request.resource.version + request.resource.resource",
      subresource: "string(has(request.subResource)) + string(has(request.requestSubResource))",
      dry: "string(request.dryRun)",
      user: "request.userInfo.username + string(has(request.userInfo.extra))",
      groups: "string('system:authenticated' in request.userInfo.groups)",
      options: "'' + request.options.kind + request.options.apiVersion + string(has(request.options.fieldManager))",
      namespace: "namespaceObject.metadata.name + namespaceObject.status.phase + namespaceObject.spec.finalizers[0]",
      labelled: "namespaceObject.metadata.labels.map(k, k).join(',')",
      fields: "string(has(namespaceObject.metadata.annotations)) + string(has(namespaceObject.metadata.finalizers))",
      old: "string(oldObject == null)",
    };
    await each(
      session,
      policies,
      Object.fromEntries(
        Object.entries(shown).map(([name, messageExpression]) => [
          name,
          { validations: [{ expression: "false", messageExpression }] },
        ]),
      ),
    );
  }),
  policyScenario("operations that policies see", async (session, policies) => {
    const seen = (name: string): Readonly<Record<string, unknown>> => ({
      validations: [
        {
          expression: "false",
          messageExpression:
            "request.operation + ' ' + string(object == null) + ' ' + string(oldObject == null) + ' ' + (has(request.subResource) ? request.subResource : 'none')",
        },
      ],
      matchConstraints: policies.constraints(only(name, { resources: ["*/*"], apiGroups: ["*"], apiVersions: ["*"] })),
    });
    const path = session.at("v1", "configmaps");
    await session.post(path, { metadata: { name: "watched" }, data: { k: "v" } });
    await session.post(session.at("v1", "pods"), { metadata: { name: "watched" }, spec: { containers: [] } });
    await session.silently("POST", session.at("apps/v1", "deployments"), {
      metadata: { name: "watched" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    });
    await policies.make(`${session.namespace}-seen`, seen("watched"));
    await policies.inEffect();
    await session.put(`${path}/watched`, { metadata: { name: "watched" } });
    await session.patch(`${path}/watched`, "merge", { data: { k: "w" } });
    await session.apply(`${path}/watched`, "applier", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "watched" },
    });
    await session.delete(`${path}/watched`);
    await session.delete(path);
    const deployment = `${session.at("apps/v1", "deployments")}/watched`;
    await session.patch(`${deployment}/scale`, "merge", { spec: { replicas: 3 } });
    await session.patch(`${deployment}/status`, "merge", { status: { replicas: 3 } });
    await session.patch(deployment, "merge", { spec: { replicas: 4 } });
  }),
  policyScenario("choice of requests by policies", async (session, policies) => {
    const refuse = { validations: [{ expression: "false" }] };
    const labelled = (name: string): Readonly<Record<string, unknown>> => ({
      objectSelector: { matchLabels: { chosen: name } },
    });
    const make = (name: string, constraints: Readonly<Record<string, unknown>>, binding = {}): Promise<void> =>
      policies.make(
        `${session.namespace}-${name}`,
        { ...refuse, matchConstraints: policies.constraints({ ...labelled(name), ...constraints }) },
        binding,
      );
    await make("plain", {});
    await make("excluded", { excludeResourceRules: [{ ...configMaps, resourceNames: ["x"] }] });
    await make("updates", { resourceRules: [{ ...configMaps, operations: ["UPDATE"] }] });
    await make("elsewhere", { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "nowhere" } } });
    await make("exact", {
      matchPolicy: "Exact",
      resourceRules: [{ operations: ["*"], apiGroups: ["events.k8s.io"], apiVersions: ["v1"], resources: ["events"] }],
    });
    await make("bound", {}, { matchResources: { resourceRules: [{ ...configMaps, resourceNames: ["y"] }] } });
    await make("bound-by-label", {}, { matchResources: { objectSelector: { matchLabels: { also: "yes" } } } });
    await make(
      "bound-outside",
      {},
      { matchResources: { excludeResourceRules: [{ ...configMaps, resourceNames: ["x"] }] } },
    );
    await policies.inEffect();
    const path = session.at("v1", "configmaps");
    for (const chosen of [
      "plain",
      "excluded",
      "updates",
      "elsewhere",
      "exact",
      "bound",
      "bound-by-label",
      "bound-outside",
      "no",
    ]) {
      for (const name of ["x", "y"]) {
        await session.post(`${path}?dryRun=All`, { metadata: { name, labels: { chosen } } });
        await session.post(`${path}?dryRun=All`, { metadata: { name, labels: { chosen, also: "yes" } } });
      }
    }
    await session.post(path, { metadata: { name: "z", labels: { chosen: "updates" } } });
    await session.patch(`${path}/z`, "merge", { metadata: { labels: { chosen: null } } });
    await session.patch(`${path}/z`, "merge", { data: { k: "v" } });
  }),
  policyScenario("actions of bindings", async (session, policies) => {
    const name = (text: string): string => `${session.namespace}-${text}`;
    const spec = (text: string): Readonly<Record<string, unknown>> => ({
      matchConstraints: policies.constraints(only(text)),
      validations: [
        { expression: "object.data.text == 'x'", message: 'not "x"', reason: "Forbidden" },
        { expression: "object.data.missing == 'x'" },
      ],
    });
    await policies.make(name("warn"), spec("warn"), { validationActions: ["Warn"] });
    await policies.make(name("audit"), spec("audit"), { validationActions: ["Audit"] });
    await policies.make(name("both"), spec("both"), { validationActions: ["Audit", "Warn"] });
    await policies.make(name("deny"), spec("deny"), { validationActions: ["Audit", "Deny"] });
    await policies.make(name("two"), spec("two"), { validationActions: ["Warn"] });
    await policies.bind(name("two-again"), name("two"));
    await policies.bind(name("no-policy"), name("missing"));
    await policies.inEffect();
    for (const object of ["warn", "audit", "both", "deny", "two"]) {
      await session.post(session.at("v1", "configmaps"), { metadata: { name: object }, data: { text: "y" } });
    }
  }),
  policyScenario("parameters of policies", async (session, policies) => {
    const path = session.at("v1", "configmaps");
    const allow = { parameterNotFoundAction: "Allow" };
    const name = (text: string): string => `${session.namespace}-${text}`;
    for (const [given, text] of [
      ["params-a", "a"],
      ["params-b", "b"],
    ] as const) {
      await session.silently("POST", path, {
        metadata: { name: given, labels: { params: text } },
        data: { allowed: text },
      });
    }
    const spec = (text: string): Readonly<Record<string, unknown>> => ({
      matchConstraints: policies.constraints(only(text)),
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      validations: [
        {
          expression: "object.data.text == params.data.allowed",
          messageExpression: "'only ' + params.data.allowed + ' by ' + params.kind + ' ' + params.metadata.name",
        },
      ],
    });
    const bound: Readonly<Record<string, unknown>> = {
      named: { name: "params-a", ...allow },
      placed: { name: "params-a", namespace: session.namespace, ...allow },
      "placed-elsewhere": { name: "params-a", namespace: "default", ...allow },
      missing: { name: "params-x", ...allow },
      "missing-refused": { name: "params-x", parameterNotFoundAction: "Deny" },
      selected: { selector: { matchLabels: { params: "b" } }, ...allow },
      "selected-none": { selector: { matchLabels: { params: "x" } }, parameterNotFoundAction: "Deny" },
      unbound: undefined,
    };
    for (const [text, paramRef] of Object.entries(bound)) {
      await policies.make(name(text), spec(text), paramRef === undefined ? {} : { paramRef });
    }
    await policies.make(name("unknown-kind"), {
      ...spec("unknown-kind"),
      paramKind: { apiVersion: "a.b/v1", kind: "Kind" },
    });
    await policies.make(name("unknown-core-kind"), {
      ...spec("unknown-core-kind"),
      paramKind: { apiVersion: "v1", kind: "Kind" },
      failurePolicy: "Ignore",
    });
    await policies.make(
      name("cluster-kind"),
      { ...spec("cluster-kind"), paramKind: { apiVersion: "v1", kind: "Namespace" } },
      { paramRef: { name: "default", namespace: "default", ...allow } },
    );
    await policies.inEffect();
    await policies.refused({ metadata: { name: "named" }, data: { text: "z" } }, "only a");
    await policies.refused({ metadata: { name: "selected" }, data: { text: "z" } }, "only b");
    for (const text of [...Object.keys(bound), "unknown-kind", "unknown-core-kind", "cluster-kind"]) {
      await session.post(`${path}?dryRun=All`, { metadata: { name: text }, data: { text: "a" } });
      await session.post(`${path}?dryRun=All`, { metadata: { name: text }, data: { text: "b" } });
    }
  }),
  policyScenario("a MutatingAdmissionPolicy", async (session, policies) => {
    const name = `${session.namespace}-label`;
    const choice = { matchLabels: { "kubernetes.io/metadata.name": session.namespace } };
    const kinds = `${registration}/mutatingadmissionpolicies`;
    const bindings = `${registration}/mutatingadmissionpolicybindings`;
    await session.silently("POST", kinds, {
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        matchConstraints: { resourceRules: [{ ...configMaps, operations: ["CREATE"] }], namespaceSelector: choice },
        mutations: [
          {
            patchType: "JSONPatch",
            jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data', value: {'mutated': 'yes'}}]" },
          },
        ],
      },
    });
    await session.silently("POST", bindings, { metadata: { name }, spec: { policyName: name } });
    const path = session.at("v1", "configmaps");
    await policies.inEffect();
    // What mutates comes into effect by itself, and on the embedded API never does.
    for (const end = Date.now() + 5000; Date.now() < end; ) {
      const { body } = await session.silently("POST", `${path}?dryRun=All`, { metadata: { name: "probe" } });
      if (body.data !== undefined) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await session.post(path, { metadata: { name: "a" }, data: {} });
    await session.silently("DELETE", `${bindings}/${name}`);
    await session.silently("DELETE", `${kinds}/${name}`);
  }),
];
