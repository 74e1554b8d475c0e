import assert from "node:assert/strict";
import type { Ingress } from "../../../src/api/builtin.ts";
import type { IngressBuild } from "../../../src/controllers/ingress/build.ts";
import type {
  ActionSpec,
  ListenerSpec,
  LoadBalancerSpec,
  RuleSpec,
  TargetGroupSpec,
} from "../../../src/resources/elbv2/specs.ts";
import type { TargetGroupBindingSpec } from "../../../src/resources/kubernetes/specs.ts";
import { type BuildOptions, build, ingress, path, prefix, resources, service, settings } from "./fixtures.ts";

const web = service("ns/web");
const certificate = "arn:aws:acm:us-west-2:1:certificate/1";
const rules = [{ host: "www.example.com", http: path("/", "web") }];

function one(
  annotations: Readonly<Record<string, string>>,
  options: BuildOptions & { readonly spec?: Ingress["spec"] } = {},
): IngressBuild {
  const { spec = { rules }, ...rest } = options;
  return build([ingress("ns/web", { annotations, spec })], { services: [web], ...rest });
}

function listeners(result: IngressBuild): Readonly<Record<string, ListenerSpec>> {
  return Object.fromEntries(resources<ListenerSpec>(result, "elbv2/Listener").map(({ id, spec }) => [id, spec]));
}

function ruleActions(result: IngressBuild, port: number): readonly (readonly ActionSpec[])[] {
  return resources<RuleSpec>(result, "elbv2/Rule")
    .filter(({ id }) => id.startsWith(`${port}:`))
    .map(({ spec }) => spec.actions);
}

function reasons(result: IngressBuild): readonly string[] {
  return result.problems.map(({ reason, severity }) => `${severity} ${reason}`);
}

describe("listeners", () => {
  const both = { "listen-ports": '[{"HTTP":80},{"HTTPS":443}]', "certificate-arn": certificate };

  it("are HTTPS 443 as soon as there is a certificate", () => {
    const { 443: https, ...others } = listeners(one({ "certificate-arn": `${certificate}, arn:2` }));
    assert.deepEqual(others, {});
    assert.equal(https?.certificateARN, certificate);
    assert.deepEqual(https?.extraCertificateARNs, ["arn:2"]);
    assert.equal(https?.sslPolicy, "ELBSecurityPolicy-2016-08");
  });

  it("on HTTP redirect all when ssl-redirect is set, and have no rules", () => {
    const result = one({ ...both, "ssl-redirect": "443" });
    assert.deepEqual(listeners(result)["80"]?.defaultActions, [
      { type: "redirect", protocol: "HTTPS", port: "443", statusCode: "HTTP_301" },
    ]);
    assert.equal(ruleActions(result, 80).length, 0);
    assert.equal(ruleActions(result, 443).length, 1);
  });

  it("are not redirected to a port that is not HTTPS", () => {
    const result = one({ "ssl-redirect": "443" });
    assert.equal(result.members[0]?.version, "omitted");
    assert.match(result.problems[0]?.message ?? "", /listener does not exist for SSLRedirect port: 443/);
  });

  it("find certificates by host: exact before wildcard, public before private, not expired", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const facts: BuildOptions["facts"] = [
      [
        { kind: "certificates" },
        {
          value: [
            { arn: "arn:wild", names: ["*.example.com"], type: "AMAZON_ISSUED", notAfter: now + 9e9 },
            { arn: "arn:private", names: ["www.example.com"], type: "PRIVATE", notAfter: now + 9e9 },
            { arn: "arn:old", names: ["www.example.com"], type: "AMAZON_ISSUED", notAfter: now - 1 },
            { arn: "arn:short", names: ["www.example.com"], type: "IMPORTED", notAfter: now + 1e9 },
            { arn: "arn:long", names: ["www.example.com"], type: "IMPORTED", notAfter: now + 2e9 },
          ],
        },
      ],
    ];
    const https = { "listen-ports": '[{"HTTPS":443}]' };
    assert.equal(listeners(one(https, { facts }))["443"]?.certificateARN, "arn:long");
    const all = listeners(one(https, { facts, settings: { ...settings, attachAllCertificates: true } }))["443"];
    assert.deepEqual(
      [all?.certificateARN, ...(all?.extraCertificateARNs ?? [])],
      ["arn:long", "arn:private", "arn:short", "arn:wild"],
    );
  });

  it("ask for client certificates as told", () => {
    const result = one(
      { ...both, "mutual-authentication": '[{"port":443,"mode":"verify","trustStore":"clients"}]' },
      { facts: [[{ kind: "trust-store", name: "clients" }, { value: "arn:ts" }]] },
    );
    assert.deepEqual(listeners(result)["443"]?.mutualAuthentication, {
      mode: "verify",
      trustStoreARN: "arn:ts",
      ignoreClientCertificateExpiry: false,
      advertiseTrustStoreCANames: "off",
    });
  });
});

