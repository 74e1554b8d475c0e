import assert from "node:assert/strict";
import { configMapKind } from "../../../src/api/builtin.ts";
import { type IamIdentityMapping, iamIdentityMappingKind } from "../../../src/api/iam-identity-mapping.ts";
import { iamServiceAccountKind } from "../../../src/api/iam-service-account.ts";
import {
  defaultMappingGuardrails,
  type MappingGuardrails,
} from "../../../src/controllers/iam-identity-mapping/guardrails.ts";
import { mappingPrincipals } from "../../../src/controllers/iam-identity-mapping/principals.ts";
import { IamIdentityMappingReconciler } from "../../../src/controllers/iam-identity-mapping/reconcile.ts";
import type { Outcome } from "../../../src/kube/controller.ts";
import { awsAuthBackupName, awsAuthName } from "../../../src/resources/kubernetes/aws-auth-config-map.ts";
import { passing } from "../../aws/support/world.ts";
import { type OwnKindsWorld, ownKindsWorld } from "../../support/own-kinds.ts";

type Mode = "CONFIG_MAP" | "API_AND_CONFIG_MAP" | "API";

const pipeline = "arn:aws:iam::444455556666:role/pipelines/deployer";
const pipelineEntry = "arn:aws:iam::444455556666:role/deployer";
const editPolicy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy";

const nodes = `# nodes, by the installer
- rolearn: arn:aws:iam::111122223333:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
  groups: [system:bootstrappers, system:nodes] # keep
`;

class Scene {
  readonly parts: OwnKindsWorld;
  mode: Mode;
  readonly #reconciler: IamIdentityMappingReconciler;

  constructor(
    parts: OwnKindsWorld,
    { mode, ...guardrails }: Partial<MappingGuardrails> & { readonly mode?: Mode } = {},
  ) {
    this.parts = parts;
    this.mode = mode ?? "API_AND_CONFIG_MAP";
    const { common, kube, world } = parts;
    this.#reconciler = new IamIdentityMappingReconciler({
      ...common,
      cluster: { get: async (name) => ({ ...(await common.cluster.get(name)), authenticationMode: this.mode }) },
      objects: kube.lister(iamIdentityMappingKind),
      guardrails: { ...defaultMappingGuardrails, ...guardrails },
      principals: mappingPrincipals({
        iam: world.aws.iam,
        sts: world.aws.sts,
        serviceAccounts: kube.lister(iamServiceAccountKind),
      }),
    });
  }

  /** Reconciles once; the names of the calls that it took. */
  async pass(name = "deployer"): Promise<{
    readonly outcome: Outcome;
    readonly calls: readonly string[];
    readonly writes: readonly string[];
  }> {
    const { world } = this.parts;
    world.calls();
    const { signal } = new AbortController();
    const work = this.#reconciler.reconcile(name, { signal, priority: "edit", failures: 0 });
    const outcome = await passing(world.clock, work);
    const calls = world.calls();
    return { outcome, calls, writes: calls.filter((call) => !/^(Get|List|Describe)/.test(call)) };
  }

  put(
    spec: IamIdentityMapping["spec"],
    metadata: { readonly name?: string; readonly annotations?: object } = {},
  ): void {
    this.parts.kube.put(iamIdentityMappingKind, {
      metadata: { name: "deployer", ...metadata } as { name: string },
      spec,
    });
  }

  object(name = "deployer"): IamIdentityMapping {
    const object = this.parts.kube.find(iamIdentityMappingKind, { name });
    assert.ok(object);
    return object;
  }

  condition(type: string, name?: string): string {
    const found = this.object(name).status?.conditions?.find((one) => one.type === type);
    return `${found?.status ?? "none"} ${found?.reason ?? ""}`;
  }

  message(type = "Ready"): string {
    return this.object().status?.conditions?.find((one) => one.type === type)?.message ?? "";
  }

  async entry(principalArn = pipeline) {
    const { aws, clock } = this.parts.world;
    const { clusterName } = this.parts.common;
    const { accessEntry } = await passing(clock, aws.eks.describeAccessEntry({ clusterName, principalArn }));
    const policies = await passing(clock, aws.eks.listAssociatedAccessPolicies({ clusterName, principalArn }));
    return { ...accessEntry, policies: policies.associatedAccessPolicies ?? [] };
  }

  call<T>(work: Promise<T>): Promise<T> {
    return passing(this.parts.world.clock, work);
  }

  fill(mapRoles: string): void {
    this.parts.kube.put(configMapKind, { metadata: awsAuthName, data: { mapRoles, other: "stays" } });
  }

  get mapRoles(): string | undefined {
    return this.parts.kube.find(configMapKind, awsAuthName)?.data?.["mapRoles"];
  }
}

