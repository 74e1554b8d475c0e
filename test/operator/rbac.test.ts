import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { ingressKind, serviceKind } from "../../src/api/builtin.ts";
import { fargateProfileKind } from "../../src/api/fargate-profile.ts";
import { iamIdentityMappingKind } from "../../src/api/iam-identity-mapping.ts";
import { iamServiceAccountKind } from "../../src/api/iam-service-account.ts";
import { nodeGroupKind } from "../../src/api/node-group.ts";
import type { Kind, KubeObject } from "../../src/api/object.ts";
import { targetGroupBindingKind } from "../../src/api/target-group-binding.ts";
import { createAws } from "../../src/aws/clients.ts";
import { keysIn } from "../../src/cli/operator-host.ts";
import { environmentOf } from "../../src/cli/sandbox-host.ts";
import type { HttpHandler, HttpRequest } from "../../src/http.ts";
import { silentLogger } from "../../src/log.ts";
import { clusterRules, leaderElectionRules, type PolicyRule } from "../../src/operator/rbac.ts";
import { defaultLeaseName } from "../../src/operator/settings.ts";
import { seededRandom } from "../../src/sandbox/aws/ids.ts";
import { inProcessHandler } from "../../src/sandbox/aws/in-process-handler.ts";
import { createOperatorProcess } from "../support/operator-process.ts";
import { OperatorWorld, samplePath } from "../support/operator-world.ts";
import { isReal } from "../support/world-cluster.ts";
import { type Access, accessOf, accessText, allows, permissions } from "./rbac-check.ts";

/** Beside the samples: authentication that reads a Secret, a binding that shares a target group of somebody else, and an entry of aws-auth. */
const extra = `
apiVersion: v1
kind: Namespace
metadata: { name: vault }
---
apiVersion: v1
kind: Secret
metadata: { name: login, namespace: vault }
stringData: { clientID: abc, clientSecret: def }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: vault, namespace: vault }
spec:
  replicas: 1
  selector: { matchLabels: { app: vault } }
  template:
    metadata: { labels: { app: vault } }
    spec:
      containers: [{ name: vault, image: vault, ports: [{ containerPort: 8200 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: vault, namespace: vault }
spec: { selector: { app: vault }, ports: [{ port: 80, targetPort: 8200 }] }
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: given, namespace: vault }
spec: { targetGroupName: given, targetType: ip, serviceRef: { name: vault, port: 80 }, multiClusterTargetGroup: true }
---
apiVersion: fairlead.io/v1alpha1
kind: IamIdentityMapping
metadata: { name: auditor }
spec: { backend: ConfigMap, principal: { arn: "arn:aws:iam::444455556666:role/auditor" }, groups: [auditors] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: vault
  namespace: vault
  annotations:
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS": 443}]'
    alb.ingress.kubernetes.io/auth-type: oidc
    alb.ingress.kubernetes.io/auth-idp-oidc: >-
      {"issuer":"https://id.example.com","authorizationEndpoint":"https://id.example.com/a",
      "tokenEndpoint":"https://id.example.com/t","userInfoEndpoint":"https://id.example.com/u","secretName":"login"}
spec:
  ingressClassName: alb
  rules:
    - host: shop.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: vault, port: { number: 80 } } } }] }
---
apiVersion: fairlead.io/v1alpha1
kind: IamIdentityMapping
metadata: { name: readers }
spec:
  principal: { arn: "arn:aws:iam::444455556666:role/readers" }
  backend: ConfigMap
  groups: [readers]
`;

const deploymentKind: Kind = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};

