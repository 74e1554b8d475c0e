import assert from "node:assert/strict";
import { ingressKind } from "../../../src/api/builtin.ts";
import { secretKind } from "../../../src/operator/facts/watched-secrets.ts";
import { sampleIngress } from "../../support/budget-objects.ts";
import { OperatorWorld, type Step } from "../../support/operator-world.ts";

const prefix = "alb.ingress.kubernetes.io/";

const oidc = {
  [`${prefix}listen-ports`]: '[{"HTTPS": 443}]',
  [`${prefix}auth-type`]: "oidc",
  [`${prefix}auth-idp-oidc`]: JSON.stringify({
    issuer: "https://id.example.com",
    authorizationEndpoint: "https://id.example.com/authorize",
    tokenEndpoint: "https://id.example.com/token",
    userInfoEndpoint: "https://id.example.com/userinfo",
    secretName: "client",
  }),
};

function secret(value: string): string {
  return `apiVersion: v1
kind: Secret
metadata: {name: client, namespace: default}
stringData: {clientID: web, clientSecret: ${value}}
`;
}

const data = (value: string): object => ({ data: { clientSecret: Buffer.from(value).toString("base64") } });
const writes = ({ records }: Step): readonly string[] =>
  records.map(({ operation }) => operation).filter((operation) => !/^(Describe|List)/.test(operation));

async function loggedIn(): Promise<OperatorWorld> {
  const world = await OperatorWorld.create();
  const manifests = sampleIngress("one");
  const ingress = manifests.find(({ object }) => object.kind === "Ingress");
  Object.assign(ingress?.object.metadata["annotations"] ?? {}, oidc);
  await world.apply(manifests);
  return world;
}

describe("the Secret of an OIDC client", function () {
  this.timeout(240_000);

  it("is waited for, and watched from the first time it is named", async () => {
    const world = await loggedIn();
    await world.rest();
    assert.equal((await world.get(ingressKind, "default/one"))?.status?.loadBalancer?.ingress, undefined);
    await world.apply(secret("first"));
    await world.untilReady();
    const changed = await world.step(() => world.patch(secretKind, "default/client", data("second")));
    assert.deepEqual(writes(changed), ["ModifyRule", "ModifyRule"]);
    assert.deepEqual(writes(await world.step(async () => undefined, { passMs: 3_600_000 })), []);
    await world.close();
  });

  it("is not written again after a restart, unless it changed meanwhile", async () => {
    const world = await loggedIn();
    await world.apply(secret("first"));
    await world.untilReady();
    const calm = await world.step(() => world.restart(), { passMs: 3_600_000 });
    assert.deepEqual(writes(calm), []);
    await world.drive(world.process.stop());
    await world.patch(secretKind, "default/client", data("second"));
    const changed = await world.step(() => world.start(), { passMs: 3_600_000 });
    assert.deepEqual(writes(changed), ["ModifyRule", "ModifyRule"]);
    assert.deepEqual(writes(await world.step(() => world.restart(), { passMs: 3_600_000 })), []);
    await world.close();
  });

  it("may go: rules keep the client that AWS has", async () => {
    const world = await loggedIn();
    await world.apply(secret("first"));
    await world.untilReady();
    const gone = await world.step(() => world.delete(secretKind, "default/client"), { ready: false });
    assert.deepEqual(writes(gone), []);
    await world.close();
  });
});
