import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { withQuery } from "../query.ts";

const widgets = "/apis/compaction.differential.test/v1/widgets";

export const compactionScenarios: readonly Scenario[] = [
  {
    name: "lists, continuations and watches from versions that are forgotten",
    ownServers: true,
    async run(session) {
      await defineWidgets(session);
      const paths = [session.at("v1", "configmaps"), widgets];
      const pasts: { path: string; everywhere: string; version: string; next: string; nextEverywhere: string }[] = [];
      for (const path of paths) {
        for (const name of ["a", "b", "c", "d"]) await session.silently("POST", path, sample(path, name));
        const everywhere = path.replace(/namespaces\/[^/]+\//, "");
        // The system's own ConfigMaps do not bear the label.
        const selected = { limit: "2", labelSelector: "sample=yes" };
        const first = await session.get(withQuery(path, selected));
        const wide = await session.silently("GET", withQuery(everywhere, selected));
        const { continue: next, resourceVersion: version } = first.body.metadata;
        await session.get(withQuery(path, { ...selected, continue: next }));
        pasts.push({ path, everywhere, version, next, nextEverywhere: wide.body.metadata.continue });
        await session.silently("DELETE", `${path}/c`);
        await session.silently("POST", path, sample(path, "e"));
        await session.silently("POST", path, sample(path, "aa"));
      }
      await session.compact();
      for (const { path, everywhere, version, next, nextEverywhere } of pasts) {
        await session.until(`${path}/e`, ({ status }) => status === 200);
        const selected = { limit: "2", labelSelector: "sample=yes" };
        await followed(session, path, { ...selected, continue: next });
        await followed(session, everywhere, { ...selected, continue: nextEverywhere });
        await session.get(withQuery(path, { continue: next }));
        await session.get(withQuery(path, { limit: "1", continue: next }), { accept: table });
        await session.delete(withQuery(path, { ...selected, continue: next, dryRun: "All" }));
        for (const query of [
          { resourceVersion: version, resourceVersionMatch: "Exact" },
          { resourceVersion: version, resourceVersionMatch: "Exact", limit: "2" },
          { resourceVersion: version, resourceVersionMatch: "NotOlderThan" },
          { resourceVersion: version },
          { resourceVersion: version, limit: "2" },
          { resourceVersion: "1", resourceVersionMatch: "Exact" },
          { resourceVersion: "0" },
        ])
          await session.get(withQuery(path, { labelSelector: "sample=yes", ...query }));
        await session.get(`${path}/a?resourceVersion=${version}`);
        for (const query of [
          { watch: "1", resourceVersion: version },
          { watch: "1", resourceVersion: "1" },
          { watch: "1", resourceVersion: version, fieldSelector: "metadata.name=a" },
          { watch: "1", resourceVersion: version, allowWatchBookmarks: "true", labelSelector: "none=such" },
          {
            watch: "1",
            resourceVersion: version,
            resourceVersionMatch: "NotOlderThan",
            sendInitialEvents: "false",
          },
        ])
          await (await session.watch(withQuery(path, query))).untilEnd();
        await (
          await session.watch(withQuery(path, { watch: "1", resourceVersion: version }), { accept: table })
        ).untilEnd();
        const initial = await session.watch(
          withQuery(path, {
            watch: "1",
            labelSelector: "sample=yes",
            resourceVersion: version,
            resourceVersionMatch: "NotOlderThan",
            sendInitialEvents: "true",
          }),
        );
        await initial.take(5);
        const fresh = await session.silently("GET", path);
        const now = await session.watch(
          withQuery(path, {
            watch: "1",
            labelSelector: "sample=yes",
            resourceVersion: fresh.body.metadata.resourceVersion,
          }),
        );
        await session.silently("POST", path, sample(path, "f"));
        await now.take(1);
        await initial.take(1);
        await session.get(withQuery(path, { labelSelector: "sample=yes", limit: "2" }));
      }
    },
  },
];

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

/** Goes on with the token that an expired continuation brings, to the end. */
async function followed(session: Session, path: string, query: Readonly<Record<string, string>>): Promise<void> {
  let page = await session.get(withQuery(path, query));
  for (let pages = 0; pages < 5 && (page.body.metadata?.continue ?? "") !== ""; pages++)
    page = await session.get(withQuery(path, { ...query, continue: page.body.metadata.continue }));
}

function sample(path: string, name: string): unknown {
  const metadata = { name, labels: { sample: "yes" } };
  return path === widgets ? { apiVersion: "compaction.differential.test/v1", kind: "Widget", metadata } : { metadata };
}

async function defineWidgets(session: Session): Promise<void> {
  await session.silently("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    metadata: { name: "widgets.compaction.differential.test" },
    spec: {
      group: "compaction.differential.test",
      scope: "Cluster",
      names: { plural: "widgets", kind: "Widget" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  });
  await session.until(widgets, ({ status }) => status === 200);
}