async function scene(options: ConstructorParameters<typeof Scene>[1] = {}): Promise<Scene> {
  return new Scene(await ownKindsWorld(), options);
}

const editor: IamIdentityMapping["spec"] = {
  principal: { arn: pipeline },
  groups: ["deployers"],
  accessPolicies: [{ policy: "AmazonEKSEditPolicy", scope: { type: "Namespace", namespaces: ["shop", "a-*"] } }],
};

describe("an IamIdentityMapping as an access entry", () => {
  it("lets the principal in with its groups and policies", async () => {
    const it = await scene();
    it.put(editor);
    assert.deepEqual((await it.pass()).writes, ["CreateAccessEntry", "AssociateAccessPolicy"]);
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal(it.condition("PoliciesAssociated"), "True Synced");
    const entry = await it.entry();
    assert.deepEqual(entry.kubernetesGroups, ["deployers"]);
    assert.deepEqual(
      entry.policies.map(({ policyArn, accessScope }) => ({ policyArn, accessScope })),
      [{ policyArn: editPolicy, accessScope: { type: "namespace", namespaces: ["a-*", "shop"] } }],
    );
    const { status } = it.object();
    assert.equal(status?.backend, "AccessEntry");
    assert.equal(status.principalARN, pipeline);
    assert.equal(status.username, "arn:aws:sts::444455556666:assumed-role/deployer/{{SessionName}}");
    assert.deepEqual((await it.pass()).writes, []);
  });

  it("changes only what was edited, a scope without a moment of no access", async () => {
    const it = await scene();
    it.put(editor);
    await it.pass();
    const scope = { type: "Cluster" as const };
    it.put({ ...editor, accessPolicies: [{ policy: editPolicy, scope }] });
    assert.deepEqual((await it.pass()).writes, ["AssociateAccessPolicy"]);
    it.put({ principal: editor.principal, groups: [], username: "ci:{{SessionName}}", tags: { team: "a" } });
    assert.deepEqual((await it.pass()).writes, ["TagResource", "UpdateAccessEntry", "DisassociateAccessPolicy"]);
    const entry = await it.entry();
    assert.deepEqual(entry.kubernetesGroups, []);
    assert.equal(entry.username, "ci:{{SessionName}}");
    assert.equal(it.condition("Ready"), "True Synced");
  });

  it("puts back what others changed, or only tells of it", async () => {
    const it = await scene();
    const { clusterName } = it.parts.common;
    const { eks } = it.parts.world.aws;
    it.put(editor);
    await it.pass();
    const spoil = () =>
      it.call(eks.updateAccessEntry({ clusterName, principalArn: pipeline, kubernetesGroups: ["others"] }));
    await spoil();
    it.put(editor, { annotations: { "fairlead.io/reconcile-at": "1" } });
    assert.deepEqual((await it.pass()).writes, ["UpdateAccessEntry"]);
    await spoil();
    it.put(editor, { annotations: { "fairlead.io/reconcile-at": "2", "fairlead.io/drift": "report" } });
    assert.deepEqual((await it.pass()).writes, []);
    assert.equal(it.condition("Drifted"), "True DriftDetected");
  });

  it("goes with the object, and stays when the object says so", async () => {
    for (const retain of [false, true]) {
      const it = await scene();
      it.put(editor, retain ? { annotations: { "fairlead.io/deletion-policy": "retain" } } : {});
      await it.pass();
      it.parts.kube.remove(iamIdentityMappingKind, { name: "deployer" });
      await it.pass();
      assert.equal(it.parts.kube.find(iamIdentityMappingKind, { name: "deployer" }), undefined);
      if (retain) assert.ok((await it.entry()).accessEntryArn);
      else await assert.rejects(it.entry(), { code: "ResourceNotFound" });
    }
  });

  it("leaves an entry of somebody else alone until it is handed over", async () => {
    const it = await scene();
    const { clusterName } = it.parts.common;
    await it.call(it.parts.world.aws.eks.createAccessEntry({ clusterName, principalArn: pipeline, username: "x:y" }));
    it.put(editor);
    await it.pass();
    assert.equal(it.condition("Ready"), "False NameConflict");
    assert.match(it.message(), /fairlead\.io\/adopt: eks\/AccessEntry=arn/);
    assert.equal((await it.entry()).username, "x:y");
    it.put(editor, { annotations: { "fairlead.io/adopt": `eks/AccessEntry=${pipeline}` } });
    await it.pass();
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal((await it.entry()).tags?.["fairlead.io/owner"], "IamIdentityMapping/deployer");
  });

  it("never takes over the entry of nodes", async () => {
    const it = await scene();
    const role = "arn:aws:iam::111122223333:role/demo-node";
    it.put({ principal: { arn: role }, type: "EC2Linux" }, { annotations: { "fairlead.io/adopt": role } });
    assert.deepEqual((await it.pass()).writes, ["CreateAccessEntry"]);
    assert.equal(it.condition("Ready"), "False NameConflict");
    assert.match(it.message(), /lets nodes in/);
  });

  it("finds the path of a role, and makes the entry anew when the role was", async () => {
    const it = await scene();
    const { iam } = it.parts.world.aws;
    const role = { RoleName: "ops", Path: "/people/", AssumeRolePolicyDocument: trust };
    const created = await it.call(iam.createRole(role));
    it.put({ principal: { arn: "arn:aws:iam::111122223333:role/ops" }, groups: ["ops"] });
    await it.pass();
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal(it.object().status?.principalARN, "arn:aws:iam::111122223333:role/people/ops");
    assert.equal(it.object().status?.principalID, created.Role?.RoleId);
    await it.call(iam.deleteRole({ RoleName: "ops" }));
    const successor = await it.call(iam.createRole(role));
    assert.deepEqual((await it.pass()).writes, ["DeleteAccessEntry", "CreateAccessEntry"]);
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal(it.object().status?.principalID, successor.Role?.RoleId);
  });

  it("waits for the role of an IamServiceAccount", async () => {
    const it = await scene();
    it.put({ principal: { iamServiceAccountRef: { namespace: "a", name: "b" } }, groups: ["x"] });
    assert.deepEqual((await it.pass()).writes, []);
    assert.equal(it.condition("Ready"), "False Waiting");
  });

  it("says that a role does not exist, and looks again", async () => {
    const it = await scene();
    it.put({ principal: { arn: "arn:aws:iam::111122223333:role/nobody" }, groups: ["x"] });
    const { outcome, writes } = await it.pass();
    assert.deepEqual(writes, []);
    assert.equal(outcome.kind, "retry");
    assert.equal(it.condition("PrincipalResolved"), "False InvalidPrincipal");
  });

  it("gives a new role time to become known to EKS, and then says what is wrong", async () => {
    const it = await scene();
    const refusal = {
      kind: "error",
      code: "InvalidParameterException",
      status: 400,
      message: "The specified principalArn is invalid: invalid principal.",
    } as const;
    it.parts.world.sandbox.faults.add({
      operation: "CreateAccessEntry",
      times: Number.POSITIVE_INFINITY,
      fault: refusal,
    });
    it.put(editor);
    await it.pass();
    assert.equal(it.condition("Ready"), "False Creating");
    assert.match(it.message(), /EKS does not see the new role yet/);
    await it.parts.world.clock.advance(121_000);
    await it.pass();
    assert.equal(it.condition("Ready"), "False InvalidPrincipal");
    assert.match(it.message(), /by its full ARN with path/);
  });

  it("follows the role of a permission set to its new name", async () => {
    const it = await scene();
    const { iam } = it.parts.world.aws;
    const Path = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
    const make = (RoleName: string) => it.call(iam.createRole({ RoleName, Path, AssumeRolePolicyDocument: trust }));
    const [first, second] = ["AWSReservedSSO_Dev_0123456789abcdef", "AWSReservedSSO_Dev_fedcba9876543210"] as const;
    await make(first);
    await make("AWSReservedSSO_Dev_Ops_0123456789abcdef");
    it.put({ principal: { ssoPermissionSet: { name: "Dev", accountID: "111122223333" } }, groups: ["dev"] });
    await it.pass();
    assert.equal(it.object().status?.principalARN, `arn:aws:iam::111122223333:role${Path}${first}`);
    await make(second);
    await it.pass();
    assert.equal(it.condition("PrincipalResolved"), "False Ambiguous");
    await it.call(iam.deleteRole({ RoleName: first }));
    assert.deepEqual((await it.pass()).writes, ["CreateAccessEntry", "DeleteAccessEntry"]);
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal(it.object().status?.principalARN, `arn:aws:iam::111122223333:role${Path}${second}`);
  });

  it("shows the changes and makes none in mode plan", async () => {
    const it = await scene();
    it.put(editor, { annotations: { "fairlead.io/mode": "plan" } });
    assert.deepEqual((await it.pass()).writes, []);
    assert.deepEqual(
      it.object().status?.plan?.map(({ action, type }) => `${action} ${type}`),
      ["create eks/AccessEntry"],
    );
  });

  it("keeps the last administrator", async () => {
    const it = await scene({ allowClusterAdmin: true });
    it.put({ principal: { arn: pipeline }, groups: ["system:masters", "deployers"] });
    await it.pass();
    assert.deepEqual((await it.entry()).kubernetesGroups, ["deployers"]);
    it.parts.kube.remove(iamIdentityMappingKind, { name: "deployer" });
    assert.deepEqual((await it.pass()).writes, []);
    assert.equal(it.condition("Ready"), "False DeletionBlocked");
  });

  it("converges from a crash after any of its calls, with nothing doubled", async () => {
    const probe = await scene();
    probe.put(editor);
    const { calls } = await probe.pass();
    for (let last = 1; last <= calls.length; last++) {
      const before = await scene();
      before.put(editor);
      const { faults } = before.parts.world.sandbox;
      faults.add({ from: last, fault: { kind: "cut", when: "after" } });
      const dead = { kind: "error", code: "AccessDenied", status: 403 } as const;
      faults.add({ from: last + 1, times: Number.POSITIVE_INFINITY, fault: dead });
      await before.pass();
      faults.clear();
      const after = new Scene(await before.parts.restart());
      await after.pass();
      if (after.condition("Ready") !== "True Synced") await after.pass();
      assert.equal(after.condition("Ready"), "True Synced", `after call ${last}, ${calls[last - 1] ?? ""}`);
      assert.equal((await after.entry()).policies.length, 1);
    }
  });
});

