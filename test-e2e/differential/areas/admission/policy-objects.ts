import { bindingsPath, policiesPath } from "../../policies.ts";
import type { Scenario } from "../../scenario.ts";

const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] };
const constraints = {
  resourceRules: [rule],
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "nowhere" } },
};
const good = { matchConstraints: constraints, validations: [{ expression: "true" }] };
const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
const expressions: readonly string[] = [
  "",
  " ",
  "1 + 1",
  "'a'",
  "object.spec",
  "object.spec.x == 1",
  "object.spec.x ==",
  "nothing",
  "nothing.x && other.y",
  "params.data.a == 'b'",
  "variables.a == 1",
  "request.name == 'a'",
  "request.nam == 'a'",
  "request.userInfo.groups.exists(g, g == 'a')",
  "request.userInfo.extra['a'][0] == 1",
  "request.options.dryRun == true",
  "namespaceObject.metadata.labels['a'] == 'b'",
  "namespaceObject.metadata.managedFields.size() == 0",
  "namespaceObject.metadata.creationTimestamp < timestamp('2020-01-01T00:00:00Z')",
  "namespaceObject.status.conditions.all(c, c.type == 'a')",
  "authorizer.group('').resource('pods').namespace('a').check('get').allowed()",
  "authorizer.requestResource.check('get').allowed()",
  "authorizer.requestResource.check('get')",
  "authorizer.path('/healthz').check('get').reason() == ''",
  "authorizer.nothing()",
  "oldObject == null",
  "oldObject == null\n|| object.x > 1",
  "'a'.matches('(')",
  "[1, 2, 3]",
  "{'a': 1}",
  "timestamp('2020-01-01T00:00:00Z')",
  "duration('1s')",
  "null",
  "type(1)",
  "dyn(true)",
  "quantity('1')",
  "optional.of(1)",
  "object.?spec.x",
  "b'a'",
  "1u",
  "1.5",
];

const policies: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  empty: {},
  good,
  "no rules": { ...good, matchConstraints: {} },
  "no validations": { matchConstraints: constraints },
  "empty validation": { ...good, validations: [{}] },
  "odd failure policy": { ...good, failurePolicy: "Maybe" },
  "odd match policy": { ...good, matchConstraints: { ...constraints, matchPolicy: "Same" } },
  "odd selector": {
    ...good,
    matchConstraints: {
      ...constraints,
      namespaceSelector: { matchLabels: { "a b": "c d" } },
      objectSelector: { matchExpressions: [{ key: "a", operator: "Is" }] },
    },
  },
  "odd rules": {
    ...good,
    matchConstraints: {
      ...constraints,
      resourceRules: [{}, { ...rule, operations: ["READ"], scope: "World" }],
      excludeResourceRules: [{ ...rule, resourceNames: ["a", "a", "b/c", ".."] }],
    },
  },
  "odd messages": {
    ...good,
    validations: [
      { expression: "true", message: " " },
      { expression: "true", message: "a\nb" },
      { expression: "true", messageExpression: " " },
      { expression: "true", messageExpression: "1" },
      { expression: "true", messageExpression: "object" },
      { expression: "true", messageExpression: "string(object.x)" },
      { expression: "true", messageExpression: "authorizer.x" },
      { expression: "true", messageExpression: "params.x" },
      { expression: "true", reason: "Because" },
      { expression: "true", reason: "Unauthorized" },
    ],
  },
  "odd parameters": { ...good, paramKind: {} },
  "parameters of an odd version": { ...good, paramKind: { apiVersion: "a/b/c", kind: "0x" } },
  "parameters without a version": { ...good, paramKind: { apiVersion: "a.b/", kind: "Some-Kind" } },
  "parameters of an odd group": { ...good, paramKind: { apiVersion: "A_B/V1", kind: "Kind" } },
  "use of parameters": {
    ...good,
    paramKind,
    validations: [{ expression: "params.data.a == 'b'", messageExpression: "'a' + params.data.a" }],
    matchConditions: [{ name: "a", expression: "params != null" }],
  },
  variables: {
    ...good,
    variables: [
      { name: "a", expression: "1" },
      { name: "b", expression: "variables.a + 1" },
      { name: "list", expression: "[variables.b]" },
      { name: "dynamic", expression: "object.data" },
      { name: "map", expression: "{'a': [1.5]}" },
      { name: "time", expression: "timestamp('2020-01-01T00:00:00Z')" },
      { name: "amount", expression: "quantity('1')" },
    ],
    validations: [
      { expression: "variables.a == 1 && variables.list[0] == 2 && variables.dynamic.x == 'y'" },
      { expression: "variables.map.a[0] == 'x'" },
      { expression: "variables.a == 'x'" },
      { expression: "variables.list == [1]" },
      { expression: "variables.list == ['a']" },
      { expression: "variables.missing == 1" },
      { expression: "variables.time == 1" },
      { expression: "variables.amount.isGreaterThan(quantity('1'))" },
      { expression: "variables.b" },
      { expression: "variables.dynamic" },
      { expression: "true", messageExpression: "variables.a" },
    ],
    matchConditions: [{ name: "a", expression: "variables.a == 1" }],
  },
  "odd variables": {
    ...good,
    variables: [
      {},
      { name: "a-b", expression: "1" },
      { name: "namespace", expression: " " },
      { name: "a", expression: "variables.b" },
      { name: "b", expression: "x" },
      { name: "c", expression: "variables.b == 1" },
    ],
  },
  conditions: {
    ...good,
    matchConditions: [
      { name: "a", expression: "true" },
      { name: "a", expression: "1" },
      { name: "", expression: "" },
      { name: "a b", expression: " x " },
      {},
    ],
  },
  annotations: {
    ...good,
    auditAnnotations: [
      { key: "a", valueExpression: "'b'" },
      { key: "a", valueExpression: "null" },
      { key: "b c", valueExpression: "1" },
      { key: "c", valueExpression: "object.x" },
      { key: "", valueExpression: "" },
      { key: "d", valueExpression: " y " },
    ],
  },
  "annotations alone": { matchConstraints: constraints, auditAnnotations: [{ key: "a", valueExpression: "'b'" }] },
  "unknown field": { ...good, nonsense: 1 },
};

