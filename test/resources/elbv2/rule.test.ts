import assert from "node:assert/strict";
import type { BatchChange, Observed } from "../../../src/engine/resource-type.ts";
import type { Resource } from "../../../src/engine/stack.ts";
import { listenerType } from "../../../src/resources/elbv2/listener.ts";
import { ruleType } from "../../../src/resources/elbv2/rule.ts";
import { compareRules, pairRules } from "../../../src/resources/elbv2/rule-compare.ts";
import type { ConditionSpec, RuleSpec } from "../../../src/resources/elbv2/specs.ts";
import { context, createWorld, type World } from "../../aws/support/world.ts";

const path = (value: string): ConditionSpec => ({ field: "path-pattern", values: [value] });

function spec(listenerARN: string, priority: number, content: string): RuleSpec {
  return {
    listenerARN,
    priority,
    conditions: [path(`/${content}`)],
    actions: [{ type: "fixed-response", statusCode: "503", contentType: "text/plain" }],
    tags: {},
  };
}

/** `A@1 B@2`: rules A and B at priorities 1 and 2. */
function wanted(listenerARN: string, text: string): Resource<RuleSpec>[] {
  return text
    .split(" ")
    .filter((item) => item !== "")
    .map((item) => {
      const [content = "", priority = ""] = item.split("@");
      return { type: "elbv2/Rule", id: `80:${priority}`, spec: spec(listenerARN, Number(priority), content) };
    });
}

async function withListener(quota?: number) {
  const world = await createWorld(quota === undefined ? {} : { quotas: { rulesPerApplicationLoadBalancer: quota } });
  const subnets = await world.subnets.list(world.vpcID);
  const { LoadBalancers } = await world.aws.elbv2.createLoadBalancer({
    Name: "lb",
    Subnets: subnets.filter(({ tags }) => "kubernetes.io/role/elb" in tags).map(({ id }) => id),
  });
  const loadBalancerARN = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  await world.inventory.ready();
  const listener = await listenerType(world.elbv2).create(
    {
      type: "elbv2/Listener",
      id: "80",
      spec: {
        loadBalancerARN,
        port: 80,
        protocol: "HTTP",
        defaultActions: [{ type: "fixed-response", statusCode: "404", contentType: "text/plain" }],
        attributes: {},
        tags: {},
      },
    },
    context(),
  );
  return { world, listener, arn: listener.outputs["arn"] ?? "" };
}

/** Observes, compares and applies, as the engine does. */
async function reconcile(world: World, listener: Observed, desired: readonly Resource<RuleSpec>[]) {
  const type = ruleType(world.elbv2);
  const observed = await type.observe({ desired, parents: [listener] }, context());
  const changes: BatchChange<RuleSpec>[] = [];
  for (const resource of desired) {
    const found = observed.find(({ id }) => id === resource.id);
    const differences = found === undefined ? [] : type.compare(resource.spec, found.spec);
    if (found === undefined) changes.push({ kind: "create", resource });
    else if (differences.length > 0) changes.push({ kind: "update", resource, observed: found, differences });
  }
  for (const rule of observed) {
    if (!desired.some(({ id }) => id === rule.id)) changes.push({ kind: "delete", observed: rule });
  }
  return changes.length === 0 ? [] : ((await type.batch?.apply(changes, context())) ?? []);
}

async function present(world: World, listenerARN: string): Promise<string> {
  const { Rules = [] } = await world.aws.elbv2.describeRules({ ListenerArn: listenerARN });
  return Rules.filter(({ IsDefault }) => IsDefault !== true)
    .map((rule) => `${rule.Conditions?.[0]?.PathPatternConfig?.Values?.[0]?.slice(1)}@${rule.Priority}`)
    .toSorted()
    .join(" ");
}

describe("rules of a listener", () => {
  const cases: readonly [string, string, string, readonly string[]][] = [
    ["nothing to do", "A@1 B@2", "A@1 B@2", []],
    ["one more", "A@1", "A@1 B@2", ["CreateRule"]],
    ["one less", "A@1 B@2", "A@1", ["DeleteRule"]],
    ["new content at its place", "A@1 B@2", "A@1 C@2", ["ModifyRule"]],
    ["two change places", "A@1 B@2", "A@2 B@1", ["SetRulePriorities"]],
    [
      "one moves into the place of another that goes",
      "A@1 B@2",
      "X@1 A@2",
      ["SetRulePriorities", "CreateRule", "DeleteRule"],
    ],
    [
      "a new first one moves all others by one call",
      "A@1 B@2 C@3",
      "X@1 A@2 B@3 C@4",
      ["SetRulePriorities", "CreateRule"],
    ],
    ["the middle one goes", "A@1 B@2 C@3", "A@1 C@2", ["SetRulePriorities", "DeleteRule"]],
  ];
  for (const [title, before, after, expected] of cases) {
    it(`${title}: ${before} becomes ${after}`, async () => {
      const { world, listener, arn } = await withListener();
      await reconcile(world, listener, wanted(arn, before));
      world.calls();
      const results = await reconcile(world, listener, wanted(arn, after));
      assert.deepEqual(
        results.filter((result) => "error" in result),
        [],
      );
      assert.deepEqual(world.calls(), expected);
      assert.equal(await present(world, arn), after.split(" ").toSorted().join(" "));
      assert.deepEqual(await reconcile(world, listener, wanted(arn, after)), []);
    });
  }

  it("take turns in going and coming when the quota is full", async () => {
    const { world, listener, arn } = await withListener(4);
    await reconcile(world, listener, wanted(arn, "A@1 B@2 E@5 F@6"));
    world.calls();
    const results = await reconcile(world, listener, wanted(arn, "A@1 B@2 C@3 D@4"));
    assert.deepEqual(
      results.filter((result) => "error" in result),
      [],
    );
    assert.equal(await present(world, arn), "A@1 B@2 C@3 D@4");
  });

  it("tell which rule did not fit when nothing is left to go, and keep the others", async () => {
    const { world, listener, arn } = await withListener(2);
    const results = await reconcile(world, listener, wanted(arn, "A@1 B@2 C@3"));
    assert.deepEqual(
      results.map((result) => [result.id, "error" in result ? (result.error as { code: string }).code : "ok"]),
      [
        ["80:1", "ok"],
        ["80:2", "ok"],
        ["80:3", "TooManyRules"],
      ],
    );
    assert.equal(await present(world, arn), "A@1 B@2");
  });

  it("find their own create whose answer was lost", async () => {
    const { world, listener, arn } = await withListener();
    await world.aws.elbv2.createRule({
      ListenerArn: arn,
      Priority: 1,
      Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/A"] } }],
      Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "503", ContentType: "text/plain" } }],
    });
    const [lost] = await reconcile(world, listener, wanted(arn, "A@1"));
    assert.ok(lost !== undefined && "error" in lost);
    // Not `waiting`: the engine would go on from what it knew, and never look.
    assert.equal((lost.error as { class: string }).class, "transient");
    const again = await reconcile(world, listener, wanted(arn, "A@1"));
    assert.deepEqual(
      again.filter((result) => "error" in result),
      [],
    );
    assert.equal(await present(world, arn), "A@1");
    assert.deepEqual(await reconcile(world, listener, wanted(arn, "A@1")), []);
  });
});

