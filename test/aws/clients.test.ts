import assert from "node:assert/strict";
import nock from "nock";
import type { CallRecord } from "../../src/aws/caller.ts";
import { type Aws, createAws, endpointsFrom } from "../../src/aws/clients.ts";
import { systemClock } from "../../src/clock.ts";
import { AppError } from "../../src/errors.ts";
import { silentLogger } from "../../src/log.ts";
import { createWorld, passing } from "./support/world.ts";

const endpoint = "http://aws.test";
const records: CallRecord[] = [];

function client(): Aws {
  records.length = 0;
  return createAws({
    region: "eu-west-1",
    endpoints: { common: endpoint },
    credentials: () => Promise.resolve({ accessKeyId: "key", secretAccessKey: "secret" }),
    clock: systemClock,
    random: () => 0,
    log: silentLogger,
    onCall: (record) => void records.push(record),
  });
}

const xml = (operation: string, result: string): string =>
  `<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`;

describe("AWS clients", () => {
  it("speak ELBv2's query protocol, signed for the service and Region", async () => {
    const scope = nock(endpoint, { reqheaders: { authorization: /eu-west-1\/elasticloadbalancing\/aws4_request/ } })
      .post("/", {
        Action: "DescribeTags",
        Version: "2015-12-01",
        "ResourceArns.member.1": "arn:1",
        "ResourceArns.member.2": "arn:2",
      })
      .reply(
        200,
        xml(
          "DescribeTags",
          "<TagDescriptions><member><ResourceArn>arn:1</ResourceArn><Tags><member><Key>k</Key><Value>v</Value></member></Tags></member></TagDescriptions>",
        ),
      );
    const aws = client();
    const { TagDescriptions } = await aws.elbv2.describeTags({ ResourceArns: ["arn:1", "arn:2"] });
    assert.deepEqual(TagDescriptions, [{ ResourceArn: "arn:1", Tags: [{ Key: "k", Value: "v" }] }]);
    scope.done();
    assert.deepEqual(
      records.map(({ service, operation, mutating, code }) => [service, operation, mutating, code]),
      [["elbv2", "DescribeTags", false, undefined]],
    );
    aws.close();
  });

  it("speak EC2's protocol, with many permissions in one call", async () => {
    const scope = nock(endpoint)
      .post("/", {
        Action: "AuthorizeSecurityGroupIngress",
        Version: "2016-11-15",
        GroupId: "sg-1",
        "IpPermissions.1.IpProtocol": "tcp",
        "IpPermissions.1.FromPort": "80",
        "IpPermissions.1.ToPort": "80",
        "IpPermissions.1.IpRanges.1.CidrIp": "0.0.0.0/0",
        "IpPermissions.1.Ipv6Ranges.1.CidrIpv6": "::/0",
      })
      .reply(
        200,
        "<AuthorizeSecurityGroupIngressResponse><return>true</return></AuthorizeSecurityGroupIngressResponse>",
      );
    const aws = client();
    const { Return } = await aws.ec2.authorizeSecurityGroupIngress({
      GroupId: "sg-1",
      IpPermissions: [
        {
          IpProtocol: "tcp",
          FromPort: 80,
          ToPort: 80,
          IpRanges: [{ CidrIp: "0.0.0.0/0" }],
          Ipv6Ranges: [{ CidrIpv6: "::/0" }],
        },
      ],
    });
    assert.equal(Return, true);
    scope.done();
    aws.close();
  });

  it("retry themselves what AWS did not take: the SDK makes one attempt each", async () => {
    const scope = nock(endpoint)
      .post("/")
      .reply(503, "<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>")
      .post("/")
      .reply(200, xml("DescribeLoadBalancers", "<LoadBalancers/>"));
    const aws = client();
    await aws.elbv2.describeLoadBalancers({});
    scope.done();
    assert.deepEqual(
      records.map(({ code }) => code),
      ["ServiceUnavailable", undefined],
    );
    aws.close();
  });

  it("turn AWS's refusal into the program's error, with AWS's code", async () => {
    nock(endpoint)
      .post("/")
      .reply(
        400,
        "<ErrorResponse><Error><Type>Sender</Type><Code>TargetGroupNotFound</Code><Message>One or more target groups not found</Message></Error><RequestId>r-1</RequestId></ErrorResponse>",
      );
    const aws = client();
    await assert.rejects(aws.elbv2.deleteTargetGroup({ TargetGroupArn: "arn:1" }), (error: AppError) => {
      assert.equal(error.class, "missing");
      assert.equal(error.code, "TargetGroupNotFound");
      assert.match(error.message, /^elbv2 DeleteTargetGroup failed: One or more target groups not found/);
      return true;
    });
    aws.close();
  });

  it("ask before each write leaves, repetitions included, and keep it back when the answer is no", async () => {
    nock(endpoint)
      .post("/", /DeleteLoadBalancer/)
      .reply(503, "");
    const aws = client();
    const asked: string[] = [];
    aws.guardWrites(() => {
      asked.push("write");
      if (asked.length > 1) throw new AppError("not the leader", { class: "transient", code: "NotLeader" });
    });
    await assert.rejects(aws.elbv2.deleteLoadBalancer({ LoadBalancerArn: "arn:1" }), { code: "NotLeader" });
    assert.equal(asked.length, 2);
    const scope = nock(endpoint)
      .post("/", /DescribeTags/)
      .reply(200, xml("DescribeTags", ""));
    await aws.elbv2.describeTags({ ResourceArns: ["arn:1"] });
    scope.done();
    assert.equal(asked.length, 2, "reads are not asked about");
    aws.close();
  });

  it("take endpoints from the standard variables, a service's own first", () => {
    const endpoints = endpointsFrom({
      AWS_ENDPOINT_URL: "http://all",
      AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: "http://elb",
      AWS_ENDPOINT_URL_STS: "",
    });
    assert.deepEqual(endpoints, { common: "http://all", byService: { elbv2: "http://elb" } });
    assert.deepEqual(
      endpointsFrom({ AWS_ENDPOINT_URL: "http://all", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }),
      {},
    );
  });

  it("meet no throttle of AWS's published rates", async () => {
    const world = await createWorld({ rateLimits: true });
    const create = (index: number): Promise<unknown> =>
      world.aws.elbv2.createTargetGroup({
        Name: `tg-${index}`,
        Protocol: "HTTP",
        Port: 80,
        TargetType: "ip",
        VpcId: world.vpcID,
      });
    // As many as may stand in line at once.
    const work = Promise.all(Array.from({ length: 50 }, (_, index) => create(index)));
    await passing(world.clock, work, 100);
    assert.equal(world.sandbox.calls.throttles, 0);
    assert.equal(world.sandbox.calls.count("elbv2.CreateTargetGroup"), 50);
  });
});
