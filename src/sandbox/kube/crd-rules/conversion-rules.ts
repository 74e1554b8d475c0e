import { forbidden, invalidBy, invalidValue, notSupported, required } from "../builtin/field-errors.ts";
import { dns1035Label, dnsSubdomain, portNumber } from "../builtin/name-rules.ts";
import { validateUrl } from "../builtin/webhook-url.ts";
import { isObject, type JsonObject } from "../json-value.ts";
import type { FieldError } from "../resource-definition.ts";

/** What is wrong with how versions are converted (apiextensions `validateCustomResourceConversion`). */
export function conversionProblems(conversion: unknown, path: string): FieldError[] {
  if (!isObject(conversion)) return [];
  const { strategy = "" } = conversion;
  const errors: FieldError[] = [];
  if (strategy === "") errors.push(required(`${path}.strategy`));
  else if (strategy !== "None" && strategy !== "Webhook") {
    errors.push(notSupported(`${path}.strategy`, strategy, ["None", "Webhook"]));
  }
  const webhook = isObject(conversion["webhook"]) ? conversion["webhook"] : {};
  const client = isObject(webhook["clientConfig"]) ? webhook["clientConfig"] : undefined;
  const given = webhook["conversionReviewVersions"];
  const versions = Array.isArray(given) ? (given as string[]) : [];
  if (strategy !== "Webhook") {
    const text = "should not be set when strategy is not set to Webhook";
    if (client !== undefined) errors.push(forbidden(`${path}.webhookClientConfig`, text));
    if (versions.length > 0) errors.push(forbidden(`${path}.conversionReviewVersions`, text));
    return errors;
  }
  const at = `${path}.webhookClientConfig`;
  if (client === undefined) errors.push(required(at, "required when strategy is set to Webhook"));
  else errors.push(...clientProblems(client, at));
  return [...errors, ...reviewVersionProblems(versions, `${path}.conversionReviewVersions`)];
}

function clientProblems({ url, service }: JsonObject, path: string): FieldError[] {
  const hasUrl = typeof url === "string";
  if (hasUrl === isObject(service)) return [required(path, "exactly one of url or service is required")];
  return hasUrl ? validateUrl(url, `${path}.url`) : serviceProblems(service as JsonObject, `${path}.service`);
}

function serviceProblems(service: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name = "", namespace = "", port = 443, path: urlPath = "" } = service;
  // The API server mistakes the one for the other here.
  if (namespace === "") errors.push(required(`${path}.name`));
  if (name === "") errors.push(required(`${path}.namespace`));
  const wrong = portNumber(port);
  if (wrong.length > 0) errors.push(invalidValue(`${path}.port`, port, `port is not valid: ${wrong.join(", ")}`));
  return typeof urlPath === "string" ? [...errors, ...pathProblems(urlPath, `${path}.path`)] : errors;
}

function pathProblems(urlPath: string, at: string): FieldError[] {
  if (urlPath === "" || urlPath === "/") return [];
  if (urlPath === "//") return [invalidValue(at, urlPath, "segment[0] may not be empty")];
  const errors: FieldError[] = [];
  if (!urlPath.startsWith("/")) errors.push(invalidValue(at, urlPath, "must start with a '/'"));
  const steps = urlPath.slice(1).replace(/\/$/, "").split("/");
  steps.forEach((step, index) => {
    if (step === "") errors.push(invalidValue(at, urlPath, `segment[${index}] may not be empty`));
    else errors.push(...dnsSubdomain(step).map((text) => invalidValue(at, urlPath, `segment[${index}]: ${text}`)));
  });
  return errors;
}

function reviewVersionProblems(versions: readonly string[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  versions.forEach((version, index) => {
    const at = `${path}[${index}]`;
    if (seen.has(version)) errors.push(invalidValue(at, version, "duplicate version"));
    else errors.push(...invalidBy(dns1035Label, at, version));
    seen.add(version);
  });
  if (!versions.includes("v1") && !versions.includes("v1beta1")) {
    errors.push(invalidValue(path, versions, "must include at least one of v1, v1beta1"));
  }
  return errors;
}
