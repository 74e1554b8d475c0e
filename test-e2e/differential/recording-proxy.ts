import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigText } from "../../src/cli/kubeconfig.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../src/http.ts";
import { serve } from "../../src/sandbox/http-server.ts";

/** One request of a client and the answer that it got; the body is absent where it is not JSON or goes on without end. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly requestBody: string;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string | undefined;
}

/** Stands between a client such as kubectl and a server, and notes what goes through. */
export interface RecordingProxy {
  readonly kubeconfig: string;
  /** A folder for what the client keeps. */
  readonly cacheDir: string;
  /** What went through since the last time it was asked. */
  taken(): readonly ProxiedRequest[];
  close(): Promise<void>;
}

export async function startRecordingProxy(http: HttpHandler): Promise<RecordingProxy> {
  const dir = await mkdtemp(join(tmpdir(), "fairlead-proxy-"));
  let requests: ProxiedRequest[] = [];
  const forward: HttpHandler = async (request) => {
    const { host: _host, connection: _connection, "accept-encoding": _encoding, ...headers } = request.headers;
    const response = await http({ ...request, headers: withoutProtobuf(withoutLength(headers)) });
    const contentType = response.headers["content-type"];
    const isStream = /[?&]watch=(true|1)\b/.test(request.path) && response.status === 200;
    const answer = isStream ? response : await whole(response);
    requests.push({
      method: request.method,
      path: request.path,
      requestBody: textOf(request),
      status: response.status,
      contentType,
      body:
        answer.body instanceof Uint8Array && contentType?.startsWith("application/json") === true
          ? Buffer.from(answer.body).toString("utf8")
          : undefined,
    });
    return { ...answer, headers: withoutLength(answer.headers) };
  };
  const server = await serve(forward, { port: 0 });
  const kubeconfig = join(dir, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigText({ server: server.url, token: "proxy" }));
  return {
    kubeconfig,
    cacheDir: join(dir, "cache"),
    taken() {
      const result = requests;
      requests = [];
      return result;
    },
    async close() {
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function withoutLength(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { "content-length": _length, "transfer-encoding": _encoding, ...rest } = headers;
  return rest;
}

/** Has both servers answer in JSON where the client takes that as well, so that answers can be compared: only one knows protobuf. */
function withoutProtobuf({ accept = "", ...headers }: Record<string, string>): Record<string, string> {
  const types = accept.split(",").filter((type) => !type.startsWith("application/vnd.kubernetes.protobuf"));
  return accept === "" ? headers : { ...headers, accept: types.join(",") };
}

async function whole(response: HttpResponse): Promise<HttpResponse> {
  const { body } = response;
  if (typeof body === "string") return { ...response, body: Buffer.from(body) };
  if (body instanceof Uint8Array) return response;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { ...response, body: Buffer.concat(chunks) };
}

function textOf({ body }: HttpRequest): string {
  if (body === undefined) return "";
  return typeof body === "string" ? body : Buffer.from(body).toString("utf8");
}
