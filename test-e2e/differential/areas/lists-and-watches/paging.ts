import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { withQuery } from "../query.ts";

const token = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const badTokens: readonly string[] = [
  "abc",
  "!!!",
  "e30",
  token({ v: "meta.k8s.io/v1" }),
  token({ v: "meta.k8s.io/v1", rv: 0, start: "x" }),
  token({ v: "meta.k8s.io/v1", rv: 5, start: "" }),
  token({ v: "meta.k8s.io/v1", rv: 5 }),
  token({ v: "meta.k8s.io/v2", rv: 5, start: "x" }),
  token({ v: "meta.k8s.io/v1", rv: 5, start: "../x" }),
  token({ v: "meta.k8s.io/v1", rv: 5, start: "a//b" }),
  token({ rv: 5, start: "x" }),
];

export const pagingScenarios: readonly Scenario[] = [
  {
    name: "pages of a list",
    async run(session) {
      const path = await five(session);
      let page = await session.get(`${path}?limit=2`);
      while (page.body.metadata.continue !== undefined) {
        page = await session.get(withQuery(path, { limit: "2", continue: page.body.metadata.continue }));
      }
      await session.get(`${path}?limit=5`);
      await session.get(`${path}?limit=4`);
      await session.get(`${path}?limit=0`);
      await session.get(`${path}?limit=500`);
      await session.get(`${path}?limit=-1`);
      await session.get(`${path}?limit=x`);
      await session.get(`${path}?limit=1.5`);
      await session.get(`${path}?limit=`);
      await session.get(`${path}?limit=99999999999999999999`);
      await session.get(`${path}?timeoutSeconds=x`);
      await session.get(`${path}?timeoutSeconds=1`);
    },
  },
  {
    name: "pages with selectors tell no remaining count",
    async run(session) {
      const path = await five(session);
      const first = await session.get(withQuery(path, { limit: "1", labelSelector: "odd=yes" }));
      const rest = { limit: "1", labelSelector: "odd=yes", continue: first.body.metadata.continue };
      const second = await session.get(withQuery(path, rest));
      await session.get(withQuery(path, { ...rest, continue: second.body.metadata.continue }));
      await session.get(withQuery(path, { limit: "3", labelSelector: "odd=yes" }));
      await session.get(withQuery(path, { limit: "2", fieldSelector: "metadata.name!=b" }));
      await session.get(withQuery(path, { limit: "1", fieldSelector: "metadata.name=b" }));
    },
  },
  {
    name: "a page shows the state at the first page",
    async run(session) {
      const path = await five(session);
      const first = await session.get(`${path}?limit=2`);
      await session.delete(`${path}/c`);
      await session.patch(`${path}/d`, "merge", { data: { new: "yes" } });
      await session.post(path, { metadata: { name: "ca" } });
      await session.post(path, { metadata: { name: "aa" } });
      const rest = await session.get(withQuery(path, { continue: first.body.metadata.continue }));
      session.note("same version", rest.body.metadata.resourceVersion === first.body.metadata.resourceVersion);
      const next = await session.get(withQuery(path, { continue: first.body.metadata.continue, limit: "1" }));
      session.note(
        "again the same version",
        next.body.metadata.resourceVersion === first.body.metadata.resourceVersion,
      );
      await session.get(withQuery(path, { continue: next.body.metadata.continue, limit: "2" }));
      await session.get(path);
    },
  },
  {
    name: "continue tokens that are none",
    async run(session) {
      const path = await five(session);
      for (const each of badTokens) await session.get(withQuery(path, { limit: "2", continue: each }));
      const first = await session.get(`${path}?limit=2`);
      const { continue: next, resourceVersion } = first.body.metadata;
      for (const version of ["0", resourceVersion, "1", "x"]) {
        await session.get(withQuery(path, { limit: "2", continue: next, resourceVersion: version }));
      }
      await session.get(withQuery(path, { continue: next, resourceVersion, resourceVersionMatch: "Exact" }));
      await session.get(withQuery(path, { continue: next, resourceVersion: "0", resourceVersionMatch: "Exact" }));
      // A token of another collection.
      await session.get(withQuery(session.at("v1", "secrets"), { continue: next }));
      // In the present state: what the API server hands out when the version of the token has expired.
      await session.get(
        withQuery(path, { limit: "1", continue: token({ v: "meta.k8s.io/v1", rv: -1, start: "b\u0000" }) }),
      );
    },
  },
  {
    name: "paging and resource versions",
    async run(session) {
      const path = await five(session);
      const one = await session.silently("GET", `${path}/a`);
      const version = one.body.metadata.resourceVersion as string;
      const cached = await session.get(`${path}?limit=2&resourceVersion=0`);
      session.note("all come at once from the cache", cached.body.items?.length);
      await session.get(`${path}?limit=2&resourceVersion=${version}`);
      await session.get(`${path}?limit=2&resourceVersion=${version}&resourceVersionMatch=Exact`);
      await session.get(`${path}?limit=2&resourceVersion=${version}&resourceVersionMatch=NotOlderThan`);
      const exact = await session.get(`${path}?limit=1&resourceVersion=${version}`);
      session.note("and no more", exact.body.metadata.continue);
    },
  },
  {
    name: "pages of other kinds and forms",
    async run(session) {
      const path = await five(session);
      const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
      const partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
      for (const accept of [table, partial]) {
        const first = await session.get(`${path}?limit=2`, { accept });
        await session.get(withQuery(path, { limit: "2", continue: first.body.metadata.continue }), { accept });
      }
    },
  },
];

async function five(session: Session): Promise<string> {
  const path = session.at("v1", "configmaps");
  for (const [index, name] of ["a", "b", "c", "d", "e"].entries()) {
    await session.silently("POST", path, { metadata: { name, labels: { odd: index % 2 === 0 ? "yes" : "no" } } });
  }
  return path;
}
