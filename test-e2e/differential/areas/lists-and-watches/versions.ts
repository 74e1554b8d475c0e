import type { Scenario } from "../../scenario.ts";
import { withQuery } from "../query.ts";

const matches = [undefined, "Exact", "NotOlderThan", "exact", "", "Any"];
const tooNew = "99999999999";

export const versionScenarios: readonly Scenario[] = [
  {
    name: "resourceVersion and resourceVersionMatch of a list",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const first = await session.post(path, { metadata: { name: "a" }, data: { at: "first" } });
      const version = first.body.metadata.resourceVersion as string;
      await session.post(path, { metadata: { name: "b" } });
      await session.patch(`${path}/a`, "merge", { data: { at: "second" } });
      for (const limit of [undefined, "1"]) {
        for (const resourceVersion of [undefined, "", "0", version, "x", "-1", "1.5", "0x1", "18446744073709551616"]) {
          for (const resourceVersionMatch of matches) {
            await session.get(
              withQuery(path, {
                ...(limit === undefined ? {} : { limit }),
                ...(resourceVersion === undefined ? {} : { resourceVersion }),
                ...(resourceVersionMatch === undefined ? {} : { resourceVersionMatch }),
              }),
            );
          }
        }
      }
    },
  },
  {
    name: "the version of a list",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const first = await session.post(path, { metadata: { name: "a" } });
      const version = first.body.metadata.resourceVersion as string;
      await session.post(path, { metadata: { name: "b" } });
      const exact = await session.get(withQuery(path, { resourceVersion: version, resourceVersionMatch: "Exact" }));
      session.note("exact", exact.body.metadata.resourceVersion === version);
      const latest = await session.get(path);
      session.note("latest", Number(latest.body.metadata.resourceVersion) > Number(version));
      const empty = await session.get(session.at("v1", "secrets"));
      session.note("of an empty list", Number(empty.body.metadata.resourceVersion) > Number(version));
    },
  },
  {
    name: "a list at a version that is not there yet",
    async run(session) {
      const path = session.at("v1", "configmaps");
      await session.get(`${path}?resourceVersion=${tooNew}`);
      await session.get(`${path}?resourceVersion=${tooNew}&resourceVersionMatch=NotOlderThan`);
      await session.get(`${path}?resourceVersion=${tooNew}&resourceVersionMatch=Exact`);
      await session.get(`${path}?resourceVersion=${tooNew}&limit=1`);
      await session.get(`${path}?resourceVersion=${tooNew}&limit=1&resourceVersionMatch=NotOlderThan`);
    },
  },
  {
    name: "resourceVersion of a get",
    async run(session) {
      const path = session.at("v1", "configmaps");
      const first = await session.post(path, { metadata: { name: "a" }, data: { at: "first" } });
      const version = first.body.metadata.resourceVersion as string;
      await session.patch(`${path}/a`, "merge", { data: { at: "second" } });
      await session.until(`${path}/a?resourceVersion=0`, ({ body }) => body.data?.at === "second");
      for (const each of ["", "0", version, "x", "-1", tooNew]) await session.get(`${path}/a?resourceVersion=${each}`);
      for (const each of ["0", version]) await session.get(`${path}/none?resourceVersion=${each}`);
      await session.get(`${path}/a?resourceVersion=${version}&resourceVersionMatch=Exact`);
      await session.get(`${path}/a?limit=x`);
      await session.get(`${path}/a?labelSelector=,,,`);
    },
  },
  {
    name: "deletecollection with versions and limits",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const name of ["a", "b", "c"]) await session.silently("POST", path, { metadata: { name } });
      await session.delete(`${path}?resourceVersion=x`);
      await session.delete(`${path}?resourceVersion=${tooNew}&resourceVersionMatch=Exact`);
      await session.delete(`${path}?resourceVersionMatch=Exact`);
      await session.delete(`${path}?sendInitialEvents=true`);
      await session.delete(`${path}?limit=1`);
      await session.get(path);
    },
  },
];
