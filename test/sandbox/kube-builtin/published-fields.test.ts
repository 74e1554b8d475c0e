import assert from "node:assert/strict";
import { builtinDefinitions } from "../../../src/sandbox/kube/builtin/definitions.ts";
import { matchesEtag } from "../../../src/sandbox/kube/etag.ts";
import { healthAnswer } from "../../../src/sandbox/kube/health.ts";
import { openApiSchemas } from "../../../src/sandbox/kube/openapi-schemas.ts";

interface Published {
  readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function schema(version: "v2" | "v3", name: string): Published {
  return openApiSchemas(builtinDefinitions, version)[`io.k8s.api.${name}`] as Published;
}

describe("published schemas of built-in kinds", () => {
  it("tell the defaults and the values of fields, version 2 of OpenAPI the values only", () => {
    const { description: _, ...protocol } = schema("v3", "core.v1.ServicePort").properties?.["protocol"] ?? {};
    assert.deepEqual(protocol, { type: "string", default: "TCP", enum: ["SCTP", "TCP", "UDP"] });
    const { description: __, ...plain } = schema("v2", "core.v1.ServicePort").properties?.["protocol"] ?? {};
    assert.deepEqual(plain, { type: "string", enum: ["SCTP", "TCP", "UDP"] });
  });

  it("tell that a field is merged although its structure is owned as a whole elsewhere", () => {
    const claim = schema("v3", "core.v1.PersistentVolumeSpec").properties?.["claimRef"];
    assert.equal(claim?.["x-kubernetes-map-type"], "granular");
    const reference: Readonly<Record<string, unknown>> = { ...schema("v3", "core.v1.ObjectReference") };
    assert.equal(reference["x-kubernetes-map-type"], "atomic");
  });
});

describe("tags of documents", () => {
  it("are found in a list, weak or not", () => {
    assert.deepEqual(
      ['"a"', 'W/"a"', '"b", "a"', "*", "a", '"b"', undefined].map((each) => matchesEtag(each, '"a"')),
      [true, true, true, true, false, false, false],
    );
  });
});

describe("health", () => {
  it("names its checks, those left out and those that are none", () => {
    assert.equal(
      healthAnswer("/livez", "verbose&exclude=etcd&exclude=x")?.body,
      '[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "x"\nlivez check passed\n',
    );
    assert.equal(healthAnswer("/livez/none", undefined), undefined);
  });
});