describe("an IamIdentityMapping in the aws-auth ConfigMap", () => {
  const mapped: IamIdentityMapping["spec"] = { principal: { arn: pipeline }, groups: ["deployers"] };

  it("adds an entry without the role's path, and takes just that away again", async () => {
    const it = await scene({ mode: "CONFIG_MAP" });
    it.fill(nodes);
    it.put(mapped);
    assert.deepEqual((await it.pass()).writes, []);
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal(it.object().status?.backend, "ConfigMap");
    assert.equal(
      it.mapRoles,
      `${nodes}- rolearn: ${pipelineEntry}\n  username: deployer\n  groups:\n    - deployers\n`,
    );
    assert.equal(it.parts.kube.find(configMapKind, awsAuthName)?.data?.["other"], "stays");
    assert.equal(it.parts.kube.find(configMapKind, awsAuthBackupName)?.data?.["mapRoles"], nodes);
    it.parts.kube.writes.length = 0;
    await new Scene(await it.parts.restart(), { mode: "CONFIG_MAP" }).pass();
    assert.deepEqual(it.parts.kube.writes, []);
    it.parts.kube.remove(iamIdentityMappingKind, { name: "deployer" });
    await it.pass();
    assert.equal(it.mapRoles, nodes);
  });

  it("makes the ConfigMap when there is none", async () => {
    const it = await scene({ mode: "CONFIG_MAP" });
    it.put(mapped);
    await it.pass();
    assert.match(it.mapRoles ?? "", /role\/deployer/);
  });

  it("never writes into a text that cannot be read", async () => {
    const it = await scene({ mode: "CONFIG_MAP" });
    it.fill("- rolearn: [");
    it.put(mapped);
    await it.pass();
    assert.equal(it.condition("Ready"), "False AwsAuthUnparsable");
    assert.equal(it.mapRoles, "- rolearn: [");
  });

  it("leaves the entry of somebody else alone until it is handed over, that of nodes always", async () => {
    const it = await scene({ mode: "CONFIG_MAP" });
    const foreign = `${nodes}- rolearn: ${pipelineEntry}\n  username: old\n  extra: kept\n`;
    it.fill(foreign);
    it.put(mapped);
    await it.pass();
    assert.equal(it.condition("Ready"), "False NameConflict");
    assert.equal(it.mapRoles, foreign);
    it.put(mapped, { annotations: { "fairlead.io/adopt": `kubernetes/AwsAuthEntry=${pipeline}` } });
    await it.pass();
    assert.equal(it.condition("Ready"), "True Synced");
    assert.match(it.mapRoles ?? "", /extra: kept\n {2}username: deployer/);
    const node = "arn:aws:iam::111122223333:role/nodes";
    it.fill(nodes);
    it.put({ principal: { arn: node }, groups: ["x"] }, { name: "n", annotations: { "fairlead.io/adopt": node } });
    await it.pass("n");
    assert.equal(it.mapRoles, nodes);
  });

  it("does not delete what others have put in the place of its entry", async () => {
    const it = await scene({ mode: "CONFIG_MAP" });
    it.put(mapped);
    await it.pass();
    const other = `- rolearn: ${pipelineEntry}\n  username: theirs\n`;
    it.fill(other);
    it.parts.kube.remove(iamIdentityMappingKind, { name: "deployer" });
    await it.pass();
    assert.equal(it.mapRoles, other);
  });

  it("writes many mappings in one patch, and again when others wrote at the same time", async () => {
    const it = await scene({ mode: "CONFIG_MAP" });
    it.fill(nodes);
    const names = ["a", "b", "c", "d"];
    for (const name of names)
      it.put({ principal: { arn: `arn:aws:iam::444455556666:role/${name}` }, groups: ["g"] }, { name });
    it.parts.kube.beforePatch = (kind) => {
      if (kind.kind !== "ConfigMap") return;
      it.parts.kube.beforePatch = undefined;
      it.fill(`${nodes}# meanwhile\n`);
    };
    await Promise.all(names.map((name) => it.pass(name)));
    for (const name of names) assert.equal(it.condition("Ready", name), "True Synced");
    assert.ok(it.mapRoles?.startsWith(`${nodes}# meanwhile\n`));
    const patches = it.parts.kube.writes.filter((write) => write === "finalizers ConfigMap kube-system/aws-auth");
    assert.equal(patches.length, 1);
  });

  it("moves to an access entry when the object says so", async () => {
    const it = await scene({ mode: "CONFIG_MAP" });
    it.fill(nodes);
    it.put(mapped);
    await it.pass();
    it.mode = "API_AND_CONFIG_MAP";
    await it.pass();
    assert.equal(it.object().status?.backend, "ConfigMap", "not by itself");
    it.put({ ...mapped, backend: "AccessEntry" });
    assert.deepEqual((await it.pass()).writes, ["CreateAccessEntry"]);
    assert.equal(it.condition("Ready"), "True Synced");
    assert.equal(it.mapRoles, nodes);
  });
});

