import { posix } from "node:path";
import { badRequest, expired, type StatusError } from "./status-error.ts";

/** Where a list goes on. */
export interface Continuation {
  /** -1: continue in the present state. */
  readonly version: number;
  /** The last key that was already given, as `continueKey` makes it. */
  readonly after: string;
}

const encodedVersion = "meta.k8s.io/v1";

export function encodeContinue({ version, after }: Continuation): string {
  const text = JSON.stringify({ v: encodedVersion, rv: version, start: `${after}\u0000` });
  return Buffer.from(text).toString("base64url");
}

/** Reads a `continue` parameter, with the API server's complaints (apiserver `storage.DecodeContinue`). */
export function decodeContinue(token: string): Continuation {
  const { v, rv, start } = parsed(token);
  if (v !== encodedVersion)
    throw invalidToken(`server does not recognize this encoded version ${typeof v === "string" ? v : ""}`);
  if (typeof rv !== "number" || rv === 0)
    throw invalidToken(`incorrect encoded start resourceVersion (version ${encodedVersion})`);
  if (typeof start !== "string" || start === "")
    throw invalidToken(`encoded start key empty (version ${encodedVersion})`);
  const key = start.startsWith("/") ? start : `/${start}`;
  if (cleaned(key) !== key) throw invalidToken(start);
  return { version: rv, after: key.split("\u0000", 1)[0] ?? "" };
}

/** The 410 of a continuation whose state is no longer known: it bears a token to go on in the present state. */
export function continueExpired(after: string): StatusError {
  return expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    encodeContinue({ version: -1, after }),
  );
}

function parsed(token: string): { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown } {
  const stray = /[^A-Za-z0-9_-]/.exec(token)?.index ?? (token.length % 4 === 1 ? token.length : -1);
  if (stray >= 0) throw invalidToken(`illegal base64 data at input byte ${stray}`);
  const text = Buffer.from(token, "base64url").toString();
  try {
    return JSON.parse(text) as object;
  } catch {
    const first = text.trimStart()[0];
    throw invalidToken(
      first === undefined
        ? "unexpected end of JSON input"
        : `invalid character '${first}' looking for beginning of value`,
    );
  }
}

/** As Go's `path.Clean`: without `.`, `..`, doubled slashes and a slash at the end. */
function cleaned(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

function invalidToken(why: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
