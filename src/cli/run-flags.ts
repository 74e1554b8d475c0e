import { type Command, InvalidArgumentError, Option } from "commander";
import { AppError } from "../errors.ts";
import { type FeatureGates, featureGates, foreignGates } from "../operator/feature-gates.ts";
import { defaultLeaseName, type Settings, trackingTagKeys } from "../operator/settings.ts";
import { parseBoolean, parseCount, parseDuration, parsePairs, parseWords } from "./flag-values.ts";

interface Flag {
  readonly name: string;
  readonly value: string;
  readonly help: string;
  readonly parse?: (text: string) => unknown;
  readonly default?: unknown;
  readonly choices?: readonly string[];
  readonly variable?: string;
}

const bool = { value: "bool", parse: parseBoolean };
const count = { value: "n", parse: parseCount };
const duration = { value: "duration", parse: parseDuration };
const pairs = { value: "k=v,...", parse: parsePairs };
const words = { value: "a,b,...", parse: parseWords };

/** The operator's flags. Those that the AWS Load Balancer Controller has keep its name, syntax and default. */
const flags: readonly Flag[] = [
  {
    name: "cluster-name",
    value: "name",
    help: "name of the EKS cluster (required)",
    variable: "FAIRLEAD_CLUSTER_NAME",
  },
  {
    name: "aws-region",
    value: "region",
    help: "AWS region; default: AWS_REGION, AWS_DEFAULT_REGION",
  },
  { name: "aws-vpc-id", value: "id", help: "VPC of the cluster; default: read from EKS", variable: "FAIRLEAD_VPC_ID" },
  { name: "aws-vpc-tags", ...pairs, help: "find the VPC by tags" },
  {
    name: "kubeconfig",
    value: "file",
    help: "kubeconfig file; default: KUBECONFIG, then in-cluster",
    variable: "KUBECONFIG",
  },
  { name: "watch-namespace", value: "namespace", help: "serve this namespace only" },
  { name: "ingress-class", value: "name", help: "value of kubernetes.io/ingress.class that is served", default: "alb" },
  {
    name: "load-balancer-class",
    value: "name",
    help: "Service loadBalancerClass that is served",
    default: "service.k8s.aws/nlb",
  },
  { name: "default-tags", ...pairs, help: "tags for every AWS resource", default: {} },
  { name: "external-managed-tags", ...words, help: "tag keys to leave alone", default: [] },
  { name: "default-target-type", value: "type", help: "target type", default: "instance", choices: ["instance", "ip"] },
  {
    name: "default-load-balancer-scheme",
    value: "scheme",
    help: "scheme of load balancers",
    default: "internal",
    choices: ["internal", "internet-facing"],
  },
  { name: "default-ssl-policy", value: "name", help: "TLS policy of listeners", default: "ELBSecurityPolicy-2016-08" },
  {
    name: "allowed-certificate-authority-arns",
    ...words,
    help: "use certificates of these authorities only",
    default: [],
  },
  {
    name: "service-target-eni-security-group-tags",
    ...pairs,
    help: "further tags of the security group of pods and nodes",
    default: {},
  },
  {
    name: "enable-backend-security-group",
    ...bool,
    help: "one shared security group as source of traffic to pods",
    default: true,
  },
  { name: "backend-security-group", value: "id", help: "use this group as the shared one" },
  {
    name: "enable-manage-backend-security-group-rules",
    ...bool,
    help: "open pods and nodes also for load balancers with named security groups",
    default: false,
  },
  { name: "disable-restricted-sg-rules", ...bool, help: "open all ports of pods and nodes", default: false },
  {
    name: "tolerate-non-existent-backend-service",
    ...bool,
    help: "answer 503 for a Service that does not exist",
    default: true,
  },
  {
    name: "tolerate-non-existent-backend-action",
    ...bool,
    help: "answer 503 for an action that does not exist",
    default: true,
  },
  { name: "required-secrets-label", value: "key=value", help: "label that Secrets must carry to be read" },
  { name: "enable-shield", ...bool, help: "serve Shield annotations", default: true },
  { name: "enable-wafv2", ...bool, help: "serve WAFv2 annotations", default: true },
  { name: "max-targets-per-target-group", ...count, help: "most targets in a group; 0: no limit", default: 0 },
  { name: "feature-gates", value: "Gate=bool,...", parse: parseGates, help: "switch features", default: featureGates },
  { name: "ingress-max-concurrent-reconciles", ...count, help: "workers for Ingresses", default: 10 },
  { name: "service-max-concurrent-reconciles", ...count, help: "workers for Services", default: 10 },
  {
    name: "targetgroupbinding-max-concurrent-reconciles",
    ...count,
    help: "workers for TargetGroupBindings",
    default: 20,
  },
  { name: "sync-period", ...duration, help: "how often AWS is read in full for each object", default: 600_000 },
  {
    name: "mode",
    value: "mode",
    help: "what to do for objects that do not say",
    default: "apply",
    choices: ["apply", "plan", "pause"],
  },
  {
    name: "drift",
    value: "policy",
    help: "what to do about changes made by others",
    default: "repair",
    choices: ["repair", "report"],
  },
  {
    name: "log-level",
    value: "level",
    help: "least level that is logged",
    default: "info",
    choices: ["debug", "info", "warn", "error"],
  },
  { name: "log-format", value: "format", help: "json or text", default: "json", choices: ["json", "text"] },
  { name: "metrics-bind-addr", value: "addr", help: "address of /metrics", default: ":8080" },
  { name: "health-probe-bind-addr", value: "addr", help: "address of /healthz and /readyz", default: ":61779" },
  { name: "enable-leader-election", ...bool, help: "let one of several processes lead", default: true },
  {
    name: "leader-election-id",
    value: "name",
    help: "name of the Lease",
    default: defaultLeaseName,
  },
  {
    name: "leader-election-namespace",
    value: "namespace",
    help: "namespace of the Lease; default: the pod's own, else kube-system",
  },
];