describe("two IamIdentityMappings of one principal", () => {
  for (const [mode, type] of [
    ["API", "eks/AccessEntry"],
    ["CONFIG_MAP", "kubernetes/AwsAuthEntry"],
  ] as const) {
    it(`hand over what the first has left behind when asked, in mode ${mode}`, async () => {
      const it = await scene({ mode });
      const spec = { principal: { arn: pipeline }, groups: ["a"] };
      it.put(spec, { annotations: { "fairlead.io/deletion-policy": "retain" } });
      await it.pass();
      it.parts.kube.remove(iamIdentityMappingKind, { name: "deployer" });
      await it.pass();
      it.put(spec, { name: "heir" });
      await it.pass("heir");
      assert.equal(it.condition("Ready", "heir"), "False NameConflict");
      it.put(spec, { name: "heir", annotations: { "fairlead.io/adopt": `${type}=${pipeline}` } });
      await it.pass("heir");
      assert.equal(it.condition("Ready", "heir"), "True Synced");
      it.parts.kube.remove(iamIdentityMappingKind, { name: "heir" });
      await it.pass("heir");
      if (mode === "API") await assert.rejects(it.entry(), { code: "ResourceNotFound" });
      else assert.equal(it.mapRoles, "");
    });
  }

  it("leave the older one in effect until it goes", async () => {
    const it = await scene();
    const spec = { principal: { arn: pipeline }, groups: ["a"] };
    it.put(spec, { name: "deployer" });
    it.put({ ...spec, groups: ["b"] }, { name: "younger" });
    await it.pass();
    assert.deepEqual((await it.pass("younger")).writes, []);
    assert.equal(it.condition("Ready", "younger"), "False NameConflict");
    assert.equal(it.condition("Ready"), "True Synced");
    it.parts.kube.remove(iamIdentityMappingKind, { name: "deployer" });
    await it.pass();
    await it.pass("younger");
    assert.equal(it.condition("Ready", "younger"), "True Synced");
    assert.deepEqual((await it.entry()).kubernetesGroups, ["b"]);
  });
});

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
