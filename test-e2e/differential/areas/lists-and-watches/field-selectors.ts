import type { Scenario } from "../../scenario.ts";
import { withQuery } from "../query.ts";

/** Only which objects are chosen matters here: other areas compare the objects of these kinds. */
const chosen = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

const container = { name: "c", image: "registry.example.com/c:1" };

/** Fields that some kind can be selected by, and some that none can. */
const asked: Readonly<Record<string, readonly string[]>> = {
  "v1/pods": [
    "spec.nodeName=",
    "spec.nodeName=n1",
    "spec.nodeName!=n1",
    "spec.restartPolicy=Never",
    "spec.schedulerName=default-scheduler",
    "spec.serviceAccountName=default",
    "spec.hostNetwork=true",
    "spec.hostNetwork=false",
    "status.phase=Pending",
    "status.phase!=Running",
    "status.podIP=",
    "status.podIP=10.0.0.9",
    "status.podIPs=10.0.0.9",
    "status.nominatedNodeName=",
    "spec.host=n1",
    "metadata.uid=1",
    "metadata.labels=x",
    "spec.containers=1",
    "status.reason=x",
  ],
  "v1/services": ["spec.clusterIP=None", "spec.type=ClusterIP", "spec.type=ExternalName", "spec.ports=1"],
  "v1/secrets": ["type=Opaque", "type!=Opaque", "type=example.com/other", "data=x"],
  "v1/configmaps": ["data=x", "metadata.generation=1", "kind=ConfigMap"],
  "v1/replicationcontrollers": ["status.replicas=0", "status.replicas=1", "spec.replicas=0"],
  "apps/v1/replicasets": ["status.replicas=0", "status.replicas=1", "spec.replicas=1"],
  "apps/v1/deployments": ["status.replicas=0", "metadata.name=web"],
  "apps/v1/statefulsets": ["status.replicas=0"],
  "apps/v1/daemonsets": ["status.replicas=0"],
  "apps/v1/controllerrevisions": ["revision=0"],
  "batch/v1/jobs": ["status.successful=0", "status.succeeded=0"],
  "batch/v1/cronjobs": ["status.active=0"],
  "networking.k8s.io/v1/ingresses": ["spec.ingressClassName=x"],
  "networking.k8s.io/v1/networkpolicies": ["spec=x"],
  "discovery.k8s.io/v1/endpointslices": ["addressType=IPv4"],
  "coordination.k8s.io/v1/leases": ["spec.holderIdentity=x"],
  "policy/v1/poddisruptionbudgets": ["spec=x"],
  "autoscaling/v2/horizontalpodautoscalers": ["spec=x"],
  "autoscaling/v1/horizontalpodautoscalers": ["spec=x"],
  "rbac.authorization.k8s.io/v1/roles": ["rules=x"],
  "v1/serviceaccounts": ["secrets=x"],
  "v1/endpoints": ["subsets=x"],
  "v1/persistentvolumeclaims": ["spec.volumeName=x"],
  "v1/resourcequotas": ["spec=x"],
  "v1/limitranges": ["spec=x"],
  "v1/podtemplates": ["template=x"],
  "v1/events": [
    "involvedObject.kind=Pod",
    "involvedObject.name=web",
    "involvedObject.namespace=elsewhere",
    "involvedObject.uid=u1",
    "involvedObject.apiVersion=v1",
    "involvedObject.resourceVersion=7",
    "involvedObject.fieldPath=spec",
    "reason=Tested",
    "reason!=Tested",
    "source=tester",
    "reportingComponent=tester",
    "type=Warning",
    "message=x",
    "count=1",
  ],
  "events.k8s.io/v1/events": [
    "regarding.kind=Pod",
    "regarding.name=web",
    "regarding.namespace=elsewhere",
    "regarding.uid=u1",
    "regarding.apiVersion=v1",
    "regarding.resourceVersion=7",
    "regarding.fieldPath=spec",
    "reason=Tested",
    "reportingController=tester",
    "type=Warning",
    "involvedObject.kind=Pod",
    "reportingComponent=tester",
    "source=tester",
    "note=x",
  ],
};

const clusterScoped: Readonly<Record<string, readonly string[]>> = {
  "/api/v1/nodes": ["spec.unschedulable=true", "spec.unschedulable=false", "status.phase=x", "metadata.namespace=x"],
  "/api/v1/namespaces": ["status.phase=x", "name=x", "metadata.namespace=x", "metadata.name=none"],
  "/api/v1/persistentvolumes": ["name=x", "status.phase=x"],
  "/apis/rbac.authorization.k8s.io/v1/clusterroles": ["rules=x"],
  "/apis/networking.k8s.io/v1/ingressclasses": ["spec.controller=x"],
  "/apis/storage.k8s.io/v1/storageclasses": ["provisioner=x"],
  "/apis/scheduling.k8s.io/v1/priorityclasses": ["value=1"],
  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": ["spec.group=x"],
  "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations": ["webhooks=x"],
};

