import ipaddr from "ipaddr.js";
import type { Quotas } from "../quotas.ts";
import { list, oneOf, required, string, structure, type ValueOf } from "../shapes.ts";
import { invalidConfiguration, validationError } from "./errors.ts";
import type { LoadBalancerType } from "./model.ts";

const values = list(string());

const condition = structure({
  Field: required(string({ maxLength: 64 })),
  Values: values,
  RegexValues: values,
  HostHeaderConfig: structure({ Values: values, RegexValues: values }),
  PathPatternConfig: structure({ Values: values, RegexValues: values }),
  HttpHeaderConfig: structure({ HttpHeaderName: string(), Values: values, RegexValues: values }),
  QueryStringConfig: structure({ Values: list(structure({ Key: string(), Value: string() })) }),
  HttpRequestMethodConfig: structure({ Values: values }),
  SourceIpConfig: structure({ Values: values, IpAddressType: oneOf(["ipv4", "ipv6"]) }),
});

export const conditionList = list(condition);

export type ConditionInput = ValueOf<typeof condition>;

const fields = [
  "http-header",
  "http-request-method",
  "host-header",
  "path-pattern",
  "query-string",
  "source-ip",
] as const;

type Field = (typeof fields)[number];

/** What one condition matches, before it is written out for Describe. */
interface Matched {
  readonly plain: readonly string[];
  readonly regex: readonly string[];
  readonly wire: Readonly<Record<string, unknown>>;
}

/**
 * Conditions as AWS stores and answers them, after its checks. Source: ELBv2 API reference, RuleCondition, and the user
 * guide "Condition types for listener rules".
 */
export function storedConditions(
  input: readonly ConditionInput[],
  loadBalancerType: LoadBalancerType,
  quotas: Quotas,
): readonly Readonly<Record<string, unknown>>[] {
  if (input.length === 0) throw validationError("A condition must be specified");
  const used = new Set<Field>();
  let valueCount = 0;
  let wildcards = 0;
  const stored = input.map((one) => {
    const field = checkedField(one.Field);
    if (loadBalancerType === "network" && field !== "source-ip")
      throw invalidConfiguration(`Condition field '${field}' is not supported on network load balancers`);
    if (used.has(field) && field !== "http-header" && field !== "query-string")
      throw validationError(`A rule can only have one '${field}' condition`);
    used.add(field);
    checkForeignConfigs(one, field);
    const matched = match(one, field);
    const count = matched.plain.length + matched.regex.length;
    if (count === 0) throw validationError("A condition value must be specified");
    valueCount += count;
    if (field !== "source-ip" && field !== "http-request-method")
      wildcards += matched.plain.reduce((total, value) => total + countWildcards(value), 0);
    return { Field: field, ...matched.wire };
  });
  if (valueCount > quotas.conditionValuesPerRule)
    throw validationError(`A rule can only have '${quotas.conditionValuesPerRule}' condition values`);
  if (wildcards > quotas.conditionWildcardsPerRule)
    throw validationError(`A rule can only have '${quotas.conditionWildcardsPerRule}' condition wildcards`);
  return stored;
}

function checkedField(name: string): Field {
  const field = fields.find((known) => known === name);
  if (field === undefined) throw validationError(`Condition field '${name}' must be one of '[${fields.join(", ")}]'`);
  return field;
}

const configOfField: Readonly<Record<Field, keyof ConditionInput>> = {
  "host-header": "HostHeaderConfig",
  "path-pattern": "PathPatternConfig",
  "http-header": "HttpHeaderConfig",
  "query-string": "QueryStringConfig",
  "http-request-method": "HttpRequestMethodConfig",
  "source-ip": "SourceIpConfig",
};

function checkForeignConfigs(input: ConditionInput, field: Field): void {
  for (const config of Object.values(configOfField)) {
    if (config !== configOfField[field] && input[config] !== undefined)
      throw validationError(`A '${config}' is not compatible with '${field}'`);
  }
  if (field === "host-header" || field === "path-pattern") return;
  if (input.Values !== undefined && input.Values.length > 0)
    throw validationError(`The 'Values' field is not compatible with '${field}'`);
  if (input.RegexValues !== undefined && input.RegexValues.length > 0)
    throw validationError(`The 'RegexValues' field is not compatible with '${field}'`);
}

function match(input: ConditionInput, field: Field): Matched {
  switch (field) {
    case "host-header":
      return topLevelOrConfig(input, field, "HostHeaderConfig", checkHost);
    case "path-pattern":
      return topLevelOrConfig(input, field, "PathPatternConfig", checkPath);
    case "http-header":
      return httpHeader(input);
    case "query-string":
      return queryString(input);
    case "http-request-method":
      return requestMethod(input);
    case "source-ip":
      return sourceIp(input);
  }
}

function topLevelOrConfig(
  input: ConditionInput,
  field: Field,
  configName: "HostHeaderConfig" | "PathPatternConfig",
  check: (value: string) => void,
): Matched {
  const config = input[configName];
  const { Values: top = [], RegexValues: topRegex = [] } = input;
  if (top.length + topRegex.length > 0 && config !== undefined)
    throw validationError(`You cannot provide both Values and '${configName}' for a condition of type '${field}'`);
  if (top.length > 1) throw validationError(`The '${field}' field contains too many values; the limit is '1'`);
  const plain = config?.Values ?? top;
  const regex = config?.RegexValues ?? topRegex;
  for (const value of plain) {
    checkLength(field, value, 128);
    check(value);
  }
  checkRegex(field, regex);
  const lists = { Values: unlessEmpty(plain), RegexValues: unlessEmpty(regex) };
  return { plain, regex, wire: { ...lists, [configName]: lists } };
}

