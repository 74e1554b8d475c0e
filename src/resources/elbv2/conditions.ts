import type { RuleCondition, RuleTransform } from "@aws-sdk/client-elastic-load-balancing-v2";
import { canonicalJson } from "../../json.ts";
import type { ConditionSpec, TransformSpec } from "./specs.ts";

export function toSdkConditions(conditions: readonly ConditionSpec[]): RuleCondition[] {
  return conditions.map(toSdk);
}

function valuesOf(condition: { readonly values?: readonly string[]; readonly regexValues?: readonly string[] }): {
  Values?: string[];
  RegexValues?: string[];
} {
  return {
    ...(condition.values === undefined || condition.values.length === 0 ? {} : { Values: [...condition.values] }),
    ...(condition.regexValues === undefined || condition.regexValues.length === 0
      ? {}
      : { RegexValues: [...condition.regexValues] }),
  };
}

function toSdk(condition: ConditionSpec): RuleCondition {
  const Field = condition.field;
  switch (condition.field) {
    case "host-header":
      return { Field, HostHeaderConfig: valuesOf(condition) };
    case "path-pattern":
      return { Field, PathPatternConfig: valuesOf(condition) };
    case "http-header":
      return { Field, HttpHeaderConfig: { HttpHeaderName: condition.name, ...valuesOf(condition) } };
    case "http-request-method":
      return { Field, HttpRequestMethodConfig: { Values: [...condition.values] } };
    case "query-string":
      return {
        Field,
        QueryStringConfig: {
          Values: condition.values.map(({ key, value }) => ({
            ...(key === undefined ? {} : { Key: key }),
            Value: value,
          })),
        },
      };
    case "source-ip":
      return { Field, SourceIpConfig: { Values: [...condition.values] } };
  }
}

interface Values {
  readonly Values?: readonly string[] | undefined;
  readonly RegexValues?: readonly string[] | undefined;
}

/** AWS fills both the config and the older top-level values. */
function fromValues(
  config: Values | undefined,
  old: Values,
): { values?: readonly string[]; regexValues?: readonly string[] } {
  const values = config?.Values ?? (config === undefined ? old.Values : undefined) ?? [];
  const regexValues = config?.RegexValues ?? (config === undefined ? old.RegexValues : undefined) ?? [];
  return {
    ...(values.length === 0 ? {} : { values }),
    ...(regexValues.length === 0 ? {} : { regexValues }),
  };
}

/** Conditions in the words of the spec; a field that Fairlead does not know is left out, and so makes the rule differ. */
export function fromSdkConditions(conditions: readonly RuleCondition[] | undefined): readonly ConditionSpec[] {
  return (conditions ?? []).flatMap((condition): ConditionSpec[] => {
    switch (condition.Field) {
      case "host-header":
        return [{ field: "host-header", ...fromValues(condition.HostHeaderConfig, condition) }];
      case "path-pattern":
        return [{ field: "path-pattern", ...fromValues(condition.PathPatternConfig, condition) }];
      case "http-header":
        return [
          {
            field: "http-header",
            name: condition.HttpHeaderConfig?.HttpHeaderName ?? "",
            ...fromValues(condition.HttpHeaderConfig, {}),
          },
        ];
      case "http-request-method":
        return [{ field: "http-request-method", values: condition.HttpRequestMethodConfig?.Values ?? [] }];
      case "query-string":
        return [
          {
            field: "query-string",
            values: (condition.QueryStringConfig?.Values ?? []).map(({ Key, Value }) => ({
              ...(Key === undefined ? {} : { key: Key }),
              value: Value ?? "",
            })),
          },
        ];
      case "source-ip":
        return [{ field: "source-ip", values: condition.SourceIpConfig?.Values ?? [] }];
      default:
        return [];
    }
  });
}

/** Equal up to the order of the conditions; the order of the values inside one counts, as it does for LBC. */
export function sameConditions(a: readonly ConditionSpec[], b: readonly ConditionSpec[]): boolean {
  return normalList(a) === normalList(b);
}

function normalList(items: readonly (ConditionSpec | TransformSpec)[]): string {
  return items
    .map((item) => canonicalJson(withoutEmpty(item)))
    .toSorted()
    .join("\n");
}

function withoutEmpty(item: object): object {
  return Object.fromEntries(
    Object.entries(item).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

export function toSdkTransforms(transforms: readonly TransformSpec[]): RuleTransform[] {
  return transforms.map(({ type, rewrites }) => {
    const Rewrites = rewrites.map(({ regex, replace }) => ({ Regex: regex, Replace: replace }));
    return type === "url-rewrite"
      ? { Type: type, UrlRewriteConfig: { Rewrites } }
      : { Type: type, HostHeaderRewriteConfig: { Rewrites } };
  });
}

export function fromSdkTransforms(transforms: readonly RuleTransform[] | undefined): readonly TransformSpec[] {
  return (transforms ?? []).flatMap((transform): TransformSpec[] => {
    const config = transform.UrlRewriteConfig ?? transform.HostHeaderRewriteConfig;
    if (transform.Type === undefined) return [];
    return [
      {
        type: transform.Type,
        rewrites: (config?.Rewrites ?? []).map(({ Regex, Replace }) => ({
          regex: Regex ?? "",
          replace: Replace ?? "",
        })),
      },
    ];
  });
}

export function sameTransforms(
  a: readonly TransformSpec[] | undefined,
  b: readonly TransformSpec[] | undefined,
): boolean {
  return normalList(a ?? []) === normalList(b ?? []);
}