describe("comparing rules", () => {
  const base = spec("arn:listener", 1, "a");
  const observed = (rule: RuleSpec, id = "80:1"): Observed<RuleSpec> => ({
    type: "elbv2/Rule",
    id,
    spec: rule,
    outputs: { arn: `arn:${id}` },
    state: "ready",
  });

  const equal: readonly [string, RuleSpec, RuleSpec][] = [
    [
      "conditions in another order",
      { ...base, conditions: [path("/a"), { field: "host-header", values: ["x.y"] }] },
      { ...base, conditions: [{ field: "host-header", values: ["x.y"] }, path("/a")] },
    ],
    [
      "redirect fields left out and their keywords",
      { ...base, actions: [{ type: "redirect", statusCode: "HTTP_301", protocol: "HTTPS" }] },
      {
        ...base,
        actions: [
          {
            type: "redirect",
            statusCode: "HTTP_301",
            protocol: "HTTPS",
            host: "#{host}",
            path: "/#{path}",
            port: "#{port}",
            query: "#{query}",
          },
        ],
      },
    ],
    [
      "a single target group with and without weight",
      { ...base, actions: [{ type: "forward", targetGroups: [{ targetGroupARN: "a" }] }] },
      {
        ...base,
        actions: [
          { type: "forward", targetGroups: [{ targetGroupARN: "a", weight: 1 }], stickiness: { enabled: false } },
        ],
      },
    ],
    [
      "target groups in another order",
      {
        ...base,
        actions: [
          {
            type: "forward",
            targetGroups: [
              { targetGroupARN: "b", weight: 2 },
              { targetGroupARN: "a", weight: 1 },
            ],
          },
        ],
      },
      {
        ...base,
        actions: [
          {
            type: "forward",
            targetGroups: [
              { targetGroupARN: "a", weight: 1 },
              { targetGroupARN: "b", weight: 2 },
            ],
          },
        ],
      },
    ],
    ["no transforms and an empty list of them", { ...base, transforms: [] }, base],
  ];
  for (const [title, desired, present_] of equal) {
    it(`takes for equal: ${title}`, () => {
      assert.deepEqual(compareRules(desired, present_), []);
    });
  }

  it("sees the order of values inside a condition", () => {
    const values = (...list: string[]): RuleSpec => ({ ...base, conditions: [{ field: "source-ip", values: list }] });
    assert.deepEqual(
      compareRules(values("10.0.0.0/8", "11.0.0.0/8"), values("11.0.0.0/8", "10.0.0.0/8")).map(({ field }) => field),
      ["conditions"],
    );
  });

  it("never shows a client secret, and sees that it changed by its hash", () => {
    const oidc = (hash: string): RuleSpec => ({
      ...base,
      actions: [
        {
          type: "authenticate-oidc",
          issuer: "https://i",
          authorizationEndpoint: "https://a",
          tokenEndpoint: "https://t",
          userInfoEndpoint: "https://u",
          clientID: "id",
          clientSecret: "very-secret",
          clientSecretHash: hash,
          onUnauthenticatedRequest: "authenticate",
          scope: "openid",
          sessionCookieName: "c",
          sessionTimeout: 1,
        },
      ],
    });
    assert.deepEqual(compareRules(oidc("one"), oidc("")), []);
    const differences = compareRules(oidc("two"), oidc("one"));
    assert.deepEqual(
      differences.map(({ field }) => field),
      ["actions"],
    );
    assert.doesNotMatch(JSON.stringify(differences), /very-secret/);
  });

  it("pairs equal rules before it gives a place new content", () => {
    const desired = wanted("arn:listener", "A@1 C@2");
    const current = [observed(spec("arn:listener", 2, "A"), "80:2"), observed(spec("arn:listener", 1, "B"), "80:1")];
    const paired = pairRules(desired, current);
    assert.deepEqual(
      paired.map(({ rule, resource }) => [rule.outputs["arn"], rule.id, resource?.id]),
      [
        ["arn:80:2", "80:1", "80:1"],
        ["arn:80:1", "arn:80:1", undefined],
      ],
    );
  });
});