describe("backends", () => {
  it("that do not exist answer 503 and are told with field and name", () => {
    const result = one({}, { spec: { rules: [{ http: path("/", "gone") }, ...rules] } });
    const [gone, there] = ruleActions(result, 80);
    assert.deepEqual(gone, [
      {
        type: "fixed-response",
        contentType: "text/plain",
        statusCode: "503",
        messageBody: "Backend service does not exist",
      },
    ]);
    assert.equal(there?.[0]?.type, "forward");
    const [problem] = result.problems;
    assert.deepEqual(
      [problem?.reason, problem?.field, problem?.value],
      ["BackendNotFound", "spec.rules[0].http.paths[0].backend.service.name", "gone"],
    );
    assert.equal(result.members[0]?.version, "current");
  });

  it("without the port answer 503 and name the ports there are", () => {
    const result = one({}, { spec: { rules: [{ http: path("/", "web", { port: 81 }) }] } });
    assert.equal(ruleActions(result, 80)[0]?.[0]?.type, "fixed-response");
    assert.equal(result.problems[0]?.reason, "PortMissing");
    assert.match(result.problems[0]?.message ?? "", /unable to find port 81 on service ns\/web, which has 80/);
  });

  it("lose only the missing one of several weighted Services", () => {
    const action = {
      type: "forward",
      forwardConfig: {
        targetGroups: [
          { serviceName: "web", servicePort: 80, weight: 80 },
          { serviceName: "gone", servicePort: 80, weight: 20 },
        ],
      },
    };
    const result = one(
      { "actions.split": JSON.stringify(action) },
      { spec: { rules: [{ http: path("/", "split", { port: "use-annotation" }) }] } },
    );
    const [forward] = ruleActions(result, 80)[0] ?? [];
    assert.equal(forward?.type === "forward" ? forward.targetGroups.length : 0, 1);
    assert.deepEqual(reasons(result), ["error BackendNotFound"]);
  });

  it("follow the first IP family of the Service", () => {
    const dual = service("ns/web", { spec: { ipFamilies: ["IPv4", "IPv6"] } });
    const six = service("ns/web", { spec: { ipFamilies: ["IPv6", "IPv4"] } });
    const family = (result: IngressBuild): unknown =>
      resources<TargetGroupSpec>(result, "elbv2/TargetGroup")[0]?.spec.ipAddressType;
    assert.equal(family(one({}, { services: [dual] })), undefined);
    assert.equal(family(one({ "ip-address-type": "dualstack" }, { services: [six] })), "ipv6");
    const refused = one({}, { services: [six] });
    assert.match(refused.problems[0]?.message ?? "", /lb not dual-stack/);
  });

  it("take annotations of the Service before those of the Ingress", () => {
    const result = one(
      { "target-type": "instance", "healthcheck-path": "/i" },
      {
        services: [service("ns/web", { annotations: { "target-type": "ip" } })],
      },
    );
    const [group] = resources<TargetGroupSpec>(result, "elbv2/TargetGroup");
    assert.equal(group?.spec.targetType, "ip");
    assert.equal(group?.spec.healthCheck.path, "/i");
  });

  it("that need node ports say so for a Service without", () => {
    const result = one({}, { services: [service("ns/web", { spec: { type: "ClusterIP", ports: [{ port: 80 }] } })] });
    assert.equal(result.members[0]?.version, "omitted");
    assert.match(result.problems[0]?.message ?? "", /needs? type NodePort or LoadBalancer, or use target type ip/);
  });
});

