import type { KnownDifference } from "../../scenario.ts";

const unserved =
  "OpenAPI documents, like discovery, leave out what is not served: `attach`, `exec`, `log`, `portforward`, `proxy`, `ephemeralcontainers` and `resize`, the `approval` of CertificateSigningRequests, `bindings` and ComponentStatus.";
const onlyResources =
  "Documents of OpenAPI are about resources only: `/version` and the lists of groups and versions have none, and there is no API aggregation.";
const schemasOfSchemas =
  "In the schema of CustomResourceDefinition, the schema of a custom kind (`JSONSchemaProps`) is an object of any fields.";
const extensions = "schemas of io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";
const jsonSchemas = [
  "ExternalDocumentation",
  "JSON",
  "JSONSchemaPropsOrArray",
  "JSONSchemaPropsOrBool",
  "JSONSchemaPropsOrStringArray",
  "ValidationRule",
];

function inBoth(request: string, at: string, reason: string): readonly KnownDifference[] {
  return ["2", "3"].map((version) => ({ scenario: `OpenAPI of version ${version}`, request, at, reason }));
}

export const openApiDifferences: readonly KnownDifference[] = [
  ...["api", "apis", "version"].map((path) => ({
    scenario: "OpenAPI of version 3",
    request: "documents",
    at: `/${path}`,
    reason: onlyResources,
  })),
  { scenario: "OpenAPI of version 3", request: "documents", at: "/apis~1*", reason: onlyResources },
  ...["pods", "services", "nodes"].flatMap((plural) =>
    inBoth("*api/v1: paths", `/~1api~1v1~1*${plural}~1{name}~1proxy*`, unserved),
  ),
  ...["attach", "ephemeralcontainers", "exec", "log", "portforward", "resize"].flatMap((name) =>
    inBoth("*api/v1: paths", `/~1api~1v1~1namespaces~1{namespace}~1pods~1{name}~1${name}`, unserved),
  ),
  ...["componentstatuses", "componentstatuses~1{name}", "namespaces~1{namespace}~1bindings"].flatMap((path) =>
    inBoth("*api/v1: paths", `/~1api~1v1~1${path}`, unserved),
  ),
  ...inBoth("*certificates.k8s.io/v1: paths", "*~1{name}~1approval", unserved),
  ...["ComponentCondition", "ComponentStatus", "ComponentStatusList"].flatMap((name) => [
    ...inBoth("schemas of io.k8s.api.core.v1", `/${name}`, unserved),
    {
      scenario: "OpenAPI of version 3",
      request: "api/v1: schemas",
      at: `/io.k8s.api.core.v1.${name}`,
      reason: unserved,
    },
  ]),
  ...jsonSchemas.flatMap((name) => [
    ...inBoth(extensions, `/${name}`, schemasOfSchemas),
    {
      scenario: "OpenAPI of version 3",
      request: "apis/apiextensions.k8s.io/v1: schemas",
      at: `/io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${name}`,
      reason: schemasOfSchemas,
    },
  ]),
  ...["properties", "x-kubernetes-preserve-unknown-fields"].flatMap((field) =>
    inBoth(extensions, `/JSONSchemaProps/${field}`, schemasOfSchemas),
  ),
  ...["APIGroup", "APIGroupList", "APIVersions", "GroupVersionForDiscovery", "ServerAddressByClientCIDR"].map(
    (name) => ({
      scenario: "OpenAPI of version 2",
      request: "schemas of io.k8s.apimachinery.pkg.apis.meta.v1",
      at: `/${name}`,
      reason: onlyResources,
    }),
  ),
  ...["DeleteOptions", "WatchEvent"].map((name) => ({
    scenario: "OpenAPI of version 2",
    request: "schemas of io.k8s.apimachinery.pkg.apis.meta.v1",
    at: `/${name}/x-kubernetes-group-version-kind`,
    reason:
      "The OpenAPI schemas of DeleteOptions and WatchEvent name the core group only, not each group that has them.",
  })),
  {
    scenario: "verbose health",
    request: "*: all lines",
    at: "",
    reason: "Of the checks of its health, the sandbox has `ping`, `log` and `etcd`, which always pass.",
  },
  { scenario: "verbose health", request: "/metrics", at: "", reason: "There are no metrics of the API server." },
];
