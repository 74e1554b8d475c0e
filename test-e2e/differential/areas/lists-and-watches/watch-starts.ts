import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { withQuery } from "../query.ts";

const tooNew = "99999999999";

export const watchStartScenarios: readonly Scenario[] = [
  {
    name: "where a watch starts",
    async run(session) {
      const { path, versions } = await threeChanges(session);
      for (const resourceVersion of [undefined, "", "0"]) {
        const query = resourceVersion === undefined ? {} : { resourceVersion };
        const watch = await session.watch(withQuery(path, { watch: "true", ...query }));
        await watch.take(2, "the present state");
        await session.patch(`${path}/b`, "merge", { data: { after: resourceVersion ?? "unset" } });
        await watch.take(1, "what comes after");
        watch.abort();
      }
      for (const version of versions) {
        const watch = await session.watch(`${path}?watch=true&resourceVersion=${version}`);
        await session.patch(`${path}/b`, "merge", { data: { version: "seen" } });
        await watch.takeUntil(({ object }) => isSeen(object));
        await session.patch(`${path}/b`, "merge", { data: { version: null } });
        watch.abort();
      }
    },
  },
  {
    name: "a watch from a version that is not there yet",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const watch = await session.watch(`${path}?watch=true&resourceVersion=${tooNew}&timeoutSeconds=2`);
      await session.post(path, { metadata: { name: "a" } });
      await watch.untilEnd();
      const initial = await session.watch(
        `${path}?watch=true&resourceVersion=${tooNew}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      );
      await initial.untilEnd("with initial events");
    },
  },
  {
    name: "a watch from a version that was forgotten",
    async run(session) {
      // The kinds of the API server itself are the same age on both servers; the first version of all is long gone.
      const path = session.at("v1", "configmaps");
      const watch = await session.watch(`${path}?watch=true&resourceVersion=1&timeoutSeconds=2`);
      session.note("opened", watch !== undefined);
    },
  },
  {
    name: "what a watch request may not say",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.silently("POST", path, { metadata: { name: "a" } });
      for (const query of [
        "resourceVersion=x",
        "resourceVersion=-1",
        "resourceVersion=1.5",
        "resourceVersionMatch=NotOlderThan",
        "resourceVersionMatch=Exact",
        "resourceVersionMatch=Exact&resourceVersion=0",
        "resourceVersionMatch=x&resourceVersion=0",
        "sendInitialEvents=true",
        "sendInitialEvents=false",
        "sendInitialEvents=x&resourceVersionMatch=NotOlderThan",
        "sendInitialEvents=true&resourceVersionMatch=Exact",
        "sendInitialEvents=true&resourceVersionMatch=x",
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x",
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=x",
        "resourceVersionMatch=NotOlderThan&continue=x",
        "timeoutSeconds=x",
        "limit=x",
        "labelSelector=,,",
        "fieldSelector=colour%3Dblue",
      ]) {
        await session.get(`${path}?watch=true&timeoutSeconds=1&${query}`);
      }
      await session.get(`${path}?sendInitialEvents=true`);
      await session.get(`${path}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0`);
      for (const value of ["x", "yes", "TRUE", "T", "2", "", "0", "false", "False", "f", "no"]) {
        await session.get(`${path}?watch=${value}&timeoutSeconds=1`);
      }
      await session.get(`${path}?watch&timeoutSeconds=1`);
    },
  },
  {
    name: "parameters that a watch does not mind",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const name of ["a", "b", "c"]) await session.silently("POST", path, { metadata: { name } });
      for (const query of [
        "limit=1",
        "limit=-1",
        "continue=x",
        "pretty=true",
        "allowWatchBookmarks=false",
        "unknown=x",
        "sendInitialEvents=",
        "timeoutSeconds=1",
      ]) {
        const watch = await session.watch(`${path}?watch=true&timeoutSeconds=2&${query}`);
        await watch.take(3);
        watch.abort();
      }
    },
  },
  {
    name: "a watch ends after timeoutSeconds",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.silently("POST", path, { metadata: { name: "a" } });
      const watch = await session.watch(`${path}?watch=true&timeoutSeconds=1`);
      await watch.untilEnd();
      const none = await session.watch(`${session.at("v1", "secrets")}?watch=true&timeoutSeconds=1`);
      await none.untilEnd("of nothing");
    },
  },
  {
    name: "initial events and the bookmark that ends them",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const name of ["b", "a", "c"]) await session.silently("POST", path, { metadata: { name } });
      const first = await session.silently("GET", `${path}/b`);
      const version = first.body.metadata.resourceVersion as string;
      const wanted = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
      for (const query of [
        "allowWatchBookmarks=true",
        "allowWatchBookmarks=true&resourceVersion=",
        "allowWatchBookmarks=true&resourceVersion=0",
        `allowWatchBookmarks=true&resourceVersion=${version}`,
        "allowWatchBookmarks=true&labelSelector=none",
        "allowWatchBookmarks=true&fieldSelector=metadata.name%3Db",
      ]) {
        const watch = await session.watch(`${path}?${wanted}&${query}`);
        const events = await watch.takeUntil(({ type }) => type === "BOOKMARK");
        const mark = events.at(-1)?.object as { readonly metadata: { readonly resourceVersion: string } };
        session.note("the bookmark is not older", Number(mark.metadata.resourceVersion) >= Number(version));
        watch.abort();
      }
      const plain = await session.watch(`${path}?${wanted}`);
      await plain.take(3, "without bookmarks");
      await session.post(path, { metadata: { name: "d" } });
      await plain.take(1, "without bookmarks, after");
    },
  },
  {
    name: "initial events that are not wanted",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const made = await session.silently("POST", path, { metadata: { name: "a" }, data: { made: "yes" } });
      const version = made.body.metadata.resourceVersion as string;
      const wanted = "watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
      for (const [index, query] of ["", "&resourceVersion=0", `&resourceVersion=${version}`].entries()) {
        const watch = await session.watch(`${path}?${wanted}${query}`);
        await session.patch(`${path}/a`, "merge", { data: { query: `${index}` } });
        await watch.take(1);
        watch.abort();
      }
    },
  },
  {
    name: "initial events as Table and PartialObjectMetadata",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const name of ["a", "b"]) await session.silently("POST", path, { metadata: { name }, data: { name } });
      const wanted = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
      for (const as of ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"]) {
        const accept = `application/json;as=${as};v=v1;g=meta.k8s.io`;
        const watch = await session.watch(`${path}?${wanted}`, { accept });
        await watch.take(3, as);
        await session.patch(`${path}/a`, "merge", { data: { as } });
        await watch.take(1, `${as}, after`);
        watch.abort();
      }
      const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
      for (const include of ["None", "Metadata", "Object"]) {
        const watch = await session.watch(`${path}?${wanted}&includeObject=${include}`, { accept });
        await watch.take(3, include);
        watch.abort();
      }
      const none = await session.watch(`${session.at("v1", "secrets")}?${wanted}`, { accept });
      await none.take(1, "of nothing");
      await session.post(session.at("v1", "secrets"), { metadata: { name: "s" } });
      await none.take(1, "then of something");
    },
  },
];

/** Two ConfigMaps made and one changed; each version that came of it. */
async function threeChanges(
  session: Session,
): Promise<{ readonly path: string; readonly versions: readonly string[] }> {
  const path = session.at("v1", "configmaps");
  const versions: string[] = [];
  const remember = async (
    answer: Promise<{ readonly body: { readonly metadata: { readonly resourceVersion: string } } }>,
  ) => void versions.push((await answer).body.metadata.resourceVersion);
  await remember(session.post(path, { metadata: { name: "a" }, data: { made: "yes" } }));
  await remember(session.post(path, { metadata: { name: "b" }, data: { made: "yes" } }));
  await remember(session.patch(`${path}/a`, "merge", { data: { changed: "yes" } }));
  await session.until(`${path}/a?resourceVersion=0`, ({ body }) => body.data?.changed === "yes");
  return { path, versions };
}

function isSeen(object: unknown): boolean {
  return (object as { readonly data?: { readonly version?: string } }).data?.version === "seen";
}
