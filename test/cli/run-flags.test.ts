import assert from "node:assert/strict";
import { Command } from "commander";
import { addRunFlags, type RunOptions, retiredFlagNotes, runOptions } from "../../src/cli/run-flags.ts";
import { isAppError } from "../../src/errors.ts";

type Environment = Readonly<Record<string, string>>;

function parse(flags: readonly string[]): Readonly<Record<string, unknown>> {
  const command = addRunFlags(new Command("run"))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  command.parse([...flags], { from: "user" });
  return command.opts();
}

function options(flags: readonly string[], environment: Environment = {}): RunOptions {
  return runOptions(parse(["--cluster-name=c", "--aws-region=eu-west-1", ...flags]), environment);
}

describe("the flags of run", () => {
  it("have the defaults of the AWS Load Balancer Controller", () => {
    const { settings, leaderElection, metricsAddress, healthAddress } = options([]);
    const { gates, workers, ...rest } = settings;
    assert.deepEqual(rest, {
      clusterName: "c",
      region: "eu-west-1",
      ingressClass: "alb",
      loadBalancerClass: "service.k8s.aws/nlb",
      defaultTags: {},
      externalManagedTags: [],
      defaultTargetType: "instance",
      defaultScheme: "internal",
      defaultSSLPolicy: "ELBSecurityPolicy-2016-08",
      allowedCertificateAuthorityARNs: [],
      serviceTargetENISecurityGroupTags: {},
      enableBackendSecurityGroup: true,
      manageBackendSecurityGroupRules: false,
      restrictedSecurityGroupRules: true,
      tolerateMissingService: true,
      tolerateMissingAction: true,
      enableShield: true,
      enableWAFv2: true,
      maxTargetsPerTargetGroup: 0,
      mode: "apply",
      drift: "repair",
      verifyEveryMs: 600_000,
      inventoryEveryMs: 300_000,
    });
    assert.equal(gates.EndpointsFailOpen, true);
    assert.equal(gates.ServiceTypeLoadBalancerOnly, false);
    assert.deepEqual(workers, { ingress: 10, service: 10, targetGroupBinding: 20, identity: 5, nodes: 5 });
    assert.deepEqual(leaderElection, { name: "aws-load-balancer-controller-leader", namespace: undefined });
    assert.deepEqual([metricsAddress, healthAddress], [":8080", ":61779"]);
  });

  it("take the region from AWS's variables, the flag first", () => {
    const region = (flags: readonly string[], environment: Environment): string =>
      runOptions(parse(["--cluster-name=c", ...flags]), environment).settings.region;
    assert.equal(region([], { AWS_REGION: "a", AWS_DEFAULT_REGION: "b" }), "a");
    assert.equal(region([], { AWS_DEFAULT_REGION: "b" }), "b");
    assert.equal(region(["--aws-region=f"], { AWS_REGION: "a" }), "f");
  });

  it("read the values of LBC's flags", () => {
    const { settings } = options([
      "--default-tags=team=web,env=prod",
      "--external-managed-tags=owner",
      "--feature-gates=EndpointsFailOpen=false,NLBGatewayAPI=true",
      "--disable-restricted-sg-rules=true",
      "--watch-namespace=shop",
      "--aws-vpc-id=vpc-1",
      "--required-secrets-label=use=oidc",
      "--sync-period=2m",
      "--enable-shield=false",
    ]);
    assert.deepEqual(settings.defaultTags, { team: "web", env: "prod" });
    assert.deepEqual(settings.externalManagedTags, ["owner"]);
    assert.equal(settings.gates.EndpointsFailOpen, false);
    assert.ok(!("NLBGatewayAPI" in settings.gates));
    assert.equal(settings.restrictedSecurityGroupRules, false);
    assert.equal(settings.watchNamespace, "shop");
    assert.equal(settings.vpcID, "vpc-1");
    assert.deepEqual(settings.requiredSecretsLabel, { key: "use", value: "oidc" });
    assert.deepEqual([settings.verifyEveryMs, settings.inventoryEveryMs], [120_000, 120_000]);
    assert.equal(settings.enableShield, false);
  });

  it("switch leader election off", () => {
    assert.equal(options(["--enable-leader-election=false"]).leaderElection, undefined);
  });

  const refusals: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
    [["--cluster-name="], /cluster name must be specified: set --cluster-name/],
    [
      ["--default-tags=elbv2.k8s.aws/cluster=x"],
      /tag key elbv2\.k8s\.aws\/cluster cannot be specified in default-tags/,
    ],
    [
      ["--external-managed-tags=ingress.k8s.aws/stack"],
      /ingress\.k8s\.aws\/stack cannot be specified in external-managed/,
    ],
    [["--default-tags=a=1", "--external-managed-tags=a"], /tag key a cannot be specified in both/],
    [["--backend-security-group=web"], /invalid value web for backend security group id: it starts with sg-/],
    [
      ["--enable-backend-security-group=false", "--enable-manage-backend-security-group-rules=true"],
      /backend security group must be enabled/,
    ],
    [
      ["--required-secrets-label=oidc"],
      /invalid value "oidc" for --required-secrets-label: must be in key=value format/,
    ],
  ];
  for (const [flags, message] of refusals) {
    it(`refuse ${flags.join(" ")}`, () => {
      assert.throws(
        () => options(flags),
        (error: unknown) => isAppError(error) && error.class === "invalid" && message.test(error.message),
      );
    });
  }

  it("refuse to start without a region", () => {
    assert.throws(() => runOptions(parse(["--cluster-name=c"]), {}), /set --aws-region or AWS_REGION/);
  });

  for (const flag of [
    "--default-target-type=pod",
    "--mode=dry",
    "--feature-gates=Nothing=true",
    "--sync-period=ten",
    "--enable-wafv2=perhaps",
  ]) {
    it(`refuse ${flag} when they are read`, () =>
      assert.throws(() => parse([flag]), { code: "commander.invalidArgument" }));
  }

  it("accept flags of LBC that have no counterpart, and say so", () => {
    const notes = retiredFlagNotes(parse(["--webhook-bind-port=9443", "--enable-waf", "--aws-max-retries=10"]));
    assert.deepEqual(notes, [
      "--enable-waf has no effect: WAF Classic has been closed by AWS",
      "--aws-max-retries has no effect: retries are bounded by time",
      "--webhook-bind-port has no effect: there are no webhooks in this version",
    ]);
    assert.deepEqual(retiredFlagNotes(parse([])), []);
  });
});
