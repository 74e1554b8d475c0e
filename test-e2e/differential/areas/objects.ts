import type { Area } from "../scenario.ts";

export const objects: Area = {
  name: "objects",
  scenarios: [
    {
      name: "a ConfigMap from create to delete",
      async run(session) {
        const path = session.at("v1", "configmaps");
        const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "colours" }, data: { sky: "blue" } };
        await session.post(path, object);
        await session.post(path, object);
        await session.get(`${path}/colours`);
        await session.get(`${path}/sounds`);
        await session.get(path);
        await session.patch(`${path}/colours`, "merge", { data: { sky: "blue" } });
        await session.patch(`${path}/colours`, "merge", { data: { sky: null, grass: "green" } });
        await session.delete(`${path}/colours`);
        await session.delete(`${path}/colours`);
      },
    },
    {
      name: "a watch of ConfigMaps",
      async run(session) {
        const path = session.at("v1", "configmaps");
        const watch = await session.watch(`${path}?watch=true&sendInitialEvents=false`);
        await session.post(path, { metadata: { name: "colours" }, data: { sky: "blue" } });
        await session.delete(`${path}/colours`);
        await watch.take(2);
      },
    },
  ],
  knownDifferences: [],
};
