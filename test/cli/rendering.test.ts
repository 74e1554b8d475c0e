import assert from "node:assert/strict";
import type { LoadBalancer } from "../../src/api/load-balancer.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { readiness } from "../../src/cli/readiness.ts";
import { renderTree, treeDocument } from "../../src/cli/render-tree.ts";
import { renderTable } from "../../src/cli/table.ts";
import type { Observed } from "../../src/engine/resource-type.ts";

const metadata = { name: "web", namespace: "shop", uid: "u", resourceVersion: "1" };

function report(conditions: readonly object[], targets?: object): LoadBalancer {
  return {
    apiVersion: "fairlead.io/v1alpha1",
    kind: "LoadBalancer",
    metadata: { ...metadata, name: "ingress-web" },
    spec: { owners: [{ kind: "Ingress", name: "web" }] },
    status: { conditions, ...(targets === undefined ? {} : { targets }) },
  } as unknown as LoadBalancer;
}

const ingress = (hostname?: string): KubeObject =>
  ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata,
    status: { loadBalancer: hostname === undefined ? {} : { ingress: [{ hostname }] } },
  }) as KubeObject;

const custom = (conditions: readonly object[]): KubeObject =>
  ({ apiVersion: "fairlead.io/v1alpha1", kind: "NodeGroup", metadata, status: { conditions } }) as KubeObject;

const ready = { type: "Ready", status: "True", reason: "Synced", message: "all well" };
const waiting = { type: "Ready", status: "False", reason: "Provisioning", message: "AWS works" };
const stalled = { type: "Stalled", status: "True", reason: "InvalidSpec", message: "min above max" };

describe("readiness", () => {
  const cases: readonly (readonly [string, KubeObject, readonly LoadBalancer[], string, string])[] = [
    ["an Ingress without a report", ingress(), [], "progressing", "waiting for the operator"],
    ["an Ingress that is provisioned", ingress("h"), [report([waiting])], "progressing", "Provisioning: AWS works"],
    ["an Ingress that is stalled", ingress("h"), [report([waiting, stalled])], "failed", "InvalidSpec: min above max"],
    ["an Ingress without a host name", ingress(), [report([ready])], "progressing", "waiting for a host name"],
    ["a ready Ingress", ingress("h"), [report([ready])], "ready", "h"],
    [
      "a ready Ingress with targets",
      ingress("h"),
      [report([ready], { healthy: 1, total: 2 })],
      "ready",
      "h, targets 1/2 healthy",
    ],
    ["a kind of ours without conditions", custom([]), [], "progressing", "waiting for the operator"],
    ["a ready kind of ours", custom([ready]), [], "ready", "all well"],
    ["a failed kind of ours", custom([waiting, stalled]), [], "failed", "InvalidSpec: min above max"],
    [
      "a Deployment",
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: { replicas: 2 },
        status: { availableReplicas: 1 },
      } as KubeObject,
      [],
      "progressing",
      "1/2 available",
    ],
    ["anything else", { apiVersion: "v1", kind: "ConfigMap", metadata }, [], "ready", ""],
  ];
  for (const [name, object, reports, state, detail] of cases) {
    it(`of ${name} is ${state}`, () => assert.deepEqual(readiness(object, reports), { state, detail }));
  }

  it("looks at reports of the same namespace and owner only", () => {
    const other = report([ready]);
    const elsewhere = { ...other, metadata: { ...other.metadata, namespace: "other" } };
    assert.equal(readiness(ingress("h"), [elsewhere]).state, "progressing");
  });
});

describe("tables", () => {
  it("align columns and end lines without spaces", () => {
    assert.equal(
      renderTable(
        ["NAME", "STATE"],
        [
          ["a", "ready"],
          ["longer", ""],
        ],
      ),
      "NAME     STATE\na        ready\nlonger",
    );
  });

  it("pass over cells that are missing", () => {
    assert.equal(renderTable(["A", "B"], [["1"]]), "A   B\n1");
  });
});

describe("trees", () => {
  const one = (type: string, id: string, outputs: Readonly<Record<string, string>>, spec: object): Observed => ({
    type,
    id,
    outputs,
    spec,
    state: "ready",
  });
  const observed = [
    one("elbv2/LoadBalancer", "LoadBalancer", { arn: "arn:lb", dnsName: "lb.example" }, {}),
    one("elbv2/Listener", "80", { arn: "arn:listener" }, { loadBalancerARN: "arn:lb" }),
    one("elbv2/Rule", "80:1", { arn: "arn:rule" }, { listenerARN: "arn:listener" }),
    { ...one("elbv2/TargetGroup", "web", { arn: "arn:tg" }, {}), state: "pending" as const, reason: "AWS works" },
  ];
  const owner = { kind: "Ingress", namespace: "shop", name: "web" };
  const health = {
    "arn:tg": [
      { target: "10.0.0.1:80", state: "healthy" },
      { target: "10.0.0.2:80", state: "unhealthy", reason: "Target.Timeout" },
    ],
  };

  it("hang each resource under its parent, with targets and states", () => {
    assert.equal(
      renderTree(treeDocument(owner, observed, health)),
      `Ingress shop/web
├─ elbv2/LoadBalancer LoadBalancer  ready  lb.example  arn:lb
│  └─ elbv2/Listener 80  ready  arn:listener
│     └─ elbv2/Rule 80:1  ready  arn:rule
└─ elbv2/TargetGroup web  pending (AWS works)  targets 1/2 healthy  arn:tg
   ├─ 10.0.0.1:80 healthy
   └─ 10.0.0.2:80 unhealthy (Target.Timeout)
`,
    );
  });

  it("name owners without a namespace plainly", () => {
    assert.equal(renderTree(treeDocument({ ...owner, namespace: "" }, [], {})), "Ingress web\n");
  });
});
