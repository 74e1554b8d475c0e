import assert from "node:assert/strict";
import {
  type CreateLoadBalancerCommandInput,
  DeleteLoadBalancerCommand,
  DescribeCapacityReservationCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  type LoadBalancerAttribute,
  ModifyCapacityReservationCommand,
  ModifyIpPoolsCommand,
  ModifyLoadBalancerAttributesCommand,
  SetIpAddressTypeCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { createLoadBalancer, outcome } from "../support/elbv2-resources.ts";
import { elbv2Bench } from "../support/fixture-account.ts";

describe("Load balancers of the sandbox's ELBv2", () => {
  const refused: [string, Partial<CreateLoadBalancerCommandInput>, string][] = [
    ["a name of 33 characters", { Name: "x".repeat(33) }, "ValidationError"],
    ["a name with a dot", { Name: "a.b" }, "ValidationError"],
    ["a name that ends with a hyphen", { Name: "a-" }, "ValidationError"],
    ["a name that starts with internal-", { Name: "internal-a" }, "ValidationError"],
    ["no subnets", { Subnets: [] }, "ValidationError"],
    ["an application load balancer in one zone", { Subnets: ["subnet-a"] }, "ValidationError"],
    ["two subnets of one zone", { Subnets: ["subnet-a", "subnet-a2"] }, "InvalidConfigurationRequest"],
    ["subnets of two VPCs", { Subnets: ["subnet-a", "subnet-y"] }, "InvalidConfigurationRequest"],
    ["a subnet that does not exist", { Subnets: ["subnet-a", "subnet-none"] }, "SubnetNotFound"],
    ["a VPC without internet gateway", { Subnets: ["subnet-x", "subnet-y"] }, "InvalidSubnet"],
    [
      "subnets and subnet mappings",
      { SubnetMappings: [{ SubnetId: "subnet-a" }], Subnets: ["subnet-a"] },
      "ValidationError",
    ],
    ["an unknown scheme", { Scheme: "public" as "internal" }, "InvalidScheme"],
    ["an unknown type", { Type: "classic" as "network" }, "ValidationError"],
    ["a gateway load balancer", { Type: "gateway" }, "InvalidConfigurationRequest"],
    ["an unknown security group", { SecurityGroups: ["sg-none"] }, "InvalidSecurityGroup"],
    ["a security group of another VPC", { SecurityGroups: ["sg-foreign"] }, "InvalidConfigurationRequest"],
    ["dual stack without IPv6 subnets", { IpAddressType: "dualstack" }, "InvalidSubnet"],
    [
      "public-less dual stack on a network load balancer",
      { Type: "network", IpAddressType: "dualstack-without-public-ipv4" },
      "InvalidConfigurationRequest",
    ],
    [
      "an elastic IP that does not exist",
      { Type: "network", SubnetMappings: [{ SubnetId: "subnet-a", AllocationId: "eipalloc-none" }] },
      "AllocationIdNotFound",
    ],
    [
      "elastic IPs for some subnets only",
      {
        Type: "network",
        SubnetMappings: [{ SubnetId: "subnet-a", AllocationId: "eipalloc-1" }, { SubnetId: "subnet-b" }],
      },
      "InvalidConfigurationRequest",
    ],
    [
      "an elastic IP on an internal load balancer",
      { Type: "network", Scheme: "internal", SubnetMappings: [{ SubnetId: "subnet-a", AllocationId: "eipalloc-1" }] },
      "InvalidConfigurationRequest",
    ],
    [
      "a private address outside the subnet",
      {
        Type: "network",
        Scheme: "internal",
        SubnetMappings: [{ SubnetId: "subnet-a", PrivateIPv4Address: "10.9.0.1" }],
      },
      "InvalidConfigurationRequest",
    ],
    [
      "the same tag key twice",
      {
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "a", Value: "2" },
        ],
      },
      "DuplicateTagKeys",
    ],
    ["an empty tag list", { Tags: [] }, "ValidationError"],
    ["a reserved tag key", { Tags: [{ Key: "aws:a", Value: "1" }] }, "ValidationError"],
    ["a tag key with a forbidden character", { Tags: [{ Key: "a*", Value: "1" }] }, "ValidationError"],
    ["51 tags", { Tags: Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "" })) }, "TooManyTags"],
  ];
  for (const [what, overrides, code] of refused) {
    it(`refuses ${what} with ${code}`, async () => {
      const { account, client } = elbv2Bench();
      account.elasticIps.set("eipalloc-1", { publicIp: "203.0.113.1", inUse: false });
      assert.equal(await outcome(createLoadBalancer(client, overrides)), code);
      assert.deepEqual((await client.send(new DescribeLoadBalancersCommand({}))).LoadBalancers, []);
      assert.equal(account.taken.size, 0);
    });
  }

  it("words shape errors as AWS does, all of them at once", async () => {
    const { client } = elbv2Bench();
    await assert.rejects(
      createLoadBalancer(client, { Type: "classic" as "network", Tags: [{ Key: "", Value: "x" }] }),
      {
        Code: "ValidationError",
        message:
          "2 validation errors detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
          "Value 'classic' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [application, network, gateway]",
      },
    );
  });

  it("refuses a subnet with fewer than eight free addresses", async () => {
    const { account, client } = elbv2Bench();
    const subnet = account.subnets.get("subnet-b");
    assert.ok(subnet);
    subnet.freeAddresses = 7;
    await assert.rejects(createLoadBalancer(client), {
      Code: "InvalidSubnet",
      message: "Not enough IP space available in subnet-b. ELB requires at least 8 free IP addresses in each subnet.",
    });
  });

  it("answers a repeated create with the existing load balancer, and refuses other settings", async () => {
    const { client } = elbv2Bench();
    const first = await createLoadBalancer(client, { SecurityGroups: ["sg-1", "sg-2"] });
    const second = await createLoadBalancer(client, {
      Subnets: ["subnet-b", "subnet-a"],
      SecurityGroups: ["sg-2", "sg-1"],
      Tags: [{ Key: "late", Value: "1" }],
    });
    assert.equal(second, first);
    for (const other of [
      { Scheme: "internal" },
      { Type: "network" },
      { SecurityGroups: ["sg-1"] },
      { Subnets: ["subnet-b", "subnet-c"] },
      { Subnets: ["subnet-a2", "subnet-b"] },
    ] satisfies Partial<CreateLoadBalancerCommandInput>[]) {
      const settings = { SecurityGroups: ["sg-1", "sg-2"], ...other };
      assert.equal(await outcome(createLoadBalancer(client, settings)), "DuplicateLoadBalancerName");
    }
  });

  it("gives an application load balancer the VPC's default group, a network load balancer none for ever", async () => {
    const { client } = elbv2Bench();
    await createLoadBalancer(client, { Name: "app" });
    const net = await createLoadBalancer(client, { Name: "net", Type: "network" });
    const { LoadBalancers: all = [] } = await client.send(new DescribeLoadBalancersCommand({ Names: ["app", "net"] }));
    assert.deepEqual(Object.fromEntries(all.map((one) => [one.LoadBalancerName, one.SecurityGroups])), {
      app: ["sg-default"],
      net: [],
    });
    const add = new SetSecurityGroupsCommand({ LoadBalancerArn: net, SecurityGroups: ["sg-1"] });
    assert.equal(await outcome(client.send(add)), "InvalidConfigurationRequest");
  });

  it("moves the network interfaces to new security groups", async () => {
    const { client, sandbox } = elbv2Bench();
    const arn = await createLoadBalancer(client, { Type: "network", SecurityGroups: ["sg-1"] });
    const count = (group: string): number => [...sandbox.surroundings.serviceInterfacesOfGroup(group)].length;
    assert.deepEqual([count("sg-1"), count("sg-2")], [2, 0]);
    const answer = await client.send(
      new SetSecurityGroupsCommand({
        LoadBalancerArn: arn,
        SecurityGroups: ["sg-2"],
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "off",
      }),
    );
    assert.deepEqual(answer.SecurityGroupIds, ["sg-2"]);
    assert.equal(answer.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic, "off");
    assert.deepEqual([count("sg-1"), count("sg-2")], [0, 2]);
  });

  it("keeps elastic IPs until the network interfaces are gone", async () => {
    const { account, client, clock } = elbv2Bench();
    account.elasticIps.set("eipalloc-1", { publicIp: "203.0.113.1", inUse: false });
    const mapping = {
      Type: "network" as const,
      SubnetMappings: [{ SubnetId: "subnet-a", AllocationId: "eipalloc-1" }],
    };
    const arn = await createLoadBalancer(client, mapping);
    const { LoadBalancers: all } = await client.send(new DescribeLoadBalancersCommand({}));
    assert.deepEqual(all?.[0]?.AvailabilityZones?.[0]?.LoadBalancerAddresses, [
      { IpAddress: "203.0.113.1", AllocationId: "eipalloc-1" },
    ]);
    await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    assert.equal(await outcome(createLoadBalancer(client, mapping)), "ResourceInUse");
    await clock.advance(45_000);
    assert.equal(await outcome(createLoadBalancer(client, mapping)), "accepted");
  });

  it("sets subnets: adds and removes zones, refuses another subnet of a zone in use", async () => {
    const { client } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    const set = (...subnets: string[]): Promise<string> =>
      outcome(client.send(new SetSubnetsCommand({ LoadBalancerArn: arn, Subnets: subnets })));
    assert.equal(await set("subnet-a", "subnet-b", "subnet-c"), "accepted");
    assert.equal(await set("subnet-b", "subnet-c"), "accepted");
    assert.equal(await set("subnet-b"), "ValidationError");
    assert.equal(await set("subnet-a2", "subnet-b", "subnet-c"), "accepted");
    assert.equal(await set("subnet-a", "subnet-b", "subnet-c"), "InvalidConfigurationRequest");
    const { LoadBalancers: all } = await client.send(new DescribeLoadBalancersCommand({}));
    assert.deepEqual(
      all?.[0]?.AvailabilityZones?.map(({ SubnetId: id }) => id),
      ["subnet-a2", "subnet-b", "subnet-c"],
    );
  });

  it("describes by ARN or name, never partly, and pages the rest", async () => {
    const { client } = elbv2Bench();
    const arns: (string | undefined)[] = [];
    for (const name of ["a", "b", "c"]) arns.push(await createLoadBalancer(client, { Name: name }));
    const describe = (input: object): Promise<string> => outcome(client.send(new DescribeLoadBalancersCommand(input)));
    assert.equal(await describe({ Names: ["a", "none"] }), "LoadBalancerNotFound");
    assert.equal(await describe({ Names: ["a"], LoadBalancerArns: [arns[0]] }), "ValidationError");
    assert.equal(await describe({ Names: Array.from({ length: 21 }, () => "a") }), "ValidationError");
    assert.equal(await describe({ PageSize: 401 }), "ValidationError");
    assert.equal(await describe({ Marker: "nonsense" }), "ValidationError");
    const first = await client.send(new DescribeLoadBalancersCommand({ PageSize: 2 }));
    const second = await client.send(new DescribeLoadBalancersCommand({ PageSize: 2, Marker: first.NextMarker }));
    assert.equal(second.NextMarker, undefined);
    const listed = [...(first.LoadBalancers ?? []), ...(second.LoadBalancers ?? [])].map((one) => one.LoadBalancerArn);
    assert.deepEqual(new Set(listed), new Set(arns));
    assert.equal(listed.length, 3);
  });

  it("fails when a scenario says so", async () => {
    const { client, clock, sandbox } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    sandbox.surroundings.loadBalancers.forceState(arn, "failed", "no free addresses");
    await clock.advance(3_600_000);
    const { LoadBalancers: [failed] = [] } = await client.send(new DescribeLoadBalancersCommand({}));
    assert.deepEqual(failed?.State, { Code: "failed", Reason: "no free addresses" });
  });

  it("answers pages as short as the sandbox is told", async () => {
    const { client } = elbv2Bench({ largestPage: 1 });
    for (const name of ["a", "b"]) await createLoadBalancer(client, { Name: name });
    const page = await client.send(new DescribeLoadBalancersCommand({ PageSize: 400 }));
    assert.equal(page.LoadBalancers?.length, 1);
    assert.notEqual(page.NextMarker, undefined);
  });

  it("deletes what is not there, and nothing that is protected", async () => {
    const { client } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    const remove = (): Promise<string> => outcome(client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn })));
    const protect = (value: string): Promise<unknown> =>
      client.send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn: arn,
          Attributes: [{ Key: "deletion_protection.enabled", Value: value }],
        }),
      );
    await protect("true");
    assert.equal(await remove(), "OperationNotPermitted");
    await protect("false");
    assert.equal(await remove(), "accepted");
    assert.equal(await remove(), "accepted");
  });

  it("has the default attributes of each type", async () => {
    const { client } = elbv2Bench();
    const all = async (arn: string): Promise<Record<string, string | undefined>> => {
      const answer = await client.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: arn }));
      return Object.fromEntries((answer.Attributes ?? []).map(({ Key: key = "", Value: value }) => [key, value]));
    };
    const app = await all(await createLoadBalancer(client, { Name: "app" }));
    const net = await all(await createLoadBalancer(client, { Name: "net", Type: "network", Scheme: "internal" }));
    assert.equal(Object.keys(app).length, 23);
    assert.equal(app["idle_timeout.timeout_seconds"], "60");
    assert.equal(app["routing.http2.enabled"], "true");
    assert.equal(app["load_balancing.cross_zone.enabled"], "true");
    assert.deepEqual(net, {
      "deletion_protection.enabled": "false",
      "load_balancing.cross_zone.enabled": "false",
      "access_logs.s3.enabled": "false",
      "access_logs.s3.bucket": "",
      "access_logs.s3.prefix": "",
      "ipv6.deny_all_igw_traffic": "true",
      "zonal_shift.config.enabled": "false",
      "dns_record.client_routing_policy": "any_availability_zone",
      "secondary_ips.auto_assigned.per_subnet": "0",
    });
  });

  const attributes: [string, "application" | "network", LoadBalancerAttribute[], string][] = [
    ["an unknown key", "application", [{ Key: "no.such.key", Value: "1" }], "ValidationError"],
    [
      "a key of another type, and with it the whole call",
      "network",
      [
        { Key: "deletion_protection.enabled", Value: "true" },
        { Key: "idle_timeout.timeout_seconds", Value: "30" },
      ],
      "InvalidConfigurationRequest",
    ],
    [
      "a timeout out of range",
      "application",
      [{ Key: "idle_timeout.timeout_seconds", Value: "4001" }],
      "ValidationError",
    ],
    ["a boolean in capitals", "application", [{ Key: "routing.http2.enabled", Value: "True" }], "ValidationError"],
    ["logs without a bucket", "application", [{ Key: "access_logs.s3.enabled", Value: "true" }], "ValidationError"],
    [
      "cross-zone off on an application load balancer",
      "application",
      [{ Key: "load_balancing.cross_zone.enabled", Value: "false" }],
      "InvalidConfigurationRequest",
    ],
    [
      "21 attributes",
      "application",
      Array.from({ length: 21 }, () => ({ Key: "routing.http2.enabled", Value: "true" })),
      "ValidationError",
    ],
  ];
  for (const [what, type, changes, code] of attributes) {
    it(`refuses ${what} in attributes with ${code}`, async () => {
      const { client } = elbv2Bench();
      const arn = await createLoadBalancer(client, { Type: type });
      const describe = new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: arn });
      const before = (await client.send(describe)).Attributes;
      const modify = new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: arn, Attributes: changes });
      assert.equal(await outcome(client.send(modify)), code);
      assert.deepEqual((await client.send(describe)).Attributes, before);
    });
  }

  it("holds the quota of load balancers", async () => {
    const { client } = elbv2Bench({ quotas: { applicationLoadBalancers: 1 } });
    assert.equal(await outcome(createLoadBalancer(client, { Name: "one" })), "accepted");
    assert.equal(await outcome(createLoadBalancer(client, { Name: "two" })), "TooManyLoadBalancers");
    assert.equal(await outcome(createLoadBalancer(client, { Name: "net", Type: "network" })), "accepted");
  });

  it("checks IP address types, IPAM pools and capacity", async () => {
    const { account, client, clock } = elbv2Bench();
    for (const id of ["subnet-a", "subnet-b"]) {
      const subnet = account.subnets.get(id);
      assert.ok(subnet);
      account.subnets.set(id, { ...subnet, ipv6Cidr: "2001:db8::/64" });
    }
    const arn = await createLoadBalancer(client);
    const setType = (type: "ipv4" | "dualstack"): Promise<string> =>
      outcome(client.send(new SetIpAddressTypeCommand({ LoadBalancerArn: arn, IpAddressType: type })));
    assert.equal(await setType("dualstack"), "accepted");
    const pools = await client.send(
      new ModifyIpPoolsCommand({ LoadBalancerArn: arn, IpamPools: { Ipv4IpamPoolId: "ipam-pool-1" } }),
    );
    assert.equal(pools.IpamPools?.Ipv4IpamPoolId, "ipam-pool-1");
    const reserve = (units: number): Promise<string> =>
      outcome(
        client.send(
          new ModifyCapacityReservationCommand({
            LoadBalancerArn: arn,
            MinimumLoadBalancerCapacity: { CapacityUnits: units },
          }),
        ),
      );
    assert.equal(await reserve(500), "InvalidConfigurationRequest", "not active yet");
    await clock.advance(150_000);
    assert.equal(await reserve(99), "InvalidConfigurationRequest");
    assert.equal(await reserve(500), "accepted");
    assert.equal(await reserve(600), "CapacityReservationPending");
    await clock.advance(60_000);
    const answer = await client.send(new DescribeCapacityReservationCommand({ LoadBalancerArn: arn }));
    assert.deepEqual(
      answer.CapacityReservationState?.map(({ State: state }) => state?.Code),
      ["provisioned", "provisioned"],
    );
  });
});
