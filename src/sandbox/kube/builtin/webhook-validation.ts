import type { FieldError, KubeObject } from "../resource-definition.ts";
import { conditionErrors } from "./expression-validation.ts";
import { duplicate, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, isFields, objectsAt } from "./fields.ts";
import { validateLabelSelector } from "./label-validation.ts";
import { validateUrl } from "./webhook-url.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const OPERATIONS = ["*", "CREATE", "UPDATE", "DELETE", "CONNECT"];

/** What the API server checks of webhook configurations (`pkg/apis/admissionregistration/validation`). */
export function validateWebhooks(configuration: KubeObject, old: KubeObject | undefined): FieldError[] {
  const mutating = configuration.kind === "MutatingWebhookConfiguration";
  const errors: FieldError[] = [];
  const names = new Set<string>();
  objectsAt(configuration, "webhooks").forEach((webhook, index) => {
    const path = `webhooks[${index}]`;
    const before = old === undefined ? undefined : objectsAt(old, "webhooks")[index];
    errors.push(...validateWebhook(webhook, path, { mutating, old: before }));
    const name = textOf(webhook, "name");
    if (name !== "" && names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
  });
  return errors;
}

function validateWebhook(
  webhook: Fields,
  path: string,
  { mutating, old }: { readonly mutating: boolean; readonly old: Fields | undefined },
): FieldError[] {
  const errors: FieldError[] = [...validateName(textOf(webhook, "name"), `${path}.name`)];
  objectsAt(webhook, "rules").forEach((rule, index) => {
    errors.push(...validateRule(rule, `${path}.rules[${index}]`));
  });
  oneOf(errors, webhook, path, "failurePolicy", ["Fail", "Ignore"]);
  oneOf(errors, webhook, path, "matchPolicy", ["Equivalent", "Exact"]);
  const effects = webhook["sideEffects"];
  if (effects === undefined) {
    errors.push(required(`${path}.sideEffects`, "must specify one of None, NoneOnDryRun"));
  } else oneOf(errors, webhook, path, "sideEffects", ["None", "NoneOnDryRun"]);
  const timeout = webhook["timeoutSeconds"];
  if (typeof timeout === "number" && (timeout > 30 || timeout < 1)) {
    errors.push(invalidValue(`${path}.timeoutSeconds`, timeout, "the timeout value must be between 1 and 30 seconds"));
  }
  for (const member of ["namespaceSelector", "objectSelector"]) {
    errors.push(...validateLabelSelector(webhook[member], `${path}.${member}`));
  }
  if (mutating) oneOf(errors, webhook, path, "reinvocationPolicy", ["IfNeeded", "Never"]);
  errors.push(...validateClient(webhook["clientConfig"], `${path}.clientConfig`));
  errors.push(...conditionErrors(webhook, path, { params: false, old }));
  errors.push(...validateVersions(webhook, `${path}.admissionReviewVersions`));
  return errors;
}

function validateName(name: string, path: string): FieldError[] {
  if (name === "") return [required(path)];
  const errors: FieldError[] = [];
  if (!SUBDOMAIN.test(name)) errors.push(invalidValue(path, name, SUBDOMAIN_TEXT));
  if (errors.length === 0 && name.split(".").length < 3) {
    errors.push(invalidValue(path, name, "should be a domain with at least three segments separated by dots"));
  }
  return errors;
}

function validateVersions(webhook: Fields, path: string): FieldError[] {
  const given = webhook["admissionReviewVersions"];
  const versions = Array.isArray(given) ? (given as string[]) : [];
  if (versions.length === 0) return [required(path, "must specify one of v1, v1beta1")];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  versions.forEach((version, index) => {
    if (seen.has(version)) {
      errors.push(invalidValue(`${path}[${index}]`, version, "duplicate version"));
      return;
    }
    seen.add(version);
    if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(version)) {
      errors.push(
        invalidValue(
          `${path}[${index}]`,
          version,
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ),
      );
    }
  });
  if (!versions.some((version) => version === "v1" || version === "v1beta1")) {
    errors.push(invalidValue(path, versions, "must include at least one of v1, v1beta1"));
  }
  return errors;
}

/** What is wrong with a rule of a webhook or policy: operations and resources. */
export function validateRule(rule: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const operations = listOf(rule, "operations");
  if (operations.length === 0) errors.push(required(`${path}.operations`));
  if (operations.length > 1 && operations.includes("*")) {
    errors.push(invalidValue(`${path}.operations`, operations, "if '*' is present, must not specify other operations"));
  }
  operations.forEach((operation, index) => {
    if (!OPERATIONS.includes(operation)) {
      errors.push(notSupported(`${path}.operations[${index}]`, operation, [...OPERATIONS].sort()));
    }
  });
  for (const [member, what] of [
    ["apiGroups", "groups"],
    ["apiVersions", "versions"],
  ] as const) {
    const values = listOf(rule, member);
    if (values.length === 0) errors.push(required(`${path}.${member}`));
    if (values.length > 1 && values.includes("*")) {
      const text = `if '*' is present, must not specify other API ${what}`;
      errors.push(invalidValue(`${path}.${member}`, values, text));
    }
    if (member === "apiGroups") continue;
    values.forEach((value, index) => {
      if (value === "") errors.push(required(`${path}.${member}[${index}]`));
    });
  }
  errors.push(...validateResources(listOf(rule, "resources"), `${path}.resources`));
  oneOf(errors, rule, path, "scope", ["*", "Cluster", "Namespaced"]);
  return errors;
}

function validateResources(resources: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (resources.length === 0) return [required(path)];
  const withAllSubresources = new Set<string>();
  const withSubresource = new Set<string>();
  resources.forEach((pattern, index) => {
    const at = `${path}[${index}]`;
    if (pattern === "") {
      errors.push(required(at));
      return;
    }
    const [resource = "", subresource] = pattern.split("/");
    if (subresource === undefined) return;
    if (withAllSubresources.has(resource)) {
      errors.push(invalidValue(at, pattern, `if '${resource}/*' is present, must not specify ${pattern}`));
    }
    if (withSubresource.has(`*/${subresource}`)) {
      errors.push(invalidValue(at, pattern, `if '*/${subresource}' is present, must not specify ${pattern}`));
    }
    if (subresource === "*") withAllSubresources.add(resource);
    if (resource === "*") withSubresource.add(`*/${subresource}`);
  });
  if (resources.length > 1 && resources.includes("*/*")) {
    errors.push(invalidValue(path, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes("*") && resources.some((pattern) => !pattern.includes("/") && pattern !== "*")) {
    errors.push(
      invalidValue(path, resources, "if '*' is present, must not specify other resources without subresources"),
    );
  }
  return errors;
}

function validateClient(client: unknown, path: string): FieldError[] {
  const { url, service } = isFields(client) ? client : {};
  if ((url === undefined) === (service === undefined)) {
    return [required(path, "exactly one of url or service is required")];
  }
  return typeof url === "string" ? validateUrl(url, `${path}.url`) : [];
}

function oneOf(errors: FieldError[], holder: Fields, path: string, member: string, allowed: readonly string[]): void {
  const value = holder[member];
  if (value !== undefined && !allowed.includes(value as string)) {
    errors.push(notSupported(`${path}.${member}`, value, allowed));
  }
}

function textOf(holder: Fields, member: string): string {
  const value = holder[member];
  return typeof value === "string" ? value : "";
}

function listOf(holder: Fields, member: string): readonly string[] {
  const value = holder[member];
  return Array.isArray(value) ? (value as string[]) : [];
}
