import assert from "node:assert/strict";
import {
  AddListenerCertificatesCommand,
  type CreateListenerCommandInput,
  CreateTrustStoreCommand,
  DeleteListenerCommand,
  DescribeListenerAttributesCommand,
  DescribeListenerCertificatesCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  DescribeSSLPoliciesCommand,
  DescribeTrustStoresCommand,
  ModifyListenerAttributesCommand,
  ModifyListenerCommand,
  type ModifyListenerCommandInput,
  RemoveListenerCertificatesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  createListener,
  createLoadBalancer,
  createRule,
  createTargetGroup,
  forwardTo,
  notFound,
  outcome,
} from "../support/elbv2-resources.ts";
import { certificateArn, elbv2Bench } from "../support/fixture-account.ts";

type Overrides = Partial<CreateListenerCommandInput>;

const main = [{ CertificateArn: certificateArn("main") }];
const https: Overrides = { Protocol: "HTTPS", Port: 443, Certificates: main };

describe("Listeners of the sandbox's ELBv2", () => {
  const refused: [string, "application" | "network", Overrides, string][] = [
    ["no port", "application", { Port: undefined } as unknown as Overrides, "ValidationError"],
    ["port 0", "application", { Port: 0 }, "ValidationError"],
    ["no protocol", "application", { Protocol: undefined } as unknown as Overrides, "ValidationError"],
    ["TCP on an application load balancer", "application", { Protocol: "TCP" }, "ValidationError"],
    ["HTTP on a network load balancer", "network", { Protocol: "HTTP" }, "ValidationError"],
    ["no actions", "application", { DefaultActions: [] }, "ValidationError"],
    ["HTTPS without certificate", "application", { Protocol: "HTTPS" }, "ValidationError"],
    ["a certificate for HTTP", "application", { Certificates: main }, "ValidationError"],
    ["two certificates", "application", { ...https, Certificates: [...main, ...main] }, "TooManyCertificates"],
    [
      "an unknown certificate",
      "application",
      { ...https, Certificates: [{ CertificateArn: certificateArn("none") }] },
      "CertificateNotFound",
    ],
    [
      "a certificate that is not issued",
      "application",
      { ...https, Certificates: [{ CertificateArn: certificateArn("pending") }] },
      "UnsupportedCertificate",
    ],
    ["an unknown SSL policy", "application", { ...https, SslPolicy: "ELBSecurityPolicy-None" }, "SSLPolicyNotFound"],
    ["an SSL policy for HTTP", "application", { SslPolicy: "ELBSecurityPolicy-2016-08" }, "ValidationError"],
    ["an ALPN policy for HTTPS", "application", { ...https, AlpnPolicy: ["HTTP2Only"] }, "ValidationError"],
    [
      "a trust store that does not exist",
      "application",
      {
        ...https,
        MutualAuthentication: {
          Mode: "verify",
          TrustStoreArn: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/x/0123456789abcdef",
        },
      },
      "TrustStoreNotFound",
    ],
    ["a fixed response on a network load balancer", "network", { Protocol: "TCP" }, "InvalidLoadBalancerAction"],
    [
      "an authentication on HTTP",
      "application",
      {
        DefaultActions: [
          {
            Type: "authenticate-cognito",
            Order: 1,
            AuthenticateCognitoConfig: { UserPoolArn: "a", UserPoolClientId: "b", UserPoolDomain: "c" },
          },
          { ...notFound, Order: 2 },
        ],
      },
      "InvalidLoadBalancerAction",
    ],
    [
      "a redirect to itself",
      "application",
      { DefaultActions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } }] },
      "InvalidLoadBalancerAction",
    ],
    ["two actions without order", "application", { DefaultActions: [notFound, notFound] }, "ValidationError"],
    [
      "two final actions",
      "application",
      {
        DefaultActions: [
          { ...notFound, Order: 1 },
          { ...notFound, Order: 2 },
        ],
      },
      "InvalidLoadBalancerAction",
    ],
    [
      "a fixed response with status 302",
      "application",
      { DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "302" } }] },
      "ValidationError",
    ],
    [
      "a content type of its own",
      "application",
      {
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", ContentType: "text/x" } }],
      },
      "InvalidLoadBalancerAction",
    ],
  ];
  for (const [what, type, overrides, code] of refused) {
    it(`refuses ${what} with ${code}`, async () => {
      const { client } = elbv2Bench();
      const arn = await createLoadBalancer(client, { Type: type });
      assert.equal(await outcome(createListener(client, arn, overrides)), code);
    });
  }

  const pairs: [string, string, "accepted" | "IncompatibleProtocols"][] = [
    ["HTTP", "HTTPS", "accepted"],
    ["HTTP", "TCP", "IncompatibleProtocols"],
    ["TCP", "TCP_UDP", "accepted"],
    ["TCP", "TLS", "IncompatibleProtocols"],
    ["TLS", "TCP", "accepted"],
    ["TLS", "TLS", "accepted"],
    ["UDP", "UDP", "accepted"],
    ["UDP", "TCP", "IncompatibleProtocols"],
    ["TCP_UDP", "TCP_UDP", "accepted"],
    ["TCP_UDP", "TCP", "IncompatibleProtocols"],
  ];
  for (const [listener, group, result] of pairs) {
    it(`answers ${result} to a ${listener} listener in front of a ${group} group`, async () => {
      const { client } = elbv2Bench();
      const type = listener === "HTTP" ? "application" : "network";
      const arn = await createLoadBalancer(client, { Type: type });
      const groupArn = await createTargetGroup(client, { Protocol: group as "TCP" });
      const input: Overrides = {
        Protocol: listener as "TCP",
        DefaultActions: [forwardTo(groupArn)],
        ...(listener === "TLS" ? { Certificates: main } : {}),
      };
      assert.equal(await outcome(createListener(client, arn, input)), result);
    });
  }

  it("answers a repeated create with the existing listener, and refuses a second one on the port", async () => {
    const { client } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    const listener = await createListener(client, arn);
    assert.equal(await createListener(client, arn), listener);
    assert.equal(await outcome(createListener(client, arn, { ...https, Port: 80 })), "DuplicateListener");
  });

  it("fills in what AWS fills in", async () => {
    const { client } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    await createListener(client, arn, {
      DefaultActions: [
        { Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301", Protocol: "HTTPS", Port: "443" } },
      ],
    });
    const { Listeners: [listener] = [] } = await client.send(new DescribeListenersCommand({ LoadBalancerArn: arn }));
    assert.deepEqual(listener?.DefaultActions, [
      {
        Type: "redirect",
        Order: 1,
        RedirectConfig: {
          Protocol: "HTTPS",
          Port: "443",
          Host: "#{host}",
          Path: "/#{path}",
          Query: "#{query}",
          StatusCode: "HTTP_301",
        },
      },
    ]);
  });

  it("never shows or records a client secret, and can keep it", async () => {
    const { client, sandbox } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    const oidc = {
      Issuer: "https://id.example.com",
      AuthorizationEndpoint: "https://id.example.com/a",
      TokenEndpoint: "https://id.example.com/t",
      UserInfoEndpoint: "https://id.example.com/u",
      ClientId: "game",
      AuthenticationRequestExtraParams: { prompt: "login" },
    };
    const actions = (secret: object): Overrides => ({
      DefaultActions: [
        { Type: "authenticate-oidc", Order: 1, AuthenticateOidcConfig: { ...oidc, ...secret } },
        { ...notFound, Order: 2 },
      ],
    });
    assert.equal(await outcome(createListener(client, arn, { ...https, ...actions({}) })), "ValidationError");
    const listener = await createListener(client, arn, { ...https, ...actions({ ClientSecret: "hush" }) });
    const answer = await client.send(
      new ModifyListenerCommand({ ListenerArn: listener, ...actions({ UseExistingClientSecret: true }) }),
    );
    assert.deepEqual(answer.Listeners?.[0]?.DefaultActions?.[0]?.AuthenticateOidcConfig, {
      ...oidc,
      SessionCookieName: "AWSELBAuthSessionCookie",
      Scope: "openid",
      SessionTimeout: 604800,
      OnUnauthenticatedRequest: "authenticate",
    });
    assert.doesNotMatch(JSON.stringify(sandbox.calls.records), /hush/);
  });

  it("modifies only what is given, and takes certificate and policy away with TLS", async () => {
    const { client, sandbox } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    const listener = await createListener(client, arn, https);
    const modify = async (input: Partial<ModifyListenerCommandInput>): Promise<string> =>
      outcome(client.send(new ModifyListenerCommand({ ListenerArn: listener, ...input })));
    const users = (name: string): readonly string[] =>
      sandbox.surroundings.loadBalancers.listenersOfCertificate(certificateArn(name));
    assert.equal(await modify({ SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" }), "accepted");
    assert.equal(await modify({ Certificates: [{ CertificateArn: certificateArn("second") }] }), "accepted");
    assert.deepEqual([users("main"), users("second")], [[], [listener]]);
    assert.equal(await modify({ Protocol: "HTTP", Port: 80 }), "accepted");
    assert.deepEqual(users("second"), []);
    const [now] = (await client.send(new DescribeListenersCommand({ ListenerArns: [listener] }))).Listeners ?? [];
    assert.deepEqual([now?.Protocol, now?.Port, now?.SslPolicy, now?.Certificates], ["HTTP", 80, undefined, undefined]);
    assert.equal(await modify({ Protocol: "HTTPS" }), "ValidationError");
    assert.equal(await modify({ Protocol: "TCP" }), "UnsupportedProtocol");
  });

  it("adds and removes certificates one a call, never the default one", async () => {
    const { client } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    const listener = await createListener(client, arn, https);
    const input = (...names: string[]) => ({
      ListenerArn: listener,
      Certificates: names.map((name) => ({ CertificateArn: certificateArn(name) })),
    });
    const add = (...names: string[]): Promise<string> =>
      outcome(client.send(new AddListenerCertificatesCommand(input(...names))));
    const remove = (...names: string[]): Promise<string> =>
      outcome(client.send(new RemoveListenerCertificatesCommand(input(...names))));
    assert.equal(await add("second", "main"), "ValidationError");
    assert.equal(await add("none"), "CertificateNotFound");
    assert.equal(await add("second"), "accepted");
    assert.equal(await add("second"), "accepted");
    const listed = await client.send(new DescribeListenerCertificatesCommand({ ListenerArn: listener }));
    assert.deepEqual(listed.Certificates, [
      { CertificateArn: certificateArn("main"), IsDefault: true },
      { CertificateArn: certificateArn("second"), IsDefault: false },
    ]);
    assert.equal(await remove("main"), "OperationNotPermitted");
    assert.equal(await remove("second"), "accepted");
    assert.equal(await remove("second"), "accepted");
  });

  it("deletes its rules with it, and is not found afterwards", async () => {
    const { client } = elbv2Bench();
    const arn = await createLoadBalancer(client);
    const listener = await createListener(client, arn);
    const rule = await createRule(client, listener);
    const remove = (): Promise<string> => outcome(client.send(new DeleteListenerCommand({ ListenerArn: listener })));
    assert.equal(await remove(), "accepted");
    assert.equal(await remove(), "ListenerNotFound");
    assert.equal(await outcome(client.send(new DescribeRulesCommand({ RuleArns: [rule] }))), "RuleNotFound");
  });

  it("has attributes by protocol", async () => {
    const { client } = elbv2Bench();
    const app = await createLoadBalancer(client, { Name: "app" });
    const net = await createLoadBalancer(client, { Name: "net", Type: "network" });
    const group = await createTargetGroup(client, { Protocol: "TCP" });
    const tcp = await createListener(client, net, { Protocol: "TCP", DefaultActions: [forwardTo(group)] });
    const http = await createListener(client, app);
    const set = (listener: string, key: string, value: string): Promise<string> =>
      outcome(
        client.send(
          new ModifyListenerAttributesCommand({ ListenerArn: listener, Attributes: [{ Key: key, Value: value }] }),
        ),
      );
    assert.equal(await set(tcp, "tcp.idle_timeout.seconds", "59"), "ValidationError");
    assert.equal(await set(tcp, "tcp.idle_timeout.seconds", "60"), "accepted");
    assert.equal(await set(http, "tcp.idle_timeout.seconds", "60"), "InvalidConfigurationRequest");
    assert.equal(await set(http, "routing.http.response.x_frame_options.header_value", "NO"), "ValidationError");
    const answer = await client.send(new DescribeListenerAttributesCommand({ ListenerArn: tcp }));
    assert.deepEqual(answer.Attributes, [{ Key: "tcp.idle_timeout.seconds", Value: "60" }]);
  });

  it("holds the quota of listeners", async () => {
    const { client } = elbv2Bench({ quotas: { listenersPerLoadBalancer: 1 } });
    const arn = await createLoadBalancer(client);
    await createListener(client, arn);
    assert.equal(await outcome(createListener(client, arn, { Port: 81 })), "TooManyListeners");
  });

  it("knows SSL policies and trust stores by name", async () => {
    const { client } = elbv2Bench();
    const policies = await client.send(
      new DescribeSSLPoliciesCommand({ Names: ["ELBSecurityPolicy-TLS13-1-3-2021-06"] }),
    );
    assert.deepEqual(policies.SslPolicies?.[0]?.SslProtocols, ["TLSv1.3"]);
    assert.equal(await outcome(client.send(new DescribeSSLPoliciesCommand({ Names: ["x"] }))), "SSLPolicyNotFound");
    await client.send(
      new CreateTrustStoreCommand({
        Name: "clients",
        CaCertificatesBundleS3Bucket: "b",
        CaCertificatesBundleS3Key: "k",
      }),
    );
    const stores = await client.send(new DescribeTrustStoresCommand({ Names: ["clients"] }));
    const trustStore = stores.TrustStores?.[0]?.TrustStoreArn ?? "";
    const arn = await createLoadBalancer(client);
    const verify = { ...https, MutualAuthentication: { Mode: "verify", TrustStoreArn: trustStore } };
    assert.equal(await outcome(createListener(client, arn, verify)), "accepted");
    assert.equal(await outcome(client.send(new DescribeTrustStoresCommand({ Names: ["x"] }))), "TrustStoreNotFound");
  });
});