/** LBC's flags that need no counterpart: accepted so that a Deployment can be moved over unchanged, and told about. */
const retiredFlags: Readonly<Record<string, string>> = {
  "enable-endpoint-slices": "EndpointSlices are always used",
  "enable-waf": "WAF Classic has been closed by AWS",
  "targetgroupbinding-max-exponential-backoff-delay": "back-off ends at 5 minutes",
  "targetgroupbinding-requeue-duration": "health is polled as the health checks suggest",
  "lb-stabilization-monitor-interval": "load balancers are polled in batches",
  "aws-vpc-tag-key": "use aws-vpc-tags",
  "aws-max-retries": "retries are bounded by time",
  "aws-api-throttle": "rates follow those that AWS publishes",
  "enable-pod-readiness-gate-inject": "readiness gates in pods are served; injection is not part of this version",
  "quic-environment-variable-name": "QUIC server IDs are not part of this version",
  "webhook-bind-port": "there are no webhooks in this version",
  "webhook-cert-dir": "there are no webhooks in this version",
  "webhook-cert-file": "there are no webhooks in this version",
  "webhook-key-file": "there are no webhooks in this version",
  "disable-ingress-class-annotation": "there are no webhooks in this version",
  "disable-ingress-group-name-annotation": "there are no webhooks in this version",
  "default-pca-arn": "certificates are not issued in this version",
};

/** Adds the operator's flags to a command; its help shows only those that `shown` names, when given. */
export function addRunFlags(command: Command, shown?: readonly string[]): Command {
  for (const flag of flags) {
    const option = new Option(`--${flag.name} <${flag.value}>`, flag.help);
    if (flag.parse !== undefined) option.argParser(flag.parse);
    if (flag.default !== undefined) option.default(flag.default, describeDefault(flag.default));
    if (flag.choices !== undefined) option.choices(flag.choices);
    if (flag.variable !== undefined) option.env(flag.variable);
    if (shown !== undefined && !shown.includes(flag.name)) option.hideHelp();
    command.addOption(option);
  }
  for (const name of Object.keys(retiredFlags)) command.addOption(new Option(`--${name} [value]`).hideHelp());
  if (shown !== undefined) command.addHelpText("after", "\nAll other flags of `fairlead run` are understood too.");
  return command;
}

/** What to tell about flags that were given and have no effect. */
export function retiredFlagNotes(options: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(retiredFlags)
    .filter(([name]) => options[camelCase(name)] !== undefined)
    .map(([name, why]) => `--${name} has no effect: ${why}`);
}

export interface RunOptions {
  readonly settings: Omit<Settings, "leaderElection">;
  readonly kubeconfig: string | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly logFormat: "json" | "text";
  readonly metricsAddress: string;
  readonly healthAddress: string;
  readonly leaderElection: { readonly name: string; readonly namespace: string | undefined } | undefined;
}

