import assert from "node:assert/strict";
import {
  AddTagsCommand,
  type CreateRuleCommandInput,
  DeleteRuleCommand,
  DescribeAccountLimitsCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  type ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  RemoveTagsCommand,
  type RuleCondition,
  type RuleTransform,
  SetRulePrioritiesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  createListener,
  createLoadBalancer,
  createRule,
  createTargetGroup,
  forwardTo,
  notFound,
  outcome,
  pathIs,
} from "../support/elbv2-resources.ts";
import { elbv2Bench } from "../support/fixture-account.ts";

async function listenerBench(
  quotas: Parameters<typeof elbv2Bench>[0] = {},
): Promise<{ client: ElasticLoadBalancingV2Client; listener: string; loadBalancer: string }> {
  const { client } = elbv2Bench(quotas);
  const loadBalancer = await createLoadBalancer(client);
  return { client, loadBalancer, listener: await createListener(client, loadBalancer) };
}

function hostIs(...values: string[]): RuleCondition {
  return { Field: "host-header", HostHeaderConfig: { Values: values } };
}

describe("Rules of the sandbox's ELBv2", () => {
  const conditions: [string, RuleCondition[], string][] = [
    ["no conditions", [], "ValidationError"],
    ["an unknown field", [{ Field: "cookie", Values: ["a"] }], "ValidationError"],
    ["a condition without values", [pathIs()], "ValidationError"],
    ["six values", [pathIs("/1", "/2", "/3", "/4", "/5", "/6")], "ValidationError"],
    ["six values over two conditions", [pathIs("/1", "/2", "/3"), hostIs("a.b", "b.b", "c.b")], "ValidationError"],
    ["five values", [pathIs("/1", "/2", "/3"), hostIs("a.b", "b.b")], "accepted"],
    ["six wildcards", [pathIs("/*/*/*", "/*/*/?")], "ValidationError"],
    ["two path conditions", [pathIs("/1"), pathIs("/2")], "ValidationError"],
    ["a path that begins with a letter", [pathIs("a")], "ValidationError"],
    ["a path with a space", [pathIs("/a b")], "ValidationError"],
    ["a path with an ampersand", [pathIs("/a&b")], "accepted"],
    ["a path of 129 characters", [pathIs(`/${"x".repeat(128)}`)], "ValidationError"],
    ["a host without a dot", [hostIs("localhost")], "ValidationError"],
    ["a host that ends with a digit", [hostIs("example.c0m")], "ValidationError"],
    ["a host with a wildcard", [hostIs("*.example.com")], "accepted"],
    ["top-level values of a path", [{ Field: "path-pattern", Values: ["/a"] }], "accepted"],
    ["two top-level values", [{ Field: "path-pattern", Values: ["/a", "/b"] }], "ValidationError"],
    ["values and config", [{ ...pathIs("/a"), Values: ["/a"] }], "ValidationError"],
    ["a config of another field", [{ ...hostIs("a.b"), PathPatternConfig: { Values: ["/"] } }], "ValidationError"],
    ["values for a query string", [{ Field: "query-string", Values: ["a"] }], "ValidationError"],
    [
      "a query string without value",
      [{ Field: "query-string", QueryStringConfig: { Values: [{ Key: "a" }] } }],
      "ValidationError",
    ],
    [
      "two query string conditions",
      [
        { Field: "query-string", QueryStringConfig: { Values: [{ Key: "a", Value: "1" }] } },
        { Field: "query-string", QueryStringConfig: { Values: [{ Value: "b" }] } },
      ],
      "accepted",
    ],
    [
      "the header Host",
      [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "Host", Values: ["a"] } }],
      "ValidationError",
    ],
    [
      "a header name with a space",
      [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "a b", Values: ["a"] } }],
      "ValidationError",
    ],
    ["a header", [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-A", Values: ["a*"] } }], "accepted"],
    [
      "a method in lower case",
      [{ Field: "http-request-method", HttpRequestMethodConfig: { Values: ["get"] } }],
      "ValidationError",
    ],
    ["methods", [{ Field: "http-request-method", HttpRequestMethodConfig: { Values: ["GET", "PUT"] } }], "accepted"],
    [
      "an address without prefix length",
      [{ Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.1"] } }],
      "ValidationError",
    ],
    [
      "source addresses",
      [{ Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/8", "2001:db8::/32"] } }],
      "accepted",
    ],
    [
      "a regular expression",
      [{ Field: "path-pattern", PathPatternConfig: { RegexValues: ["^/v[0-9]+"] } }],
      "accepted",
    ],
    [
      "a broken regular expression",
      [{ Field: "path-pattern", PathPatternConfig: { RegexValues: ["("] } }],
      "ValidationError",
    ],
  ];
  for (const [what, given, code] of conditions) {
    it(`answers ${code} to ${what}`, async () => {
      const { client, listener } = await listenerBench();
      assert.equal(await outcome(createRule(client, listener, { Conditions: given })), code);
    });
  }

  const inputs: [string, Partial<CreateRuleCommandInput>, string][] = [
    ["priority 0", { Priority: 0 }, "ValidationError"],
    ["priority 50001", { Priority: 50001 }, "ValidationError"],
    ["no actions", { Actions: [] }, "ValidationError"],
    ["a priority in use", { Priority: 7 }, "PriorityInUse"],
    [
      "an unknown target group",
      { Actions: [forwardTo("arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/x/0123456789abcdef")] },
      "TargetGroupNotFound",
    ],
    [
      "two transforms of a type",
      {
        Transforms: [
          { Type: "url-rewrite", UrlRewriteConfig: { Rewrites: [{ Regex: "a", Replace: "b" }] } },
          { Type: "url-rewrite", UrlRewriteConfig: { Rewrites: [{ Regex: "a", Replace: "b" }] } },
        ],
      },
      "ValidationError",
    ],
    ["a transform without rewrite", { Transforms: [{ Type: "url-rewrite" }] }, "ValidationError"],
  ];
  for (const [what, overrides, code] of inputs) {
    it(`refuses ${what} with ${code}`, async () => {
      const { client, listener } = await listenerBench();
      await createRule(client, listener, { Priority: 7 });
      assert.equal(await outcome(createRule(client, listener, overrides)), code);
    });
  }

  it("does not take a repeated create for the same rule", async () => {
    const { client, listener } = await listenerBench();
    await createRule(client, listener);
    assert.equal(await outcome(createRule(client, listener)), "PriorityInUse");
  });

  it("swaps priorities in one call, and refuses those of others", async () => {
    const { client, listener } = await listenerBench();
    const first = await createRule(client, listener, { Priority: 1 });
    const second = await createRule(client, listener, { Priority: 2 });
    await createRule(client, listener, { Priority: 3 });
    const { Rules: all = [] } = await client.send(new DescribeRulesCommand({ ListenerArn: listener }));
    const defaultRule = all.find(({ IsDefault: isDefault }) => isDefault)?.RuleArn ?? "";
    const move = (...pairs: [string, number][]): Promise<string> =>
      outcome(
        client.send(
          new SetRulePrioritiesCommand({ RulePriorities: pairs.map(([RuleArn, Priority]) => ({ RuleArn, Priority })) }),
        ),
      );
    assert.equal(await move([first, 2], [second, 1]), "accepted");
    assert.equal(await move([first, 3]), "PriorityInUse");
    assert.equal(await move([first, 5], [second, 5]), "ValidationError");
    assert.equal(await move([defaultRule, 5]), "OperationNotPermitted");
    const after = await client.send(new DescribeRulesCommand({ ListenerArn: listener }));
    assert.deepEqual(after.Rules?.map(({ RuleArn: arn, Priority: priority }) => [arn, priority]).slice(0, 2), [
      [second, "1"],
      [first, "2"],
    ]);
  });

  it("modifies lists as a whole, and nothing without a change", async () => {
    const { client, listener } = await listenerBench();
    const transform: RuleTransform = {
      Type: "url-rewrite",
      UrlRewriteConfig: { Rewrites: [{ Regex: "^/a", Replace: "/" }] },
    };
    const rule = await createRule(client, listener, {
      Conditions: [pathIs("/a"), hostIs("a.b")],
      Transforms: [transform],
    });
    assert.equal(await outcome(client.send(new ModifyRuleCommand({ RuleArn: rule }))), "ValidationError");
    const changed = await client.send(new ModifyRuleCommand({ RuleArn: rule, Conditions: [hostIs("c.d")] }));
    assert.deepEqual(
      changed.Rules?.[0]?.Conditions?.map(({ Values: values }) => values),
      [["c.d"]],
    );
    assert.deepEqual(changed.Rules?.[0]?.Transforms, [transform]);
    const reset = await client.send(new ModifyRuleCommand({ RuleArn: rule, ResetTransforms: true }));
    assert.deepEqual(reset.Rules?.[0]?.Transforms, []);
  });

  it("protects the default rule", async () => {
    const { client, listener } = await listenerBench();
    const { Rules: [rule] = [] } = await client.send(new DescribeRulesCommand({ ListenerArn: listener }));
    const arn = rule?.RuleArn ?? "";
    assert.equal(await outcome(client.send(new DeleteRuleCommand({ RuleArn: arn }))), "OperationNotPermitted");
    const modify = new ModifyRuleCommand({ RuleArn: arn, Actions: [notFound] });
    assert.equal(await outcome(client.send(modify)), "OperationNotPermitted");
  });

  it("frees target groups when actions change and rules go", async () => {
    const { client, listener } = await listenerBench();
    const a = await createTargetGroup(client, { Name: "a" });
    const b = await createTargetGroup(client, { Name: "b" });
    const other = await createListener(client, await createLoadBalancer(client, { Name: "other" }));
    const rule = await createRule(client, listener, { Actions: [forwardTo(a, b)] });
    const useElsewhere = (arn: string, priority: number): Promise<string> =>
      outcome(createRule(client, other, { Priority: priority, Actions: [forwardTo(arn)] }));
    assert.equal(await useElsewhere(a, 1), "TargetGroupAssociationLimit");
    await client.send(new ModifyRuleCommand({ RuleArn: rule, Actions: [forwardTo(b)] }));
    assert.equal(await useElsewhere(a, 1), "accepted");
    assert.equal(await useElsewhere(b, 2), "TargetGroupAssociationLimit");
    await client.send(new DeleteRuleCommand({ RuleArn: rule }));
    assert.equal(await useElsewhere(b, 2), "accepted");
  });

  it("holds the quotas of rules and target groups", async () => {
    const quotas = { rulesPerApplicationLoadBalancer: 2, targetGroupsPerLoadBalancer: 1, targetGroupsPerAction: 2 };
    const { client, listener } = await listenerBench({ quotas });
    const [a, b, c] = [
      await createTargetGroup(client, { Name: "a" }),
      await createTargetGroup(client, { Name: "b" }),
      await createTargetGroup(client, { Name: "c" }),
    ];
    const rule = (priority: number, ...groups: string[]): Promise<string> =>
      outcome(createRule(client, listener, { Priority: priority, Actions: [forwardTo(...groups)] }));
    assert.equal(await rule(1, a, b, c), "TooManyTargetGroups");
    assert.equal(await rule(1, a, b), "TooManyUniqueTargetGroupsPerLoadBalancer");
    assert.equal(await rule(1, a), "accepted");
    assert.equal(await rule(2, b), "TooManyUniqueTargetGroupsPerLoadBalancer");
    assert.equal(await rule(2, a), "accepted");
    assert.equal(await rule(3, a), "TooManyRules");
    const limits = await client.send(new DescribeAccountLimitsCommand({}));
    const shown = limits.Limits?.find(({ Name: name }) => name === "rules-per-application-load-balancer");
    assert.equal(shown?.Max, "2");
  });

  it("refuses rules on network load balancers that are not dual-stack", async () => {
    const { client } = elbv2Bench();
    const group = await createTargetGroup(client, { Protocol: "TCP" });
    const net = await createLoadBalancer(client, { Type: "network" });
    const listener = await createListener(client, net, { Protocol: "TCP", DefaultActions: [forwardTo(group)] });
    assert.equal(await outcome(createRule(client, listener, { Actions: [forwardTo(group)] })), "UnsupportedProtocol");
  });
});

describe("Tags of the sandbox's ELBv2", () => {
  it("are set, overwritten and removed on up to twenty resources a call", async () => {
    const { client, listener, loadBalancer } = await listenerBench();
    const rule = await createRule(client, listener, { Tags: [{ Key: "a", Value: "1" }] });
    const arns = [loadBalancer, listener, rule];
    await client.send(
      new AddTagsCommand({
        ResourceArns: arns,
        Tags: [
          { Key: "a", Value: "2" },
          { Key: "b", Value: "3" },
        ],
      }),
    );
    await client.send(new RemoveTagsCommand({ ResourceArns: arns, TagKeys: ["b", "none"] }));
    const { TagDescriptions: tags } = await client.send(new DescribeTagsCommand({ ResourceArns: arns }));
    assert.deepEqual(
      tags,
      arns.map((arn) => ({ ResourceArn: arn, Tags: [{ Key: "a", Value: "2" }] })),
    );
    const many = Array.from({ length: 21 }, () => loadBalancer);
    assert.equal(await outcome(client.send(new DescribeTagsCommand({ ResourceArns: many }))), "ValidationError");
  });

  it("are refused as a whole when one resource is missing or would have too many", async () => {
    const { client, listener, loadBalancer } = await listenerBench();
    const gone = `${loadBalancer.slice(0, -16)}ffffffffffffffff`;
    const tags = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
    const add = (arns: string[], more: { Key: string; Value: string }[]): Promise<string> =>
      outcome(client.send(new AddTagsCommand({ ResourceArns: arns, Tags: more })));
    assert.equal(await add([listener, gone], tags), "LoadBalancerNotFound");
    assert.equal(await add([listener], tags), "accepted");
    assert.equal(await add([loadBalancer, listener], [{ Key: "one-more", Value: "" }]), "TooManyTags");
    const { TagDescriptions: [description] = [] } = await client.send(
      new DescribeTagsCommand({ ResourceArns: [loadBalancer] }),
    );
    assert.deepEqual(description?.Tags, []);
  });
});
