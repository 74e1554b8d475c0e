import { AwsError } from "../aws-error.ts";
import { defineOperation, type Operation } from "../service.ts";
import { list, oneOf, string } from "../shapes.ts";
import type { LoadBalancerType } from "./model.ts";
import { onePage, pageMembers } from "./paging.ts";
import type { Elbv2State } from "./state.ts";

export interface SslPolicy {
  readonly name: string;
  readonly protocols: readonly string[];
  readonly ciphers: readonly string[];
  readonly loadBalancerTypes: readonly LoadBalancerType[];
}

/** What the API chooses when a listener names no policy. */
export const defaultSslPolicy = "ELBSecurityPolicy-2016-08";

const tls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
const forwardSecretGcm = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
];
const forwardSecretSha2 = [
  "ECDHE-ECDSA-AES128-SHA256",
  "ECDHE-RSA-AES128-SHA256",
  "ECDHE-ECDSA-AES256-SHA384",
  "ECDHE-RSA-AES256-SHA384",
];
const forwardSecretSha1 = [
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-RSA-AES256-SHA",
  "ECDHE-ECDSA-AES256-SHA",
];
const plainSha2 = ["AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256"];
const plainSha1 = ["AES128-SHA", "AES256-SHA"];

const v10 = ["TLSv1", "TLSv1.1", "TLSv1.2"];
const v11 = ["TLSv1.1", "TLSv1.2"];
const v12 = ["TLSv1.2"];
const v13 = ["TLSv1.3"];
const modern = [...forwardSecretGcm, ...forwardSecretSha2];
const classic = [...modern, ...forwardSecretSha1, ...plainSha2, ...plainSha1];

function policy(name: string, protocols: readonly string[], ciphers: readonly string[]): SslPolicy {
  return { name: `ELBSecurityPolicy-${name}`, protocols, ciphers, loadBalancerTypes: ["application", "network"] };
}

/** Source: user guide "Security policies for your Application Load Balancer". */
export const sslPolicies: readonly SslPolicy[] = [
  policy("2016-08", v10, classic),
  policy("2015-05", v10, classic),
  policy("TLS-1-0-2015-04", v10, [...classic, "DES-CBC3-SHA"]),
  policy("TLS-1-1-2017-01", v11, classic),
  policy("TLS-1-2-2017-01", v12, [...modern, ...plainSha2]),
  policy("TLS-1-2-Ext-2018-06", v12, classic),
  policy("FS-2018-06", v10, [...modern, ...forwardSecretSha1]),
  policy("FS-1-1-2019-08", v11, [...modern, ...forwardSecretSha1]),
  policy("FS-1-2-2019-08", v12, [...modern, ...forwardSecretSha1]),
  policy("FS-1-2-Res-2019-08", v12, modern),
  policy("FS-1-2-Res-2020-10", v12, forwardSecretGcm),
  policy("TLS13-1-0-2021-06", [...v10, ...v13], [...tls13, ...classic]),
  policy("TLS13-1-1-2021-06", [...v11, ...v13], [...tls13, ...classic]),
  policy("TLS13-1-2-2021-06", [...v12, ...v13], [...tls13, ...modern]),
  policy("TLS13-1-2-Res-2021-06", [...v12, ...v13], [...tls13, ...forwardSecretGcm]),
  policy("TLS13-1-2-Ext1-2021-06", [...v12, ...v13], [...tls13, ...modern, ...plainSha2]),
  policy("TLS13-1-2-Ext2-2021-06", [...v12, ...v13], [...tls13, ...classic]),
  policy("TLS13-1-3-2021-06", v13, tls13),
  policy("TLS13-1-0-FIPS-2023-04", [...v10, ...v13], [...tls13.slice(0, 2), ...classic]),
  policy("TLS13-1-1-FIPS-2023-04", [...v11, ...v13], [...tls13.slice(0, 2), ...classic]),
  policy("TLS13-1-2-FIPS-2023-04", [...v12, ...v13], [...tls13.slice(0, 2), ...modern]),
  policy("TLS13-1-2-Res-FIPS-2023-04", [...v12, ...v13], [...tls13.slice(0, 2), ...forwardSecretGcm]),
  policy("TLS13-1-2-Ext0-FIPS-2023-04", [...v12, ...v13], [...tls13.slice(0, 2), ...modern, ...forwardSecretSha1]),
  policy("TLS13-1-2-Ext1-FIPS-2023-04", [...v12, ...v13], [...tls13.slice(0, 2), ...modern, ...plainSha2]),
  policy("TLS13-1-2-Ext2-FIPS-2023-04", [...v12, ...v13], [...tls13.slice(0, 2), ...classic]),
  policy("TLS13-1-3-FIPS-2023-04", v13, tls13.slice(0, 2)),
  policy("TLS13-1-0-PQ-2025-09", [...v10, ...v13], [...tls13, ...classic]),
  policy("TLS13-1-2-PQ-2025-09", [...v12, ...v13], [...tls13, ...modern]),
  policy("TLS13-1-2-Res-PQ-2025-09", [...v12, ...v13], [...tls13, ...forwardSecretGcm]),
  policy("TLS13-1-2-Ext1-PQ-2025-09", [...v12, ...v13], [...tls13, ...modern, ...plainSha2]),
  policy("TLS13-1-2-Ext2-PQ-2025-09", [...v12, ...v13], [...tls13, ...classic]),
  policy("TLS13-1-3-PQ-2025-09", v13, tls13),
];

export function sslPolicyOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "DescribeSSLPolicies",
      mutating: false,
      bucket: "reads",
      input: {
        Names: list(string()),
        LoadBalancerType: oneOf(["application", "network", "gateway"]),
        ...pageMembers,
      },
      handle(input) {
        const { Names: names = [], LoadBalancerType: type } = input;
        const unknown = names.find((name) => !sslPolicies.some((known) => known.name === name));
        if (unknown !== undefined) throw new AwsError("SSLPolicyNotFound", `SSL policy '${unknown}' not found`);
        const chosen = sslPolicies.filter(
          ({ name, loadBalancerTypes }) =>
            (names.length === 0 || names.includes(name)) &&
            (type === undefined || loadBalancerTypes.some((supported) => supported === type)),
        );
        const page = onePage(chosen, ({ name }) => name, input, { state, scope: [names, type] });
        return {
          SslPolicies: page.items.map((found) => ({
            Name: found.name,
            SslProtocols: found.protocols,
            Ciphers: found.ciphers.map((cipher, index) => ({ Name: cipher, Priority: index + 1 })),
            SupportedLoadBalancerTypes: found.loadBalancerTypes,
          })),
          NextMarker: page.NextMarker,
        };
      },
    }),
  ];
}
