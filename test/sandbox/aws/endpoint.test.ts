import assert from "node:assert/strict";
import {
  CreateTargetGroupCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { HttpRequest, HttpResponse } from "../../../src/http.ts";
import { AwsError, beanValidation, ec2Validation } from "../../../src/sandbox/aws/aws-error.ts";
import { createAwsSandbox } from "../../../src/sandbox/aws/aws-sandbox.ts";
import { inProcessHandler } from "../../../src/sandbox/aws/in-process-handler.ts";
import { defineOperation, type Protocol, type ServiceFactory } from "../../../src/sandbox/aws/service.ts";
import {
  boolean,
  integer,
  list,
  map,
  required,
  string,
  structure,
  timestamp,
} from "../../../src/sandbox/aws/shapes.ts";
import { serve } from "../../../src/sandbox/http-server.ts";
import { SimClock } from "../../support/sim-clock.ts";
import { createLoadBalancer, createTargetGroup, outcome } from "./support/elbv2-resources.ts";
import { elbv2Bench, elbv2Client } from "./support/fixture-account.ts";
import { type SigningIdentity, signAs } from "./support/sign.ts";

const input = {
  Name: required(string({ maxLength: 5 })),
  Count: integer({ min: 1 }),
  Fast: boolean(),
  When: timestamp(),
  Items: list(structure({ Key: string() })),
  Labels: map(string()),
};

/** One service per protocol, each with an operation that answers what it was given. */
function echoService(name: string, protocol: Protocol): ServiceFactory {
  return () => ({
    name,
    signingName: name,
    protocol,
    invalidInput: protocol.kind === "ec2" ? ec2Validation : beanValidation("ValidationError"),
    throttled: () => new AwsError("Throttling", "Rate exceeded"),
    operations: [
      defineOperation({
        name: "Echo",
        mutating: true,
        input,
        http: { method: "POST", path: "/echo/{Name}/here", query: { count: "Count", items: "Items" } },
        handle: (given) => ({
          name: given.Name,
          count: given.Count,
          fast: given.Fast,
          when: given.When,
          items: given.Items,
          absent: undefined,
        }),
      }),
      defineOperation({ name: "Fail", mutating: false, input: {}, handle: failing }),
      defineOperation({ name: "Nothing", mutating: false, input: {}, handle: () => undefined }),
    ],
  });
}

function failing(): never {
  throw new AwsError("No<Such>Thing", "it's gone", { status: 404, members: { thing: "x" } });
}

const services = [
  echoService("aq", { kind: "query", version: "2001-01-01", namespace: "http://aq/", voidResult: "none" }),
  echoService("ae", { kind: "ec2", version: "2002-02-02", namespace: "http://ae/" }),
  echoService("aj", { kind: "json", targetPrefix: "AJ_1." }),
  echoService("ar", { kind: "rest-json" }),
];

function bench(): { send: (request: HttpRequest, as?: Partial<SigningIdentity>) => Promise<HttpResponse> } {
  const sandbox = createAwsSandbox({ clock: new SimClock(), services });
  return {
    send: (request, as) => {
      const { accessKeyId, secretAccessKey } = sandbox.credential;
      const identity = { accessKeyId, secretAccessKey, region: sandbox.region, service: "aq", ...as };
      return sandbox.handle(signAs(request, identity));
    },
  };
}

function form(fields: Record<string, string>): HttpRequest {
  return {
    method: "POST",
    path: "/",
    headers: { host: "sandbox", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  };
}

function target(name: string, body: unknown): HttpRequest {
  return { method: "POST", path: "/", headers: { host: "sandbox", "x-amz-target": name }, body: JSON.stringify(body) };
}

function text(response: HttpResponse): string {
  assert.ok(typeof response.body === "string");
  return response.body.replace(/[0-9a-f-]{36}/g, "ID");
}

describe("The AWS endpoint of the sandbox", () => {
  it("speaks the query protocol", async () => {
    const { send } = bench();
    const fields = {
      Action: "Echo",
      Version: "2001-01-01",
      Name: "a<&>",
      Count: "3",
      Fast: "true",
      When: "2026-01-02T03:04:05Z",
      "Items.member.2.Key": "second",
      "Items.member.1.Key": "first",
    };
    const answer = await send(form(fields));
    assert.equal(answer.headers["content-type"], "text/xml");
    assert.match(answer.headers["x-amzn-requestid"] ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(answer.headers["date"], "Thu, 01 Jan 2026 00:00:00 GMT");
    assert.equal(
      text(answer),
      '<EchoResponse xmlns="http://aq/"><EchoResult><name>a&#60;&#38;&#62;</name><count>3</count><fast>true</fast>' +
        "<when>2026-01-02T03:04:05.000Z</when><items><member><Key>first</Key></member><member><Key>second</Key></member></items>" +
        "</EchoResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></EchoResponse>",
    );
    const nothing = await send(form({ Action: "Nothing", Version: "2001-01-01" }));
    assert.doesNotMatch(text(nothing), /NothingResult/);
    const failed = await send(form({ Action: "Fail", Version: "2001-01-01" }));
    assert.equal(failed.status, 404);
    assert.match(text(failed), /<Type>Sender<\/Type>.*<Message>it&#39;s gone<\/Message>.*<RequestId>ID</);
  });

  it("speaks EC2's protocol, dry runs included", async () => {
    const { send } = bench();
    const as = { service: "ae" };
    const fields = { Action: "Echo", Version: "2002-02-02", Name: "a", "Items.1.Key": "x" };
    const answer = text(await send(form(fields), as));
    assert.match(answer, /<EchoResponse xmlns="http:\/\/ae\/"><requestId>ID<\/requestId><name>a<\/name>/);
    assert.match(answer, /<items><item><Key>x<\/Key><\/item><\/items>/);
    const dry = await send(form({ ...fields, DryRun: "true" }), as);
    assert.deepEqual([dry.status, /<Code>(\w+)</.exec(text(dry))?.[1]], [412, "DryRunOperation"]);
    const nothing = await send(form({ Action: "Nothing", Version: "2002-02-02" }), as);
    assert.match(text(nothing), /<return>true<\/return>/);
    const missing = await send(form({ Action: "Echo", Version: "2002-02-02" }), as);
    assert.match(text(missing), /<Errors><Error><Code>MissingParameter<.*<RequestID>ID</);
  });

  it("speaks JSON 1.1", async () => {
    const { send } = bench();
    const as = { service: "aj" };
    const answer = await send(target("AJ_1.Echo", { Name: "a", When: 1767323045.5, Labels: { k: "v" } }), as);
    assert.equal(answer.headers["content-type"], "application/x-amz-json-1.1");
    assert.equal(text(answer), '{"name":"a","when":1767323045.5}');
    const failed = await send(target("AJ_1.Fail", {}), as);
    assert.equal(text(failed), '{"__type":"No<Such>Thing","message":"it\'s gone","thing":"x"}');
    assert.match(text(await send(target("AJ_1.None", {}), as)), /UnknownOperationException/);
    assert.match(text(await send({ ...target("AJ_1.Echo", {}), body: "{" }, as)), /SerializationException/);
  });

  it("speaks REST with JSON: labels, query members and errors in a header", async () => {
    const { send } = bench();
    const request = { method: "POST", path: "/echo/a%2Fb/here?count=4", headers: { host: "sandbox" } };
    const answer = await send(request, { service: "ar" });
    assert.equal(text(answer), '{"name":"a/b","count":4}');
    const unknown = await send({ ...request, path: "/none" }, { service: "ar" });
    assert.deepEqual([unknown.status, unknown.headers["x-amzn-errortype"]], [404, "UnknownOperationException"]);
  });

  it("refuses unknown members loudly", async () => {
    const { send } = bench();
    const answer = text(await send(form({ Action: "Echo", Version: "2001-01-01", Name: "a", Nmae: "b" })));
    assert.match(answer, /<Code>ValidationError<.*Value &#39;b&#39; at &#39;nmae&#39;/);
    const ec2 = form({ Action: "Echo", Version: "2002-02-02", Name: "a", Nmae: "b" });
    assert.match(text(await send(ec2, { service: "ae" })), /<Code>UnknownParameter</);
  });

  it("answers InvalidAction to unknown actions and to other API versions", async () => {
    const { send } = bench();
    assert.match(text(await send(form({ Action: "Nope", Version: "2001-01-01" }))), /<Code>InvalidAction</);
    assert.match(text(await send(form({ Action: "Echo", Version: "1999-09-09" }))), /<Code>InvalidAction</);
  });

  const credentials: [string, Partial<SigningIdentity> | "unsigned", string, string, string][] = [
    [
      "no signature",
      "unsigned",
      "MissingAuthenticationToken 403",
      "AuthFailure 401",
      "MissingAuthenticationTokenException 400",
    ],
    [
      "an unknown key",
      { accessKeyId: "AKIANOBODY" },
      "InvalidClientTokenId 403",
      "AuthFailure 401",
      "UnrecognizedClientException 400",
    ],
    [
      "a wrong secret",
      { secretAccessKey: "x" },
      "SignatureDoesNotMatch 403",
      "AuthFailure 401",
      "InvalidSignatureException 400",
    ],
    [
      "another region",
      { region: "us-east-2" },
      "SignatureDoesNotMatch 403",
      "AuthFailure 401",
      "InvalidSignatureException 400",
    ],
    [
      "another service",
      { service: "other" },
      "SignatureDoesNotMatch 403",
      "AuthFailure 401",
      "InvalidSignatureException 400",
    ],
  ];
  for (const [what, as, query, ec2, json] of credentials) {
    it(`answers ${what} in the words of each protocol`, async () => {
      const sandbox = createAwsSandbox({ clock: new SimClock(), services });
      const { accessKeyId, secretAccessKey } = sandbox.credential;
      const send = async (request: HttpRequest, service: string): Promise<string> => {
        const identity = { accessKeyId, secretAccessKey, region: sandbox.region, service };
        const answer = await sandbox.handle(as === "unsigned" ? request : signAs(request, { ...identity, ...as }));
        return `${/<Code>(\w+)<|"__type":"(\w+)"/.exec(text(answer))?.slice(1).find(Boolean)} ${answer.status}`;
      };
      assert.equal(await send(form({ Action: "Nothing", Version: "2001-01-01" }), "aq"), query);
      assert.equal(await send(form({ Action: "Nothing", Version: "2002-02-02" }), "ae"), ec2);
      assert.equal(await send(target("AJ_1.Nothing", {}), "aj"), json);
    });
  }
});

describe("Calls to the sandbox's AWS endpoint", () => {
  it("are recorded in order, with parameters, results and counts", async () => {
    const { client, sandbox } = elbv2Bench();
    await createTargetGroup(client);
    await outcome(createTargetGroup(client, { Port: 81 }));
    await client.send(new DescribeTargetGroupsCommand({}));
    const [first, second, third] = sandbox.calls.records;
    assert.equal(first?.parameters["Name"], "tg");
    assert.equal(first?.principal, "arn:aws:iam::111122223333:user/fairlead-sandbox");
    assert.deepEqual(
      [first, second, third].map((call) => [
        call?.sequence,
        call?.operation,
        call?.status,
        call?.errorCode,
        call?.mutating,
      ]),
      [
        [1, "CreateTargetGroup", 200, undefined, true],
        [2, "CreateTargetGroup", 400, "DuplicateTargetGroupName", true],
        [3, "DescribeTargetGroups", 200, undefined, false],
      ],
    );
    assert.deepEqual([sandbox.calls.count(), sandbox.calls.count("elbv2.CreateTargetGroup")], [3, 2]);
    sandbox.calls.reset();
    assert.deepEqual([sandbox.calls.count(), sandbox.calls.records.length], [0, 0]);
  });

  it("fail as the fault plan says: errors, throttles, late and lost answers", async () => {
    const { client, clock, sandbox } = elbv2Bench();
    const matched = { service: "elbv2", operation: "CreateTargetGroup" };
    const error = sandbox.faults.add({
      ...matched,
      from: 2,
      fault: { kind: "error", code: "InternalFailure", status: 500 },
    });
    const create = (name: string): Promise<string> => outcome(createTargetGroup(client, { Name: name }));
    assert.equal(await create("a"), "accepted");
    assert.equal(await create("b"), "InternalFailure");
    assert.equal(await create("b"), "accepted");
    assert.deepEqual([error.matched, error.hits], [3, 1]);
    sandbox.faults.add({ ...matched, fault: { kind: "throttle" }, parameters: ({ Name: name }) => name === "c" });
    assert.equal(await create("d"), "accepted");
    assert.equal(await create("c"), "Throttling");
    assert.equal(sandbox.calls.throttles, 1);
    sandbox.faults.add({ ...matched, fault: { kind: "cut", when: "before" } });
    assert.notEqual(await create("e"), "accepted");
    sandbox.faults.add({ ...matched, fault: { kind: "cut", when: "after" } });
    assert.notEqual(await create("f"), "accepted");
    const names = (await client.send(new DescribeTargetGroupsCommand({}))).TargetGroups?.map(
      (one) => one.TargetGroupName,
    );
    assert.deepEqual(names?.toSorted(), ["a", "b", "d", "f"], "the lost answer took effect, the lost call did not");
    assert.deepEqual(
      sandbox.calls.records.filter(({ errorCode }) => errorCode === "ConnectionCut").map(({ performed }) => performed),
      [false, true],
    );
    sandbox.faults.add({ operation: "DescribeTargetGroups", fault: { kind: "latency", ms: 3_000 } });
    let answered = false;
    const late = client.send(new DescribeTargetGroupsCommand({})).then(() => {
      answered = true;
    });
    await clock.advance(2_999);
    assert.equal(answered, false);
    await clock.advance(1);
    await late;
    assert.equal(answered, true);
  });

  it("keep to AWS's token buckets when asked to", async () => {
    const { client, clock, sandbox } = elbv2Bench({ rateLimits: true });
    const burst = async (count: number, call: () => Promise<unknown>): Promise<number> => {
      const results = await Promise.all(Array.from({ length: count }, () => outcome(call())));
      return results.filter((result) => result === "Throttling").length;
    };
    const create = (): Promise<unknown> => client.send(new CreateTargetGroupCommand({ Name: "x" }));
    assert.equal(await burst(25, create), 25 - 20, "writes: 20 tokens, for refused calls too");
    await clock.advance(10_000);
    assert.equal(await burst(25, create), 5, "refilled to the brim");
    await clock.advance(1_000);
    assert.equal(await burst(5, create), 2, "3 a second");
    await clock.advance(60_000);
    const read = (): Promise<unknown> => client.send(new DescribeLoadBalancersCommand({}));
    assert.equal(await burst(50, read), 10, "reads share 40 tokens with everything");
    assert.equal(await burst(1, create), 1, "the account's bucket is empty");
    sandbox.setRateLimits(false);
    assert.equal(await burst(50, read), 0);
  });

  it("reach it over a socket as in process", async () => {
    const { sandbox } = elbv2Bench();
    const server = await serve(sandbox.handle, { port: 0 });
    try {
      const client = new ElasticLoadBalancingV2Client({
        region: sandbox.region,
        endpoint: server.url,
        credentials: sandbox.credential,
        maxAttempts: 1,
      });
      const arn = await createLoadBalancer(client);
      const found = await client.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }));
      assert.equal(found.LoadBalancers?.[0]?.LoadBalancerName, "lb");
      sandbox.faults.add({ fault: { kind: "cut", when: "after" } });
      await assert.rejects(client.send(new DescribeLoadBalancersCommand({})), { code: "ECONNRESET" });
      client.destroy();
    } finally {
      await server.close();
    }
  });

  it("accept temporary credentials with their token until they end", async () => {
    const { sandbox, clock } = elbv2Bench();
    const temporary = {
      ...sandbox.credential,
      accessKeyId: "ASIATEMPORARY",
      sessionToken: "token",
      expiresAt: clock.now() + 900_000,
    };
    sandbox.credentials.add(temporary);
    const read = (sessionToken: string | undefined): Promise<string> => {
      const client = new ElasticLoadBalancingV2Client({
        region: sandbox.region,
        credentials: { ...temporary, ...(sessionToken === undefined ? {} : { sessionToken }) },
        maxAttempts: 1,
        requestHandler: inProcessHandler(sandbox.handle),
      });
      return outcome(client.send(new DescribeLoadBalancersCommand({})));
    };
    assert.equal(await read("token"), "accepted");
    assert.equal(await read("other"), "InvalidClientTokenId");
    await clock.advance(900_000);
    assert.equal(await read("token"), "ExpiredToken");
  });
});

describe("The size that the sandbox's ELBv2 handles", () => {
  it("is a thousand load balancers with three thousand target groups, without scans", async () => {
    const { account, sandbox } = elbv2Bench({
      quotas: { applicationLoadBalancers: 2000, targetGroups: 5000 },
    });
    for (const subnet of account.subnets.values()) subnet.freeAddresses = 1_000_000;
    const client = elbv2Client(sandbox);
    const started = performance.now();
    for (let index = 0; index < 1000; index++) await createLoadBalancer(client, { Name: `lb-${index}` });
    const groups: string[] = [];
    for (let index = 0; index < 3000; index++) groups.push(await createTargetGroup(client, { Name: `tg-${index}` }));
    for (const group of groups.slice(0, 500))
      await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: group }));
    let pages = 0;
    let marker: string | undefined;
    do {
      const page = await client.send(new DescribeTargetGroupsCommand({ Marker: marker }));
      marker = page.NextMarker;
      pages += 1;
    } while (marker !== undefined);
    assert.equal(pages, 8);
    const elapsed = performance.now() - started;
    assert.ok(elapsed < 30_000, `took ${Math.round(elapsed)} ms`);
  }).timeout(60_000);
});
