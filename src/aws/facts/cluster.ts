import type { Clock } from "../../clock.ts";
import { AppError } from "../../errors.ts";
import type { EksPort } from "../eks.ts";
import { Cached } from "./cached.ts";

/** What the operator reads of its EKS cluster. */
export interface Cluster {
  readonly name: string;
  readonly arn: string;
  /** Such as `1.33`. */
  readonly version: string;
  readonly status: string;
  /** URL with `https://`; absent before EKS has made one. */
  readonly oidcIssuer?: string;
  readonly vpcID?: string;
  readonly subnetIDs: readonly string[];
  /** The group that EKS puts on the control plane and managed nodes. */
  readonly securityGroupID?: string;
  readonly endpoint?: string;
  /** Base64. */
  readonly certificateAuthority?: string;
  readonly serviceCIDR?: string;
  readonly ipFamily: "ipv4" | "ipv6";
  /** `CONFIG_MAP`, `API_AND_CONFIG_MAP`, `API`. */
  readonly authenticationMode?: string;
  readonly tags: Readonly<Record<string, string>>;
}

const ttlMs = 5 * 60_000;

export interface ClusterFacts {
  /** @throws AppError `missing` when EKS knows no cluster of the name. */
  get(name: string): Promise<Cluster>;
}

export function clusterFacts({ eks, clock }: { readonly eks: EksPort; readonly clock: Clock }): ClusterFacts {
  const known = new Cached<Cluster>(clock, ttlMs);
  return {
    get: (name) =>
      known.get(name, async () => {
        const { cluster } = await eks.describeCluster({ name }, { resource: `cluster ${name}` });
        if (cluster === undefined) {
          throw new AppError(`EKS has no cluster ${name}`, { class: "missing", code: "ClusterNotFound" });
        }
        const vpc = cluster.resourcesVpcConfig;
        const network = cluster.kubernetesNetworkConfig;
        return {
          name: cluster.name ?? name,
          arn: cluster.arn ?? "",
          version: cluster.version ?? "",
          status: cluster.status ?? "",
          subnetIDs: vpc?.subnetIds ?? [],
          ipFamily: network?.ipFamily === "ipv6" ? "ipv6" : "ipv4",
          tags: cluster.tags ?? {},
          ...given("oidcIssuer", cluster.identity?.oidc?.issuer),
          ...given("vpcID", vpc?.vpcId),
          ...given("securityGroupID", vpc?.clusterSecurityGroupId),
          ...given("endpoint", cluster.endpoint),
          ...given("certificateAuthority", cluster.certificateAuthority?.data),
          ...given("serviceCIDR", network?.serviceIpv4Cidr ?? network?.serviceIpv6Cidr),
          ...given("authenticationMode", cluster.accessConfig?.authenticationMode),
        };
      }),
  };
}

function given<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined || value === "" ? {} : ({ [key]: value } as Record<Key, string>);
}
