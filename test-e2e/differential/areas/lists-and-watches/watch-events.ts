import type { Scenario } from "../../scenario.ts";
import { withQuery } from "../query.ts";

const partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

export const watchEventScenarios: readonly Scenario[] = [
  {
    name: "an object's life as a watch sees it",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const accept of ["application/json", partial, table]) {
        const watch = await session.watch(`${path}?watch=true`, { accept });
        await session.post(path, { metadata: { name: "a" }, data: { one: "1" } });
        await session.patch(`${path}/a`, "merge", { data: { one: "2" } });
        await session.patch(`${path}/a`, "merge", { data: { one: "2" } });
        await session.patch(`${path}/a`, "merge", { metadata: { labels: { only: "metadata" } } });
        await session.patch(`${path}/a`, "merge", { metadata: { annotations: { only: "metadata" } } });
        await session.patch(`${path}/a`, "merge", { metadata: { finalizers: ["example.com/hold"] } });
        await session.delete(`${path}/a`);
        await session.patch(`${path}/a`, "merge", { data: { one: "3" } });
        await session.patch(`${path}/a`, "merge", { metadata: { finalizers: null } });
        await watch.take(8, accept);
        watch.abort();
      }
    },
  },
  {
    name: "a deletion bears the last state and a new version",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const watch = await session.watch(`${path}?watch=true`);
      const made = await session.post(path, { metadata: { name: "a" }, data: { last: "words" } });
      await session.delete(`${path}/a`);
      const [, deleted] = await watch.take(2);
      const resourceVersion = versionOf(deleted?.object);
      session.note("newer than the object", Number(resourceVersion) > Number(made.body.metadata.resourceVersion));
      const again = await session.watch(`${path}?watch=true&resourceVersion=${made.body.metadata.resourceVersion}`);
      await again.take(1, "the deletion again");
      const after = await session.watch(`${path}?watch=true&resourceVersion=${resourceVersion}`);
      await session.post(path, { metadata: { name: "b" } });
      await after.take(1, "what comes after the deletion");
    },
  },
  {
    name: "objects that begin and stop to match",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.silently("POST", path, { metadata: { name: "a", labels: { colour: "blue" } } });
      await session.silently("POST", path, { metadata: { name: "b", labels: { colour: "red" } } });
      const watch = await session.watch(withQuery(path, { watch: "true", labelSelector: "colour=blue" }));
      await watch.take(1, "at first");
      const colour = (name: string, value: string | null): Promise<unknown> =>
        session.patch(`${path}/${name}`, "merge", {
          metadata: { labels: { colour: value } },
          data: { was: String(value) },
        });
      await colour("b", "blue");
      await colour("a", "red");
      await colour("a", "green");
      await colour("b", "yellow");
      await colour("b", "blue");
      await session.delete(`${path}/a`);
      await session.patch(`${path}/b`, "merge", { data: { still: "blue" } });
      await session.delete(`${path}/b`);
      await watch.take(6, "by label");
    },
  },
  {
    name: "objects that begin and stop to match, as Table and metadata",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const accept of [partial, table]) {
        const query = { watch: "true", labelSelector: "colour=blue" };
        const watch = await session.watch(withQuery(path, query), { accept });
        await session.post(path, { metadata: { name: "a", labels: { colour: "blue" } }, data: { one: "1" } });
        await session.patch(`${path}/a`, "merge", { metadata: { labels: { colour: "red" } }, data: { two: "2" } });
        await session.delete(`${path}/a`);
        await session.post(path, { metadata: { name: "a", labels: { colour: "blue" } } });
        await session.delete(`${path}/a`);
        await watch.take(4, accept);
        watch.abort();
      }
    },
  },
  {
    name: "Pods that begin and stop to match by field",
    async run(session) {
      const path = session.at("v1", "pods");
      const watch = await session.watch(
        withQuery(path, { watch: "true", fieldSelector: "status.phase=Running", includeObject: "None" }),
        {
          accept: table,
        },
      );
      await session.silently("POST", path, {
        metadata: { name: "a" },
        spec: { nodeName: "n", containers: [{ name: "c", image: "registry.example.com/c:1" }] },
      });
      const contentType = "application/merge-patch+json";
      for (const phase of ["Running", "Succeeded"])
        await session.silently("PATCH", `${path}/a/status`, { status: { phase } }, { contentType });
      await session.silently("DELETE", `${path}/a`, { gracePeriodSeconds: 0 });
      await watch.take(2);
    },
  },
  {
    name: "the order of events over several objects",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const first = await session.silently("POST", path, { metadata: { name: "first" } });
      const watch = await session.watch(`${path}?watch=true&resourceVersion=${first.body.metadata.resourceVersion}`);
      for (const name of ["c", "a", "b"]) await session.silently("POST", path, { metadata: { name } });
      for (const name of ["b", "c", "a"]) await session.silently("DELETE", `${path}/${name}`);
      for (const name of ["a", "c"]) await session.silently("POST", path, { metadata: { name } });
      const events = await watch.take(8);
      const versions = events.map(({ object }) => Number((object as typeof first.body).metadata.resourceVersion));
      session.note(
        "versions grow",
        versions.every((each, index) => index === 0 || each > (versions[index - 1] ?? 0)),
      );
    },
  },
  {
    name: "a watch taken up where another broke off",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const list = await session.get(path);
      let version = list.body.metadata.resourceVersion as string;
      for (const step of [1, 2, 3]) {
        await session.silently("POST", path, { metadata: { name: `a${step}` }, data: { step: "0" } });
        const watch = await session.watch(`${path}?watch=true&resourceVersion=${version}`);
        await session.silently(
          "PATCH",
          `${path}/a${step}`,
          { data: { step: `${step}` } },
          {
            contentType: "application/merge-patch+json",
          },
        );
        const [, last] = await watch.take(2);
        version = versionOf(last?.object);
        watch.abort();
        await session.silently("DELETE", `${path}/a${step}`);
        const rest = await session.watch(`${path}?watch=true&resourceVersion=${version}`);
        const [deleted] = await rest.take(1);
        version = versionOf(deleted?.object);
        rest.abort();
      }
    },
  },
  {
    name: "a watch of all namespaces",
    async run(session) {
      const fieldSelector = `metadata.namespace=${session.namespace}`;
      const path = session.at("v1", "configmaps");
      const watch = await session.watch(withQuery("/api/v1/configmaps", { watch: "true", fieldSelector }));
      await session.post(path, { metadata: { name: "a" } });
      await session.post(path, { metadata: { name: "b" } });
      await session.delete(`${path}/a`);
      await watch.take(3);
      const labelSelector = "lists-and-watches=everywhere";
      const everywhere = await session.watch(withQuery("/api/v1/secrets", { watch: "true", labelSelector }));
      await session.post(session.at("v1", "secrets"), {
        metadata: { name: "s", labels: { "lists-and-watches": "everywhere" } },
      });
      await everywhere.take(1, "by label");
    },
  },
  {
    name: "bookmarks come before the end",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const made = await session.silently("POST", path, { metadata: { name: "a" } });
      for (const accept of ["application/json", table, partial]) {
        const watch = await session.watch(`${path}?watch=true&allowWatchBookmarks=true&timeoutSeconds=4`, { accept });
        const events = await watch.takeUntil(({ type }) => type === "BOOKMARK", accept);
        session.note("a bookmark", events.at(-1)?.type);
        watch.abort();
      }
      session.note("of the object", made.status);
    },
  },
];

/** The version of an event's object; empty when the event has not come. */
function versionOf(object: unknown): string {
  return (
    (object as { readonly metadata?: { readonly resourceVersion?: string } } | undefined)?.metadata?.resourceVersion ??
    ""
  );
}
