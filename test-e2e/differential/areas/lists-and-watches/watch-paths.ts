import type { Scenario } from "../../scenario.ts";
import { withQuery } from "../query.ts";

export const watchPathScenarios: readonly Scenario[] = [
  {
    name: "a watch of one object",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const name of ["a", "b"])
        await session.silently("POST", path, { metadata: { name }, data: { made: "yes" } });
      const byName = await session.watch(`${path}/a?watch=true&timeoutSeconds=1`);
      await byName.untilEnd("GET of a name is no watch");
      const byField = await session.watch(withQuery(path, { watch: "true", fieldSelector: "metadata.name=a" }));
      await session.patch(`${path}/b`, "merge", { data: { b: "changed" } });
      await session.patch(`${path}/a`, "merge", { data: { a: "changed" } });
      await session.delete(`${path}/a`);
      await session.post(path, { metadata: { name: "a" } });
      await byField.take(4, "by field");
      const none = await session.watch(withQuery(path, { watch: "true", fieldSelector: "metadata.name=c" }));
      await session.post(path, { metadata: { name: "c" } });
      await none.take(1, "of what is not there yet");
    },
  },
  {
    name: "the old paths of watches",
    async run(session) {
      const { namespace } = session;
      const path = session.at("v1", "configmaps");
      for (const name of ["a", "b"])
        await session.silently("POST", path, { metadata: { name }, data: { made: "yes" } });
      const all = await session.watch(`/api/v1/watch/namespaces/${namespace}/configmaps`);
      await all.take(2, "a namespace");
      const one = await session.watch(`/api/v1/watch/namespaces/${namespace}/configmaps/a`);
      await one.take(1, "one object");
      const everywhere = await session.watch(
        withQuery("/api/v1/watch/configmaps", { fieldSelector: `metadata.namespace=${namespace}` }),
      );
      await everywhere.take(2, "all namespaces");
      const itself = await session.watch(`/api/v1/watch/namespaces/${namespace}?includeObject=None`, {
        accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
      });
      await itself.take(1, "a namespace itself");
      const leases = await session.watch(`/apis/coordination.k8s.io/v1/watch/namespaces/${namespace}/leases`);
      await session.post(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
        metadata: { name: "l" },
        spec: { holderIdentity: "me" },
      });
      await leases.take(1, "another group");
      await session.patch(`${path}/b`, "merge", { data: { b: "changed" } });
      await session.patch(`${path}/a`, "merge", { data: { a: "changed" } });
      await one.take(1, "one object, after");
      for (const bad of [
        `/api/v1/watch/namespaces/${namespace}/nothings`,
        `/api/v1/watch/namespaces/${namespace}/configmaps/a/status`,
        `/api/v1/watch/namespaces/${namespace}/configmaps?resourceVersion=x`,
        `/api/v1/watch/namespaces/${namespace}/configmaps?labelSelector=,,,`,
        `/api/v1/watch/namespaces/${namespace}/configmaps/a?fieldSelector=metadata.name%3Db`,
        "/apis/authorization.k8s.io/v1/watch/subjectaccessreviews",
      ]) {
        await session.get(bad);
      }
      const post = `/api/v1/watch/namespaces/${namespace}/configmaps`;
      await session.post(post, { metadata: { name: "c" } });
      await session.delete(post);
    },
  },
  {
    name: "what cannot be listed or watched",
    async run(session) {
      for (const path of [
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?watch=true",
        "/apis/authentication.k8s.io/v1/tokenreviews",
        "/api/v1/bindings",
        "/api/v1/nothings",
        "/api/v1/nothings?watch=true",
        "/apis/none.example.com/v1/things",
        "/apis/apps/v2/deployments",
        "/apis/apps/v1/deployments/web",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/namespaces/default/nodes/n",
        `/api/v1/namespaces/none-such/configmaps`,
        `/api/v1/namespaces/none-such/configmaps?watch=true&timeoutSeconds=1`,
        session.at("v1", "configmaps", ""),
        session.at("v1", "configmaps", "a", "status"),
        session.at("v1", "configmaps", "a", "scale"),
        session.at("v1", "configmaps", "a", "b", "c"),
        session.at("v1", "pods", "a", "status?watch=true"),
        "/api/v1/configmaps/a",
        "/api/v2/pods",
      ]) {
        await session.get(path);
      }
      await session.post("/api/v1/configmaps", { metadata: { name: "a" } });
      await session.post("/api/v1/namespaces/default/nodes", { metadata: { name: "a" } });
      await session.put(session.at("v1", "configmaps"), { metadata: { name: "a" } });
      await session.patch(session.at("v1", "configmaps"), "merge", { metadata: { name: "a" } });
      await session.post(session.at("v1", "configmaps", "a"), { metadata: { name: "a" } });
      await session.call("OPTIONS", session.at("v1", "configmaps"), undefined);
      await session.call("PURGE", session.at("v1", "configmaps"), undefined);
    },
  },
  {
    name: "a watch of a kind that goes away",
    async run(session) {
      const group = "leaving.lists-and-watches.differential.test";
      const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      await session.silently("POST", definitions, {
        metadata: { name: `leaves.${group}` },
        spec: {
          group,
          scope: "Namespaced",
          names: { plural: "leaves", kind: "Leaf" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: {
                  type: "object",
                  properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
                },
              },
            },
          ],
        },
      });
      const path = session.at(`${group}/v1`, "leaves");
      await session.until(path, ({ status }) => status === 200);
      await session.post(path, {
        apiVersion: `${group}/v1`,
        kind: "Leaf",
        metadata: { name: "a" },
        spec: { green: true },
      });
      await session.get(path);
      const watch = await session.watch(`${path}?watch=true&resourceVersion=0`);
      await watch.take(1, "before");
      await session.delete(`${path}/a`);
      await watch.take(1, "an ordinary deletion");
      await session.silently("DELETE", `${definitions}/leaves.${group}`);
      await watch.untilEnd("after the definition is gone");
      await session.until(path, ({ status }) => status === 404);
      await session.get(path);
      await session.get(`${path}?watch=true&timeoutSeconds=1`);
      await session.post(path, { apiVersion: `${group}/v1`, kind: "Leaf", metadata: { name: "a" } });
    },
  },
];
