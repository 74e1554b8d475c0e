import type { Scenario } from "../../scenario.ts";
import type { RawAnswer, Session } from "../../session.ts";

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const group = "/openapi/v3/apis/apps/v1";

/** How clients keep documents, and what they are told of the form that they want. */
export const cachingScenarios: readonly Scenario[] = [
  {
    name: "OpenAPI documents that clients have already",
    async run(session) {
      const index = await session.silently("GET", "/openapi/v3");
      const url = index.body.paths["apis/apps/v1"].serverRelativeURL as string;
      const { headers } = await session.silently("GET", url);
      const etag = headers["etag"] ?? "";
      session.note("the tag is the hash", url === `${group}?hash=${etag.replaceAll('"', "")}`);
      for (const path of [url, group, `${group}?hash=`]) await told(session, path, etag);
      for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*", '"other"', etag.replaceAll('"', "")])
        await told(session, group, etag, { "if-none-match": tag });
      await told(session, url, etag, { "if-none-match": etag });
      await told(session, `${group}?hash=00`, etag);
      await told(session, `${group}?hash=00`, etag, { "if-none-match": etag });
      const two = await session.silently("GET", "/openapi/v2");
      const tagOfTwo = two.headers["etag"] ?? "";
      await told(session, "/openapi/v2", tagOfTwo);
      await told(session, "/openapi/v2", tagOfTwo, { "if-none-match": tagOfTwo });
      await told(session, "/openapi/v2", tagOfTwo, { "if-none-match": etag });
    },
  },
  {
    name: "forms of OpenAPI documents",
    async run(session) {
      for (const accept of [
        "",
        "*/*",
        "application/*",
        "application/json",
        "text/plain, application/json",
        "text/plain",
      ]) {
        for (const path of ["/openapi/v3", group, "/openapi/v2"]) {
          const { status, headers } = await session.silently("GET", path, undefined, { accept });
          session.note(`${path} as ${accept}`, { status, type: headers["content-type"], vary: headers["vary"] });
        }
      }
      for (const path of ["/openapi", "/openapi/", "/openapi/v1", "/openapi/v2/", "/openapi/v3/", "/openapi/v3/none"])
        await session.get(path);
      for (const path of ["/openapi/v3/apis/apps/v9", "/openapi/v3/apis/none.example.com/v1"]) await session.get(path);
    },
  },
  {
    name: "aggregated discovery that clients have already",
    async run(session) {
      for (const path of ["/api", "/apis"]) {
        const { headers } = await session.silently("GET", path, undefined, { accept: aggregated });
        const etag = headers["etag"] ?? "";
        session.note(`the tag of ${path}`, /^"[0-9A-F]{128}"$/.test(etag));
        for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*", '"other"'])
          await told(session, path, etag, { accept: aggregated, "if-none-match": tag });
        await told(session, path, etag, { "if-none-match": etag });
      }
      await told(session, "/apis/apps/v1", "<none>", { "if-none-match": "*" });
    },
  },
  {
    name: "verbose health",
    async run(session) {
      for (const path of [
        "/livez?verbose",
        "/readyz?verbose=false",
        "/healthz?verbose",
        "/livez?verbose&exclude=etcd&exclude=ping",
        "/livez?verbose&exclude=etcd,ping",
        "/livez?verbose&exclude=none&exclude=another",
      ]) {
        const { status, headers, body } = await session.silently("GET", path);
        const lines = (body.text as string).split("\n");
        // The API server has more to check, which the next line counts in.
        const common = lines.filter((line) => /^\[[+-]\](ping|log|etcd) |^warn|check passed$|^$/.test(line));
        session.note(path, { status, type: headers["content-type"], common });
        session.note(`${path}: all lines`, lines.length === common.length);
      }
      for (const path of ["/livez/etcd?verbose", "/livez/none?verbose", "/livez/poststarthook/none"])
        await session.get(path);
      const { status } = await session.silently("GET", "/metrics");
      session.note("/metrics", status);
      for (const path of ["/logs", "/logs/", "/debug/pprof", "/swagger.json"]) await session.get(path);
      const missing = session.at("v1", "configmaps", "none");
      for (const form of ["Table", "PartialObjectMetadata"])
        await session.get(missing, { accept: `application/json;as=${form};v=v1;g=meta.k8s.io` });
    },
  },
];

/** Records what the head of an answer says to a cache. `etag` is what the server gave before, each has its own. */
async function told(
  session: Session,
  path: string,
  etag: string,
  { accept, ...headers }: Readonly<Record<string, string>> = {},
): Promise<void> {
  const answer: RawAnswer = await session.silently("GET", path, undefined, {
    headers,
    ...(accept === undefined ? {} : { accept }),
  });
  const unnamed = (text: string | undefined): string | undefined =>
    text?.replaceAll(etag.replace(/^W\/|"/g, ""), "<hash>").replace(/[0-9A-F]{128}/g, "<other hash>");
  const cache = answer.headers["cache-control"];
  session.note(unnamed(`${path} ${JSON.stringify(headers).replaceAll("\\", "")}`) ?? "", {
    status: answer.status,
    type: answer.headers["content-type"],
    vary: answer.headers["vary"],
    etag: unnamed(answer.headers["etag"]),
    location: unnamed(answer.headers["location"]),
    // That answers are private is said of all that the API server does not know to be public.
    cache: cache === "no-cache, private" ? undefined : cache,
    empty: answer.body.text === "",
  });
}