function checkHost(value: string): void {
  if (!/^[A-Za-z0-9\-._*?]+$/.test(value))
    throw validationError(`The 'host-header' value '${value}' contains a character that is not allowed`);
  const lastDot = value.lastIndexOf(".");
  if (lastDot === -1) throw validationError(`The 'host-header' value '${value}' must contain at least one '.'`);
  if (!/^[A-Za-z*?]+$/.test(value.slice(lastDot + 1)))
    throw validationError(`The 'host-header' value '${value}' can only contain letters after the last '.'`);
}

function checkPath(value: string): void {
  if (!/^[/*]/.test(value)) throw validationError(`The 'path-pattern' value '${value}' must begin with '/' or '*'`);
  if (!/^[A-Za-z0-9_\-.$/~"'@:+&*?]+$/.test(value))
    throw validationError(`The 'path-pattern' value '${value}' contains a character that is not allowed`);
}

function httpHeader(input: ConditionInput): Matched {
  const config = input.HttpHeaderConfig;
  const name = config?.HttpHeaderName;
  if (config === undefined || name === undefined || name === "")
    throw validationError("A 'HttpHeaderName' must be specified with 'http-header'");
  if (name.length > 40) throw validationError("The 'HttpHeaderName' value is too long; the limit is '40'");
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
    throw validationError(`The 'HttpHeaderName' value '${name}' contains a character that is not allowed`);
  if (name.toLowerCase() === "host")
    throw validationError("The 'HttpHeaderName' value cannot be 'Host'; use a 'host-header' condition instead");
  const plain = config.Values ?? [];
  const regex = config.RegexValues ?? [];
  for (const value of plain) checkPrintable("http-header", value);
  checkRegex("http-header", regex);
  const wire = { HttpHeaderName: name, Values: unlessEmpty(plain), RegexValues: unlessEmpty(regex) };
  return { plain, regex, wire: { HttpHeaderConfig: wire } };
}

function queryString(input: ConditionInput): Matched {
  const pairs = input.QueryStringConfig?.Values;
  if (pairs === undefined) throw validationError("A 'QueryStringConfig' must be specified with 'query-string'");
  const plain = pairs.map(({ Key: key, Value: value }) => {
    if (value === undefined || value === "")
      throw validationError("A 'Value' must be specified in 'QueryStringKeyValuePair'");
    checkPrintable("query-string", value);
    if (key !== undefined) checkPrintable("query-string", key);
    return `${key ?? ""}${value}`;
  });
  return { plain, regex: [], wire: { QueryStringConfig: { Values: pairs } } };
}

function requestMethod(input: ConditionInput): Matched {
  const config = input.HttpRequestMethodConfig;
  if (config === undefined)
    throw validationError("A 'HttpRequestMethodConfig' must be specified with 'http-request-method'");
  const plain = config.Values ?? [];
  for (const value of plain) {
    checkLength("http-request-method", value, 40);
    if (!/^[A-Z\-_]+$/.test(value)) {
      throw validationError(
        "The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore",
      );
    }
  }
  return { plain, regex: [], wire: { HttpRequestMethodConfig: { Values: plain } } };
}

function sourceIp(input: ConditionInput): Matched {
  const config = input.SourceIpConfig;
  if (config === undefined) throw validationError("A 'SourceIpConfig' must be specified with 'source-ip'");
  const family = config.IpAddressType;
  const plain = config.Values ?? [];
  for (const value of plain) {
    if (!ipaddr.isValidCIDR(value)) throw validationError(`The 'source-ip' value '${value}' must be in CIDR notation`);
  }
  const counted = plain.length === 0 && family !== undefined ? [family] : plain;
  return { plain: counted, regex: [], wire: { SourceIpConfig: { Values: plain, IpAddressType: family } } };
}

function checkPrintable(field: Field, value: string): void {
  checkLength(field, value, 128);
  if (!/^[\x20-\x7e]+$/.test(value))
    throw validationError(`The '${field}' value '${value}' contains a character that is not allowed`);
}

function checkLength(field: Field, value: string, limit: number): void {
  if (value.length === 0) throw validationError(`A condition value must be specified`);
  if (value.length > limit) throw validationError(`The '${field}' value is too long; the limit is '${limit}'`);
}

function checkRegex(field: Field, regexes: readonly string[]): void {
  for (const regex of regexes) {
    checkLength(field, regex, 128);
    try {
      void new RegExp(regex);
    } catch {
      throw validationError(`The '${field}' regular expression '${regex}' is not valid`);
    }
  }
}

function unlessEmpty(items: readonly string[]): readonly string[] | undefined {
  return items.length > 0 ? items : undefined;
}

/** `*` and `?`, unless escaped with a backslash. */
function countWildcards(value: string): number {
  return value.replace(/\\[*?]/g, "").replace(/[^*?]/g, "").length;
}
