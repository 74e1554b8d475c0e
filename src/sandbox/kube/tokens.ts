import { createHmac } from "node:crypto";
import { isObject } from "./json-value.ts";
import type { UserInfo } from "./request-context.ts";

export interface ServiceAccountToken {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expires: number;
}

/** The sandbox protects nothing, so its key is no secret; tokens are signed because clients read them as JWTs. */
const KEY = "fairlead-sandbox";
/** Who issues the tokens, and whom they are for unless a request says otherwise. */
export const ISSUER = "https://kubernetes.default.svc.cluster.local";

/** A JSON web token of the shape that the API server issues to service accounts. */
export function issueToken({ namespace, name, uid, audiences, issuedAt, expires }: ServiceAccountToken): string {
  const head = encode({ alg: "HS256", typ: "JWT" });
  const claims = encode({
    aud: audiences,
    exp: Math.floor(expires / 1000),
    iat: Math.floor(issuedAt / 1000),
    nbf: Math.floor(issuedAt / 1000),
    iss: ISSUER,
    "kubernetes.io": { namespace, serviceaccount: { name, uid } },
    sub: `system:serviceaccount:${namespace}:${name}`,
  });
  return `${head}.${claims}.${signature(head, claims)}`;
}

/** Whose token it is, or undefined when it is none of ours or has expired. */
export function tokenUser(
  token: string,
  now: number,
): (UserInfo & { readonly audiences: readonly string[] }) | undefined {
  const [head = "", claims = "", signed = ""] = token.split(".");
  if (signature(head, claims) !== signed) return undefined;
  const value: unknown = JSON.parse(Buffer.from(claims, "base64url").toString());
  if (!isObject(value) || typeof value["exp"] !== "number" || value["exp"] * 1000 <= now) return undefined;
  const username = String(value["sub"]);
  const account = isObject(value["kubernetes.io"]) ? value["kubernetes.io"] : {};
  const { namespace, serviceaccount } = account as { namespace?: string; serviceaccount?: { uid?: string } };
  return {
    username,
    ...(serviceaccount?.uid === undefined ? {} : { uid: serviceaccount.uid }),
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace ?? ""}`, "system:authenticated"],
    audiences: Array.isArray(value["aud"]) ? (value["aud"] as string[]) : [],
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function signature(head: string, claims: string): string {
  return createHmac("sha256", KEY).update(`${head}.${claims}`).digest("base64url");
}