/** Checks flags against each other, as LBC does at start. Throws an `invalid` AppError that names flag and value. */
export function runOptions(
  options: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): RunOptions {
  const get = <T>(name: string): T => options[camelCase(name)] as T;
  const clusterName = get<string | undefined>("cluster-name");
  if (clusterName === undefined || clusterName === "") {
    throw invalid("kubernetes cluster name must be specified: set --cluster-name");
  }
  const region =
    get<string | undefined>("aws-region") ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"];
  if (region === undefined || region === "")
    throw invalid("the AWS region is not known: set --aws-region or AWS_REGION");
  const defaultTags = get<Readonly<Record<string, string>>>("default-tags");
  const externalManagedTags = get<readonly string[]>("external-managed-tags");
  checkTags(defaultTags, externalManagedTags);
  const backendSecurityGroup = get<string | undefined>("backend-security-group");
  if (backendSecurityGroup !== undefined && !backendSecurityGroup.startsWith("sg-")) {
    throw invalid(`invalid value ${backendSecurityGroup} for backend security group id: it starts with sg-`);
  }
  const enableBackendSecurityGroup = get<boolean>("enable-backend-security-group");
  const manageBackendSecurityGroupRules = get<boolean>("enable-manage-backend-security-group-rules");
  if (manageBackendSecurityGroupRules && !enableBackendSecurityGroup) {
    throw invalid("backend security group must be enabled when manage backend security group rule is enabled");
  }
  const vpcID = get<string | undefined>("aws-vpc-id");
  const vpcTags = get<Settings["vpcTags"]>("aws-vpc-tags");
  const watchNamespace = get<string | undefined>("watch-namespace");
  const requiredSecretsLabel = secretsLabel(get<string | undefined>("required-secrets-label"));
  const verifyEveryMs = get<number>("sync-period");
  return {
    settings: {
      clusterName,
      region,
      ...(vpcID === undefined || vpcID === "" ? {} : { vpcID }),
      ...(vpcTags === undefined ? {} : { vpcTags }),
      ...(watchNamespace === undefined || watchNamespace === "" ? {} : { watchNamespace }),
      ingressClass: get("ingress-class"),
      loadBalancerClass: get("load-balancer-class"),
      defaultTags,
      externalManagedTags,
      defaultTargetType: get("default-target-type"),
      defaultScheme: get("default-load-balancer-scheme"),
      defaultSSLPolicy: get("default-ssl-policy"),
      allowedCertificateAuthorityARNs: get("allowed-certificate-authority-arns"),
      serviceTargetENISecurityGroupTags: get("service-target-eni-security-group-tags"),
      enableBackendSecurityGroup,
      ...(backendSecurityGroup === undefined ? {} : { backendSecurityGroup }),
      manageBackendSecurityGroupRules,
      restrictedSecurityGroupRules: !get<boolean>("disable-restricted-sg-rules"),
      tolerateMissingService: get("tolerate-non-existent-backend-service"),
      tolerateMissingAction: get("tolerate-non-existent-backend-action"),
      ...(requiredSecretsLabel === undefined ? {} : { requiredSecretsLabel }),
      enableShield: get("enable-shield"),
      enableWAFv2: get("enable-wafv2"),
      maxTargetsPerTargetGroup: get("max-targets-per-target-group"),
      gates: get("feature-gates"),
      workers: {
        ingress: get("ingress-max-concurrent-reconciles"),
        service: get("service-max-concurrent-reconciles"),
        targetGroupBinding: get("targetgroupbinding-max-concurrent-reconciles"),
        identity: 5,
        nodes: 5,
      },
      mode: get("mode"),
      drift: get("drift"),
      verifyEveryMs,
      inventoryEveryMs: Math.min(verifyEveryMs, 300_000),
    },
    kubeconfig: get("kubeconfig"),
    logLevel: get("log-level"),
    logFormat: get("log-format"),
    metricsAddress: get("metrics-bind-addr"),
    healthAddress: get("health-probe-bind-addr"),
    leaderElection: get<boolean>("enable-leader-election")
      ? { name: get("leader-election-id"), namespace: get("leader-election-namespace") }
      : undefined,
  };
}

function parseGates(text: string): FeatureGates {
  const given = Object.entries(parsePairs(text)).map(([name, value]) => {
    if (!(name in featureGates) && !foreignGates.includes(name)) {
      throw new InvalidArgumentError(`unknown feature: ${name}; known are ${Object.keys(featureGates).join(", ")}.`);
    }
    return [name, parseBoolean(value)] as const;
  });
  return { ...featureGates, ...Object.fromEntries(given.filter(([name]) => name in featureGates)) };
}

function checkTags(defaultTags: Readonly<Record<string, string>>, externalManagedTags: readonly string[]): void {
  for (const key of trackingTagKeys) {
    if (key in defaultTags) throw invalid(`tag key ${key} cannot be specified in default-tags flag`);
    if (externalManagedTags.includes(key))
      throw invalid(`tag key ${key} cannot be specified in external-managed-tags flag`);
  }
  const both = externalManagedTags.find((key) => key in defaultTags);
  if (both !== undefined) {
    throw invalid(`tag key ${both} cannot be specified in both default-tags and external-managed-tags flag`);
  }
}

function secretsLabel(text: string | undefined): Settings["requiredSecretsLabel"] {
  if (text === undefined || text === "") return undefined;
  const [key = "", value] = text.split("=");
  if (key === "" || value === undefined) {
    throw invalid(`invalid value "${text}" for --required-secrets-label: must be in key=value format`);
  }
  return { key, value };
}

function invalid(message: string): AppError {
  return new AppError(message, { class: "invalid", code: "InvalidFlag" });
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

function describeDefault(value: unknown): string {
  if (typeof value === "number") return value >= 1000 ? `${value / 1000}s` : String(value);
  if (typeof value === "object" && value !== null)
    return Object.keys(value).length === 0 ? "none" : "see the documentation";
  return String(value);
}
