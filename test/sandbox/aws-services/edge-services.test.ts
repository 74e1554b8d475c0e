import assert from "node:assert/strict";
import {
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  type KeyAlgorithm,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
} from "@aws-sdk/client-acm";
import { CreateSecurityGroupCommand } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateProtectionCommand,
  DeleteProtectionCommand,
  DescribeProtectionCommand,
  GetSubscriptionStateCommand,
} from "@aws-sdk/client-shield";
import {
  AssociateWebACLCommand,
  DisassociateWebACLCommand,
  GetWebACLForResourceCommand,
  ListWebACLsCommand,
} from "@aws-sdk/client-wafv2";
import { inProcessHandler } from "../../../src/sandbox/aws/in-process-handler.ts";
import { signAs } from "../aws/support/sign.ts";
import { codeOf, openAccount } from "./account.ts";

function open(options: Parameters<typeof openAccount>[0] = {}) {
  const account = openAccount(options);
  const { sandbox, clock } = account;
  const elbv2 = new ElasticLoadBalancingV2Client({
    region: sandbox.region,
    credentials: sandbox.credential,
    maxAttempts: 1,
    requestHandler: inProcessHandler(sandbox.handle),
    systemClockOffset: clock.now() - Date.now(),
  });
  const { subnetIds } = sandbox.surroundings.compute.clusterNetwork();
  const loadBalancer = async (Name: string) => {
    const { LoadBalancers } = await elbv2.send(
      new CreateLoadBalancerCommand({
        Name,
        Type: "application",
        Subnets: subnetIds.slice(0, 2),
        Tags: [{ Key: "stack", Value: Name }],
      }),
    );
    return LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  };
  /** A call of the tagging API, which has no SDK client here. */
  const tagging = async (operation: string, parameters: object) => {
    const response = await sandbox.handle(
      signAs(
        {
          method: "POST",
          path: "/",
          headers: {
            host: "127.0.0.1",
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": `ResourceGroupsTaggingAPI_20170126.${operation}`,
          },
          body: JSON.stringify(parameters),
        },
        { ...sandbox.credential, region: sandbox.region, service: "tagging" },
      ),
    );
    return { status: response.status, body: JSON.parse(response.body as string) as Record<string, unknown> };
  };
  return { ...account, elbv2, loadBalancer, tagging };
}

describe("ACM in the sandbox", () => {
  const allKeys: KeyAlgorithm[] = ["RSA_2048", "EC_prime256v1"];

  it("lists elliptic curve certificates only when they are asked for", async () => {
    const { acm } = open();
    const names = async (input: object) =>
      (await acm.send(new ListCertificatesCommand(input))).CertificateSummaryList?.map(({ DomainName }) => DomainName);
    assert.deepEqual(await names({}), ["example.com"]);
    assert.deepEqual((await names({ Includes: { keyTypes: allKeys } }))?.toSorted(), [
      "example.com",
      "games.example.net",
    ]);
    assert.deepEqual(await names({ CertificateStatuses: ["EXPIRED"] }), []);
  });

  it("does not delete a certificate that a listener uses, and says who uses it", async () => {
    const { acm, elbv2, loadBalancer, clock } = open();
    const { CertificateSummaryList } = await acm.send(new ListCertificatesCommand({}));
    const CertificateArn = CertificateSummaryList?.[0]?.CertificateArn ?? "";
    const LoadBalancerArn = await loadBalancer("secure");
    await clock.advance(300_000);
    await elbv2.send(
      new CreateListenerCommand({
        LoadBalancerArn,
        Protocol: "HTTPS",
        Port: 443,
        Certificates: [{ CertificateArn }],
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } }],
      }),
    );
    assert.equal(await codeOf(acm.send(new DeleteCertificateCommand({ CertificateArn }))), "ResourceInUseException");
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }));
    assert.deepEqual(Certificate?.InUseBy, [LoadBalancerArn]);
    assert.deepEqual(Certificate?.SubjectAlternativeNames, ["example.com", "*.example.com"]);
  });

  it("tags certificates and tells malformed ARNs from unknown ones", async () => {
    const { acm } = open();
    const { CertificateSummaryList } = await acm.send(new ListCertificatesCommand({}));
    const CertificateArn = CertificateSummaryList?.[0]?.CertificateArn ?? "";
    const Tags = [{ Key: "team", Value: "blue" }];
    await acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags }));
    assert.deepEqual((await acm.send(new ListTagsForCertificateCommand({ CertificateArn }))).Tags, Tags);
    const describeArn = (arn: string) => codeOf(acm.send(new DescribeCertificateCommand({ CertificateArn: arn })));
    assert.equal(await describeArn(`${CertificateArn}0`), "ResourceNotFoundException");
    assert.equal(await describeArn("arn:aws:s3:::a-bucket-of-mine"), "InvalidArnException");
  });
});

