import type { Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws } from "../../aws/clients.ts";
import { hasCode } from "../../aws/errors.ts";
import type { LoadBalancerEntry } from "../../aws/inventory.ts";
import { fromTagList, hasTags } from "../../aws/tags.ts";
import type { IngressSurroundings } from "../../controllers/ingress/load.ts";
import { generationTag } from "../../resources/elbv2/generation.ts";
import type { AwsParts } from "../aws-parts.ts";
import type { Registrations } from "../registrations.ts";
import type { Settings } from "../settings.ts";
import type { WatchedSecrets } from "./watched-secrets.ts";

/** What builds of load balancers ask of AWS, and of Secrets. */
export function loadBalancerSurroundings(options: {
  readonly aws: Aws;
  readonly parts: AwsParts;
  readonly secrets: WatchedSecrets;
  readonly settings: Settings;
  readonly vpcID: string;
  readonly registrations: Registrations;
}): IngressSurroundings {
  const { aws, parts, secrets, settings, vpcID, registrations } = options;
  return {
    async subnets({ selector, ...request }) {
      const chosen = await parts.subnets.choose({
        ...request,
        source:
          selector.by === "discovery"
            ? { kind: "discover" }
            : selector.by === "tags"
              ? { kind: "tags", tags: selector.tags }
              : { kind: "named", namesOrIDs: selector.values },
        vpcID,
        clusterName: settings.clusterName,
        checkClusterTag: settings.gates.SubnetsClusterTagCheck,
        allowSingleSubnet: settings.gates.ALBSingleSubnet,
      });
      return chosen.map(({ id, zone, cidr, ipv6CIDRs }) => ({ id, zone, cidr, ipv6CIDRs }));
    },
    securityGroups: (namesOrIDs) => parts.securityGroups.resolve(namesOrIDs),
    certificates: () => parts.certificates.issued(),
    webACL: (name) => parts.webACLs.arnOf(name),
    async trustStore(name, signal) {
      const found = await optional(aws.elbv2.describeTrustStores({ Names: [name] }, { signal }), "TrustStoreNotFound");
      return found?.TrustStores?.[0]?.TrustStoreArn;
    },
    async targetGroup(name, signal) {
      const known = parts.inventory.targetGroups.named(name)[0];
      if (known !== undefined) return known.key;
      const found = await optional(
        aws.elbv2.describeTargetGroups({ Names: [name] }, { signal }),
        "TargetGroupNotFound",
      );
      return found?.TargetGroups?.[0]?.TargetGroupArn;
    },
    async shieldSubscribed(signal) {
      const { SubscriptionState } = await aws.shield.getSubscriptionState({}, { signal });
      return SubscriptionState === "ACTIVE";
    },
    async vpcCIDRs() {
      const { cidrs, ipv6CIDRs } = await parts.vpc.get(vpcID);
      return { ipv4: cidrs, ipv6: ipv6CIDRs };
    },
    async secret(namespace, name, signal) {
      const secret = await secrets.get(namespace, name, signal);
      return secret === undefined ? undefined : { data: secret.data ?? {}, labels: secret.metadata.labels ?? {} };
    },
    targetCounts(arns) {
      const groups = arns.map((arn) => parts.inventory.details.get(arn, "health"));
      const known = groups.filter((group) => group !== undefined).flat();
      if (groups.every((group) => group === undefined)) return undefined;
      const healthy = known.filter(({ TargetHealth }) => TargetHealth?.State === "healthy").length;
      return { healthy, total: known.length, registered: registrations.of(arns) };
    },
    async defaultCertificates(LoadBalancerArn, signal) {
      const listeners = await parts.inventory.details.know(LoadBalancerArn, "listeners", false, async () => {
        const { Listeners } = await aws.elbv2.describeListeners({ LoadBalancerArn, PageSize: 400 }, { signal });
        return Listeners ?? [];
      });
      return defaultCertificates(listeners);
    },
    accountLimits: () => parts.accountLimits.get(),
    async isDeletionProtected(LoadBalancerArn, signal) {
      const attributes = await parts.inventory.details.know(LoadBalancerArn, "attributes", true, async () => {
        const { Attributes } = await aws.elbv2.describeLoadBalancerAttributes({ LoadBalancerArn }, { signal });
        return fromTagList(Attributes);
      });
      return attributes["deletion_protection.enabled"] === "true";
    },
    async isNameInUse(name, byOtherThan) {
      await parts.inventory.ready();
      const cluster = { "elbv2.k8s.aws/cluster": settings.clusterName };
      return parts.inventory.loadBalancers
        .named(name)
        .some(({ tags }) => hasTags(tags, cluster) && !hasTags(tags, byOtherThan));
    },
    async existingLoadBalancers({ tags, idTag, id }) {
      await parts.inventory.ready();
      const created = ({ item }: LoadBalancerEntry): number => item.CreatedTime?.getTime() ?? 0;
      return parts.inventory.loadBalancers
        .withTags({ ...tags, [idTag]: id })
        .filter(({ item }) => item.State?.Code !== "failed")
        .toSorted((a, b) => created(b) - created(a))
        .map(({ key, name, item, tags: present }) => {
          const generation = present[generationTag];
          return {
            arn: key,
            name,
            dnsName: (item.DNSName ?? "").toLowerCase(),
            scheme: item.Scheme ?? "internet-facing",
            subnetIDs: (item.AvailabilityZones ?? []).flatMap(({ SubnetId }) => SubnetId ?? []),
            securityGroupIDs: item.SecurityGroups ?? [],
            ...(generation === undefined ? {} : { generation }),
          };
        });
    },
  };
}

/** By port, of the listeners that are known. */
function defaultCertificates(listeners: readonly Listener[]): Readonly<Record<string, string>> {
  const pairs = listeners.flatMap(({ Port, Certificates }) => {
    const arn = Certificates?.[0]?.CertificateArn;
    return Port === undefined || arn === undefined ? [] : [[String(Port), arn] as const];
  });
  return Object.fromEntries(pairs);
}

/** The answer, or undefined where AWS says that there is no such thing. */
async function optional<T>(call: Promise<T>, code: string): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (hasCode(error, code)) return undefined;
    throw error;
  }
}
