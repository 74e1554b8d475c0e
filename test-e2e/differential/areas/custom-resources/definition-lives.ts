import type { Scenario } from "../../scenario.ts";
import type { Body, RawAnswer, Session } from "../../session.ts";
import { crds, definition, ServedKind } from "./sample-definition.ts";

const schema = { type: "object", properties: { spec: { type: "object", properties: { size: { type: "integer" } } } } };

/** Whether a condition has a status, and a reason if one is told. */
function has(type: string, status: string, reason?: string): (answer: RawAnswer) => boolean {
  return ({ body }) =>
    ((body.status?.conditions ?? []) as readonly Body[]).some(
      (condition) =>
        condition.type === type && condition.status === status && (reason === undefined || condition.reason === reason),
    );
}

/** A scenario with definitions of its own, which are gone before and after it. */
function lived(name: string, plurals: readonly string[], run: (session: Session) => Promise<void>): Scenario {
  const paths = plurals.map((plural) => pathOf(definition(plural, schema)));
  const clear = async (session: Session): Promise<void> => {
    for (const path of paths) await session.silently("DELETE", path);
    for (const path of paths) await session.until(path, ({ status }) => status === 404);
  };
  return {
    name,
    run: async (session) => {
      await clear(session);
      try {
        await run(session);
      } finally {
        await clear(session);
      }
    },
  };
}

function pathOf(crd: Body): string {
  return `${crds}/${crd.metadata.name}`;
}

async function established(session: Session, crd: Body): Promise<ServedKind> {
  await session.silently("POST", crds, crd);
  await session.until(pathOf(crd), has("Established", "True"));
  const kind = new ServedKind(session, crd);
  await session.until(kind.path(), ({ status }) => status === 200);
  return kind;
}

export const definitionLifeScenarios: readonly Scenario[] = [
  lived("a definition that comes to be established", ["livings"], async (session) => {
    const crd = definition("livings", schema);
    const created = await session.post(crds, crd);
    const { resourceVersion } = created.body.metadata;
    await session.until(pathOf(crd), has("Established", "True"));
    const { body } = await session.get(pathOf(crd));
    session.note("has moved on", body.metadata.resourceVersion !== resourceVersion);
    await session.post(crds, crd);
    await session.get(`${pathOf(crd)}/status`);
    await session.get(pathOf(crd), { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" });
  }),
  lived("definitions that want the same names", ["firsts", "seconds"], async (session) => {
    const first = definition("firsts", schema);
    first.spec.names.shortNames = ["fst"];
    await established(session, first);
    const second = definition("seconds", schema);
    second.spec.names = { ...second.spec.names, kind: "First", listKind: "FirstList", shortNames: ["fst", "snd"] };
    await session.post(crds, second);
    await session.until(pathOf(second), has("NamesAccepted", "False"));
    await session.get(pathOf(second));
    await session.get(`/apis/${second.spec.group}/v1/namespaces/${session.namespace}/seconds`);
    await session.silently("DELETE", pathOf(first));
    await session.until(pathOf(second), has("Established", "True"));
    await session.get(pathOf(second));
  }),
  lived("what cannot be changed in a definition", ["fixeds"], async (session) => {
    const crd = definition("fixeds", schema);
    await established(session, crd);
    const path = pathOf(crd);
    for (const spec of [
      { scope: "Cluster" },
      { group: "other.differential.test" },
      { names: { plural: "others" } },
      { names: { kind: "Other", listKind: "OtherList", singular: "other" } },
      { preserveUnknownFields: true },
      { versions: [] },
      { versions: [{ name: "v2", served: true, storage: true, schema: { openAPIV3Schema: schema } }] },
    ]) {
      await session.patch(path, "merge", { spec });
    }
    await session.patch(path, "merge", { spec: { names: { shortNames: ["fx"], categories: ["all"] } } });
    await session.until(path, ({ body }) => body.status.acceptedNames.shortNames?.[0] === "fx");
    await session.get(path);
  }),
  lived("versions of a definition that come and go", ["turnings"], async (session) => {
    const crd = definition("turnings", schema);
    const kind = await established(session, crd);
    const path = pathOf(crd);
    const version = (name: string, storage: boolean, served = true): object => ({
      name,
      served,
      storage,
      schema: { openAPIV3Schema: schema },
    });
    await session.post(kind.path(), kind.object("one", { spec: { size: 1 } }));
    await session.patch(path, "merge", { spec: { versions: [version("v1", false), version("v2", true)] } });
    await session.until(kind.pathIn("v2"), ({ status }) => status === 200);
    await session.get(kind.pathIn("v1", "one"));
    await session.get(kind.pathIn("v2", "one"));
    await session.patch(path, "merge", { spec: { versions: [version("v2", true)] } });
    await session.patch(path, "merge", { spec: { versions: [version("v1", false, false), version("v2", true)] } });
    await session.until(kind.pathIn("v1"), ({ status }) => status === 404);
    await session.get(kind.pathIn("v1", "one"));
    await session.get(kind.pathIn("v2", "one"));
    // What is still stored in a version that is gone could not even be deleted.
    await session.patch(kind.pathIn("v2", "one"), "merge", { metadata: { labels: { moved: "yes" } } });
    await session.patch(`${path}/status`, "merge", { status: { storedVersions: ["v2"] } });
    await session.patch(path, "merge", { spec: { versions: [version("v2", true)] } });
    await session.get(kind.pathIn("v2", "one"));
    await session.patch(`${path}/status`, "merge", { status: { acceptedNames: { plural: "Bad Name" } } });
  }),
  lived("a definition that is deleted with its objects", ["goings"], async (session) => {
    const crd = definition("goings", schema);
    const kind = await established(session, crd);
    await session.post(kind.path(), kind.object("plain"));
    const held = kind.object("held");
    await session.post(kind.path(), { ...held, metadata: { ...held.metadata, finalizers: ["test.example/held"] } });
    await session.delete(pathOf(crd));
    await session.until(pathOf(crd), has("Terminating", "True", "InstanceDeletionInProgress"));
    await session.until(kind.path("plain"), ({ status }) => status === 404);
    await session.get(pathOf(crd));
    await session.post(kind.path(), kind.object("late"));
    await session.delete(pathOf(crd));
    await session.silently(
      "PATCH",
      kind.path("held"),
      { metadata: { finalizers: null } },
      {
        contentType: "application/merge-patch+json",
      },
    );
    await session.until(pathOf(crd), ({ status }) => status === 404);
    await session.get(kind.path());
    const again = await established(session, crd);
    const { body } = await session.silently("GET", again.path());
    session.note("objects of the definition made again", body.items.length);
  }),
];
