import type { FieldError } from "../resource-definition.ts";
import { invalidValue } from "./field-errors.ts";

/** What is wrong with the URL of a webhook (apiserver `util/webhook`). */
export function validateUrl(url: string, path: string): FieldError[] {
  const form = "; desired format: https://host[/path]";
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    const errors = [invalidValue(path, "", `'https' is the only allowed URL scheme${form}`)];
    return [...errors, invalidValue(path, "", `host must be specified${form}`)];
  }
  const errors: FieldError[] = [];
  if (parsed.protocol !== "https:") {
    errors.push(invalidValue(path, parsed.protocol.slice(0, -1), `'https' is the only allowed URL scheme${form}`));
  }
  if (parsed.host === "") errors.push(invalidValue(path, "", `host must be specified${form}`));
  if (parsed.username !== "" || parsed.password !== "") {
    const given = parsed.password === "" ? parsed.username : `${parsed.username}:${parsed.password}`;
    errors.push(invalidValue(path, given, "user information is not permitted in the URL"));
  }
  if (parsed.hash !== "") {
    errors.push(invalidValue(path, parsed.hash.slice(1), "fragments are not permitted in the URL"));
  }
  if (parsed.search !== "") {
    errors.push(invalidValue(path, parsed.search.slice(1), "query parameters are not permitted in the URL"));
  }
  return errors;
}
