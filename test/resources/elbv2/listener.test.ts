import assert from "node:assert/strict";
import { listenerType } from "../../../src/resources/elbv2/listener.ts";
import { compareListeners } from "../../../src/resources/elbv2/listener-compare.ts";
import { loadBalancerType } from "../../../src/resources/elbv2/load-balancer.ts";
import type { ListenerSpec } from "../../../src/resources/elbv2/specs.ts";
import { context, createWorld } from "../../aws/support/world.ts";

async function setUp() {
  const world = await createWorld();
  const subnets = await world.subnets.list(world.vpcID);
  await world.inventory.ready();
  const loadBalancer = await loadBalancerType(world.elbv2).create(
    {
      type: "elbv2/LoadBalancer",
      id: "LoadBalancer",
      spec: {
        name: "lb",
        type: "application",
        scheme: "internet-facing",
        ipAddressType: "ipv4",
        subnetMappings: subnets
          .filter(({ tags }) => "kubernetes.io/role/elb" in tags)
          .map(({ id }) => ({ subnetID: id })),
        attributes: {},
        tags: {},
      },
    },
    context(),
  );
  const { CertificateSummaryList = [] } = await world.aws.acm.listCertificates({
    Includes: { keyTypes: ["RSA_2048", "EC_prime256v1"] },
  });
  const certificates = CertificateSummaryList.flatMap(({ CertificateArn }) => CertificateArn ?? []);
  const type = listenerType(world.elbv2);
  const loadBalancerARN = loadBalancer.outputs["arn"] ?? "";
  const http: ListenerSpec = {
    loadBalancerARN,
    port: 443,
    protocol: "HTTP",
    defaultActions: [{ type: "fixed-response", statusCode: "404", contentType: "text/plain" }],
    attributes: {},
    tags: {},
  };
  const reconcile = async (spec: ListenerSpec): Promise<readonly string[]> => {
    const resource = { type: type.type, id: "443", spec };
    world.calls();
    const [observed] = await type.observe({ desired: [resource], parents: [loadBalancer] }, context());
    if (observed === undefined) await type.create(resource, context());
    else {
      const differences = type.compare(spec, observed.spec);
      if (differences.length > 0) await type.update({ resource, observed, differences }, context());
    }
    return world.calls();
  };
  return { world, loadBalancer, certificates, http, reconcile, type };
}

describe("listeners", () => {
  it("turn from HTTP to HTTPS in place, and get the certificates for SNI", async () => {
    const { certificates, http, reconcile } = await setUp();
    const [first = "", second = ""] = certificates;
    assert.deepEqual(await reconcile(http), ["CreateListener"]);
    const https: ListenerSpec = {
      ...http,
      protocol: "HTTPS",
      certificateARN: first,
      extraCertificateARNs: [first, second],
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    };
    assert.deepEqual(await reconcile(https), ["ModifyListener", "AddListenerCertificates", "AddListenerCertificates"]);
    assert.deepEqual(await reconcile(https), []);
    assert.deepEqual(await reconcile({ ...https, extraCertificateARNs: [first] }), ["RemoveListenerCertificates"]);
    assert.deepEqual(await reconcile({ ...https, certificateARN: second, extraCertificateARNs: [] }), [
      "ModifyListener",
      "RemoveListenerCertificates",
    ]);
  });

  it("carry certificates and attributes from the start", async () => {
    const { certificates, http, reconcile } = await setUp();
    const [first = "", second = ""] = certificates;
    const https: ListenerSpec = {
      ...http,
      protocol: "HTTPS",
      certificateARN: first,
      extraCertificateARNs: [second],
      attributes: { "routing.http.response.server.enabled": "false" },
    };
    assert.deepEqual(await reconcile(https), ["CreateListener", "AddListenerCertificates", "ModifyListenerAttributes"]);
    assert.deepEqual(await reconcile(https), []);
  });

  it("take over what somebody made on the port meanwhile", async () => {
    const { world, loadBalancer, http, reconcile } = await setUp();
    await world.aws.elbv2.createListener({
      LoadBalancerArn: loadBalancer.outputs["arn"],
      Port: 443,
      Protocol: "HTTP",
      DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "500" } }],
    });
    await reconcile(http);
    assert.deepEqual(await reconcile(http), []);
    const { Listeners = [] } = await world.aws.elbv2.describeListeners({
      LoadBalancerArn: loadBalancer.outputs["arn"],
    });
    assert.deepEqual(
      Listeners.map(({ DefaultActions }) => DefaultActions?.[0]?.FixedResponseConfig?.StatusCode),
      ["404"],
    );
  });

  it("that nobody wants any more are found, and gone after one call", async () => {
    const { world, loadBalancer, http, reconcile, type } = await setUp();
    await reconcile(http);
    const [observed] = await type.observe({ desired: [], parents: [loadBalancer] }, context());
    assert.ok(observed);
    world.calls();
    assert.deepEqual(await type.delete(observed, context()), { kind: "deleted" });
    assert.deepEqual(await type.observe({ desired: [], parents: [loadBalancer] }, context()), []);
    assert.deepEqual(world.calls(), ["DeleteListener"]);
  });

  const base: ListenerSpec = {
    loadBalancerARN: "arn:lb",
    port: 443,
    protocol: "TLS",
    defaultActions: [],
    attributes: {},
    tags: {},
  };
  const equal: readonly [string, Partial<ListenerSpec>, Partial<ListenerSpec>][] = [
    ["no ALPN policy and None", { alpnPolicy: ["None"] }, {}],
    ["mutual TLS off and absent", { mutualAuthentication: { mode: "off" } }, {}],
    [
      "the defaults of mutual TLS",
      { mutualAuthentication: { mode: "verify", trustStoreARN: "arn:t" } },
      {
        mutualAuthentication: {
          mode: "verify",
          trustStoreARN: "arn:t",
          ignoreClientCertificateExpiry: false,
          advertiseTrustStoreCANames: "off",
        },
      },
    ],
    ["settings that nobody asked for", {}, { sslPolicy: "x", alpnPolicy: ["HTTP2Only"], certificateARN: "c" }],
    ["attributes that nobody asked for", {}, { attributes: { "tcp.idle_timeout.seconds": "350" } }],
  ];
  for (const [title, desired, observed] of equal) {
    it(`compare equal: ${title}`, () => {
      assert.deepEqual(compareListeners({ ...base, ...desired }, { ...base, ...observed }), []);
    });
  }

  it("cannot move to another load balancer", () => {
    assert.deepEqual(compareListeners({ ...base, loadBalancerARN: "arn:new" }, base), [
      { field: "loadBalancerARN", from: "arn:lb", to: "arn:new", replace: true },
    ]);
  });
});