describe("rules", () => {
  it("of more than five values become several with the same action", () => {
    const conditions = [{ field: "host-header", hostHeaderConfig: { values: ["b.com", "c.com", "d.com"] } }];
    const result = one({ "conditions.web": JSON.stringify(conditions) });
    const all = resources<RuleSpec>(result, "elbv2/Rule");
    assert.deepEqual(
      all.map(({ id }) => id),
      ["80:1"],
    );
    const more = [
      { field: "host-header", hostHeaderConfig: { values: ["b.com", "c.com", "d.com", "e.com"] } },
      { field: "source-ip", sourceIPConfig: { values: ["10.0.0.0/8"] } },
    ];
    assert.deepEqual(
      resources(one({ "conditions.web": JSON.stringify(more) }), "elbv2/Rule").map(({ id }) => id),
      ["80:1", "80:2"],
    );
  });

  it("with an unknown condition field are refused, for they would match more", () => {
    const result = one({ "conditions.web": '[{"field":"hosts","values":["x"]}]' });
    assert.equal(result.members[0]?.version, "omitted");
    assert.match(result.problems[0]?.message ?? "", /unknown field "hosts"; allowed are host-header/);
  });

  it("that can never match are told, not dropped", () => {
    const result = one(
      {},
      { spec: { rules: [{ http: path("/", "web") }, { http: path("/a", "web", { type: "Exact" }) }] } },
    );
    assert.equal(ruleActions(result, 80).length, 2);
    assert.deepEqual(reasons(result), ["warning ConflictingSettings"]);
    assert.match(result.problems[0]?.message ?? "", /spec\.rules\[1\]\.http\.paths\[0\] can never match on port 80/);
  });

  it("rewrite what transforms say", () => {
    const result = one({
      "transforms.web":
        '[{"type":"url-rewrite","urlRewriteConfig":{"rewrites":[{"regex":"^/api/(.+)$","replace":"/$1"}]}}]',
    });
    assert.deepEqual(resources<RuleSpec>(result, "elbv2/Rule")[0]?.spec.transforms, [
      { type: "url-rewrite", rewrites: [{ regex: "^/api/(.+)$", replace: "/$1" }] },
    ]);
  });
});

describe("authentication", () => {
  const oidc = {
    issuer: "https://idp",
    authorizationEndpoint: "https://idp/a",
    tokenEndpoint: "https://idp/t",
    userInfoEndpoint: "https://idp/u",
    secretName: "client",
  };
  const annotations = {
    "listen-ports": '[{"HTTP":80},{"HTTPS":443}]',
    "certificate-arn": certificate,
    "auth-type": "oidc",
    "auth-idp-oidc": JSON.stringify(oidc),
  };
  const secret = { kind: "oidc-secret", namespace: "ns", name: "client" } as const;
  const found: BuildOptions["facts"] = [[secret, { value: { clientID: "id", clientSecret: "s3cret" } }]];

  it("comes before the backend on HTTPS and not at all on HTTP", () => {
    const result = one(annotations, { facts: found });
    assert.deepEqual(
      ruleActions(result, 80).map((actions) => actions.map(({ type }) => type)),
      [["forward"]],
    );
    assert.deepEqual(
      ruleActions(result, 443).map((actions) => actions.map(({ type }) => type)),
      [["authenticate-oidc", "forward"]],
    );
    assert.deepEqual(
      result.asked.filter(({ kind }) => kind === "oidc-secret"),
      [secret],
    );
  });

  it("remembers the client without its secret", () => {
    const { accepted } = one(annotations, { facts: found }).members[0] ?? {};
    assert.equal(JSON.stringify(accepted).includes("s3cret"), false);
    assert.equal(accepted?.clients?.["client"]?.clientID, "id");
  });

  it("keeps the rules of a member whose Secret has gone", () => {
    const before = one(annotations, { facts: found });
    const accepted = before.members[0]?.accepted;
    assert.ok(accepted);
    const after = build([{ ingress: ingress("ns/web", { annotations, spec: { rules } }), accepted }], {
      services: [web],
    });
    const hash = (result: IngressBuild): unknown =>
      ruleActions(result, 443)[0]?.map((action) =>
        action.type === "authenticate-oidc" ? action.clientSecretHash : "",
      );
    assert.deepEqual(hash(after), hash(before));
    assert.ok(after.problems.some(({ reason }) => reason === "SecretNotFound"));
  });

  it("fails closed for a member that never had it: no rule without log-in", () => {
    const result = one(annotations);
    assert.equal(result.members[0]?.version, "omitted");
    assert.equal(resources(result, "elbv2/Rule").length, 0);
  });

  it("needs its provider", () => {
    const result = one({ ...annotations, "auth-type": "cognito" }, { facts: found });
    assert.match(result.problems[0]?.message ?? "", /auth-idp-cognito/);
  });
});

