import assert from "node:assert/strict";
import { configMapKind } from "../../src/api/builtin.ts";
import { iamIdentityMappingKind } from "../../src/api/iam-identity-mapping.ts";
import { awsAuthName } from "../../src/resources/kubernetes/aws-auth-config-map.ts";
import { OperatorWorld } from "../support/operator-world.ts";

const mapping = (name: string): string => `
apiVersion: fairlead.io/v1alpha1
kind: IamIdentityMapping
metadata: { name: ${name} }
spec:
  principal: { arn: "arn:aws:iam::444455556666:role/${name}" }
  backend: ConfigMap
  groups: [${name}]
`;

const foreign = `# not ours
- rolearn: arn:aws:iam::111122223333:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
  groups: [system:nodes]
`;

describe("mappings in the aws-auth ConfigMap", function () {
  this.timeout(240_000);

  it("come back when others take them out, and only they go with their objects", async () => {
    const world = await OperatorWorld.create();
    const mapRoles = async (): Promise<string> =>
      (await world.drive(world.kube.get(configMapKind, awsAuthName)))?.data?.["mapRoles"] ?? "";
    const names = ["red", "green", "blue"];
    const complete = async (): Promise<boolean> => {
      const text = await mapRoles();
      return text.startsWith(foreign) && names.every((name) => text.includes(`role/${name}\n`));
    };
    await world.drive(
      world.kube.create(configMapKind, { metadata: awsAuthName, data: { mapRoles: foreign, mapUsers: "[]" } }),
    );
    await world.apply(names.map(mapping).join("---"));
    await world.until(complete);
    await world.patch(configMapKind, "kube-system/aws-auth", { data: { mapRoles: foreign } });
    await world.until(complete, 60_000);
    for (const name of names) await world.delete(iamIdentityMappingKind, name);
    await world.until(async () => (await world.list(iamIdentityMappingKind)).length === 0);
    assert.equal(await mapRoles(), foreign);
    await world.close();
  });
});