const selector = { matchLabels: { a: "b" } };
const bindings: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  empty: {},
  good: { policyName: "a", validationActions: ["Deny"] },
  "odd name": { policyName: "A b", validationActions: ["Deny"] },
  "no action": { policyName: "a", validationActions: [] },
  "odd actions": { policyName: "a", validationActions: ["Refuse", "Deny", "Deny", "Warn"] },
  "all that go together": { policyName: "a", validationActions: ["Audit", "Warn"] },
  "odd matches": { policyName: "a", validationActions: ["Deny"], matchResources: { matchPolicy: "Same" } },
  matches: { policyName: "a", validationActions: ["Deny"], matchResources: { resourceRules: [rule] } },
  "empty matches": { policyName: "a", validationActions: ["Deny"], matchResources: {} },
  "empty parameters": { policyName: "a", validationActions: ["Deny"], paramRef: {} },
  "named parameters": { policyName: "a", validationActions: ["Deny"], paramRef: { name: "p" } },
  "odd parameters": {
    policyName: "a",
    validationActions: ["Deny"],
    paramRef: { name: "a/b", selector, parameterNotFoundAction: "Cry" },
  },
  "selected parameters": {
    policyName: "a",
    validationActions: ["Deny"],
    paramRef: { selector, namespace: "x", parameterNotFoundAction: "Allow" },
  },
};

/** What the API server makes of policies and their bindings themselves. */
export const policyObjectScenarios: readonly Scenario[] = [
  {
    name: "policies themselves",
    async run(session) {
      const name = "admission-policy-itself";
      for (const [what, spec] of Object.entries(policies)) {
        session.note(what, "begins");
        await session.post(`${policiesPath}?dryRun=All`, { metadata: { name }, spec });
      }
      await session.post(`${policiesPath}?dryRun=All`, { metadata: {}, spec: policies["annotations alone"] });
      await session.post(policiesPath, { metadata: { name }, spec: good, status: { observedGeneration: 7 } });
      await session.get(`${policiesPath}/${name}`);
      await session.put(`${policiesPath}/${name}`, { metadata: { name }, spec: good });
      await session.patch(`${policiesPath}/${name}`, "merge", { spec: { failurePolicy: "Ignore" } });
      await session.patch(`${policiesPath}/${name}`, "merge", { spec: { validations: [{ expression: "x" }] } });
      await session.patch(`${policiesPath}/${name}`, "strategic-merge", {
        spec: { matchConditions: [{ name: "b", expression: "true" }] },
      });
      await session.patch(`${policiesPath}/${name}`, "json", [
        { op: "add", path: "/spec/validations/-", value: { expression: "false" } },
      ]);
      await session.patch(`${policiesPath}/${name}/status`, "merge", { status: { observedGeneration: 2 } });
      await session.delete(`${policiesPath}/${name}`);
    },
  },
  {
    name: "expressions of policies",
    async run(session) {
      const name = "admission-policy-expression";
      for (const expression of expressions) {
        session.note(expression, "begins");
        await session.post(`${policiesPath}?dryRun=All`, {
          metadata: { name },
          spec: {
            ...good,
            validations: [{ expression }],
            auditAnnotations: [{ key: "a", valueExpression: expression }],
          },
        });
      }
    },
  },
  {
    name: "bindings themselves",
    async run(session) {
      const name = "admission-binding-itself";
      for (const [what, spec] of Object.entries(bindings)) {
        session.note(what, "begins");
        await session.post(`${bindingsPath}?dryRun=All`, { metadata: { name }, spec });
      }
      await session.post(bindingsPath, { metadata: { name }, spec: bindings["matches"] });
      await session.get(`${bindingsPath}/${name}`);
      await session.put(`${bindingsPath}/${name}`, { metadata: { name }, spec: bindings["good"] });
      await session.patch(`${bindingsPath}/${name}`, "merge", { spec: { validationActions: ["Warn", "Deny"] } });
      await session.delete(`${bindingsPath}/${name}`);
    },
  },
];
