import { readdir, readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import type { Scenario } from "../../scenario.ts";
import type { Body } from "../../session.ts";
import { crds, withKind } from "./sample-definition.ts";

const folder = new URL("../../../../config/crd/", import.meta.url);
const group = "own.custom-resources.differential.test";

/** A definition of ours, in a group of its own, so that it is in nobody's way. */
async function ownDefinition(file: string): Promise<Body> {
  const crd = parseDocument(await readFile(new URL(file, folder), "utf8")).toJS() as Body;
  return {
    ...crd,
    metadata: { ...crd.metadata, name: `${crd.spec.names.plural}.${group}` },
    spec: { ...crd.spec, group },
  };
}

const tags = (name: string): object => ({ [name]: "x" });

/** What is tried of each kind: a good object, and what is laid over it, one after the other. */
const attempts: Readonly<Record<string, { readonly good: object; readonly changes: readonly object[] }>> = {
  "fairlead.io_iamserviceaccounts.yaml": {
    good: { role: { maxSessionDuration: 7200 }, policies: { managedARNs: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] } },
    changes: [
      {},
      { mode: "Other" },
      { mode: "PodIdentity", irsa: {} },
      { mode: "IRSA", podIdentity: {} },
      { role: { arn: "arn:aws:iam::123456789012:role/x" } },
      { role: { arn: "arn:aws:iam::123456789012:role/x", name: "x" }, policies: null },
      { role: { arn: "nonsense" }, policies: null },
      { role: { name: "white space" } },
      { role: { maxSessionDuration: 1 } },
      { role: { maxSessionDuration: 100000 } },
      { role: { maxSessionDuration: "3600" } },
      { role: { path: "no-slash" } },
      { role: { tags: tags("aws:x") } },
      { role: { tags: tags("fairlead.io/x") } },
      { role: { tags: tags("") } },
      { role: { tags: { a: 1 } } },
      { policies: { inline: [{ name: "a" }] } },
      { policies: { inline: [{ name: "a", document: {}, documentJSON: "{}" }] } },
      { policies: { inline: [{ name: "wk-a", document: {} }] } },
      {
        policies: {
          inline: [
            { name: "a", document: { Version: "1" } },
            { name: "a", documentJSON: "{}" },
          ],
        },
      },
      { policies: { managedARNs: ["x", "x"] } },
      { policies: { wellKnown: ["nope"] } },
      { podIdentity: { sessionPolicy: "{}" } },
      { podIdentity: { sessionPolicy: "{}", disableSessionTags: true } },
      { serviceAccount: { name: "A" } },
      { serviceAccount: { annotations: { "eks.amazonaws.com/role-arn": "x" } } },
      { clusterName: "x y" },
      { unknown: 1, role: { unknown: 1 } },
    ],
  },
  "fairlead.io_nodegroups.yaml": {
    good: { capacityType: "Spot", instanceTypes: ["m6i.large"], scaling: { min: 0, max: 2 } },
    changes: [
      {},
      { name: "eks-x" },
      { scaling: { min: 3, max: 2 } },
      { scaling: { desired: 1, min: 2, max: 3 } },
      { scaling: { desired: 4, min: 2, max: 3 } },
      { scaling: { min: -1 } },
      { capacityType: "Free" },
      { capacityType: "CapacityBlock" },
      { instanceTypes: [] },
      { instanceTypes: ["m6i.large", "m6i.large"] },
      { ami: { id: "ami-1", type: "AL2023_x86_64_STANDARD" } },
      { ami: { id: "ami-1" }, kubernetesVersion: "1.33" },
      { ami: { family: "AL2023", type: "AL2023_x86_64_STANDARD" } },
      { kubernetesVersion: "1" },
      { releaseVersion: "1.33.0-20250101", amiUpdates: { channel: "Latest" } },
      { launchTemplate: { id: "lt-1" }, maxPods: 5 },
      { launchTemplate: { id: "lt-1", name: "x" } },
      { launchTemplate: {} },
      { role: { arn: "arn:aws:iam::123456789012:role/x", create: {} } },
      { subnets: { ids: ["subnet-1"], zones: ["a"] } },
      { labels: { "kubernetes.io/x": "y" } },
      { labels: { "": "y" } },
      { labels: { a: "white space" } },
      { taints: [{ key: "a", effect: "Never" }] },
      {
        taints: [
          { key: "a", effect: "NoSchedule" },
          { key: "a", effect: "NoSchedule" },
        ],
      },
      { rootVolume: { type: "gp2", iops: 3000 } },
      { rootVolume: { type: "io1", throughput: 1 } },
      { rootVolume: { kmsKeyID: "x", encrypted: false } },
      { update: { maxUnavailable: 0 } },
      { update: { maxUnavailable: "0%" } },
      { update: { maxUnavailable: "50%" } },
      { updates: { maxUnavailable: "101%" } },
      { updates: { maxUnavailable: true } },
      { capacityReservation: {} },
      { capacityReservation: { preference: "open", id: "x" } },
      { warmPool: { enabled: true } },
      { tags: tags("aws:x") },
      { ssh: { keyName: 1 } },
      { unknown: 1 },
    ],
  },
  "fairlead.io_fargateprofiles.yaml": {
    good: { selectors: [{ namespace: "jobs" }] },
    changes: [
      {},
      { selectors: [] },
      { selectors: null },
      { selectors: [{}] },
      { selectors: [{ namespace: "" }] },
      { selectors: [1, 2, 3, 4, 5, 6].map((number) => ({ namespace: `n${number}` })) },
      { name: "eks-x" },
      { podExecutionRole: { arn: "x", create: {} } },
      { subnets: { ids: ["subnet-1"], tags: tags("a") } },
      { tags: tags("fairlead.io/x") },
      { clusterName: "" },
    ],
  },
  "fairlead.io_iamidentitymappings.yaml": {
    good: { principal: { arn: "arn:aws:iam::123456789012:role/deployer" }, groups: ["deployers"] },
    changes: [
      {},
      { principal: {} },
      { principal: null },
      { principal: { arn: "arn:aws:iam::123456789012:role/x", accountID: "123456789012" } },
      { principal: { arn: null, accountID: "123456789012" } },
      { principal: { arn: null, accountID: "12" }, groups: null },
      { type: "EC2" },
      { type: "FargateLinux", groups: null, accessPolicies: [] },
      { groups: ["system:masters"] },
      { groups: ["a", "a"] },
      { username: "" },
      { accessPolicies: [{ policy: "x", scope: { type: "Namespace" } }] },
      { accessPolicies: [{ policy: "AmazonEKSViewPolicy", scope: { type: "Cluster", namespaces: ["a"] } }] },
      { unknown: [] },
    ],
  },
  "fairlead.io_loadbalancers.yaml": { good: {}, changes: [{}, { scheme: "x" }, { type: 1 }, { unknown: 1 }] },
  "elbv2.k8s.aws_ingressclassparams.yaml": {
    good: { scheme: "internal" },
    changes: [
      {},
      { scheme: "x" },
      { ipAddressType: "x" },
      { group: {} },
      { group: { name: "x y" } },
      { subnets: { ids: ["subnet-1"], tags: { a: ["b"] } } },
      { subnets: { ids: [] } },
      { tags: [{ key: "a" }] },
      { loadBalancerAttributes: [{ key: "a", value: 1 }] },
      { prefixListsIDs: ["pl-1"], PrefixListsIDs: ["pl-2"] },
      { certificateArn: ["x"] },
    ],
  },
  "elbv2.k8s.aws_targetgroupbindings.yaml": {
    good: {
      serviceRef: { name: "web", port: 80 },
      targetGroupARN: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/x/1",
    },
    changes: [
      {},
      { serviceRef: null },
      { serviceRef: { port: true } },
      { serviceRef: { port: "http" } },
      { targetType: "x" },
      { targetGroupARN: "" },
      { ipAddressType: "x" },
      { networking: { ingress: [{}] } },
      { networking: { ingress: [{ from: [{ ipBlock: { cidr: "x" } }], ports: [{ port: 1.5, protocol: "X" }] }] } },
      { nodeSelector: { matchExpressions: [{ key: "a", operator: "Wrong" }] } },
      { vpcID: 1 },
    ],
  },
};

