import { readFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { type Cluster, KubeConfig, type User } from "@kubernetes/client-node";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { Clock } from "../clock.ts";
import { AppError, errorMessage } from "../errors.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../http.ts";
import type { Logger } from "../log.ts";
import { type Credentials, createCredentialSource, type TlsMaterial, tlsFingerprint } from "./credentials.ts";

export interface KubeConnectionOptions {
  /** A kubeconfig file; default: `KUBECONFIG`, `~/.kube/config`, the service account of the pod, in this order. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig; default its current one. */
  readonly context?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface KubeConnection {
  /** URL of the API server, without a final slash. */
  readonly server: string;
  /** Namespace of the context or of the pod, if it names one. */
  readonly namespace: string | undefined;
  readonly http: HttpHandler;
  /** Ends all connections; requests in progress fail. */
  close(): Promise<void>;
}

/** All time limits of the transport, in milliseconds. Calls have shorter limits of their own (http-client.ts). */
const limits = {
  connectMs: 10_000,
  headersMs: 60_000,
  /** Without a byte of the body. Watches are quiet for minutes, and have a limit of their own (reflector.ts). */
  bodyMs: 60_000,
  keepAliveMs: 30_000,
} as const;
const connectionsForCalls = 32;
/** A service account token is read again this often. */
const tokenFileFreshMs = 30_000;
/** A plugin's token lives about 15 minutes (`aws eks get-token`); the library does not tell its expiry. */
const execFreshMs = 600_000;

/**
 * A connection to the cluster that a kubeconfig or the pod's service account names. Authentication is that of the
 * Kubernetes client library; connections, time limits and renewal are ours: long-lived agents, made anew only when
 * certificates change. Rejects with class `invalid` for a configuration that cannot be used.
 */
export async function connectToCluster(options: KubeConnectionOptions): Promise<KubeConnection> {
  const { clock, log } = options;
  const first = loadConfig(options);
  const { server } = first.cluster;
  const url = serverUrl(server);
  const source = createCredentialSource({
    // A configuration that is read again may name new certificates; the server stays.
    load: () => loadCredentials(loadConfig(options)),
    clock,
    log,
  });
  // Says at the start what is wrong with a plugin or a certificate file.
  const start = await source.current();
  let agents = createAgents(start.tls, first.cluster.proxyUrl);

  function agentsFor(tls: TlsMaterial): Agents {
    if (tlsFingerprint(tls) === agents.fingerprint) return agents;
    log.info("certificates for the Kubernetes API have changed");
    // Requests in progress end by themselves: watches within minutes.
    closeQuietly(agents, "close");
    agents = createAgents(tls, first.cluster.proxyUrl);
    return agents;
  }

  async function send(request: HttpRequest, credentials: Credentials): Promise<HttpResponse> {
    const isWatch = /[?&]watch=(true|1)(&|$)/.test(request.path);
    const { calls, watches } = agentsFor(credentials.tls);
    const { beforeSend } = request;
    const agent = isWatch ? watches : calls;
    const answer = await (beforeSend === undefined ? agent : agent.compose(checkedBy(beforeSend))).request({
      origin: url.origin,
      path: `${url.pathname.replace(/\/$/, "")}${request.path}`,
      method: request.method as Dispatcher.HttpMethod,
      headers: {
        ...request.headers,
        "user-agent": "fairlead",
        ...(credentials.authorization === undefined ? {} : { authorization: credentials.authorization }),
        ...(credentials.impersonateUser === undefined ? {} : { "impersonate-user": credentials.impersonateUser }),
      },
      headersTimeout: limits.headersMs,
      bodyTimeout: isWatch ? 0 : limits.bodyMs,
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    return { status: answer.statusCode, headers: plainHeaders(answer.headers), body: readable(answer.body) };
  }

  return {
    server,
    namespace: first.namespace,
    async http(request) {
      const used = await source.current();
      let response: HttpResponse;
      try {
        response = await send(request, used);
      } catch (error) {
        if (!isCertificateError(error)) throw error;
        // Nothing was sent. The authority may have been rotated since its file was read.
        const renewed = await source.renewed(used);
        if (tlsFingerprint(renewed.tls) === tlsFingerprint(used.tls)) throw error;
        return send(request, renewed);
      }
      if (response.status !== 401) return response;
      const renewed = await source.renewed(used);
      if (renewed.authorization === used.authorization && tlsFingerprint(renewed.tls) === tlsFingerprint(used.tls))
        return response;
      await endBody(response);
      return send(request, renewed);
    },
    close: () => closeAgents(agents, "destroy"),
  };
}

interface LoadedConfig {
  readonly config: KubeConfig;
  readonly cluster: Cluster;
  readonly user: User | undefined;
  readonly namespace: string | undefined;
}

function loadConfig(options: KubeConnectionOptions): LoadedConfig {
  const config = new KubeConfig();
  try {
    if (options.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
  } catch (error) {
    throw unusable(`the kubeconfig cannot be read: ${errorMessage(error)}`, error);
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const context = config.getContextObject(config.getCurrentContext());
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null)
    throw unusable(`the kubeconfig has no usable context "${config.getCurrentContext()}"`);
  // What the library makes up when it finds nothing.
  if (options.kubeconfig === undefined && config.getCurrentContext() === "loaded-context")
    throw unusable("no cluster to connect to: set KUBECONFIG, name a kubeconfig, or run as a pod of the cluster");
  return { config, cluster, user: config.getCurrentUser() ?? undefined, namespace: context.namespace };
}

async function loadCredentials({ cluster, user }: LoadedConfig): Promise<Credentials> {
  const tokenFile = tokenFileOf(user);
  const config = new KubeConfig();
  // Token files are read here: the library blocks on them and keeps the line end.
  const { authProvider, ...withoutProvider } = user ?? { name: "anonymous" };
  config.loadFromClusterAndUser(
    // The library refuses plain HTTP unless told otherwise; `serverUrl` has allowed it for loopback only.
    cluster.server.startsWith("http:") ? { ...cluster, skipTLSVerify: true } : cluster,
    tokenFile !== undefined || authProvider === undefined ? withoutProvider : { ...withoutProvider, authProvider },
  );
  const resolved: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(resolved);
  } catch (error) {
    throw new AppError(`credentials for the Kubernetes API are not to be had: ${errorMessage(error)}`, {
      class: "denied",
      code: "KubeCredentials",
      cause: error,
    });
  }
  const headers = (resolved.headers ?? {}) as Readonly<Record<string, string | undefined>>;
  const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, "utf8")).trim();
  const basic = typeof resolved.auth === "string" ? Buffer.from(resolved.auth).toString("base64") : undefined;
  const authorization =
    token !== undefined ? `Bearer ${token}` : basic !== undefined ? `Basic ${basic}` : headers["Authorization"]?.trim();
  const impersonateUser = headers["Impersonate-User"];
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(impersonateUser === undefined ? {} : { impersonateUser }),
    tls: {
      ...pem("ca", resolved.ca),
      ...pem("cert", resolved.cert),
      ...pem("key", resolved.key),
      ...(resolved.servername === undefined ? {} : { serverName: resolved.servername }),
      ...(resolved.rejectUnauthorized === false ? { insecure: true } : {}),
    },
    ...freshness(user, tokenFile),
  };
}

function freshness(user: User | undefined, tokenFile: string | undefined): { readonly freshForMs?: number } {
  if (tokenFile !== undefined) return { freshForMs: tokenFileFreshMs };
  return user?.exec === undefined || user.exec === null ? {} : { freshForMs: execFreshMs };
}

function tokenFileOf(user: User | undefined): string | undefined {
  const provider = user?.authProvider as { readonly config?: { readonly tokenFile?: unknown } } | undefined | null;
  const file = provider?.config?.tokenFile;
  return typeof file === "string" ? file : undefined;
}

/** Plain HTTP carries tokens for all to read; it is allowed to this machine only. */
function serverUrl(server: string): URL {
  let url: URL;
  try {
    url = new URL(server);
  } catch (error) {
    throw unusable(`the server "${server}" of the kubeconfig is not a URL`, error);
  }
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && loopback)) return url;
  throw unusable(`the server "${server}" of the kubeconfig must use https; http is for loopback addresses only`);
}

