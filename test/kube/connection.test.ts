import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Clock, systemClock } from "../../src/clock.ts";
import { connectToCluster, type KubeConnection } from "../../src/kube/connection.ts";
import { readBody } from "../../src/kube/http-client.ts";
import { silentLogger } from "../../src/log.ts";

function tls(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), "utf8");
}

/** The system's clock, which a test can put forward. */
function shiftedClock(): Clock & { skip(ms: number): void } {
  let offset = 0;
  return {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + offset,
    skip: (ms) => {
      offset += ms;
    },
  };
}

describe("connection", () => {
  const cleanups: (() => Promise<unknown> | void)[] = [];
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "fairlead-test-"));
    cleanups.push(() => rm(directory, { recursive: true }));
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function serve(
    listener: http.RequestListener,
    secure?: https.ServerOptions,
  ): Promise<{ url: string; server: http.Server; sockets: () => number }> {
    const server = secure === undefined ? http.createServer(listener) : https.createServer(secure, listener);
    let sockets = 0;
    server.on("connection", () => void sockets++);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;
    return { url: `${secure === undefined ? "http" : "https"}://127.0.0.1:${port}`, server, sockets: () => sockets };
  }

  async function connect(
    cluster: object,
    user: object = {},
    options: { clock?: Clock; namespace?: string } = {},
  ): Promise<KubeConnection> {
    const kubeconfig = path.join(directory, "kubeconfig");
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster }],
        users: [{ name: "u", user }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: options.namespace } }],
        "current-context": "x",
      }),
    );
    const connection = await connectToCluster({ kubeconfig, clock: options.clock ?? systemClock, log: silentLogger });
    cleanups.push(() => connection.close());
    return connection;
  }

  async function get(
    connection: KubeConnection,
    requestPath = "/api",
    signal?: AbortSignal,
  ): Promise<[number, string]> {
    const response = await connection.http({
      method: "GET",
      path: requestPath,
      headers: {},
      ...(signal === undefined ? {} : { signal }),
    });
    return [response.status, await readBody(response, signal ?? new AbortController().signal)];
  }

  it("sends method, path below the server's own, headers, body and the token of the kubeconfig", async () => {
    const seen: unknown[] = [];
    const { url } = await serve((request, response) => {
      request.setEncoding("utf8").on("data", (body) => {
        const { authorization, "content-type": type } = request.headers;
        seen.push([request.method, request.url, authorization, type, body]);
        response.writeHead(201, { "content-type": "application/json" }).end('{"a":1}');
      });
    });
    const connection = await connect({ server: `${url}/clusters/one/` }, { token: "secret" }, { namespace: "shop" });
    const response = await connection.http({
      method: "POST",
      path: "/api/v1/namespaces?fieldManager=fairlead",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    assert.equal(response.status, 201);
    assert.equal(response.headers["content-type"], "application/json");
    assert.equal(await readBody(response, new AbortController().signal), '{"a":1}');
    assert.deepEqual(seen, [
      ["POST", "/clusters/one/api/v1/namespaces?fieldManager=fairlead", "Bearer secret", "application/json", "{}"],
    ]);
    assert.equal(connection.namespace, "shop");
  });

  it("asks right before a request is written, after it has waited for its credentials and its turn", async () => {
    let seen = 0;
    const { url } = await serve((_request, response) => void response.end(String(++seen)));
    const connection = await connect({ server: url }, { token: "secret" });
    const order: string[] = [];
    const post = (beforeSend: () => void): ReturnType<typeof connection.http> =>
      connection.http({ method: "POST", path: "/api", headers: {}, body: "{}", beforeSend });
    const sent = post(() => void order.push("asked"));
    order.push("given");
    assert.equal(await readBody(await sent, new AbortController().signal), "1");
    assert.deepEqual(order, ["given", "asked"]);
    const refusal = new Error("not now");
    await assert.rejects(
      post(() => {
        throw refusal;
      }),
      refusal,
    );
    assert.equal(seen, 1, "what was refused was not sent");
    assert.deepEqual(await get(connection), [200, "2"], "the connection is of use still");
  });

  it("uses user and password, and impersonates whom the kubeconfig names", async () => {
    const { url } = await serve((request, response) => {
      response.end([request.headers.authorization, request.headers["impersonate-user"]].join(" "));
    });
    const connection = await connect({ server: url }, { username: "me", password: "pw", as: "jane" });
    assert.deepEqual(await get(connection), [200, `Basic ${Buffer.from("me:pw").toString("base64")} jane`]);
  });

  it("runs exec plugins once, not for each request", async () => {
    const plugin = path.join(directory, "plugin.mjs");
    const runs = path.join(directory, "runs");
    await writeFile(
      plugin,
      `import { appendFileSync } from "node:fs"; appendFileSync(${JSON.stringify(runs)}, "x");
       console.log(JSON.stringify({ kind: "ExecCredential", status: { token: "from-plugin" } }));`,
    );
    const { url } = await serve((request, response) => void response.end(request.headers.authorization));
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [plugin] };
    const connection = await connect({ server: url }, { exec });
    for (let times = 0; times < 3; times++) assert.deepEqual(await get(connection), [200, "Bearer from-plugin"]);
    assert.equal(readFileSync(runs, "utf8"), "x");
  });

  it("says at the start that an exec plugin fails", async () => {
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["-e", "process.exit(3)"],
    };
    await assert.rejects(connect({ server: "http://127.0.0.1:1" }, { exec }), { code: "KubeCredentials" });
  });

  it("refuses a kubeconfig without a usable context", async () => {
    const kubeconfig = path.join(directory, "empty");
    await writeFile(kubeconfig, "apiVersion: v1\nkind: Config\n");
    const options = { clock: systemClock, log: silentLogger };
    await assert.rejects(connectToCluster({ ...options, kubeconfig }), { code: "Kubeconfig", class: "invalid" });
    await assert.rejects(connectToCluster({ ...options, kubeconfig: path.join(directory, "none") }), {
      code: "Kubeconfig",
    });
  });

  it("says what to do when there is neither a kubeconfig nor a pod's service account", async () => {
    const { KUBECONFIG, HOME } = process.env;
    cleanups.push(() => {
      for (const [name, value] of Object.entries({ KUBECONFIG, HOME })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    });
    delete process.env["KUBECONFIG"];
    process.env["HOME"] = directory;
    await assert.rejects(connectToCluster({ clock: systemClock, log: silentLogger }), {
      code: "Kubeconfig",
      message: /set KUBECONFIG/,
    });
  });

  it("J6: ten thousand requests share at most 40 sockets", async () => {
    const { url, sockets } = await serve((_request, response) => void response.end("{}"));
    const connection = await connect({ server: url });
    for (let round = 0; round < 100; round++) await Promise.all(Array.from({ length: 100 }, () => get(connection)));
    assert.ok(sockets() <= 40, `${sockets()} sockets`);
  });

  it("J6: calls do not wait for connections that watches hold", async () => {
    const { url } = await serve((request, response) => {
      if (request.url?.includes("watch=true")) response.write("\n");
      else response.end("{}");
    });
    const connection = await connect({ server: url });
    const watches = await Promise.all(
      Array.from({ length: 50 }, () =>
        connection.http({ method: "GET", path: "/api/v1/pods?watch=true", headers: {} }),
      ),
    );
    assert.deepEqual(await get(connection), [200, "{}"]);
    assert.equal(watches.length, 50);
  });

  it("J6: a new certificate authority and server certificate are taken up by the next call", async () => {
    const ca = path.join(directory, "ca.pem");
    await writeFile(ca, tls("ca-a.pem"));
    // Each request makes a connection of its own, as after a restart of the server.
    const listener: http.RequestListener = (_request, response) => {
      response.writeHead(200, { connection: "close" }).end("ok");
    };
    const { url, server } = await serve(listener, { cert: tls("server-a.pem"), key: tls("server-a.key") });
    const connection = await connect({ server: url, "certificate-authority": ca });
    assert.deepEqual(await get(connection), [200, "ok"]);
    await writeFile(ca, tls("ca-b.pem"));
    (server as https.Server).setSecureContext({ cert: tls("server-b.pem"), key: tls("server-b.key") });
    assert.deepEqual(await get(connection), [200, "ok"]);
  });

  it("J6: a server whose certificate is of another authority is refused", async () => {
    const ca = path.join(directory, "ca.pem");
    await writeFile(ca, tls("ca-b.pem"));
    const secure = { cert: tls("server-a.pem"), key: tls("server-a.key") };
    const { url } = await serve((_request, response) => void response.end("ok"), secure);
    await assert.rejects(get(await connect({ server: url, "certificate-authority": ca })), /certificate|verify/);
    const trusting = await connect({ server: url, "insecure-skip-tls-verify": true });
    assert.deepEqual(await get(trusting), [200, "ok"]);
  });

  it("presents the client certificate of the kubeconfig", async () => {
    const { url } = await serve(
      (request, response) => {
        const { authorized } = request.socket as unknown as { authorized: boolean };
        response.end(String(authorized));
      },
      {
        cert: tls("server-a.pem"),
        key: tls("server-a.key"),
        ca: tls("ca-b.pem"),
        requestCert: true,
        rejectUnauthorized: false,
      },
    );
    const data = (name: string) => Buffer.from(tls(name)).toString("base64");
    const connection = await connect(
      { server: url, "certificate-authority-data": data("ca-a.pem") },
      { "client-certificate-data": data("server-b.pem"), "client-key-data": data("server-b.key") },
    );
    assert.deepEqual(await get(connection), [200, "true"]);
  });

  it("J16: a rotated service account token is read again on 401, and no request fails", async () => {
    const file = path.join(directory, "token");
    await writeFile(file, "old\n");
    let accepted = "Bearer old";
    const { url } = await serve((request, response) => {
      response.statusCode = request.headers.authorization === accepted ? 200 : 401;
      response.end(request.headers.authorization);
    });
    const user = { "auth-provider": { name: "tokenFile", config: { tokenFile: file } } };
    const connection = await connect({ server: url }, user);
    assert.deepEqual(await get(connection), [200, "Bearer old"]);
    await writeFile(file, "new\n");
    accepted = "Bearer new";
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(connection)));
    assert.deepEqual(new Set(answers.map(([code]) => code)), new Set([200]));
  });

  it("J16: a token file is read again every 30 s, before the old token is refused", async () => {
    const file = path.join(directory, "token");
    await writeFile(file, "old");
    const clock = shiftedClock();
    const { url } = await serve((request, response) => void response.end(request.headers.authorization));
    const user = { "auth-provider": { name: "tokenFile", config: { tokenFile: file } } };
    const connection = await connect({ server: url }, user, { clock });
    await writeFile(file, "new");
    assert.deepEqual(await get(connection), [200, "Bearer old"]);
    clock.skip(30_000);
    assert.deepEqual(await get(connection), [200, "Bearer new"]);
  });

  it("J16: a token that stays refused is asked for once more, not for ever", async () => {
    let requests = 0;
    const { url } = await serve((_request, response) => {
      requests++;
      response.writeHead(401).end("no");
    });
    const connection = await connect({ server: url }, { token: "wrong" });
    assert.deepEqual(await get(connection), [401, "no"]);
    assert.equal(requests, 1, "the same token would be refused again");
  });

  it("J17: a quiet watch has no time limit of the transport, and chunks arrive as they are sent", async () => {
    const more = Promise.withResolvers<void>();
    const { url } = await serve((_request, response) => {
      response.write("first\n");
      void more.promise.then(() => response.write("second\n"));
    });
    const connection = await connect({ server: url });
    const { body } = await connection.http({ method: "GET", path: "/api/v1/pods?watch=true", headers: {} });
    assert.ok(typeof body !== "string" && !(body instanceof Uint8Array));
    const chunks = body[Symbol.asyncIterator]();
    const text = async () => Buffer.from((await chunks.next()).value ?? "").toString();
    assert.equal(await text(), "first\n");
    more.resolve();
    assert.equal(await text(), "second\n");
    await chunks.return?.();
  });

  it("J18: an aborted or unread watch frees its socket at the server", async () => {
    const closed: Promise<void>[] = [];
    const { url } = await serve((_request, response) => {
      closed.push(new Promise((resolve) => void response.on("close", resolve)));
      response.write("\n");
    });
    const connection = await connect({ server: url });
    const controller = new AbortController();
    const options = { method: "GET", path: "/api/v1/pods?watch=true", headers: {} };
    await connection.http({ ...options, signal: controller.signal });
    controller.abort();
    const unread = await connection.http(options);
    assert.ok(typeof unread.body !== "string" && !(unread.body instanceof Uint8Array));
    await unread.body[Symbol.asyncIterator]().return?.();
    assert.equal(closed.length, 2);
    await Promise.all(closed);
  });

  it("J18: requests with one long-lived signal leave no listener behind", async () => {
    const { url } = await serve((_request, response) => void response.end("{}"));
    const connection = await connect({ server: url });
    const { signal } = new AbortController();
    for (let round = 0; round < 50; round++) await Promise.all([1, 2, 3, 4].map(() => get(connection, "/api", signal)));
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("J20: plain http is for loopback addresses, without any other setting", async () => {
    const { url } = await serve((_request, response) => void response.end("ok"));
    assert.deepEqual(await get(await connect({ server: url })), [200, "ok"]);
    for (const server of [
      "http://10.0.0.1:8080",
      "http://example.com",
      "http://127.0.0.1.example.com",
      "ftp://localhost",
    ])
      await assert.rejects(connect({ server }), { code: "Kubeconfig", class: "invalid" }, server);
  });
});
