import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommandLine } from "./command-run.ts";

const samples = join(import.meta.dirname, "../../config/samples");

interface PlanOutput {
  readonly stacks: readonly {
    readonly owner: { readonly kind: string; readonly namespace: string; readonly name: string };
    readonly resources: readonly { readonly type: string; readonly id: string; readonly spec: object }[];
    readonly changes: readonly {
      readonly action: string;
      readonly type: string;
      readonly id: string;
      readonly differences: readonly unknown[];
    }[];
    readonly problems: readonly {
      readonly field: string;
      readonly value: string;
      readonly message: string;
      readonly object: object;
    }[];
  }[];
}

const ingress = (annotations: string): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: {${annotations}}}
spec:
  ingressClassName: alb
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;

async function planOf(
  stdin: string,
  ...flags: string[]
): Promise<{ readonly code: number; readonly plan: PlanOutput }> {
  const { code, out, err } = await runCommandLine(["plan", "-f", "-", "-o", "json", ...flags], { stdin });
  assert.equal(err, "");
  return { code, plan: JSON.parse(out) as PlanOutput };
}

describe("fairlead plan", function () {
  this.timeout(240_000);

  it("tells as JSON what the samples would create, one stack an owner", async () => {
    const { code, out, err } = await runCommandLine(["plan", "-f", samples, "-o", "json"]);
    assert.deepEqual([code, err], [0, ""]);
    const { stacks } = JSON.parse(out) as PlanOutput;
    const owners = stacks.map(({ owner: { kind, namespace, name } }) => `${kind} ${namespace}/${name}`);
    assert.deepEqual(owners, [
      "FargateProfile /jobs",
      "IamIdentityMapping /deployer",
      "IamServiceAccount reports/report-reader",
      "Ingress arcade/marbles",
      "IngressGroup /shop",
      "NodeGroup /batch",
      "Service names/resolver",
      "Service telemetry/broker",
    ]);
    for (const { resources, changes, problems } of stacks) {
      assert.deepEqual(problems, []);
      assert.deepEqual(new Set(changes.map(({ action }) => action)), new Set(["create"]));
      assert.deepEqual(
        new Set(changes.map(({ type, id }) => `${type} ${id}`)),
        new Set(resources.map(({ type, id }) => `${type} ${id}`)),
      );
      assert.ok(changes.every(({ differences }) => Array.isArray(differences)));
    }
  });

  it("tells the same as text, with a sum at the end", async () => {
    const { code, out } = await runCommandLine(["plan", "-f", join(samples, "10-web-game.yaml")]);
    assert.equal(code, 0);
    assert.match(out, /^Ingress arcade\/marbles$/m);
    assert.match(out, /^ {4}\+ elbv2\/LoadBalancer LoadBalancer$/m);
    assert.match(out, /scheme: "internet-facing"/);
    assert.match(out, /^Plan: 7 to create, 0 to update, 0 to replace, 0 to delete\.$/m);
  });

  it("assumes a namespace and the class alb where manifests name none", async () => {
    const { code, plan } = await planOf(ingress(""));
    assert.equal(code, 0);
    assert.deepEqual(
      plan.stacks.map(({ owner }) => owner.name),
      ["web"],
    );
  });

  it("heeds the operator's flags", async () => {
    const typeOf = ({ stacks }: PlanOutput): unknown =>
      stacks[0]?.resources.flatMap(({ type, spec }) =>
        type === "elbv2/TargetGroup" ? [(spec as { targetType: string }).targetType] : [],
      );
    assert.deepEqual(typeOf((await planOf(ingress(""))).plan), ["instance"]);
    assert.deepEqual(typeOf((await planOf(ingress(""), "--default-target-type=ip")).plan), ["ip"]);
  });

  it("ends with 1 and names object, field and value of what is wrong", async () => {
    const { code, plan } = await planOf(ingress("alb.ingress.kubernetes.io/scheme: outside"));
    assert.equal(code, 1);
    const [problem] = plan.stacks.flatMap(({ problems }) => problems);
    assert.deepEqual(problem?.object, { kind: "Ingress", namespace: "shop", name: "web" });
    assert.match(problem?.field ?? "", /alb\.ingress\.kubernetes\.io\/scheme/);
    assert.equal(problem?.value, "outside");
    assert.match(problem?.message ?? "", /internal, internet-facing/);
  });

  it("ends with 1 when the API server would refuse a manifest, naming file and field", async () => {
    const stdin = `
apiVersion: fairlead.io/v1alpha1
kind: NodeGroup
metadata: {name: batch}
spec: {instanceTypes: [m5.large], scaling: {min: 5, max: 2, desired: 3}}
`;
    const { code, err, out } = await runCommandLine(["plan", "-f", "-"], { stdin });
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^fairlead: standard input: NodeGroup batch: .*spec\.scaling.*min must not be above max/);
  });

  it("ends with 1 for a kind that no cluster serves", async () => {
    const stdin = "{apiVersion: example.com/v1, kind: Lake, metadata: {name: a}}";
    const { code, err } = await runCommandLine(["plan", "-f", "-"], { stdin });
    assert.equal(code, 1);
    assert.match(err, /the cluster serves no Lake of example\.com\/v1/);
  });
});
