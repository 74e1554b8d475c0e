import assert from "node:assert/strict";
import { ApiClient, configMap, deployment } from "./api-client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

describe("objects over the Kubernetes API", () => {
  it("get identity, time and version when they are created", async () => {
    const client = new ApiClient();
    const created = await client.create(MAPS, configMap("a", { x: "1" }));
    assert.match(created.metadata.uid ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(created.metadata.creationTimestamp, "2026-01-01T00:00:00Z");
    assert.equal(created.metadata.namespace, "default");
    assert.equal(created.metadata.generation, undefined);
    const { body } = await client.get(`${MAPS}/a`);
    assert.deepEqual(body, created);
  });

  it("are named by generateName when they have no name", async () => {
    const client = new ApiClient();
    const created = await client.create(MAPS, { ...configMap(""), metadata: { generateName: "job-" } });
    assert.match(created.metadata.name, /^job-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  const refusals: readonly {
    readonly name: string;
    readonly call: (client: ApiClient) => Promise<{ status: number; body: Record<string, unknown> }>;
    readonly status: number;
    readonly reason: string;
    readonly message: string;
    readonly details?: unknown;
  }[] = [
    {
      name: "a missing object",
      call: (client) => client.get("/apis/apps/v1/namespaces/default/deployments/nope"),
      status: 404,
      reason: "NotFound",
      message: 'deployments.apps "nope" not found',
      details: { name: "nope", group: "apps", kind: "deployments" },
    },
    {
      name: "a name that is taken",
      call: async (client) => {
        await client.create(MAPS, configMap("a"));
        return client.call("POST", MAPS, configMap("a"));
      },
      status: 409,
      reason: "AlreadyExists",
      message: 'configmaps "a" already exists',
      details: { name: "a", kind: "configmaps" },
    },
    {
      name: "a namespace that does not exist",
      call: (client) => client.call("POST", "/api/v1/namespaces/nope/configmaps", configMap("a")),
      status: 404,
      reason: "NotFound",
      message: 'namespaces "nope" not found',
    },
    {
      name: "a bad name",
      call: (client) => client.call("POST", MAPS, configMap("Bad_Name")),
      status: 422,
      reason: "Invalid",
      message:
        "ConfigMap \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    },
    {
      name: "no name at all",
      call: (client) => client.call("POST", MAPS, configMap("")),
      status: 422,
      reason: "Invalid",
      message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    },
    {
      name: "another kind's version",
      call: (client) => client.call("POST", MAPS, { ...configMap("a"), apiVersion: "apps/v1" }),
      status: 400,
      reason: "BadRequest",
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:111"',
    },
    {
      name: "an update with an old version",
      call: async (client) => {
        const first = await client.create(MAPS, configMap("a", { x: "1" }));
        await client.patch(`${MAPS}/a`, "merge", { data: { x: "2" } });
        return client.call("PUT", `${MAPS}/a`, first);
      },
      status: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    },
    {
      name: "a delete of another object with the same name",
      call: async (client) => {
        await client.create(MAPS, configMap("a"));
        return client.call("DELETE", `${MAPS}/a`, { preconditions: { resourceVersion: "1" } });
      },
      status: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (7). The object might have been modified',
    },
    {
      name: "a media type that nobody speaks",
      call: (client) => client.call("POST", MAPS, configMap("a"), { "content-type": "text/plain" }),
      status: 415,
      reason: "UnsupportedMediaType",
      message:
        "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    },
    {
      name: "a value of the wrong type",
      call: (client) =>
        client.call("POST", "/apis/apps/v1/namespaces/default/deployments", {
          ...deployment("a"),
          spec: { ...(deployment("a")["spec"] as object), replicas: "two" },
        }),
      status: 400,
      reason: "BadRequest",
      message:
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      name: "another kind",
      call: (client) => client.call("POST", MAPS, { ...configMap("a"), kind: "Pod" }),
      status: 400,
      reason: "BadRequest",
      message:
        'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    },
    {
      name: "a body that is no JSON",
      call: (client) => client.call("POST", MAPS, "{bad"),
      status: 400,
      reason: "BadRequest",
      message:
        "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'b' looking for beginning of object key string ({bad)",
    },
    {
      name: "a selector that is none",
      call: (client) => client.get(`${MAPS}?labelSelector=a+b`),
      status: 400,
      reason: "BadRequest",
      message: "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    },
    {
      name: "a method that the resource lacks",
      call: (client) => client.call("POST", `${MAPS}/a`, configMap("a")),
      status: 405,
      reason: "MethodNotAllowed",
      message: "the server does not allow this method on the requested resource",
    },
  ];
  for (const { name, call, status, reason, message, details } of refusals) {
    it(`refuse ${name} with the API server's own words`, async () => {
      const answer = await call(new ApiClient());
      assert.deepEqual(
        {
          status: answer.status,
          kind: answer.body["kind"],
          reason: answer.body["reason"],
          message: answer.body["message"],
        },
        { status, kind: "Status", reason, message },
      );
      assert.equal(answer.body["code"], status);
      if (details !== undefined) assert.deepEqual(answer.body["details"], details);
    });
  }

  it("answer a path that is not served without a Status", async () => {
    const answer = await new ApiClient().get("/apis/example.io/v1/widgets");
    assert.deepEqual(
      { status: answer.status, text: answer.body.message },
      { status: 404, text: "404 page not found\n" },
    );
  });

  it("keep their version when an update changes nothing", async () => {
    const client = new ApiClient();
    const created = await client.create(MAPS, configMap("a", { x: "1" }));
    await client.clock.advance(60_000);
    const { body } = await client.call("PUT", `${MAPS}/a`, created);
    assert.deepEqual(body, created);
  });

  it("count generations of the spec only", async () => {
    const client = new ApiClient();
    const path = "/apis/apps/v1/namespaces/default/deployments";
    await client.create(path, deployment("a"));
    await client.patch(`${path}/a`, "merge", { metadata: { labels: { x: "y" } } });
    await client.patch(`${path}/a/status`, "merge", { status: { replicas: 1 } });
    const unchanged = await client.get(`${path}/a`);
    await client.patch(`${path}/a`, "merge", { spec: { replicas: 3 } });
    const changed = await client.get(`${path}/a`);
    const generation = (body: unknown): unknown => (body as { metadata: { generation: number } }).metadata.generation;
    assert.deepEqual([generation(unchanged.body), generation(changed.body)], [1, 2]);
  });

  it("take spec and status through their own endpoints only", async () => {
    const client = new ApiClient();
    const path = "/apis/apps/v1/namespaces/default/deployments";
    await client.create(path, { ...deployment("a"), status: { replicas: 9 } });
    await client.patch(`${path}/a`, "merge", { status: { replicas: 8 } });
    const { body } = await client.patch(`${path}/a/status`, "merge", {
      spec: { replicas: 7 },
      status: { replicas: 1 },
    });
    assert.deepEqual(
      [(body["spec"] as { replicas: number }).replicas, (body["status"] as { replicas: number }).replicas],
      [1, 1],
    );
  });

  it("change nothing in a dry run", async () => {
    const client = new ApiClient();
    const created = await client.call("POST", `${MAPS}?dryRun=All`, configMap("a"));
    assert.equal(created.status, 201);
    assert.equal((await client.get(`${MAPS}/a`)).status, 404);
    await client.create(MAPS, configMap("b"));
    await client.call("DELETE", `${MAPS}/b?dryRun=All`);
    assert.equal((await client.get(`${MAPS}/b`)).status, 200);
  });

  it("report unknown and duplicate fields as the field validation asks", async () => {
    const client = new ApiClient();
    const text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"},"foo":1}';
    const strict = await client.call("POST", `${MAPS}?fieldValidation=Strict`, text);
    assert.deepEqual(
      [strict.status, strict.body.message],
      [
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.x", unknown field "foo"',
      ],
    );
    const warned = await client.call("POST", MAPS, text);
    assert.equal(warned.warning, '299 - "duplicate field \\"data.x\\"", 299 - "unknown field \\"foo\\""');
    assert.equal(warned.body["foo"], undefined);
    const ignored = await client.call("POST", `${MAPS}?fieldValidation=Ignore`, text.replace('"a"', '"b"'));
    assert.deepEqual([ignored.status, ignored.warning], [201, undefined]);
  });

  it("remember every request", async () => {
    const client = new ApiClient();
    client.api.clearRequests();
    await client.get(`${MAPS}/nope`);
    await client.get("/apis/apps/v1/deployments");
    assert.deepEqual(
      client.api.requests.map(({ verb, resource, name, userAgent, status }) => ({
        verb,
        resource,
        name,
        userAgent,
        status,
      })),
      [
        { verb: "get", resource: "configmaps", name: "nope", userAgent: "tester/1.0", status: 404 },
        { verb: "list", resource: "deployments.apps", name: undefined, userAgent: "tester/1.0", status: 200 },
      ],
    );
  });
});