describe("the default certificate", () => {
  it("found by host name stays what it is while it still serves one of the hosts", () => {
    const certificate = (arn: string, name: string) => ({ arn, names: [name], type: "AMAZON_ISSUED" as const });
    const spec = { rules: ["a.example.com", "b.example.com"].map((host) => ({ host, http: path("/", "web") })) };
    const wanted = ingress("ns/web", { annotations: { "listen-ports": '[{"HTTPS": 443}]' }, spec });
    const existing = [
      { arn: "arn:x", name: "k8s-x", scheme: "internal", subnetIDs: ["subnet-a", "subnet-b"] },
    ] as const;
    const result = build([wanted], {
      services: [service("ns/web")],
      existing,
      facts: [
        [
          { kind: "certificates" },
          { value: [certificate("arn:a", "a.example.com"), certificate("arn:b", "b.example.com")] },
        ],
        [{ kind: "default-certificates", loadBalancerARN: "arn:x" }, { value: { "443": "arn:b" } }],
      ],
    });
    const [listener] = resources<{ certificateARN: string; extraCertificateARNs: readonly string[] }>(
      result,
      "elbv2/Listener",
    );
    assert.equal(listener?.spec.certificateARN, "arn:b");
    assert.deepEqual(listener?.spec.extraCertificateARNs, ["arn:a"]);
  });
});

describe("the load balancer", () => {
  const existing = [
    { arn: "arn:x", name: "k8s-x", scheme: "internet-facing", subnetIDs: ["subnet-x", "subnet-y"] },
  ] as const;
  const spec = (result: IngressBuild): LoadBalancerSpec | undefined =>
    resources<LoadBalancerSpec>(result, "elbv2/LoadBalancer")[0]?.spec;

  it("keeps its scheme and subnets when nobody says otherwise, and tells so", () => {
    const result = one({}, { existing });
    assert.equal(spec(result)?.scheme, "internet-facing");
    assert.deepEqual(spec(result)?.subnetMappings, [{ subnetID: "subnet-x" }, { subnetID: "subnet-y" }]);
    assert.deepEqual(reasons(result), ["warning ConflictingSettings"]);
  });

  it("gets subnets anew with another scheme", () => {
    const result = one({ scheme: "internal" }, { existing });
    assert.deepEqual(spec(result)?.subnetMappings, [{ subnetID: "subnet-a" }, { subnetID: "subnet-b" }]);
  });

  it("gets a suffix to a name of the user's choice while its predecessor has it", () => {
    const result = one({ scheme: "internal", "load-balancer-name": "k8s-x" }, { existing });
    assert.match(spec(result)?.name ?? "", /^k8s-x-[0-9a-f]{4}$/);
  });

  it("cannot be built without subnets: nothing is changed and every member knows why", () => {
    const request = {
      kind: "subnets",
      loadBalancerType: "application",
      scheme: "internal",
      ipAddressType: "ipv4",
      selector: { by: "discovery" },
    } as const;
    const result = one({}, { facts: [[request, { error: "unable to resolve at least one subnet" }]] });
    assert.equal(result.stack, undefined);
    assert.equal(result.members[0]?.problems[0]?.reason, "SubnetNotFound");
  });

  it("has the named security groups and leaves others' alone unless told", () => {
    const facts: BuildOptions["facts"] = [
      [{ kind: "security-groups", namesOrIDs: ["sg-1", "front"] }, { value: ["sg-1", "sg-2"] }],
    ];
    const plain = one({ "security-groups": "sg-1, front" }, { facts });
    assert.deepEqual(spec(plain)?.securityGroups, ["sg-1", "sg-2"]);
    assert.equal(
      resources<TargetGroupBindingSpec>(plain, "kubernetes/TargetGroupBinding")[0]?.spec.spec.networking,
      undefined,
    );
    const managed = one({ "security-groups": "sg-1, front", "manage-backend-security-group-rules": "true" }, { facts });
    assert.equal(spec(managed)?.securityGroups?.length, 3);
  });

  it("gets a web ACL by name before one by ARN, and none for none", () => {
    const facts: BuildOptions["facts"] = [[{ kind: "web-acl", name: "acl" }, { value: "arn:acl" }]];
    const association = (annotations: Readonly<Record<string, string>>): unknown =>
      resources(one(annotations, { facts }), "wafv2/Association")[0]?.spec["webACLARN"];
    assert.equal(association({ "wafv2-acl-name": "acl", "wafv2-acl-arn": "arn:other" }), "arn:acl");
    assert.equal(association({ "wafv2-acl-arn": "arn:other" }), "arn:other");
    assert.equal(association({ "wafv2-acl-arn": "none" }), undefined);
    assert.equal(resources(one({ "wafv2-acl-arn": "none" }), "wafv2/Association").length, 1);
    assert.equal(resources(one({ "wafv2-acl-arn": "" }), "wafv2/Association").length, 0);
  });

  it("has no Shield protection without a subscription, and says so", () => {
    const without = one({ "shield-advanced-protection": "true" });
    assert.equal(resources(without, "shield/Protection").length, 0);
    assert.deepEqual(reasons(without), ["warning Unsupported"]);
    const subscribed = one(
      { "shield-advanced-protection": "true" },
      { facts: [[{ kind: "shield-subscription" }, { value: true }]] },
    );
    assert.equal(resources(subscribed, "shield/Protection").length, 1);
  });
});