const syntax = [
  "",
  ",",
  "metadata.name=a",
  "metadata.name==a",
  "metadata.name!=a",
  "metadata.name=a,metadata.name=b",
  "metadata.name!=a,metadata.name!=b",
  "metadata.name=",
  "metadata.name",
  "metadata.name in (a)",
  "=a",
  "metadata.name=a=b",
  "metadata.name=a\\,b",
  "metadata.name=a\\=b",
  "metadata.name=a\\b",
  "metadata.name=a\\",
  " metadata.name=a",
  "metadata.name = a",
  "metadata.name=a,",
  ",metadata.name=a",
  "metadata.name=a,,metadata.name!=b",
  "!metadata.name",
  "metadata.name!a",
  "metadata.namespace=default",
];

export const fieldSelectorScenarios: readonly Scenario[] = [
  {
    name: "syntax of field selectors",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const name of ["a", "b", "c"]) await session.silently("POST", path, { metadata: { name } });
      for (const fieldSelector of syntax) await session.get(withQuery(path, { fieldSelector }));
      await session.get(withQuery(path, { fieldSelector: `metadata.namespace=${session.namespace}` }));
      await session.get(withQuery("/api/v1/configmaps", { fieldSelector: `metadata.namespace=${session.namespace}` }));
      await session.get(
        withQuery("/api/v1/configmaps", { fieldSelector: `metadata.namespace=${session.namespace},metadata.name!=b` }),
      );
    },
  },
  {
    name: "fields of namespaced kinds",
    async run(session) {
      const create = (apiVersion: string, plural: string, body: object): Promise<unknown> =>
        session.silently("POST", session.at(apiVersion, plural), body);
      await create("v1", "pods", { metadata: { name: "a" }, spec: { containers: [container] } });
      await create("v1", "pods", {
        metadata: { name: "b" },
        spec: { containers: [container], nodeName: "n1", restartPolicy: "Never", hostNetwork: true },
      });
      const pods = session.at("v1", "pods");
      const addresses = { podIP: "10.0.0.9", podIPs: [{ ip: "10.0.0.9" }] };
      const status = { phase: "Running", hostIPs: [{ ip: "10.0.0.1" }], hostIP: "10.0.0.1", ...addresses };
      await session.silently("PATCH", `${pods}/b/status`, { status }, { contentType: "application/merge-patch+json" });
      await create("v1", "services", { metadata: { name: "a" }, spec: { clusterIP: "None", selector: { a: "b" } } });
      await create("v1", "services", {
        metadata: { name: "b" },
        spec: { type: "ExternalName", externalName: "example.com" },
      });
      await create("v1", "secrets", { metadata: { name: "a" } });
      await create("v1", "secrets", { metadata: { name: "b" }, type: "example.com/other" });
      const template = { metadata: { labels: { a: "b" } }, spec: { containers: [container] } };
      await create("v1", "replicationcontrollers", { metadata: { name: "a" }, spec: { template } });
      const replicaSet = { selector: { matchLabels: { a: "b" } }, template };
      await create("apps/v1", "replicasets", { metadata: { name: "a" }, spec: replicaSet });
      await create("batch/v1", "jobs", {
        metadata: { name: "a" },
        spec: { template: { spec: { containers: [container], restartPolicy: "Never" } } },
      });
      await create("v1", "events", {
        metadata: { name: "a" },
        involvedObject: {
          kind: "Pod",
          namespace: session.namespace,
          name: "web",
          uid: "u1",
          apiVersion: "v1",
          resourceVersion: "7",
          fieldPath: "spec",
        },
        reason: "Tested",
        source: { component: "tester" },
        type: "Warning",
        message: "one",
      });
      await create("v1", "events", {
        metadata: { name: "b" },
        involvedObject: { kind: "Service", namespace: session.namespace, name: "web" },
        reason: "Seen",
        reportingComponent: "tester",
        type: "Normal",
      });
      for (const [resource, selectors] of Object.entries(asked)) {
        const parts = resource.split("/");
        const path = session.at(parts.slice(0, -1).join("/"), parts.at(-1) ?? "");
        for (const fieldSelector of selectors)
          await session.get(withQuery(path, { fieldSelector, includeObject: "None" }), chosen);
      }
    },
  },
  {
    name: "fields of cluster-scoped kinds",
    async run(session) {
      const both = withQuery("/api/v1/nodes", { labelSelector: "of=field-selectors" });
      const labels = { of: "field-selectors" };
      await session.silently("POST", "/api/v1/nodes", { metadata: { name: "field-selectors-a", labels } });
      await session.silently("POST", "/api/v1/nodes", {
        metadata: { name: "field-selectors-b", labels },
        spec: { unschedulable: true },
      });
      for (const value of ["true", "false"]) {
        const fieldSelector = `spec.unschedulable=${value}`;
        const query = { labelSelector: "of=field-selectors", fieldSelector, includeObject: "None" };
        await session.get(withQuery("/api/v1/nodes", query), chosen);
      }
      await session.silently("DELETE", both);
      for (const [path, selectors] of Object.entries(clusterScoped)) {
        for (const fieldSelector of selectors.filter((text) => !/unschedulable/.test(text))) {
          await session.get(withQuery(path, { fieldSelector }));
        }
      }
      await session.get(
        withQuery("/api/v1/namespaces", { fieldSelector: `metadata.name=${session.namespace}`, includeObject: "None" }),
        chosen,
      );
      const active = `status.phase=Active,metadata.name=${session.namespace}`;
      await session.get(withQuery("/api/v1/namespaces", { fieldSelector: active, includeObject: "None" }), chosen);
      await session.get(withQuery("/api/v1/namespaces", { fieldSelector: `name=${session.namespace}` }));
    },
  },
  {
    name: "selectable fields of a custom kind",
    async run(session) {
      const group = "selectable.lists-and-watches.differential.test";
      const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      const properties = {
        colour: { type: "string" },
        size: { type: "integer" },
        shiny: { type: "boolean" },
        weight: { type: "number" },
        shape: { type: "string", enum: ["round", "flat"] },
      };
      const schema = { type: "object", properties: { spec: { type: "object", properties } } };
      const version = {
        served: true,
        schema: { openAPIV3Schema: schema },
        additionalPrinterColumns: [],
      };
      const made = await session.silently("POST", definitions, {
        metadata: { name: `stones.${group}` },
        spec: {
          group,
          scope: "Namespaced",
          names: { plural: "stones", kind: "Stone" },
          versions: [
            {
              ...version,
              name: "v1",
              storage: true,
              selectableFields: [
                { jsonPath: ".spec.colour" },
                { jsonPath: ".spec.size" },
                { jsonPath: ".spec.shiny" },
                { jsonPath: ".spec.shape" },
              ],
            },
            // Were the schemas the same, the API server would take them for one of all versions, which has no selectable fields.
            {
              ...version,
              name: "v2",
              storage: false,
              schema: { openAPIV3Schema: { ...schema, description: "Without selectable fields." } },
            },
          ],
        },
      });
      session.note("made", [made.status, made.body.message]);
      const path = session.at(`${group}/v1`, "stones");
      await session.until(path, ({ status }) => status === 200);
      await session.until(session.at(`${group}/v2`, "stones"), ({ status }) => status === 200);
      const apiVersion = `${group}/v1`;
      const stones = {
        a: { colour: "blue", size: 3, shiny: true, shape: "round" },
        b: { colour: "red", size: 0 },
        c: {},
      };
      for (const [name, spec] of Object.entries(stones)) {
        await session.post(path, { apiVersion, kind: "Stone", metadata: { name }, spec });
      }
      for (const fieldSelector of [
        "spec.colour=blue",
        "spec.colour!=blue",
        "spec.colour=",
        "spec.size=3",
        "spec.size=0",
        "spec.size=",
        "spec.shiny=true",
        "spec.shiny=false",
        "spec.shiny=",
        "spec.shape=round",
        "spec.colour=blue,spec.size=3",
        "spec.colour=blue,spec.size=0",
        "spec.weight=1",
        ".spec.colour=blue",
        "metadata.name=a,spec.colour=blue",
        `metadata.namespace=${session.namespace}`,
        "metadata.generation=1",
      ]) {
        await session.get(withQuery(path, { fieldSelector }));
      }
      await session.get(withQuery(session.at(`${group}/v2`, "stones"), { fieldSelector: "spec.colour=blue" }));
      await session.get(withQuery(session.at(`${group}/v2`, "stones"), { fieldSelector: "metadata.name=b" }));
      const watch = await session.watch(withQuery(path, { watch: "true", fieldSelector: "spec.colour=blue" }));
      await watch.take(1, "the blue stone");
      await session.patch(`${path}/b`, "merge", { spec: { colour: "blue" } });
      await session.patch(`${path}/a`, "merge", { spec: { colour: "grey" } });
      await watch.take(2, "one begins, one ends to be blue");
      await session.delete(withQuery(path, { fieldSelector: "spec.colour=blue" }));
      await session.get(path);
      await session.silently("DELETE", `${definitions}/stones.${group}`);
    },
  },
];
