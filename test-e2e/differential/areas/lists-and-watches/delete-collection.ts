import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { withQuery } from "../query.ts";

export const deleteCollectionScenarios: readonly Scenario[] = [
  {
    name: "deletecollection by labels and fields",
    async run(session) {
      const path = await filled(session);
      const watch = await session.watch(`${path}?watch=true&resourceVersion=0`);
      await watch.take(4, "what is there");
      await session.delete(withQuery(path, { labelSelector: "side=left", dryRun: "All" }));
      await session.delete(withQuery(path, { labelSelector: "side=left" }));
      await watch.take(2, "deletions by label");
      await session.delete(withQuery(path, { fieldSelector: "metadata.name=c" }));
      await session.delete(withQuery(path, { fieldSelector: "metadata.name=none" }));
      await session.delete(withQuery(path, { fieldSelector: "colour=blue" }));
      await session.delete(withQuery(path, { labelSelector: "=" }));
      await session.get(path);
      await session.delete(path);
      await session.get(path);
      await session.delete(path);
    },
  },
  {
    name: "deletecollection with options and finalizers",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.silently("POST", path, { metadata: { name: "a", finalizers: ["example.com/hold"] } });
      await session.silently("POST", path, { metadata: { name: "b" } });
      await session.delete(path, { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" });
      await session.get(path);
      await session.delete(`${path}?propagationPolicy=Background`);
      for (const name of ["a", "b"]) {
        await session.patch(`${path}/${name}`, "merge", { metadata: { finalizers: null } });
      }
      await session.get(path);
    },
  },
  {
    name: "deletecollection where there is none",
    async run(session) {
      await session.delete("/api/v1/namespaces");
      await session.delete(session.at("v1", "services"));
      await session.delete("/api/v1/configmaps");
      await session.silently("POST", session.at("v1", "services"), {
        metadata: { name: "a" },
        spec: { clusterIP: "None", selector: { a: "b" } },
      });
      await session.delete(`${session.at("v1", "services")}?includeObject=None`, undefined, {
        accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
      });
      await session.get(session.at("v1", "services"));
      await session.delete(session.at("v1", "nothings"));
    },
  },
  {
    name: "deletecollection as other forms",
    async run(session) {
      const path = await filled(session);
      await session.delete(withQuery(path, { labelSelector: "side=left" }), undefined, {
        accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
      });
      await session.delete(path, undefined, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
      const pods = `${session.at("v1", "pods")}?includeObject=None`;
      const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
      await session.silently("POST", pods, {
        metadata: { name: "p" },
        spec: { nodeName: "n", containers: [{ name: "c", image: "registry.example.com/c:1" }] },
      });
      await session.delete(pods, undefined, { accept });
      await session.delete(pods, { gracePeriodSeconds: 0 }, { accept });
      await session.get(pods);
    },
  },
];

async function filled(session: Session): Promise<string> {
  const path = session.at("v1", "configmaps");
  for (const [name, side] of [
    ["a", "left"],
    ["b", "right"],
    ["c", "right"],
    ["d", "left"],
  ]) {
    await session.silently("POST", path, { metadata: { name, labels: { side } } });
  }
  return path;
}