describe("tags", () => {
  const tagged = { ...settings, tags: { ...settings.tags, defaultTags: { k3: "y" } } };
  const tags = (result: IngressBuild, type: string): unknown => resources(result, type)[0]?.spec["tags"];

  it("of the flags win over those of annotations, unless the gate says otherwise", () => {
    assert.deepEqual(tags(one({ tags: "k1=v1,k3=x" }, { settings: tagged }), "elbv2/LoadBalancer"), {
      k1: "v1",
      k3: "y",
    });
    const low = { ...tagged, tags: { ...tagged.tags, defaultTagsLowPriority: true } };
    assert.deepEqual(tags(one({ tags: "k1=v1,k3=x" }, { settings: low }), "elbv2/LoadBalancer"), { k1: "v1", k3: "x" });
  });

  it("of a Service are laid over those of the Ingress on its target group", () => {
    const result = one({ tags: "a=1,b=1" }, { services: [service("ns/web", { annotations: { tags: "b=2" } })] });
    assert.deepEqual(tags(result, "elbv2/TargetGroup"), { a: "1", b: "2" });
    assert.deepEqual(tags(result, "elbv2/LoadBalancer"), { a: "1", b: "1" });
  });

  it("that others manage cannot be set", () => {
    const reserved = { ...settings, tags: { ...settings.tags, externalManagedTags: ["owner"] } };
    assert.match(
      one({ tags: "owner=me" }, { settings: reserved }).problems[0]?.message ?? "",
      /owner is managed outside/,
    );
  });
});

describe("annotations without effect", () => {
  it("are told on the object that has them, also on Services", () => {
    const result = one(
      { "healthcheck-pth": "/" },
      { services: [service("ns/web", { annotations: { scheme: "internal" } })] },
    );
    assert.deepEqual(
      result.problems.map(({ object, field, severity }) => [object.kind, field, severity]),
      [
        ["Ingress", `metadata.annotations[${prefix}healthcheck-pth]`, "warning"],
        ["Service", `metadata.annotations[${prefix}scheme]`, "warning"],
      ],
    );
    assert.equal(result.members[0]?.version, "current");
  });

  it("lose surrounding white space", () => {
    assert.deepEqual(one({ "target-type": "ip\n", scheme: " internal " }).problems, []);
  });
});
