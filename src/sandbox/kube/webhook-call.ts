import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Clock } from "../../clock.ts";
import type { WebhookCaller } from "./admission.ts";

/**
 * Calls webhooks over the network. There is no cluster network in the sandbox, so only `clientConfig.url` can be
 * reached, on `https:` with its CA bundle or on plain `http:`.
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
      const fail = (error: Error): void => {
        timer.cancel();
        reject(controller.signal.aborted ? new Error(`Post "${url.href}": context deadline exceeded`) : error);
      };
      const options: RequestOptions & { ca?: string } = {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": "kube-apiserver-admission" },
        signal: controller.signal,
        ...(target.caBundle === undefined ? {} : { ca: Buffer.from(target.caBundle, "base64").toString() }),
      };
      const send = url.protocol === "http:" ? httpRequest : httpsRequest;
      const call = send(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", fail);
        response.on("end", () => {
          timer.cancel();
          const text = Buffer.concat(chunks).toString();
          const { statusCode = 0 } = response;
          if (statusCode !== 200)
            reject(new Error(`the server returned ${statusCode} ${text.trim().slice(0, 200)}`.trim()));
          else resolve(parsed(text));
        });
      });
      call.on("error", fail);
      call.end(JSON.stringify(review));
    });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
