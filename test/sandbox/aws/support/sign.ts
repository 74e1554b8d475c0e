import { createHash, createHmac } from "node:crypto";
import type { HttpRequest } from "../../../../src/http.ts";

export interface SigningIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

/** A raw request signed with Signature Version 4, for paths and queries that need no further encoding. */
export function signAs(request: HttpRequest, identity: SigningIdentity): HttpRequest {
  const timestamp = "20260101T000000Z";
  const scope = `20260101/${identity.region}/${identity.service}/aws4_request`;
  const signed: Record<string, string> = { host: request.headers["host"] ?? "", "x-amz-date": timestamp };
  const names = Object.keys(signed).toSorted();
  const [path = "/", query = ""] = request.path.split("?");
  const canonical = [
    request.method,
    encodeURIComponent(path).replaceAll("%2F", "/"),
    query,
    ...names.map((name) => `${name}:${signed[name]}`),
    "",
    names.join(";"),
    createHash("sha256")
      .update(request.body ?? "")
      .digest("hex"),
  ].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", timestamp, scope, createHash("sha256").update(canonical).digest("hex")].join(
    "\n",
  );
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const key = scope
    .split("/")
    .reduce((secret: string | Buffer, part) => hmac(secret, part), `AWS4${identity.secretAccessKey}`);
  const signature = hmac(key, toSign).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${identity.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...request, headers: { ...request.headers, ...signed, authorization } };
}