describe("WAFv2 in the sandbox", () => {
  it("stands in front of an active load balancer, one web ACL at a time", async () => {
    const { wafv2, loadBalancer, clock } = open();
    const { WebACLs } = await wafv2.send(new ListWebACLsCommand({ Scope: "REGIONAL" }));
    const WebACLArn = WebACLs?.[0]?.ARN ?? "";
    const ResourceArn = await loadBalancer("guarded");
    const associate = () => wafv2.send(new AssociateWebACLCommand({ WebACLArn, ResourceArn }));
    const associated = async () => (await wafv2.send(new GetWebACLForResourceCommand({ ResourceArn }))).WebACL?.ARN;
    assert.equal(await codeOf(associate()), "WAFUnavailableEntityException");
    await clock.advance(300_000);
    assert.equal(await associated(), undefined);
    await associate();
    await associate();
    assert.equal(await associated(), WebACLArn);
    await wafv2.send(new DisassociateWebACLCommand({ ResourceArn }));
    await wafv2.send(new DisassociateWebACLCommand({ ResourceArn }));
    assert.equal(await associated(), undefined);
  });

  it("knows neither foreign load balancers nor network ones", async () => {
    const { wafv2, sandbox } = open();
    const at = (resource: string) =>
      codeOf(
        wafv2.send(
          new GetWebACLForResourceCommand({
            ResourceArn: `arn:aws:elasticloadbalancing:${sandbox.region}:${sandbox.accountId}:loadbalancer/${resource}`,
          }),
        ),
      );
    assert.equal(await at("app/none/0000000000000000"), "WAFNonexistentItemException");
    assert.equal(await at("net/none/0000000000000000"), "WAFInvalidParameterException");
  });
});

describe("Shield in the sandbox", () => {
  it("protects a load balancer once", async () => {
    const { shield, loadBalancer } = open();
    const { SubscriptionState } = await shield.send(new GetSubscriptionStateCommand({}));
    assert.equal(SubscriptionState, "ACTIVE");
    const ResourceArn = await loadBalancer("shielded");
    const find = () => shield.send(new DescribeProtectionCommand({ ResourceArn }));
    assert.equal(await codeOf(find()), "ResourceNotFoundException");
    const create = (arn = ResourceArn) => shield.send(new CreateProtectionCommand({ Name: "mine", ResourceArn: arn }));
    const { ProtectionId } = await create();
    assert.equal((await find()).Protection?.Id, ProtectionId);
    assert.equal(await codeOf(create()), "ResourceAlreadyExistsException");
    assert.equal(await codeOf(create(`${ResourceArn}0`)), "InvalidResourceException");
    await shield.send(new DeleteProtectionCommand({ ProtectionId }));
    assert.equal(await codeOf(shield.send(new DeleteProtectionCommand({ ProtectionId }))), "ResourceNotFoundException");
  });
});

describe("the tagging API in the sandbox", () => {
  const arnsOf = (body: Record<string, unknown>) =>
    (body["ResourceTagMappingList"] as readonly { readonly ResourceARN: string }[]).map((item) => item.ResourceARN);

  it("finds resources of all services by tag and type, page by page", async () => {
    const { tagging, loadBalancer, ec2, sandbox } = open();
    const loadBalancerArn = await loadBalancer("blue");
    const { GroupId } = await ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: "blue",
        Description: "blue",
        VpcId: sandbox.surroundings.cluster.vpcId,
        TagSpecifications: [{ ResourceType: "security-group", Tags: [{ Key: "stack", Value: "blue" }] }],
      }),
    );
    const groupArn = `arn:aws:ec2:us-west-2:111122223333:security-group/${GroupId}`;
    const TagFilters = [{ Key: "stack", Values: ["blue", "green"] }];
    const first = await tagging("GetResources", { TagFilters, ResourcesPerPage: 1 });
    const second = await tagging("GetResources", {
      TagFilters,
      ResourcesPerPage: 1,
      PaginationToken: first.body["PaginationToken"],
    });
    assert.deepEqual(
      [...arnsOf(first.body), ...arnsOf(second.body)].toSorted(),
      [groupArn, loadBalancerArn].toSorted(),
    );
    assert.equal(second.body["PaginationToken"], "");
    const typed = await tagging("GetResources", { ResourceTypeFilters: ["ec2:security-group"], TagFilters });
    assert.deepEqual(arnsOf(typed.body), [groupArn]);
    const none = await tagging("GetResources", { TagFilters: [{ Key: "stack", Values: ["red"] }] });
    assert.deepEqual(arnsOf(none.body), []);
  });

  it("tags what exists and lists what failed, with status 200", async () => {
    const { tagging, loadBalancer } = open();
    const arn = await loadBalancer("tagged");
    const missing = `${arn}0`;
    const { status, body } = await tagging("TagResources", { ResourceARNList: [arn, missing], Tags: { extra: "1" } });
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body["FailedResourcesMap"] as object), [missing]);
    const found = await tagging("GetResources", { TagFilters: [{ Key: "extra" }] });
    assert.deepEqual(arnsOf(found.body), [arn]);
  });

  it("trails the services by the scripted lag", async () => {
    const { tagging, loadBalancer, clock } = open({ lag: { taggingIndex: 60_000 } });
    const search = async () => arnsOf((await tagging("GetResources", { TagFilters: [{ Key: "stack" }] })).body);
    await search();
    const arn = await loadBalancer("late");
    assert.deepEqual(await search(), []);
    await clock.advance(60_000);
    assert.deepEqual(await search(), [arn]);
  });
});
