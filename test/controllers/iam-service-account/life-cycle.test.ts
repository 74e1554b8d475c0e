import assert from "node:assert/strict";
import { serviceAccountKind } from "../../../src/api/builtin.ts";
import { iamServiceAccountKind } from "../../../src/api/iam-service-account.ts";
import { defaultGuardrails, type Guardrails } from "../../../src/controllers/iam-service-account/guardrails.ts";
import { IamServiceAccountReconciler } from "../../../src/controllers/iam-service-account/reconcile.ts";
import type { Outcome } from "../../../src/kube/controller.ts";
import { passing } from "../../aws/support/world.ts";
import { type OwnKindsWorld, ownKindsWorld } from "../../support/own-kinds.ts";

const name = { namespace: "payments", name: "s3-reader" };
const key = "payments/s3-reader";

const readReports = {
  name: "read-reports",
  document: {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::reports/*"] }],
  },
};

class Scene {
  readonly parts: OwnKindsWorld;
  readonly #reconciler: IamServiceAccountReconciler;

  constructor(parts: OwnKindsWorld, guardrails: Partial<Guardrails> = {}) {
    this.parts = parts;
    this.#reconciler = new IamServiceAccountReconciler({
      ...parts.common,
      objects: parts.kube.lister(iamServiceAccountKind),
      guardrails: { ...defaultGuardrails, ...guardrails },
      defaultMode: "IRSA",
      oidcProviderPolicy: "CreateIfMissing",
    });
  }

  /** Reconciles once; the names of the calls that it took. */
  async pass(): Promise<{ outcome: Outcome; calls: readonly string[] }> {
    const { world } = this.parts;
    world.calls();
    const signal = new AbortController().signal;
    const work = this.#reconciler.reconcile(key, { signal, priority: "edit", failures: 0 });
    const outcome = await passing(world.clock, work);
    return { outcome, calls: world.calls() };
  }

  object() {
    const object = this.parts.kube.find(iamServiceAccountKind, name);
    assert.ok(object);
    return object;
  }

  ready(): string {
    const ready = this.object().status?.conditions?.find((condition) => condition.type === "Ready");
    return `${ready?.status ?? "none"} ${ready?.reason ?? ""}`;
  }

  put(spec: object, annotations: Readonly<Record<string, string>> = {}): void {
    this.parts.kube.put(iamServiceAccountKind, { metadata: { ...name, annotations }, spec });
  }

  role(roleName = this.object().status?.role?.name ?? "") {
    return passing(this.parts.world.clock, this.parts.world.aws.iam.getRole({ RoleName: roleName }));
  }

  call<T>(work: Promise<T>): Promise<T> {
    return passing(this.parts.world.clock, work);
  }
}

async function scene(guardrails: Partial<Guardrails> = {}): Promise<Scene> {
  return new Scene(await ownKindsWorld(), guardrails);
}

describe("an IamServiceAccount", () => {
  it("becomes a role that only its ServiceAccount can assume, with its policy, and an annotated ServiceAccount", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports] } });
    const { calls } = await it.pass();
    assert.deepEqual(
      calls.filter((call) => !/^(Get|List|Describe)/.test(call)),
      ["CreateOpenIDConnectProvider", "CreateRole", "PutRolePolicy"],
    );
    assert.equal(it.ready(), "True Synced");

    const { Role: role } = await it.role();
    assert.match(role?.RoleName ?? "", /^demo-payments-s3-reader-[0-9a-f]{8}$/);
    const trust = JSON.parse(decodeURIComponent(role?.AssumeRolePolicyDocument ?? "")) as {
      Statement: { Condition: object }[];
    };
    const issuer = it.object().status?.oidc?.issuer ?? "";
    assert.deepEqual(trust.Statement[0]?.Condition, {
      StringEquals: {
        [`${issuer}:aud`]: "sts.amazonaws.com",
        [`${issuer}:sub`]: "system:serviceaccount:payments:s3-reader",
      },
    });
    assert.equal(
      role?.Tags?.find((tag) => tag.Key === "fairlead.io/owner")?.Value,
      "IamServiceAccount/payments/s3-reader",
    );

    const account = it.parts.kube.find(serviceAccountKind, name);
    assert.equal(account?.metadata.annotations?.["eks.amazonaws.com/role-arn"], role?.Arn);
    assert.equal(it.object().status?.roleARN, role?.Arn);
    assert.ok(it.object().metadata.finalizers?.includes("fairlead.io/iam-service-account"));
  });

  it("makes no call and no write when nothing changed", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports] } });
    await it.pass();
    it.parts.kube.writes.length = 0;
    const { calls } = await it.pass();
    assert.deepEqual(calls, []);
    assert.deepEqual(it.parts.kube.writes, []);
  });

  it("finds all as it should be after a restart", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports], awsManaged: ["AmazonS3ReadOnlyAccess"] } });
    await it.pass();
    const again = new Scene(await it.parts.restart());
    again.parts.kube.writes.length = 0;
    const { calls } = await again.pass();
    assert.deepEqual(
      calls.filter((call) => !/^(Get|List|Describe)/.test(call)),
      [],
    );
    assert.deepEqual(again.parts.kube.writes, []);
  });

  it("changes only what was edited", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports] } });
    await it.pass();
    it.put({
      policies: { inline: [readReports], awsManaged: ["AmazonS3ReadOnlyAccess"] },
      role: { tags: { team: "a" } },
    });
    assert.deepEqual((await it.pass()).calls, ["TagRole", "AttachRolePolicy"]);
    it.put({ policies: { awsManaged: ["AmazonS3ReadOnlyAccess"] }, role: { maxSessionDuration: 7200 } });
    assert.deepEqual((await it.pass()).calls, ["UntagRole", "UpdateRole", "DeleteRolePolicy"]);
    assert.equal(it.ready(), "True Synced");
  });

  it("does not take a differently written policy for a change", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports] } });
    await it.pass();
    const documentJSON = `{ "Statement": { "Resource": "arn:aws:s3:::reports/*", "Action": "S3:getobject",
      "Effect": "Allow" }, "Version": "2012-10-17" }`;
    it.put({ policies: { inline: [{ name: "read-reports", documentJSON }] } });
    assert.deepEqual((await it.pass()).calls, []);
    assert.equal(it.ready(), "True Synced");
  });

  it("keeps what is in AWS when the policy becomes invalid, and says where the fault is", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports] } });
    await it.pass();
    it.put({ policies: { inline: [{ name: "read-reports", documentJSON: "{ not json" }] } });
    const { calls, outcome } = await it.pass();
    assert.deepEqual(calls, []);
    assert.deepEqual(outcome, { kind: "done" });
    assert.equal(it.ready(), "False InvalidPolicy");
    const stalled = it.object().status?.conditions?.find((condition) => condition.type === "Stalled");
    assert.match(stalled?.message ?? "", /^spec\.policies\.inline\[read-reports\]\.documentJSON: is not JSON/);
    assert.equal(it.parts.told.at(-1)?.reason, "InvalidPolicy");
    assert.ok(it.object().status?.roleARN);
  });

  it("puts back what others changed in AWS, and leaves what they added", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports] } });
    await it.pass();
    const RoleName = it.object().status?.role?.name ?? "";
    const { iam } = it.parts.world.aws;
    await it.call(iam.deleteRolePolicy({ RoleName, PolicyName: "read-reports" }));
    await it.call(iam.attachRolePolicy({ RoleName, PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }));
    it.put({ policies: { inline: [readReports] } }, { "fairlead.io/reconcile-at": "now" });
    assert.ok((await it.pass()).calls.includes("PutRolePolicy"));
    const attached = await it.call(iam.listAttachedRolePolicies({ RoleName }));
    assert.equal(attached.AttachedPolicies?.length, 1);
    assert.equal(it.ready(), "True Synced");
  });

  it("deletes the role and the ServiceAccount that it made, with policies that others added", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports] } });
    await it.pass();
    const RoleName = it.object().status?.role?.name ?? "";
    const { iam } = it.parts.world.aws;
    await it.call(iam.attachRolePolicy({ RoleName, PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }));
    it.parts.kube.remove(iamServiceAccountKind, name);
    await it.pass();
    assert.equal(it.parts.kube.find(iamServiceAccountKind, name), undefined);
    assert.equal(it.parts.kube.find(serviceAccountKind, name), undefined);
    await assert.rejects(it.role(RoleName), { code: "NoSuchEntity" });
  });

  it("takes only its annotations away from a ServiceAccount that was there before", async () => {
    const it = await scene();
    it.parts.kube.put(serviceAccountKind, { metadata: { ...name, annotations: { mine: "stays" } } });
    it.put({ serviceAccount: { mode: "Annotate" } });
    await it.pass();
    const annotated = it.parts.kube.find(serviceAccountKind, name);
    assert.ok(annotated?.metadata.annotations?.["eks.amazonaws.com/role-arn"]);
    it.parts.kube.remove(iamServiceAccountKind, name);
    await it.pass();
    assert.deepEqual(it.parts.kube.find(serviceAccountKind, name)?.metadata.annotations, { mine: "stays" });
  });

  it("keeps the AWS resources when deletion-policy is retain", async () => {
    const it = await scene();
    it.put({}, { "fairlead.io/deletion-policy": "retain" });
    await it.pass();
    const RoleName = it.object().status?.role?.name ?? "";
    it.parts.kube.remove(iamServiceAccountKind, name);
    await it.pass();
    assert.equal(it.parts.kube.find(iamServiceAccountKind, name), undefined);
    assert.equal((await it.role(RoleName)).Role?.RoleName, RoleName);
  });

  it("never touches a role that is not its own, and says how to hand it over", async () => {
    const it = await scene();
    const { iam } = it.parts.world.aws;
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
    await it.call(iam.createRole({ RoleName: "legacy", AssumeRolePolicyDocument }));
    it.put({ role: { name: "legacy" } });
    const { outcome } = await it.pass();
    assert.equal(outcome.kind, "retry");
    assert.equal(it.ready(), "False NameConflict");

    it.put({ role: { name: "legacy" } }, { "fairlead.io/adopt": "iam/Role=legacy" });
    await it.pass();
    assert.equal(it.ready(), "False NameConflict", "without the tag on the role a user could take over any role");

    await it.call(iam.tagRole({ RoleName: "legacy", Tags: [{ Key: "fairlead.io/adopt", Value: "payments" }] }));
    await it.pass();
    assert.equal(it.ready(), "True Synced");
    assert.equal(it.object().status?.role?.adopted, true);
    it.parts.kube.remove(iamServiceAccountKind, name);
    await it.pass();
    assert.equal((await it.role("legacy")).Role?.RoleName, "legacy", "an adopted role stays");
  });

  it("shows the changes and makes none in mode plan", async () => {
    const it = await scene();
    it.put({ policies: { inline: [readReports] } }, { "fairlead.io/mode": "plan" });
    const { calls } = await it.pass();
    assert.deepEqual(
      calls.filter((call) => !/^(Get|List|Describe)/.test(call)),
      [],
    );
    assert.equal(it.ready(), "False PlanOnly");
    assert.deepEqual(
      it.object().status?.plan?.map((change) => `${change.action} ${change.type}`),
      ["create iam/OIDCProvider", "create iam/Role", "create kubernetes/ServiceAccount"],
    );
  });

  it("uses EKS Pod Identity when asked, scoped to its own sessions, and takes the annotation away", async () => {
    const it = await scene();
    it.put({ mode: "IRSA" });
    await it.pass();
    it.put({ mode: "PodIdentity" });
    const { calls } = await it.pass();
    assert.ok(calls.includes("CreatePodIdentityAssociation"));
    assert.ok(calls.includes("UpdateAssumeRolePolicy"));
    assert.equal(it.ready(), "True Synced");
    assert.equal(
      it.parts.kube.find(serviceAccountKind, name)?.metadata.annotations?.["eks.amazonaws.com/role-arn"],
      undefined,
    );
    assert.match(it.object().status?.association?.id ?? "", /^a-/);
    it.parts.kube.remove(iamServiceAccountKind, name);
    await it.pass();
    const { eks } = it.parts.world.aws;
    const left = await it.call(eks.listPodIdentityAssociations({ clusterName: it.parts.common.clusterName }));
    assert.deepEqual(left.associations, []);
  });

  it("converges from a crash after any of its calls, with nothing doubled", async () => {
    const spec = { policies: { inline: [readReports], awsManaged: ["AmazonS3ReadOnlyAccess"] } };
    const probe = await scene();
    probe.put(spec);
    const { calls } = await probe.pass();
    for (let last = 1; last <= calls.length; last++) {
      const before = await scene();
      before.put(spec);
      const { faults } = before.parts.world.sandbox;
      faults.add({ from: last, fault: { kind: "cut", when: "after" } });
      faults.add({
        from: last + 1,
        times: Number.POSITIVE_INFINITY,
        fault: { kind: "error", code: "AccessDenied", status: 403 },
      });
      await before.pass();
      faults.clear();
      const after = new Scene(await before.parts.restart());
      await after.pass();
      assert.equal(after.ready(), "True Synced", `after call ${last}, ${calls[last - 1] ?? ""}`);
      const { iam } = after.parts.world.aws;
      const roles = await after.call(iam.listRoles({}));
      assert.equal(roles.Roles?.filter((role) => role.RoleName?.startsWith("demo-payments")).length, 1);
    }
  });
});
