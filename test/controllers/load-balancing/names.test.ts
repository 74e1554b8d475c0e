import assert from "node:assert/strict";
import {
  backendSecurityGroupName,
  clusterWideName,
  namespacedName,
} from "../../../src/controllers/load-balancing/names.ts";

describe("names of load balancer resources", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "an implicit group without cluster name",
      namespacedName("awesome-ns", "ing-1", ["", "awesome-ns/ing-1", "internet-facing"]),
      "k8s-awesomen-ing1-43b698093c",
    ],
    [
      "an explicit group",
      clusterWideName("explicit-group", ["", "explicit-group", "internal"]),
      "k8s-explicitgroup-5bf9e53c23",
    ],
    [
      "a long explicit group",
      clusterWideName("my-team.awesome-group-long-name", [
        "demo",
        "my-team.awesome-group-long-name",
        "internet-facing",
      ]),
      "k8s-myteamawesomegrou-7ed5cb0fc9",
    ],
    [
      "an internal implicit group",
      namespacedName("ns-1", "ing-1", ["cluster-dummy", "ns-1/ing-1", "internal"]),
      "k8s-ns1-ing1-b7e914000d",
    ],
    [
      "the same, internet-facing",
      namespacedName("ns-1", "ing-1", ["cluster-dummy", "ns-1/ing-1", "internet-facing"]),
      "k8s-ns1-ing1-159dd7a143",
    ],
    ["its security group", namespacedName("ns-1", "ing-1", ["cluster-dummy", "ns-1/ing-1"]), "k8s-ns1-ing1-bd83176788"],
    ["the back-end security group", backendSecurityGroupName("demo"), "k8s-traffic-demo-2a97516c35"],
  ];
  for (const [what, name, expected] of cases) {
    it(`gives ${what} the name that LBC gives`, () => assert.equal(name, expected));
  }

  const targetGroup = (...rest: readonly string[]): string =>
    namespacedName("ns-1", "name-1", ["", "", "ns-1", "name-1", "my-uuid", ...rest]);
  const groups: readonly (readonly [readonly string[], string])[] = [
    [["http", "8080", "ip", "HTTP", "HTTP1"], "k8s-ns1-name1-2c37289a00"],
    [["80", "8080", "ip", "HTTP", "HTTP1"], "k8s-ns1-name1-ab859e54b5"],
    [["http", "9090", "ip", "HTTP", "HTTP1"], "k8s-ns1-name1-6481032048"],
    [["http", "8080", "instance", "HTTP", "HTTP1"], "k8s-ns1-name1-f4adfdc175"],
    [["http", "8080", "ip", "HTTPS", "HTTP1"], "k8s-ns1-name1-22fbce26a7"],
    [["http", "8080", "ip", "HTTP", "HTTP1", "80"], "k8s-ns1-name1-7ed91338c9"],
  ];
  for (const [parts, expected] of groups) {
    it(`names the target group of ${parts.join(" ")} ${expected}`, () => assert.equal(targetGroup(...parts), expected));
  }
});
