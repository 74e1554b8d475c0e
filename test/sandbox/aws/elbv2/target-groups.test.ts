import assert from "node:assert/strict";
import {
  type CreateTargetGroupCommandInput,
  DeleteListenerCommand,
  DeleteTargetGroupCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  type ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  type TargetGroup,
  type TargetGroupAttribute,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  createListener,
  createLoadBalancer,
  createTargetGroup,
  forwardTo,
  outcome,
} from "../support/elbv2-resources.ts";
import { elbv2Bench } from "../support/fixture-account.ts";

type Overrides = Partial<CreateTargetGroupCommandInput>;

const tcp: Overrides = { Protocol: "TCP" };
const lambda = {
  TargetType: "lambda",
  Protocol: undefined,
  Port: undefined,
  VpcId: undefined,
} as unknown as Overrides;

async function describe1(client: ElasticLoadBalancingV2Client): Promise<TargetGroup> {
  const [group] = (await client.send(new DescribeTargetGroupsCommand({}))).TargetGroups ?? [];
  assert.ok(group);
  return group;
}

describe("Target groups of the sandbox's ELBv2", () => {
  const refused: [string, Overrides, string][] = [
    ["a name of 33 characters", { Name: "x".repeat(33) }, "ValidationError"],
    ["a name that begins with a hyphen", { Name: "-x" }, "ValidationError"],
    ["no protocol", { Protocol: undefined } as unknown as Overrides, "ValidationError"],
    ["no port", { Port: undefined } as unknown as Overrides, "ValidationError"],
    ["port 0", { Port: 0 }, "ValidationError"],
    ["port 65536", { Port: 65536 }, "ValidationError"],
    ["no VPC", { VpcId: undefined } as unknown as Overrides, "ValidationError"],
    ["an unknown VPC", { VpcId: "vpc-none" }, "ValidationError"],
    ["an unknown protocol version", { ProtocolVersion: "HTTP3" }, "ValidationError"],
    ["a protocol version for TCP", { ...tcp, ProtocolVersion: "HTTP2" }, "InvalidConfigurationRequest"],
    ["a lambda group with a port", { ...lambda, Port: 80 }, "ValidationError"],
    ["an alb group with HTTP", { TargetType: "alb" }, "ValidationError"],
    ["an interval of 4 seconds", { HealthCheckIntervalSeconds: 4 }, "ValidationError"],
    ["an interval of 301 seconds", { HealthCheckIntervalSeconds: 301 }, "ValidationError"],
    ["a timeout of 121 seconds", { HealthCheckTimeoutSeconds: 121 }, "ValidationError"],
    ["a threshold of 1", { HealthyThresholdCount: 1 }, "ValidationError"],
    ["a threshold of 11", { UnhealthyThresholdCount: 11 }, "ValidationError"],
    [
      "a timeout as long as the interval for HTTP",
      { HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 10 },
      "ValidationError",
    ],
    ["a path without a slash", { HealthCheckPath: "health" }, "ValidationError"],
    ["a health check port of 70000", { HealthCheckPort: "70000" }, "ValidationError"],
    ["a TCP check for an HTTP group", { HealthCheckProtocol: "TCP" }, "InvalidConfigurationRequest"],
    ["a TLS check", { ...tcp, HealthCheckProtocol: "TLS" }, "ValidationError"],
    ["a path for a TCP check", { ...tcp, HealthCheckPath: "/" }, "InvalidConfigurationRequest"],
    ["a matcher for a TCP check", { ...tcp, Matcher: { HttpCode: "200" } }, "InvalidConfigurationRequest"],
    ["a matcher above 499", { Matcher: { HttpCode: "500" } }, "ValidationError"],
    ["a matcher that is no list of codes", { Matcher: { HttpCode: "2xx" } }, "ValidationError"],
    ["a gRPC code for HTTP1", { Matcher: { GrpcCode: "0" } }, "ValidationError"],
    ["health checks turned off", { HealthCheckEnabled: false }, "InvalidConfigurationRequest"],
    ["a control port for TCP", { ...tcp, TargetControlPort: 3000 }, "InvalidConfigurationRequest"],
  ];
  for (const [what, overrides, code] of refused) {
    it(`refuses ${what} with ${code}`, async () => {
      const { client } = elbv2Bench();
      assert.equal(await outcome(createTargetGroup(client, overrides)), code);
    });
  }

  const defaults: [string, Overrides, Partial<TargetGroup>][] = [
    [
      "HTTPS",
      { Protocol: "HTTPS" },
      { HealthCheckProtocol: "HTTP", HealthCheckPath: "/", HealthCheckTimeoutSeconds: 5, Matcher: { HttpCode: "200" } },
    ],
    [
      "gRPC",
      { ProtocolVersion: "GRPC" },
      { HealthCheckPath: "/AWS.ALB/healthcheck", HealthCheckTimeoutSeconds: 5, Matcher: { GrpcCode: "12" } },
    ],
    [
      "TCP",
      tcp,
      { HealthCheckProtocol: "TCP", HealthCheckPath: undefined, HealthCheckTimeoutSeconds: 10, Matcher: undefined },
    ],
    [
      "TCP with an HTTP check",
      { ...tcp, HealthCheckProtocol: "HTTP" },
      { HealthCheckPath: "/", HealthCheckTimeoutSeconds: 6, Matcher: { HttpCode: "200-399" } },
    ],
    [
      "lambda",
      lambda,
      { HealthCheckEnabled: false, HealthCheckIntervalSeconds: 35, HealthCheckTimeoutSeconds: 30, Port: undefined },
    ],
    [
      "alb",
      { ...tcp, TargetType: "alb" },
      { HealthCheckProtocol: "HTTP", HealthCheckTimeoutSeconds: 6, Matcher: { HttpCode: "200-399" } },
    ],
  ];
  for (const [kind, overrides, expected] of defaults) {
    it(`gives ${kind} groups AWS's default health check`, async () => {
      const { client } = elbv2Bench();
      await createTargetGroup(client, overrides);
      const group = await describe1(client);
      for (const [name, value] of Object.entries(expected))
        assert.deepEqual(group[name as keyof TargetGroup], value, name);
    });
  }

  it("answers a repeated create with the existing group, and refuses other settings", async () => {
    const { client } = elbv2Bench();
    const arn = await createTargetGroup(client);
    assert.equal(await createTargetGroup(client, { HealthCheckPath: "/" }), arn, "a default spelled out is the same");
    for (const other of [{ Port: 81 }, { TargetType: "instance" }, { HealthCheckPath: "/x" }, tcp] as Overrides[])
      assert.equal(await outcome(createTargetGroup(client, other)), "DuplicateTargetGroupName");
  });

  it("changes health checks, and brings path and matcher back when TCP turns into HTTP", async () => {
    const { client } = elbv2Bench();
    const arn = await createTargetGroup(client, { ...tcp, HealthCheckIntervalSeconds: 20 });
    await client.send(new ModifyTargetGroupCommand({ TargetGroupArn: arn, HealthCheckProtocol: "HTTP" }));
    const group = await describe1(client);
    assert.deepEqual(
      [group.HealthCheckPath, group.Matcher?.HttpCode, group.HealthCheckIntervalSeconds],
      ["/", "200-399", 20],
    );
    await client.send(new ModifyTargetGroupCommand({ TargetGroupArn: arn, HealthCheckProtocol: "TCP" }));
    const back = await describe1(client);
    assert.deepEqual([back.HealthCheckPath, back.Matcher], [undefined, undefined]);
  });

  it("is in use while a listener forwards to it, and serves one load balancer only", async () => {
    const { client } = elbv2Bench();
    const group = await createTargetGroup(client);
    const first = await createLoadBalancer(client, { Name: "first" });
    const second = await createLoadBalancer(client, { Name: "second" });
    const forward = { DefaultActions: [forwardTo(group)] };
    const listener = await createListener(client, first, forward);
    const remove = (): Promise<string> => outcome(client.send(new DeleteTargetGroupCommand({ TargetGroupArn: group })));
    assert.equal(await remove(), "ResourceInUse");
    assert.equal(await outcome(createListener(client, second, forward)), "TargetGroupAssociationLimit");
    await client.send(new DeleteListenerCommand({ ListenerArn: listener }));
    assert.equal(await outcome(createListener(client, second, forward)), "accepted");
  });

  it("lets an association linger when detaching lags", async () => {
    const { client, clock } = elbv2Bench({ lag: { elbv2Detach: 5_000 } });
    const group = await createTargetGroup(client);
    const loadBalancer = await createLoadBalancer(client);
    const listener = await createListener(client, loadBalancer, { DefaultActions: [forwardTo(group)] });
    await client.send(new DeleteListenerCommand({ ListenerArn: listener }));
    const remove = (): Promise<string> => outcome(client.send(new DeleteTargetGroupCommand({ TargetGroupArn: group })));
    assert.equal(await remove(), "ResourceInUse");
    assert.deepEqual((await describe1(client)).LoadBalancerArns, [loadBalancer]);
    await clock.advance(5_000);
    assert.equal(await remove(), "accepted");
    assert.equal(await remove(), "accepted", "a group that is gone");
  });

  it("is not found for a while when creation lags", async () => {
    const { client, clock } = elbv2Bench({ lag: { elbv2Create: 2_000 } });
    const group = await createTargetGroup(client);
    const find = (): Promise<string> =>
      outcome(client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [group] })));
    assert.equal(await find(), "TargetGroupNotFound");
    assert.equal(await createTargetGroup(client), group, "creates are not blind");
    await clock.advance(2_000);
    assert.equal(await find(), "accepted");
  });

  it("takes one selector a call", async () => {
    const { client } = elbv2Bench();
    const arn = await createTargetGroup(client);
    const both = new DescribeTargetGroupsCommand({ TargetGroupArns: [arn], Names: ["tg"] });
    assert.equal(await outcome(client.send(both)), "ValidationError");
    const unknown = new DescribeTargetGroupsCommand({ Names: ["none"] });
    assert.equal(await outcome(client.send(unknown)), "TargetGroupNotFound");
  });

  const attributeDefaults: [string, Overrides, Record<string, string | undefined>][] = [
    [
      "HTTP",
      {},
      {
        "deregistration_delay.timeout_seconds": "300",
        "stickiness.type": "lb_cookie",
        "load_balancing.algorithm.type": "round_robin",
        "preserve_client_ip.enabled": undefined,
      },
    ],
    ["TCP ip", tcp, { "preserve_client_ip.enabled": "false", "stickiness.type": "source_ip" }],
    ["TCP instance", { ...tcp, TargetType: "instance" }, { "preserve_client_ip.enabled": "true" }],
    [
      "UDP",
      { Protocol: "UDP" },
      {
        "preserve_client_ip.enabled": "true",
        "deregistration_delay.connection_termination.enabled": "true",
        "target_health_state.unhealthy.connection_termination.enabled": undefined,
      },
    ],
    [
      "lambda",
      lambda,
      { "lambda.multi_value_headers.enabled": "false", "deregistration_delay.timeout_seconds": undefined },
    ],
  ];
  for (const [kind, overrides, expected] of attributeDefaults) {
    it(`has the default attributes of ${kind} groups`, async () => {
      const { client } = elbv2Bench();
      const arn = await createTargetGroup(client, overrides);
      const answer = await client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn }));
      const all = Object.fromEntries((answer.Attributes ?? []).map(({ Key: key = "", Value: value }) => [key, value]));
      for (const [key, value] of Object.entries(expected)) assert.equal(all[key], value, key);
    });
  }

  const attributes: [string, Overrides, TargetGroupAttribute[], string][] = [
    ["an unknown key", {}, [{ Key: "x.y", Value: "1" }], "ValidationError"],
    ["a delay of 3601", {}, [{ Key: "deregistration_delay.timeout_seconds", Value: "3601" }], "ValidationError"],
    [
      "proxy protocol for HTTP",
      {},
      [{ Key: "proxy_protocol_v2.enabled", Value: "true" }],
      "InvalidConfigurationRequest",
    ],
    [
      "source_ip stickiness for HTTP",
      {},
      [{ Key: "stickiness.type", Value: "source_ip" }],
      "InvalidConfigurationRequest",
    ],
    [
      "lb_cookie stickiness for TCP",
      tcp,
      [{ Key: "stickiness.type", Value: "lb_cookie" }],
      "InvalidConfigurationRequest",
    ],
    [
      "stickiness for TLS",
      { Protocol: "TLS" },
      [{ Key: "stickiness.enabled", Value: "true" }],
      "InvalidConfigurationRequest",
    ],
    [
      "app_cookie without a name",
      {},
      [
        { Key: "stickiness.enabled", Value: "true" },
        { Key: "stickiness.type", Value: "app_cookie" },
      ],
      "InvalidConfigurationRequest",
    ],
    [
      "a cookie name of AWS's own",
      {},
      [{ Key: "stickiness.app_cookie.cookie_name", Value: "AWSALBX" }],
      "ValidationError",
    ],
    [
      "no client IP preservation for UDP",
      { Protocol: "UDP" },
      [{ Key: "preserve_client_ip.enabled", Value: "false" }],
      "InvalidConfigurationRequest",
    ],
    ["a slow start of 10", {}, [{ Key: "slow_start.duration_seconds", Value: "10" }], "ValidationError"],
    [
      "slow start with least_outstanding_requests",
      {},
      [
        { Key: "slow_start.duration_seconds", Value: "60" },
        { Key: "load_balancing.algorithm.type", Value: "least_outstanding_requests" },
      ],
      "InvalidConfigurationRequest",
    ],
    [
      "anomaly mitigation without weighted_random",
      {},
      [{ Key: "load_balancing.algorithm.anomaly_mitigation", Value: "on" }],
      "InvalidConfigurationRequest",
    ],
    [
      "attributes of an alb group",
      { ...tcp, TargetType: "alb" },
      [{ Key: "deregistration_delay.timeout_seconds", Value: "1" }],
      "InvalidConfigurationRequest",
    ],
  ];
  for (const [what, overrides, changes, code] of attributes) {
    it(`refuses ${what} with ${code}`, async () => {
      const { client } = elbv2Bench();
      const arn = await createTargetGroup(client, overrides);
      const modify = new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arn, Attributes: changes });
      assert.equal(await outcome(client.send(modify)), code);
    });
  }
});
