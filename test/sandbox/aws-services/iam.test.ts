import assert from "node:assert/strict";
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { inProcessHandler } from "../../../src/sandbox/aws/in-process-handler.ts";
import { codeOf, openAccount } from "./account.ts";

const trust = (Principal: unknown, Action = "sts:AssumeRole", Condition?: unknown): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action, Condition }] });
const ec2Trust = trust({ Service: "ec2.amazonaws.com" });
const s3Policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::a+b/*" }],
});
const s3ReadOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

const createRole = (iam: IAMClient, RoleName: string, AssumeRolePolicyDocument = ec2Trust) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));

describe("IAM in the sandbox", () => {
  it("keeps a role as it was given and answers its documents percent-encoded", async () => {
    const { iam } = openAccount();
    await iam.send(
      new CreateRoleCommand({
        RoleName: "Reader",
        Path: "/team/blue/",
        AssumeRolePolicyDocument: ec2Trust,
        Description: "reads",
        MaxSessionDuration: 7200,
        Tags: [{ Key: "Team", Value: "blue" }],
      }),
    );
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "reader" }));
    assert.equal(Role?.Arn, "arn:aws:iam::111122223333:role/team/blue/Reader");
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""), ec2Trust);
    assert.notEqual(Role?.AssumeRolePolicyDocument, ec2Trust);
    assert.deepEqual(Role?.Tags, [{ Key: "Team", Value: "blue" }]);
    assert.match(Role?.RoleId ?? "", /^AROA[A-Z2-7]{17}$/);
    assert.equal(await codeOf(createRole(iam, "READER")), "EntityAlreadyExists");
    assert.equal(await codeOf(createRole(iam, "bad", "{")), "MalformedPolicyDocument");
    assert.equal(await codeOf(createRole(iam, "bad name")), "ValidationError");
  });

  it("resets the session duration when an update does not name it", async () => {
    const { iam } = openAccount();
    await createRole(iam, "worker");
    await iam.send(new UpdateRoleCommand({ RoleName: "worker", MaxSessionDuration: 7200 }));
    await iam.send(new UpdateRoleCommand({ RoleName: "worker", Description: "works" }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "worker" }));
    assert.equal(Role?.MaxSessionDuration, 3600);
    assert.equal(Role?.Description, "works");
  });

  it("deletes a role only without policies and instance profiles", async () => {
    const { iam } = openAccount();
    const RoleName = "held";
    await createRole(iam, RoleName);
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: s3ReadOnly }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: s3ReadOnly }));
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "inline", PolicyDocument: s3Policy }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "profile" }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: "profile", RoleName }));
    const remove = () => iam.send(new DeleteRoleCommand({ RoleName }));
    assert.equal(await codeOf(remove()), "DeleteConflict");
    const attached = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    assert.deepEqual(attached.AttachedPolicies, [{ PolicyName: "AmazonS3ReadOnlyAccess", PolicyArn: s3ReadOnly }]);
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: s3ReadOnly }));
    assert.equal(
      await codeOf(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: s3ReadOnly }))),
      "NoSuchEntity",
    );
    const inline = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "inline" }));
    assert.equal(decodeURIComponent(inline.PolicyDocument ?? ""), s3Policy);
    assert.equal(await codeOf(remove()), "DeleteConflict");
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "inline" }));
    assert.equal(await codeOf(remove()), "DeleteConflict");
  });

  it("refuses policies that do not exist, too many, too long or reserved for AWS", async () => {
    const { iam } = openAccount();
    const RoleName = "limits";
    await createRole(iam, RoleName);
    const attach = (name: string) =>
      iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: `arn:aws:iam::aws:policy/${name}` }));
    assert.equal(await codeOf(attach("NoSuchPolicyAnywhere")), "NoSuchEntity");
    assert.equal(await codeOf(attach("aws-service-role/AutoScalingServiceRolePolicy")), "PolicyNotAttachable");
    for (let index = 0; index < 10; index++) {
      const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: `p${index}`, PolicyDocument: s3Policy }));
      await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: Policy?.Arn }));
    }
    assert.equal(await codeOf(attach("AmazonS3ReadOnlyAccess")), "LimitExceeded");
    const long = s3Policy.replace("a+b", "b".repeat(10_300));
    assert.equal(
      await codeOf(iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "long", PolicyDocument: long }))),
      "LimitExceeded",
    );
    const longTrust = trust({ Service: Array.from({ length: 120 }, (_, index) => `service-${index}.amazonaws.com`) });
    assert.equal(
      await codeOf(iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: longTrust }))),
      "LimitExceeded",
    );
  });

  it("compares tag keys without letter case", async () => {
    const { iam } = openAccount();
    const RoleName = "tagged";
    await createRole(iam, RoleName);
    const tag = (...keys: string[]) =>
      iam.send(new TagRoleCommand({ RoleName, Tags: keys.map((Key) => ({ Key, Value: Key })) }));
    assert.equal(await codeOf(tag("team", "TEAM")), "InvalidInput");
    assert.equal(await codeOf(tag("aws:team")), "InvalidInput");
    assert.equal(await codeOf(tag(...Array.from({ length: 51 }, (_, index) => `k${index}`))), "LimitExceeded");
    await tag("team");
    await tag("Team");
    assert.deepEqual((await iam.send(new GetRoleCommand({ RoleName }))).Role?.Tags, [{ Key: "Team", Value: "Team" }]);
    await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ["TEAM", "absent"] }));
    assert.equal((await iam.send(new GetRoleCommand({ RoleName }))).Role?.Tags, undefined);
  });

  it("keeps at most five versions of a policy and none behind a deleted one", async () => {
    const { iam } = openAccount();
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: "many", PolicyDocument: s3Policy }));
    const PolicyArn = Policy?.Arn ?? "";
    const add = () => iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: s3Policy }));
    for (let index = 0; index < 4; index++) await add();
    assert.equal(await codeOf(add()), "LimitExceeded");
    assert.equal(await codeOf(iam.send(new DeletePolicyCommand({ PolicyArn }))), "DeleteConflict");
  });

  it("shows a deleted principal by its unique id, also after a role of that name is made again", async () => {
    const { iam } = openAccount();
    const { Role } = await createRole(iam, "friend");
    await createRole(iam, "trusting", trust({ AWS: Role?.Arn }));
    const shown = async () =>
      decodeURIComponent(
        (await iam.send(new GetRoleCommand({ RoleName: "trusting" }))).Role?.AssumeRolePolicyDocument ?? "",
      );
    assert.equal(await shown(), trust({ AWS: Role?.Arn }));
    await iam.send(new DeleteRoleCommand({ RoleName: "friend" }));
    await createRole(iam, "friend");
    assert.equal(await shown(), trust({ AWS: Role?.RoleId }));
    assert.equal(
      await codeOf(createRole(iam, "other", trust({ AWS: "arn:aws:iam::111122223333:role/nobody" }))),
      "MalformedPolicyDocument",
    );
  });

  it("pages lists with a marker", async () => {
    const { iam } = openAccount();
    await createRole(iam, "keeper");
    const names = Array.from({ length: 7 }, (_, index) => `policy-${index}`);
    for (const PolicyName of names)
      await iam.send(new PutRolePolicyCommand({ RoleName: "keeper", PolicyName, PolicyDocument: s3Policy }));
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await iam.send(new ListRolePoliciesCommand({ RoleName: "keeper", MaxItems: 3, Marker }));
      seen.push(...(page.PolicyNames ?? []));
      assert.equal(page.IsTruncated, page.Marker !== undefined);
      Marker = page.Marker;
    } while (Marker !== undefined);
    assert.deepEqual(seen, names);
    assert.equal(await codeOf(iam.send(new ListRolesCommand({ Marker: "made-up" }))), "ValidationError");
  });

  it("hides a new role from IAM while the scripted lag lasts", async () => {
    const { iam, clock } = openAccount({ lag: { iamCreate: 3000 } });
    await clock.advance(5000);
    await createRole(iam, "late");
    const get = () => iam.send(new GetRoleCommand({ RoleName: "late" }));
    assert.equal(await codeOf(get()), "NoSuchEntity");
    await clock.advance(3000);
    assert.equal((await get()).Role?.RoleName, "late");
  });
});

describe("web identities in the sandbox", () => {
  const subject = "system:serviceaccount:games:web";

  async function openWithProvider() {
    const account = openAccount();
    const Url = account.sandbox.surroundings.cluster.oidcIssuer;
    const issuer = Url.slice("https://".length);
    const { OpenIDConnectProviderArn: providerArn } = await account.iam.send(
      new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ["sts.amazonaws.com"] }),
    );
    const { Role } = await createRole(
      account.iam,
      "web",
      trust({ Federated: providerArn }, "sts:AssumeRoleWithWebIdentity", {
        StringEquals: { [`${issuer}:sub`]: subject, [`${issuer}:aud`]: "sts.amazonaws.com" },
      }),
    );
    const token = (claims: object): string =>
      ["{}", JSON.stringify({ iss: Url, aud: ["sts.amazonaws.com"], sub: subject, ...claims }), "signature"]
        .map((part) => Buffer.from(part).toString("base64url"))
        .join(".");
    const assume = (claims: object = {}) =>
      account.sts.send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: Role?.Arn,
          RoleSessionName: "pod",
          WebIdentityToken: token(claims),
        }),
      );
    return { ...account, providerArn, assume };
  }

  it("become the role that trusts their subject, and call as it", async () => {
    const { assume, sandbox, clock } = await openWithProvider();
    const { Credentials, SubjectFromWebIdentityToken } = await assume();
    assert.equal(SubjectFromWebIdentityToken, subject);
    const session = new STSClient({
      region: sandbox.region,
      maxAttempts: 1,
      requestHandler: inProcessHandler(sandbox.handle),
      systemClockOffset: clock.now() - Date.now(),
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
      },
    });
    const { Arn } = await session.send(new GetCallerIdentityCommand({}));
    assert.equal(Arn, "arn:aws:sts::111122223333:assumed-role/web/pod");
  });

  it("are kept out with another subject, audience, issuer or an old token", async () => {
    const { assume, clock } = await openWithProvider();
    assert.equal(await codeOf(assume({ sub: "system:serviceaccount:games:db" })), "AccessDenied");
    assert.equal(await codeOf(assume({ aud: ["example"] })), "InvalidIdentityToken");
    assert.equal(await codeOf(assume({ iss: "https://example.com" })), "InvalidIdentityToken");
    assert.equal(await codeOf(assume({ exp: clock.now() / 1000 - 1 })), "ExpiredTokenException");
  });

  it("are kept out once the provider is gone, whose deletion may be repeated", async () => {
    const { assume, iam, providerArn } = await openWithProvider();
    const provider = { OpenIDConnectProviderArn: providerArn };
    const { Url } = await iam.send(new GetOpenIDConnectProviderCommand(provider));
    assert.equal(Url?.startsWith("https://"), false);
    await iam.send(new DeleteOpenIDConnectProviderCommand(provider));
    await iam.send(new DeleteOpenIDConnectProviderCommand(provider));
    assert.equal(await codeOf(assume()), "InvalidIdentityToken");
  });

  it("need a provider that exists before a role can trust it", async () => {
    const { iam } = openAccount();
    const federated = { Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/A" };
    assert.equal(
      await codeOf(createRole(iam, "early", trust(federated, "sts:AssumeRoleWithWebIdentity"))),
      "MalformedPolicyDocument",
    );
  });

  it("differ from users, who assume a role that trusts their account", async () => {
    const { iam, sts } = openAccount();
    const { Role } = await createRole(iam, "admin", trust({ AWS: "arn:aws:iam::111122223333:root" }));
    const assume = (RoleArn: string | undefined, DurationSeconds?: number) =>
      sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "me", DurationSeconds }));
    assert.match((await assume(Role?.Arn)).Credentials?.AccessKeyId ?? "", /^ASIA/);
    assert.equal(await codeOf(assume(Role?.Arn, 7200)), "ValidationError");
    assert.equal(await codeOf(assume("arn:aws:iam::111122223333:role/missing-one")), "AccessDenied");
  });
});
