import type { Area, KnownDifference } from "../scenario.ts";
import { cachingScenarios } from "./discovery-and-tables/caching.ts";
import { documentScenarios } from "./discovery-and-tables/documents.ts";
import { openApiScenarios } from "./discovery-and-tables/openapi.ts";
import { openApiDifferences } from "./discovery-and-tables/openapi-differences.ts";
import { tableScenarios } from "./discovery-and-tables/tables.ts";

/** In aggregated discovery. */
function notServed(path: string): KnownDifference {
  return {
    scenario: "aggregated discovery",
    request: "/api*",
    at: `/items/*/versions/0/resources/${path}`,
    reason: nothingRuns,
  };
}

const nothingRuns =
  "Nothing runs in pods, and nothing listens: `attach`, `exec`, `log`, `portforward`, `proxy`, `ephemeralcontainers` and `resize` are not served, nor is the `approval` of CertificateSigningRequests.";

export const discoveryAndTables: Area = {
  name: "discovery and tables",
  scenarios: [...documentScenarios, ...openApiScenarios, ...cachingScenarios, ...tableScenarios],
  knownDifferences: [
    ...["nodes", "services"].map((resource) => notServed(`${resource}/subresources/proxy`)),
    ...["attach", "ephemeralcontainers", "exec", "log", "portforward", "proxy", "resize"].map((name) =>
      notServed(`pods/subresources/${name}`),
    ),
    notServed("certificatesigningrequests/subresources/approval"),
    {
      ...notServed("bindings"),
      reason: "Pods are bound by `pods/binding` alone: the older `bindings` is not served, nor is ComponentStatus.",
    },
    {
      ...notServed("componentstatuses"),
      reason: "Pods are bound by `pods/binding` alone: the older `bindings` is not served, nor is ComponentStatus.",
    },
    {
      scenario: "*",
      request: "*",
      at: "*/columnDefinitions/*/description",
      reason: "The columns of tables have no descriptions.",
    },
    {
      scenario: "the version and the health of the server",
      request: "GET /version*",
      at: "/body/goVersion",
      reason: "`/version` tells of no Go version, as there is none.",
    },
    {
      scenario: "groups and versions",
      request: "/apis*",
      at: "*",
      reason: "There is no API aggregation: the group `apiregistration.k8s.io` is not served.",
    },
    {
      scenario: "aggregated discovery",
      request: "/apis*",
      at: "/items/apiregistration.k8s.io",
      reason: "There is no API aggregation: the group `apiregistration.k8s.io` is not served.",
    },
    {
      scenario: "resources",
      request: "/api*/v1",
      at: "/resources/*~1*",
      reason: nothingRuns,
    },
    {
      scenario: "resources",
      request: "/api/v1",
      at: "/resources/bindings",
      reason: "Pods are bound by `pods/binding` alone: the older `bindings` is not served, nor is ComponentStatus.",
    },
    {
      scenario: "resources",
      request: "/api/v1",
      at: "/resources/componentstatuses",
      reason: "Pods are bound by `pods/binding` alone: the older `bindings` is not served, nor is ComponentStatus.",
    },
    {
      scenario: "discovery of a custom kind",
      request: "schemas",
      at: "*/description",
      reason: "OpenAPI documents have shorter descriptions of what Kubernetes itself adds to a kind.",
    },
    ...openApiDifferences,
    {
      scenario: "tables of namespaced kinds",
      request: "GET /apis/autoscaling/v1/*",
      at: "/body/rows/*/cells/2",
      reason: "Tables of `autoscaling/v1` show the CPU target alone, and no other metrics.",
    },
    {
      scenario: "access and token reviews",
      request: "POST *",
      at: "/body/metadata/managedFields",
      reason: "Reviews bear no managed fields.",
    },
  ],
};