describe("the ClusterRole and the leader election Role", function () {
  this.timeout(240_000);
  const asked = new Map<string, Access>();
  let rules = clusterRules();
  let leaseRules = leaderElectionRules(defaultLeaseName);
  const isLease = ({ group }: Access): boolean => group === "coordination.k8s.io";

  before(async () => {
    const world = await OperatorWorld.create({ start: false });
    if (isReal()) {
      // What config/rbac has given the operator there.
      rules = await rulesOf(world, clusterRoleKind, "fairlead");
      leaseRules = await rulesOf(world, roleKind, "kube-system/fairlead-leader-election");
    }
    const process = createOperatorProcess({
      sandbox: world.sandbox,
      kube: recording(world.operatorKube, asked),
      clock: world.clock,
      seed: 1,
      log: silentLogger,
      settings: { leaderElection: { name: defaultLeaseName, namespace: "kube-system", identity: "test" } },
    });
    await world.drive(process.operator.start());
    for (const sample of (await readdir(samplePath(""))).toSorted()) await world.applySample(sample);
    await createTargetGroup(world, "given");
    await world.apply(extra);
    assert.deepEqual(await readyOrTold(world), []);
    const binding = (await world.list(targetGroupBindingKind)).find(({ metadata }) => metadata.namespace === "vault");
    const readinessGates = [{ conditionType: `target-health.elbv2.k8s.aws/${binding?.metadata.name ?? ""}` }];
    await world.patch(deploymentKind, "vault/vault", { spec: { template: { spec: { readinessGates } } } });
    assert.deepEqual(await readyOrTold(world), []);
    // An event is repeated, and at last everything is deleted.
    for (const scheme of ["outer", null, "outer"]) {
      const annotations = { "alb.ingress.kubernetes.io/scheme": scheme };
      await world.patch(ingressKind, "vault/vault", { metadata: { annotations } });
      await world.clock.advance(60_000);
    }
    const finalized: readonly Kind[] = [
      ingressKind,
      serviceKind,
      targetGroupBindingKind,
      iamServiceAccountKind,
      nodeGroupKind,
      fargateProfileKind,
      iamIdentityMappingKind,
    ];
    for (const kind of finalized) {
      for (const { metadata } of await world.list(kind)) {
        if ((metadata.finalizers ?? []).length > 0) await world.drive(world.kube.delete(kind, metadata));
      }
    }
    await world.until(async () => {
      const left = (await Promise.all(finalized.map((kind) => world.list(kind)))).flat();
      return left.every(({ metadata }) => (metadata.finalizers ?? []).length === 0);
    });
    await world.drive(process.stop());
    await world.close();
  });

  it("allow every request that the operator makes", () => {
    const refused = [...asked.values()].filter((access) => !allows(isLease(access) ? leaseRules : rules, access));
    assert.deepEqual(refused, []);
  });

  it("allow nothing that the operator does not do", () => {
    const used = new Set([...asked.values()].map(accessText));
    assert.deepEqual(
      permissions([...rules, ...leaseRules]).filter((permission) => !used.has(permission)),
      [],
    );
  });

  it("see requests as RBAC does", () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ["GET", "/api/v1/pods?limit=500", "list core/pods"],
      ["GET", "/apis/networking.k8s.io/v1/ingresses?watch=true", "watch networking.k8s.io/ingresses"],
      ["GET", "/api/v1/namespaces/web", "get core/namespaces"],
      ["PATCH", "/api/v1/namespaces/web/pods/a/status", "patch core/pods/status"],
      ["DELETE", "/apis/fairlead.io/v1alpha1/namespaces/web/loadbalancers/a", "delete fairlead.io/loadbalancers"],
      ["POST", "/api/v1/namespaces/web/events", "create core/events"],
    ];
    for (const [method, path, text] of cases) {
      const access = accessOf(method, path);
      assert.equal(access === undefined ? undefined : accessText(access), text);
    }
  });
});

interface Role extends KubeObject {
  readonly rules: readonly PolicyRule[];
}

const rbac = { group: "rbac.authorization.k8s.io", version: "v1" } as const;
const clusterRoleKind: Kind<Role> = { ...rbac, kind: "ClusterRole", plural: "clusterroles", namespaced: false };
const roleKind: Kind<Role> = { ...rbac, kind: "Role", plural: "roles", namespaced: true };

async function rulesOf(world: OperatorWorld, kind: Kind<Role>, key: string): Promise<readonly PolicyRule[]> {
  const role = await world.get(kind, key);
  assert.ok(role !== undefined, `no ${kind.kind} ${key}`);
  return role.rules;
}

async function createTargetGroup(world: OperatorWorld, name: string): Promise<void> {
  const { region, handle, surroundings } = world.sandbox.aws;
  const credentials = keysIn(environmentOf(world.sandbox, "http://127.0.0.1"));
  assert.ok(credentials !== undefined);
  const { elbv2 } = createAws({
    region,
    credentials,
    requestHandler: inProcessHandler(handle) as never,
    clock: world.clock,
    random: seededRandom(2),
    log: silentLogger,
  });
  const input = {
    Name: name,
    TargetType: "ip",
    Protocol: "HTTP",
    Port: 80,
    VpcId: surroundings.cluster.vpcId,
  } as const;
  await world.drive(elbv2.createTargetGroup(input));
}

/** Notes each request; an apply that makes the object counts as a create too, and the first finalizer patch of a kind fails. */
function recording(handle: HttpHandler, asked: Map<string, Access>): HttpHandler {
  const disturbed = new Set<string>();
  const note = (access: Access): void =>
    void asked.set(`${accessText(access)} ${isNamed(access) ? access.name : ""}`, access);
  return async (request) => {
    const access = accessOf(request.method, request.path);
    if (access !== undefined) {
      note(access);
      if (isFinalizerPatch(request) && !disturbed.has(access.resource)) {
        disturbed.add(access.resource);
        return conflict;
      }
    }
    const response = await handle(request);
    if (access?.verb === "patch" && response.status === 201) note({ ...access, verb: "create", name: undefined });
    return response;
  };
}

/** As `src/kube/finalizers.ts` sends it. */
function isFinalizerPatch(request: HttpRequest): boolean {
  const text = textOf(request);
  return text.includes('"resourceVersion"') && text.includes('"finalizers"');
}

const conflict = {
  status: 409,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason: "Conflict", code: 409 }),
};

/** Names matter where a rule has names. */
function isNamed({ group, resource }: Access): boolean {
  return group === "coordination.k8s.io" || resource === "configmaps";
}

function textOf({ body }: HttpRequest): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : Buffer.from(body).toString("utf8");
}

/** Waits until all that was applied is ready; tells what is not after 15 simulated minutes. */
async function readyOrTold(world: OperatorWorld): Promise<readonly string[]> {
  for (let minutes = 0; minutes < 15; minutes++) {
    await world.clock.advance(60_000);
    const open = [...(await world.readiness())].filter(([, { state }]) => state !== "ready");
    if (open.length === 0) return [];
    if (minutes === 14) return open.map(([name, { detail }]) => `${name}: ${detail}`);
  }
  return [];
}
