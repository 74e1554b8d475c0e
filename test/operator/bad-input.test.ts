import assert from "node:assert/strict";
import { ingressKind, serviceKind } from "../../src/api/builtin.ts";
import { iamServiceAccountKind } from "../../src/api/iam-service-account.ts";
import { loadBalancerKind } from "../../src/api/load-balancer.ts";
import { nodeGroupKind } from "../../src/api/node-group.ts";
import type { Condition, Kind, KubeObject } from "../../src/api/object.ts";
import { awsState } from "../support/aws-state.ts";
import { OperatorWorld } from "../support/operator-world.ts";

interface Mistake {
  readonly name: string;
  readonly kind: Kind;
  readonly key: string;
  /** Where the conditions are, when not on the object itself. */
  readonly report?: string;
  readonly break: object;
  readonly mend: object;
  /** What the condition and the event must say: field, value, what is allowed or missing. */
  readonly says: readonly RegExp[];
}

const annotations = (values: Readonly<Record<string, string | null>>): object => ({
  metadata: { annotations: values },
});
const alb = "alb.ingress.kubernetes.io";
const nlb = "service.beta.kubernetes.io/aws-load-balancer";

const readReports = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:ListBucket"],
      Resource: ["arn:aws:s3:::example-reports", "arn:aws:s3:::example-reports/*"],
    },
  ],
};

const mistakes: readonly Mistake[] = [
  {
    name: "an annotation value that is none of the allowed ones",
    kind: ingressKind,
    key: "arcade/marbles",
    report: "arcade/ingress-marbles",
    break: annotations({ [`${alb}/target-type`]: "pods" }),
    mend: annotations({ [`${alb}/target-type`]: "ip" }),
    says: [/target-type/, /pods/, /instance/],
  },
  {
    name: "malformed JSON in an annotation",
    kind: ingressKind,
    key: "arcade/marbles",
    report: "arcade/ingress-marbles",
    break: annotations({ [`${alb}/listen-ports`]: '[{"HTTP": 80}' }),
    mend: annotations({ [`${alb}/listen-ports`]: null }),
    says: [/listen-ports/, /JSON/],
  },
  {
    name: "an attribute list that is not key=value",
    kind: ingressKind,
    key: "arcade/marbles",
    report: "arcade/ingress-marbles",
    break: annotations({ [`${alb}/load-balancer-attributes`]: "idle_timeout" }),
    mend: annotations({ [`${alb}/load-balancer-attributes`]: "idle_timeout.timeout_seconds=120" }),
    says: [/load-balancer-attributes/, /idle_timeout/],
  },
  {
    name: "a scheme of a Service that does not exist",
    kind: serviceKind,
    key: "names/resolver",
    report: "names/service-resolver",
    break: annotations({ [`${nlb}-scheme`]: "public" }),
    mend: annotations({ [`${nlb}-scheme`]: "internal" }),
    says: [/aws-load-balancer-scheme/, /public/, /internal/],
  },
  {
    name: "a policy document that is not JSON",
    kind: iamServiceAccountKind,
    key: "reports/report-reader",
    break: { spec: { policies: { inline: [{ name: "read-reports", documentJSON: "{not json" }] } } },
    mend: { spec: { policies: { inline: [{ name: "read-reports", documentJSON: JSON.stringify(readReports) }] } } },
    says: [/spec\.policies\.inline\[read-reports\]\.documentJSON/, /is not JSON/],
  },
];

async function conditionsOf(world: OperatorWorld, mistake: Mistake): Promise<readonly Condition[]> {
  const object =
    mistake.report === undefined
      ? await world.get(mistake.kind, mistake.key)
      : await world.get(loadBalancerKind, mistake.report);
  return (object as KubeObject & { status?: { conditions?: readonly Condition[] } })?.status?.conditions ?? [];
}

describe("bad input", function () {
  this.timeout(240_000);
  let world: OperatorWorld;
  before(async () => {
    world = await OperatorWorld.create({ aws: { speed: Number.POSITIVE_INFINITY }, podStartMs: 100 });
    for (const sample of ["10-web-game.yaml", "40-internal-nlb.yaml", "50-report-reader.yaml", "60-batch-nodes.yaml"]) {
      await world.applySample(sample);
    }
    await world.untilReady();
  });
  after(() => world.close());

  for (const mistake of mistakes) {
    it(`${mistake.name}: told by condition and event, AWS stays as it was, and all is well after the correction`, async () => {
      const good = await awsState(world);
      const step = await world.step(() => world.patch(mistake.kind, mistake.key, mistake.break), { ready: false });
      const problem = (await conditionsOf(world, mistake)).filter(({ status, type }) =>
        type === "Ready" || type === "AnnotationsValid" ? status === "False" : type === "Stalled" && status === "True",
      );
      const told = problem.map(({ message }) => message).join("\n");
      for (const text of mistake.says) assert.match(told, text);
      const events = step.events.map(({ body }) => JSON.parse(body) as { type?: string; message?: string });
      const warning = events
        .filter(({ type }) => type === "Warning")
        .map(({ message }) => message ?? "")
        .join("\n");
      for (const text of mistake.says) assert.match(warning, text);
      assert.deepEqual(await awsState(world), good);

      await world.step(() => world.patch(mistake.kind, mistake.key, mistake.mend), { passMs: 1_000 });
      assert.deepEqual(await awsState(world), good);
    });
  }

  it("a Service that does not exist: its path answers 503, its neighbour goes on, and it works once the Service comes", async () => {
    const good = await awsState(world);
    const path = (name: string, prefix: string): object => ({
      path: prefix,
      pathType: "Prefix",
      backend: { service: { name, port: { name: "http" } } },
    });
    const rules = (...paths: object[]): object => ({ spec: { rules: [{ http: { paths } }] } });
    const step = await world.step(
      () => world.patch(ingressKind, "arcade/marbles", rules(path("marbles", "/"), path("shop", "/shop"))),
      { ready: false, passMs: 10_000 },
    );
    const conditions = (await world.get(loadBalancerKind, "arcade/ingress-marbles"))?.status?.conditions ?? [];
    assert.match(conditions.map(({ message }) => message).join("\n"), /shop/);
    assert.ok(step.events.some(({ body }) => body.includes("Warning") && body.includes("shop")));
    const state = await awsState(world);
    assert.ok(state.some((line) => line.startsWith("rule") && line.includes("503")));
    assert.ok(good.filter((line) => line.startsWith("target group")).every((line) => state.includes(line)));
    await world.step(() => world.patch(ingressKind, "arcade/marbles", rules(path("marbles", "/"))));
    assert.deepEqual(await awsState(world), good);
  });

  it("refuses minSize above maxSize at the door, and changes nothing", async () => {
    const good = await awsState(world);
    await assert.rejects(
      world.patch(nodeGroupKind, "batch", { spec: { scaling: { min: 5, max: 4 } } }),
      /min.*max|max.*min/s,
    );
    await world.rest();
    assert.deepEqual(await awsState(world), good);
  });
});
