import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Clock } from "../../clock.ts";
import type { WebhookCaller, WebhookTarget } from "./admission.ts";
import { decodedAnswer } from "./webhook-admission/client-answer.ts";

const REDIRECTS = new Set([301, 302, 303]);
const MAX_REDIRECTS = 10;

interface Call {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly body: string;
  readonly redirects: number;
}

/**
 * Calls webhooks over the network. There is no cluster network in the sandbox, so only `clientConfig.url` can be
 * reached, on `https:` with its CA bundle or on plain `http:`. Errors have the texts of Go's HTTP client.
 */
export function createWebhookCaller(clock: Clock): WebhookCaller {
  return (target, review, { timeoutSeconds }) =>
    new Promise((resolve, reject) => {
      if (target.url === undefined) {
        const { namespace, name } = target.service ?? { namespace: "", name: "" };
        reject(new Error(`service "${namespace}/${name}" cannot be reached from the sandbox; set clientConfig.url`));
        return;
      }
      const url = new URL(target.url);
      url.searchParams.set("timeout", `${timeoutSeconds}s`);
      const controller = new AbortController();
      const timer = clock.setTimer(timeoutSeconds * 1000, () => controller.abort());
      const call: Call = { url, method: "POST", body: JSON.stringify(review), redirects: 0 };
      resolve(send(target, call, controller.signal).finally(() => timer.cancel()));
    });
}

async function send(target: WebhookTarget, call: Call, signal: AbortSignal): Promise<unknown> {
  const { url, redirects } = call;
  const { response, text } = await exchange(target, call, signal).catch((error: unknown) => {
    const why = signal.aborted ? "context deadline exceeded" : goText(error as NodeJS.ErrnoException, url);
    throw new Error(`Post "${url.href}": ${why}`, { cause: error });
  });
  const { statusCode = 0, headers } = response;
  if (REDIRECTS.has(statusCode) && headers.location !== undefined && redirects < MAX_REDIRECTS) {
    const next: Call = { url: new URL(headers.location, url), method: "GET", body: "", redirects: redirects + 1 };
    return send(target, next, signal);
  }
  return decodedAnswer(statusCode, headers["content-type"] ?? "", text);
}

function exchange(
  { caBundle }: WebhookTarget,
  { url, method, body }: Call,
  signal: AbortSignal,
): Promise<{ readonly response: IncomingMessage; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions & { ca?: string } = {
      method,
      headers: { "content-type": "application/json", "user-agent": "kube-apiserver-admission" },
      signal,
      ...(caBundle === undefined ? {} : { ca: Buffer.from(caBundle, "base64").toString() }),
    };
    const start = url.protocol === "http:" ? httpRequest : httpsRequest;
    const request = start(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ response, text: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** What Go's HTTP client says of a failure. */
function goText(error: NodeJS.ErrnoException, url: URL): string {
  const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
  switch (error.code) {
    case "ECONNREFUSED":
      return `dial tcp ${url.hostname}:${port}: connect: connection refused`;
    case "ENOTFOUND":
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case "ECONNRESET":
      return "EOF";
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    case "ERR_TLS_CERT_ALTNAME_INVALID": {
      const { cert } = error as { cert?: { subjectaltname?: string } };
      const names = [...(cert?.subjectaltname ?? "").matchAll(/DNS:([^,\s]+)/g)].map(([, name]) => name);
      const valid =
        names.length === 0
          ? `not valid for any names, but wanted to match ${url.hostname}`
          : `valid for ${names.join(", ")}, not ${url.hostname}`;
      return `tls: failed to verify certificate: x509: certificate is ${valid}`;
    }
    default:
      return error.message;
  }
}