export const ownKindScenarios: readonly Scenario[] = [
  {
    name: "our definitions are accepted without a warning",
    async run(session) {
      for (const file of (await readdir(folder)).filter((name) => /_.*\.yaml$/.test(name))) {
        const { status } = await session.silently("POST", `${crds}?dryRun=All`, await ownDefinition(file));
        session.note(file, status);
        await session.post(`${crds}?dryRun=All&fieldValidation=Strict`, await ownDefinition(file));
      }
    },
  },
  ...Object.entries(attempts).map(
    ([file, { good, changes }], index): Scenario => ({
      name: `our kind ${index + 1}: ${file.replace(/^.*_|\.yaml$/g, "")}`,
      async run(session) {
        await withKind(session, await ownDefinition(file), async (kind) => {
          for (const [number, change] of changes.entries()) {
            const merged = merge(good, change);
            await kind.create(`case-${number + 1}`, { spec: merged }, "?dryRun=All");
          }
          await kind.create("Bad_Name", { spec: good });
          await kind.create("no-spec");
          await kind.create("good", { spec: good });
          const options = { contentType: "application/merge-patch+json", anyOrder: true };
          for (const spec of changes) await session.call("PATCH", `${kind.path("good")}?dryRun=All`, { spec }, options);
          await session.call(
            "PATCH",
            kind.path("good", "status"),
            { status: { conditions: [{ type: "Ready" }] } },
            options,
          );
          await session.call(
            "PATCH",
            kind.path("good", "status"),
            { status: { unknown: 1, observedGeneration: 1 } },
            options,
          );
          await session.silently("DELETE", kind.path("good"));
        });
      },
    }),
  ),
];

/** As a JSON merge patch does it. */
function merge(target: object, patch: object): object {
  const result: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    const before = result[name];
    if (value === null) delete result[name];
    else if (isPlain(value) && isPlain(before)) result[name] = merge(before, value);
    else result[name] = value;
  }
  return result;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