function unusable(message: string, cause?: unknown): AppError {
  return new AppError(message, { class: "invalid", code: "Kubeconfig", cause });
}

interface Agents {
  readonly fingerprint: string;
  readonly calls: Dispatcher;
  /** Of their own, so that no number of watches takes the connections that calls need. */
  readonly watches: Dispatcher;
}

function createAgents(tls: TlsMaterial, proxyUrl: string | undefined): Agents {
  const connect = {
    timeout: limits.connectMs,
    keepAlive: true,
    keepAliveInitialDelay: limits.keepAliveMs,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.insecure === true ? { rejectUnauthorized: false } : {}),
  };
  const common = { allowH2: false, pipelining: 1, keepAliveTimeout: limits.keepAliveMs };
  const create = (connections: number | null): Dispatcher => {
    if (proxyUrl === undefined || proxyUrl === null) return new Agent({ ...common, connections, connect });
    if (!/^https?:/.test(proxyUrl)) throw unusable(`the proxy "${proxyUrl}" of the kubeconfig is not an HTTP proxy`);
    return new ProxyAgent({ ...common, connections, uri: proxyUrl, requestTls: connect });
  };
  return { fingerprint: tlsFingerprint(tls), calls: create(connectionsForCalls), watches: create(null) };
}

/** Lets `check` see each request when its connection is ready for it; a request that it throws at is not written. */
function checkedBy(check: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      check();
      start?.(controller, context);
    };
    return dispatch(options, handler);
  };
}

async function closeAgents(agents: Agents, how: "close" | "destroy"): Promise<void> {
  await Promise.all([agents.calls[how](), agents.watches[how]()]);
}

function closeQuietly(agents: Agents, how: "close" | "destroy"): void {
  // Nobody waits for the connections that were replaced.
  void closeAgents(agents, how).catch(() => undefined);
}

function pem(field: "ca" | "cert" | "key", value: RequestOptions["ca"] | RequestOptions["key"]): TlsMaterial {
  if (typeof value === "string") return { [field]: value };
  return Buffer.isBuffer(value) ? { [field]: value.toString("utf8") } : {};
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  return plain;
}

/** A body whose `return` frees the connection, also when nothing of it was read. */
function readable(body: Dispatcher.ResponseData["body"]): AsyncIterable<Uint8Array> {
  // A body that is let go, or whose connection breaks while nobody reads, must not end the process.
  body.on("error", () => undefined);
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => chunks.next(),
    return: () => {
      body.destroy();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function endBody(response: HttpResponse): Promise<void> {
  if (typeof response.body !== "string" && !(response.body instanceof Uint8Array))
    await response.body[Symbol.asyncIterator]().return?.();
}

function isCertificateError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS|ERR_SSL/.test(code);
}
