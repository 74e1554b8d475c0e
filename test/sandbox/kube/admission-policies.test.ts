import assert from "node:assert/strict";
import { ApiClient, configMap } from "./api-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const REGISTRATION = "/apis/admissionregistration.k8s.io/v1";

const maps = { operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] };

async function bound(
  api: ApiClient,
  policy: Record<string, unknown>,
  binding: Record<string, unknown> = {},
): Promise<void> {
  await api.create(`${REGISTRATION}/validatingadmissionpolicies`, {
    metadata: { name: "p" },
    spec: { matchConstraints: { resourceRules: [maps] }, ...policy },
  });
  await api.create(`${REGISTRATION}/validatingadmissionpolicybindings`, {
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"], ...binding },
  });
}

describe("admission policies", () => {
  it("refuse with the message of the policy, as an invalid object", async () => {
    const api = new ApiClient();
    await bound(api, {
      validations: [{ expression: "object.data.k != 'bad'", messageExpression: "'k is ' + object.data.k" }],
    });
    const { status, body } = await api.call("POST", MAPS, configMap("a", { k: "bad" }));
    assert.equal(status, 422);
    assert.equal(body.reason, "Invalid");
    assert.equal(
      body.message,
      "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: k is bad",
    );
    assert.equal((await api.call("POST", MAPS, configMap("a", { k: "good" }))).status, 201);
  });

  it("let their failure policy decide on expressions that fail, not on those that are false", async () => {
    const api = new ApiClient();
    await bound(api, { failurePolicy: "Ignore", validations: [{ expression: "object.data.missing == 'x'" }] });
    assert.equal((await api.call("POST", MAPS, configMap("a", { k: "v" }))).status, 201);
    assert.equal((await api.call("POST", MAPS, configMap("b", { missing: "y" }))).status, 422);
  });

  it("evaluate a variable only when it is used, and say which one fails", async () => {
    const api = new ApiClient();
    await bound(api, {
      variables: [{ name: "missing", expression: "object.data.missing" }],
      validations: [{ expression: "object.data.k == 'v' || variables.missing == 'x'" }],
    });
    assert.equal((await api.call("POST", MAPS, configMap("a", { k: "v" }))).status, 201);
    const { body } = await api.call("POST", MAPS, configMap("b", { k: "w" }));
    assert.match(body.message ?? "", /composited variable "missing" fails to evaluate: no such key: missing$/);
  });

  it("take parameters from the objects that the binding names, and warn when they are told to", async () => {
    const api = new ApiClient();
    await api.create(MAPS, configMap("params", { allowed: "v" }));
    await bound(
      api,
      {
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        validations: [{ expression: "object.data.k == params.data.allowed", message: "not allowed" }],
      },
      { validationActions: ["Warn"], paramRef: { name: "params", parameterNotFoundAction: "Deny" } },
    );
    const { status, warning } = await api.call("POST", MAPS, configMap("a", { k: "w" }));
    assert.equal(status, 201);
    assert.equal(
      warning,
      "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': not allowed\"",
    );
    await api.call("DELETE", `${MAPS}/params`);
    const { body } = await api.call("POST", MAPS, configMap("b", { k: "v" }));
    assert.match(body.message ?? "", /failed to configure binding: no params found/);
  });

  it("are refused when an expression does not compile or gives no truth value", async () => {
    const api = new ApiClient();
    const { body } = await api.call("POST", `${REGISTRATION}/validatingadmissionpolicies`, {
      metadata: { name: "p" },
      spec: {
        matchConstraints: { resourceRules: [maps] },
        validations: [{ expression: "object.x" }, { expression: "params.x == 1" }],
      },
    });
    assert.match(body.message ?? "", /validations\[0\]\.expression: .* must evaluate to bool but got dyn/);
    assert.match(body.message ?? "", /validations\[1\]\.expression: .* undeclared reference to 'params'/);
  });
});
