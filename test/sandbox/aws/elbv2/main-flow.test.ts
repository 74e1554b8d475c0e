import assert from "node:assert/strict";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { certificateArn, elbv2Bench } from "../support/fixture-account.ts";

describe("ELBv2 of the sandbox, from load balancer to healthy target", () => {
  it("moves through the states that AWS shows", async () => {
    const { clock, client, sandbox, account } = elbv2Bench();
    const created = await client.send(
      new CreateLoadBalancerCommand({
        Name: "k8s-game",
        Subnets: ["subnet-a", "subnet-b"],
        SecurityGroups: ["sg-1"],
        Scheme: "internet-facing",
        Tags: [{ Key: "elbv2.k8s.aws/cluster", Value: "demo" }],
      }),
    );
    const [loadBalancer] = created.LoadBalancers ?? [];
    const arn = loadBalancer?.LoadBalancerArn ?? "";
    assert.match(
      arn,
      /^arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer\/app\/k8s-game\/[0-9a-f]{16}$/,
    );
    assert.match(loadBalancer?.DNSName ?? "", /^k8s-game-\d{1,10}\.eu-west-1\.elb\.amazonaws\.com$/);
    assert.equal(loadBalancer?.CanonicalHostedZoneId, "Z32O12XQLNTSW2");
    assert.equal(loadBalancer?.State?.Code, "provisioning");
    assert.equal(loadBalancer?.VpcId, "vpc-1");
    assert.deepEqual(loadBalancer?.CreatedTime, new Date(clock.now()));
    assert.deepEqual(
      loadBalancer?.AvailabilityZones?.map(({ ZoneName: zone, SubnetId: subnet }) => [zone, subnet]),
      [
        ["eu-west-1a", "subnet-a"],
        ["eu-west-1b", "subnet-b"],
      ],
    );

    const group = (
      await client.send(
        new CreateTargetGroupCommand({
          Name: "k8s-web",
          Protocol: "HTTP",
          Port: 1,
          VpcId: "vpc-1",
          TargetType: "ip",
          HealthCheckIntervalSeconds: 15,
          Matcher: { HttpCode: "200" },
        }),
      )
    ).TargetGroups?.[0];
    const groupArn = group?.TargetGroupArn ?? "";
    assert.deepEqual(group, {
      TargetGroupArn: groupArn,
      TargetGroupName: "k8s-web",
      Protocol: "HTTP",
      Port: 1,
      VpcId: "vpc-1",
      HealthCheckProtocol: "HTTP",
      HealthCheckPort: "traffic-port",
      HealthCheckEnabled: true,
      HealthCheckIntervalSeconds: 15,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
      HealthCheckPath: "/",
      Matcher: { HttpCode: "200" },
      LoadBalancerArns: [],
      TargetType: "ip",
      ProtocolVersion: "HTTP1",
      IpAddressType: "ipv4",
    });

    const target = { Id: "10.0.0.50", Port: 8080 };
    await client.send(new RegisterTargetsCommand({ TargetGroupArn: groupArn, Targets: [target] }));
    const health = async (): Promise<string> => {
      const answer = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: groupArn }));
      const [one] = answer.TargetHealthDescriptions ?? [];
      return [one?.TargetHealth?.State, one?.TargetHealth?.Reason].filter(Boolean).join(" ");
    };
    assert.equal(await health(), "unused Target.NotInUse");

    const listener = (
      await client.send(
        new CreateListenerCommand({
          LoadBalancerArn: arn,
          Protocol: "HTTPS",
          Port: 443,
          Certificates: [{ CertificateArn: certificateArn("main") }],
          DefaultActions: [
            { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404", ContentType: "text/plain" } },
          ],
        }),
      )
    ).Listeners?.[0];
    const listenerArn = listener?.ListenerArn ?? "";
    assert.equal(listener?.SslPolicy, "ELBSecurityPolicy-2016-08");
    const rule = await client.send(
      new CreateRuleCommand({
        ListenerArn: listenerArn,
        Priority: 1,
        Conditions: [
          { Field: "host-header", HostHeaderConfig: { Values: ["game.example.com"] } },
          { Field: "path-pattern", PathPatternConfig: { Values: ["/play", "/play/*"] } },
        ],
        Actions: [{ Type: "forward", TargetGroupArn: groupArn }],
      }),
    );
    assert.deepEqual(rule.Rules?.[0]?.Conditions?.[0], {
      Field: "host-header",
      Values: ["game.example.com"],
      HostHeaderConfig: { Values: ["game.example.com"] },
    });
    assert.deepEqual(rule.Rules?.[0]?.Actions, [
      {
        Type: "forward",
        TargetGroupArn: groupArn,
        Order: 1,
        ForwardConfig: {
          TargetGroups: [{ TargetGroupArn: groupArn, Weight: 1 }],
          TargetGroupStickinessConfig: { Enabled: false },
        },
      },
    ]);
    const rules = await client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
    assert.deepEqual(
      rules.Rules?.map(({ Priority: priority, IsDefault: isDefault }) => [priority, isDefault]),
      [
        ["1", false],
        ["default", true],
      ],
    );
    const attached = await client.send(new DescribeTargetGroupsCommand({ LoadBalancerArn: arn }));
    assert.deepEqual(attached.TargetGroups?.[0]?.LoadBalancerArns, [arn]);

    assert.equal(await health(), "initial Elb.RegistrationInProgress");
    await clock.advance(8_000);
    assert.equal(await health(), "initial Elb.InitialHealthChecking");
    await clock.advance(15_000);
    assert.equal(await health(), "healthy");
    await clock.advance(127_000);
    const active = await client.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }));
    assert.equal(active.LoadBalancers?.[0]?.State?.Code, "active");

    await client.send(new DeregisterTargetsCommand({ TargetGroupArn: groupArn, Targets: [target] }));
    assert.equal(await health(), "draining Target.DeregistrationInProgress");
    await clock.advance(300_000);
    assert.equal(await health(), "");

    const tags = await client.send(new DescribeTagsCommand({ ResourceArns: [arn, groupArn] }));
    assert.deepEqual(tags.TagDescriptions, [
      { ResourceArn: arn, Tags: [{ Key: "elbv2.k8s.aws/cluster", Value: "demo" }] },
      { ResourceArn: groupArn, Tags: [] },
    ]);

    assert.equal([...sandbox.surroundings.serviceInterfacesOfGroup("sg-1")].length, 2);
    await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    await assert.rejects(client.send(new DescribeListenersCommand({ LoadBalancerArn: arn })), {
      name: "LoadBalancerNotFoundException",
      Code: "LoadBalancerNotFound",
    });
    assert.equal([...sandbox.surroundings.serviceInterfacesOfGroup("sg-1")].length, 2, "interfaces linger");
    await clock.advance(45_000);
    assert.equal([...sandbox.surroundings.serviceInterfacesOfGroup("sg-1")].length, 0);
    assert.equal(account.taken.size, 0);
    await client.send(new DeleteTargetGroupCommand({ TargetGroupArn: groupArn }));
    assert.deepEqual((await client.send(new DescribeTargetGroupsCommand({}))).TargetGroups, []);
    assert.equal(sandbox.calls.count("elbv2.CreateRule"), 1);
    assert.equal(sandbox.calls.mutations().length, 8);
  });
});
