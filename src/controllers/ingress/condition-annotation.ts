import { z } from "zod";
import type { ConditionSpec, TransformSpec } from "../../resources/elbv2/specs.ts";
import { foldedObject } from "../load-balancing/annotations.ts";
import type { MemberView } from "./member-view.ts";

const patterns = { values: z.array(z.string()).optional(), regexValues: z.array(z.string()).optional() };
const conditionSchema = foldedObject({
  field: z.string(),
  hostHeaderConfig: foldedObject(patterns).optional(),
  pathPatternConfig: foldedObject(patterns).optional(),
  httpHeaderConfig: foldedObject({ httpHeaderName: z.string(), ...patterns }).optional(),
  httpRequestMethodConfig: foldedObject({ values: z.array(z.string()).optional() }).optional(),
  queryStringConfig: foldedObject({
    values: z.array(foldedObject({ key: z.string().optional(), value: z.string().optional() })).optional(),
  }).optional(),
  sourceIPConfig: foldedObject({ values: z.array(z.string()).optional() }).optional(),
});
type Condition = z.output<typeof conditionSchema>;

/** `conditions.<name>`: what a rule demands beside host and path. An unknown field is an error: without it the rule would match more. */
export function readConditions(view: MemberView, name: string): readonly ConditionSpec[] {
  const suffix = `conditions.${name}`;
  const conditions = view.annotations.json(suffix, z.array(conditionSchema)) ?? [];
  return conditions.map((condition) => readCondition(condition, (what) => view.annotations.invalid(suffix, what)));
}

function readCondition(condition: Condition, invalid: (what: string) => Error): ConditionSpec {
  switch (condition.field) {
    case "host-header":
      return { field: "host-header", ...oneKind(condition.hostHeaderConfig, "hostHeaderConfig", invalid) };
    case "path-pattern":
      return { field: "path-pattern", ...oneKind(condition.pathPatternConfig, "pathPatternConfig", invalid) };
    case "http-header": {
      const config = condition.httpHeaderConfig;
      return {
        field: "http-header",
        ...oneKind(config, "httpHeaderConfig", invalid),
        name: config?.httpHeaderName ?? "",
      };
    }
    case "http-request-method":
      return {
        field: "http-request-method",
        values: some(condition.httpRequestMethodConfig, "httpRequestMethodConfig", invalid),
      };
    case "source-ip":
      return { field: "source-ip", values: some(condition.sourceIPConfig, "sourceIPConfig", invalid) };
    case "query-string":
      return {
        field: "query-string",
        values: some(condition.queryStringConfig, "queryStringConfig", invalid).map(({ key, value }) => {
          if (value === undefined || value === "") throw invalid("queryStringConfig: value cannot be empty");
          return key === undefined ? { value } : { key, value };
        }),
      };
    default:
      throw invalid(
        `has unknown field ${JSON.stringify(condition.field)}; allowed are host-header, path-pattern, http-header, http-request-method, query-string, source-ip`,
      );
  }
}

function oneKind(
  config:
    | { readonly values?: readonly string[] | undefined; readonly regexValues?: readonly string[] | undefined }
    | undefined,
  name: string,
  invalid: (what: string) => Error,
): { readonly values: readonly string[] } | { readonly regexValues: readonly string[] } {
  if (config === undefined) throw invalid(`missing ${name}`);
  const { values = [], regexValues = [] } = config;
  if (values.length === 0 && regexValues.length === 0)
    throw invalid(`invalid ${name}: values or regexValues must be specified`);
  if (values.length > 0 && regexValues.length > 0)
    throw invalid(`invalid ${name}: precisely one of values and regexValues can be specified`);
  return values.length > 0 ? { values } : { regexValues };
}

function some<T>(
  config: { readonly values?: readonly T[] | undefined } | undefined,
  name: string,
  invalid: (what: string) => Error,
): readonly T[] {
  if (config === undefined) throw invalid(`missing ${name}`);
  if (config.values === undefined || config.values.length === 0)
    throw invalid(`invalid ${name}: values cannot be empty`);
  return config.values;
}

const rewrites = foldedObject({
  rewrites: z.array(foldedObject({ regex: z.string(), replace: z.string() })).optional(),
}).optional();
const transformSchema = foldedObject({
  type: z.string(),
  urlRewriteConfig: rewrites,
  hostHeaderRewriteConfig: rewrites,
});

/** `transforms.<name>`: at most one of each type for a rule, as ELBv2 demands. */
export function readTransforms(view: MemberView, name: string): readonly TransformSpec[] {
  const suffix = `transforms.${name}`;
  const invalid = (what: string): Error => view.annotations.invalid(suffix, what);
  const transforms = (view.annotations.json(suffix, z.array(transformSchema)) ?? []).map((transform): TransformSpec => {
    const { type } = transform;
    if (type !== "url-rewrite" && type !== "host-header-rewrite")
      throw invalid(`has unknown transform type ${JSON.stringify(type)}; allowed are url-rewrite, host-header-rewrite`);
    const [config, configName] =
      type === "url-rewrite"
        ? [transform.urlRewriteConfig, "urlRewriteConfig"]
        : [transform.hostHeaderRewriteConfig, "hostHeaderRewriteConfig"];
    if (config === undefined) throw invalid(`missing ${configName}`);
    if (config.rewrites === undefined || config.rewrites.length === 0)
      throw invalid(`${configName}.rewrites cannot be empty`);
    return { type, rewrites: config.rewrites };
  });
  if (new Set(transforms.map(({ type }) => type)).size < transforms.length)
    throw invalid("may have at most one transform of each type");
  return transforms;
}
