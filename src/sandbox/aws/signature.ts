import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { HttpRequest } from "../../http.ts";

/** What the `Authorization` header of a signed request says. */
export interface SignatureScope {
  readonly accessKeyId: string;
  /** `yyyymmdd`. */
  readonly date: string;
  readonly region: string;
  readonly signingName: string;
  /** Lower case. */
  readonly signedHeaders: readonly string[];
  /** 64 hexadecimal digits. */
  readonly signature: string;
}

/** Reads the Signature Version 4 header; undefined when there is none or it is of another form. */
export function signatureScope(request: HttpRequest): SignatureScope | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      request.headers["authorization"] ?? "",
    );
  if (match === null) return undefined;
  const [, accessKeyId = "", date = "", region = "", signingName = "", signedHeaders = "", signature = ""] = match;
  return { accessKeyId, date, region, signingName, signedHeaders: signedHeaders.split(";"), signature };
}

/**
 * Whether the secret key made the request's signature. Source: IAM user guide, "Create a signed AWS API request"; the
 * path is encoded twice, as for every service but S3.
 */
export function isSignedBy(request: HttpRequest, scope: SignatureScope, secretAccessKey: string): boolean {
  const { date, region, signingName } = scope;
  const credentialScope = `${date}/${region}/${signingName}/aws4_request`;
  const hashed = sha256(canonicalRequest(request, scope.signedHeaders));
  const timestamp = request.headers["x-amz-date"] ?? "";
  if (!timestamp.startsWith(date)) return false;
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${credentialScope}\n${hashed}`;
  const expected = hmac(signingKey(secretAccessKey, date, region, signingName), toSign);
  return timingSafeEqual(expected, Buffer.from(scope.signature, "hex"));
}

const keys = new LRUCache<string, Buffer>({ max: 100 });

function signingKey(secretAccessKey: string, date: string, region: string, signingName: string): Buffer {
  const name = [secretAccessKey, date, region, signingName].join("/");
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = [date, region, signingName, "aws4_request"].reduce(
    (secret: string | Buffer, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  );
  keys.set(name, Buffer.from(key));
  return Buffer.from(key);
}

function canonicalRequest(request: HttpRequest, signedHeaders: readonly string[]): string {
  const queryAt = request.path.indexOf("?");
  const path = queryAt === -1 ? request.path : request.path.slice(0, queryAt);
  const query = queryAt === -1 ? "" : request.path.slice(queryAt + 1);
  const headers = signedHeaders.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`);
  return [
    request.method,
    encode(path === "" ? "/" : path).replaceAll("%2F", "/"),
    canonicalQuery(query),
    headers.join(""),
    signedHeaders.join(";"),
    sha256(request.body ?? ""),
  ].join("\n");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value.join("=")))] as const;
  });
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  pairs.sort(([nameA, valueA], [nameB, valueB]) => order(nameA, nameB) || order(valueA, valueB));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

/** RFC 3986: everything but letters, digits and `-_.~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
