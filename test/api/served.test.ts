import assert from "node:assert/strict";
import type { CustomKind } from "../../src/api/crd.ts";
import { crdOf } from "../../src/api/crd.ts";
import { customKinds } from "../../src/api/custom-kinds.ts";
import { iamServiceAccountKind } from "../../src/api/iam-service-account.ts";
import { nodeGroupKind } from "../../src/api/node-group.ts";
import { ApiClient } from "../sandbox/kube/api-client.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

function collection(kind: CustomKind): string {
  return `/apis/${kind.group}/${kind.version}/${kind.namespaced ? "namespaces/default/" : ""}${kind.plural}`;
}

function object(kind: CustomKind, spec: object): Record<string, unknown> {
  return { apiVersion: `${kind.group}/${kind.version}`, kind: kind.kind, metadata: { name: "one" }, spec };
}

async function served(): Promise<ApiClient> {
  const api = new ApiClient();
  for (const kind of customKinds) {
    const answer = await api.call("POST", crds, crdOf(kind) as Record<string, unknown>);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  }
  await api.clock.settle();
  return api;
}

describe("our kinds on an API server", () => {
  const refused: readonly (readonly [string, CustomKind, object, RegExp])[] = [
    ["min above max", nodeGroupKind, { scaling: { min: 5, max: 2 } }, /min must not be above max/],
    ["a reserved label", nodeGroupKind, { labels: { "node.kubernetes.io/role": "x" } }, /are reserved/],
    [
      "a bad percentage",
      nodeGroupKind,
      { upgrade: { maxUnavailable: "0%" } },
      /a number from 1 to 100 or a percentage/,
    ],
    ["family beside type", nodeGroupKind, { ami: { family: "AL2023", type: "X" } }, /exclude each other/],
    [
      "a template of the user's own beside its fields",
      nodeGroupKind,
      { launchTemplate: { name: "mine" }, maxPods: 5 },
      /launchTemplate excludes/,
    ],
    [
      "two forms of a policy",
      iamServiceAccountKind,
      { policies: { inline: [{ name: "p", document: {}, documentJSON: "{}" }] } },
      /exactly one of document and documentJSON/,
    ],
    [
      "an existing role beside policies",
      iamServiceAccountKind,
      { role: { arn: "arn:aws:iam::111122223333:role/r" }, policies: {} },
      /excludes policies and trust/,
    ],
    [
      "ownership tags of the user's own",
      iamServiceAccountKind,
      { role: { tags: { "fairlead.io/owner": "x" } } },
      /reserved/,
    ],
    ["a value outside its list", iamServiceAccountKind, { mode: "Irsa" }, /supported values: "IRSA", "PodIdentity"/],
  ];
  for (const [title, kind, spec, expected] of refused) {
    it(`refuse ${kind.kind} with ${title}`, async () => {
      const api = await served();
      const answer = await api.call("POST", collection(kind), object(kind, spec));
      assert.equal(answer.status, 422, JSON.stringify(answer.body));
      assert.match(JSON.stringify(answer.body).replaceAll("\\", ""), expected);
    });
  }

  it("keep a role's name once it is set, and from being set later", async () => {
    const api = await served();
    const path = collection(iamServiceAccountKind);
    const made = await api.call("POST", path, object(iamServiceAccountKind, { role: { name: "a" } }));
    assert.equal(made.status, 201);
    const patch = await api.patch(`${path}/one`, "merge", { spec: { role: { name: "b" } } });
    assert.equal(patch.status, 422, JSON.stringify(patch.body));
    assert.match(JSON.stringify(patch.body), /role\.name cannot be changed/);
  });

  it("get defaults only where absence has no meaning", async () => {
    const api = await served();
    const empty = await api.call("POST", collection(nodeGroupKind), object(nodeGroupKind, { scaling: { min: 1 } }));
    assert.deepEqual((empty.body as { spec: unknown }).spec, {
      capacityType: "OnDemand",
      replaceStrategy: "Reject",
      scaling: { min: 1, desiredPolicy: "OnSpecChange" },
    });
  });
});
