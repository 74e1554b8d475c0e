import { AwsError, type ProblemsToError } from "../aws-error.ts";
import { pageByKey } from "../page-by-key.ts";
import { type AwsService, defineOperation, type SandboxContext } from "../service.ts";
import { integer, oneOf, required, string } from "../shapes.ts";

interface WebAcl {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly lockToken: string;
}

const scope = oneOf(["CLOUDFRONT", "REGIONAL"]);
const arnShape = string({ minLength: 20, maxLength: 2048 });

/** WAFv2, regional, with one web ACL (`fairlead-sandbox`) and its associations with load balancers. */
export function createWafv2(context: SandboxContext): AwsService {
  const acls = new Map<string, WebAcl>();
  const aclByResource = new Map<string, string>();
  const id = context.ids.uuid();
  const name = "fairlead-sandbox";
  const arn = `arn:${context.partition}:wafv2:${context.region}:${context.accountId}:regional/webacl/${name}/${id}`;
  acls.set(arn, { name, id, arn, lockToken: context.ids.uuid() });

  /** The load balancer of a call, which must be one that WAF can stand in front of. */
  const applicationLoadBalancer = (resourceArn: string) => {
    if (!/^arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/app\/.+$/.test(resourceArn))
      throw invalidParameter("RESOURCE_ARN", resourceArn, "The ARN isn't valid. A valid ARN begins with arn:");
    const found = context.surroundings.loadBalancers.loadBalancer(resourceArn);
    if (found === undefined) throw nonexistent();
    return found;
  };
  return {
    name: "wafv2",
    signingName: "wafv2",
    protocol: { kind: "json", targetPrefix: "AWSWAF_20190729." },
    invalidInput,
    throttled: () => new AwsError("ThrottlingException", "Rate exceeded"),
    buckets: {
      associate: { capacity: 1, refillPerSecond: 0.5, perOperation: true },
      forResource: { capacity: 1, refillPerSecond: 1, perOperation: true },
      reads: { capacity: 5, refillPerSecond: 5, perOperation: true },
    },
    operations: [
      defineOperation({
        name: "ListWebACLs",
        mutating: false,
        bucket: "reads",
        input: { Scope: required(scope), NextMarker: string(), Limit: integer({ min: 1, max: 100 }) },
        handle(input) {
          const found = input.Scope === "REGIONAL" ? [...acls.values()] : [];
          const page = pageByKey(found, (acl) => acl.name, {
            limit: input.Limit ?? 100,
            token: input.NextMarker,
            scope: input.Scope,
          });
          if (page === undefined)
            throw invalidParameter("NEXT_MARKER", input.NextMarker ?? "", "The marker isn't valid");
          return {
            WebACLs: page.items.map((acl) => ({
              Name: acl.name,
              Id: acl.id,
              ARN: acl.arn,
              LockToken: acl.lockToken,
              Description: "",
            })),
            NextMarker: page.nextToken,
          };
        },
      }),
      defineOperation({
        name: "GetWebACL",
        mutating: false,
        bucket: "reads",
        input: { Name: string({ minLength: 1, maxLength: 128 }), Scope: scope, Id: string(), ARN: arnShape },
        handle(input) {
          const acl = [...acls.values()].find((item) =>
            input.ARN === undefined
              ? item.name === input.Name && item.id === input.Id && input.Scope === "REGIONAL"
              : item.arn === input.ARN,
          );
          if (acl === undefined) throw nonexistent();
          return { WebACL: aclView(acl), LockToken: acl.lockToken };
        },
      }),
      defineOperation({
        name: "GetWebACLForResource",
        mutating: false,
        bucket: "forResource",
        input: { ResourceArn: required(arnShape) },
        handle(input) {
          const resource = applicationLoadBalancer(input.ResourceArn);
          const acl = acls.get(aclByResource.get(resource.arn) ?? "");
          return { WebACL: acl === undefined ? undefined : aclView(acl) };
        },
      }),
      defineOperation({
        name: "AssociateWebACL",
        mutating: true,
        bucket: "associate",
        input: { WebACLArn: required(arnShape), ResourceArn: required(arnShape) },
        handle(input) {
          if (!input.WebACLArn.startsWith(`arn:${context.partition}:wafv2:${context.region}:`))
            throw invalidParameter("WEB_ACL_ARN", input.WebACLArn, "The web ACL must be in the Region of the resource");
          if (!input.WebACLArn.includes(":regional/webacl/"))
            throw invalidParameter("WEB_ACL_ARN", input.WebACLArn, "The web ACL must have the scope REGIONAL");
          const acl = acls.get(input.WebACLArn);
          if (acl === undefined) throw nonexistent();
          const resource = applicationLoadBalancer(input.ResourceArn);
          if (resource.state === "provisioning")
            throw new AwsError(
              "WAFUnavailableEntityException",
              "AWS WAF couldn't retrieve the resource that you requested. Retry your request.",
            );
          aclByResource.set(resource.arn, acl.arn);
          return {};
        },
      }),
      defineOperation({
        name: "DisassociateWebACL",
        mutating: true,
        bucket: "associate",
        input: { ResourceArn: required(arnShape) },
        handle(input) {
          aclByResource.delete(applicationLoadBalancer(input.ResourceArn).arn);
          return {};
        },
      }),
      defineOperation({
        name: "ListResourcesForWebACL",
        mutating: false,
        bucket: "forResource",
        input: { WebACLArn: required(arnShape), ResourceType: string() },
        handle(input) {
          if (!acls.has(input.WebACLArn)) throw nonexistent();
          const wanted = (input.ResourceType ?? "APPLICATION_LOAD_BALANCER") === "APPLICATION_LOAD_BALANCER";
          const arns = [...aclByResource].filter(
            ([resource, acl]) =>
              wanted &&
              acl === input.WebACLArn &&
              context.surroundings.loadBalancers.loadBalancer(resource) !== undefined,
          );
          return { ResourceArns: arns.map(([resource]) => resource) };
        },
      }),
    ],
  };
}

function aclView(acl: WebAcl) {
  return {
    Name: acl.name,
    Id: acl.id,
    ARN: acl.arn,
    DefaultAction: { Allow: {} },
    Description: "",
    Rules: [],
    VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: acl.name },
    Capacity: 0,
    ManagedByFirewallManager: false,
  };
}

function nonexistent(): AwsError {
  return new AwsError(
    "WAFNonexistentItemException",
    "AWS WAF couldn't perform the operation because your resource doesn't exist.",
  );
}

function invalidParameter(field: string, parameter: string, reason: string): AwsError {
  return new AwsError(
    "WAFInvalidParameterException",
    `Error reason: ${reason}, field: ${field}, parameter: ${parameter}`,
    { members: { Field: field, Parameter: parameter, Reason: reason } },
  );
}

const invalidInput: ProblemsToError = ([problem]) =>
  invalidParameter(problem?.path.join(".") ?? "", problem?.value ?? "", problem?.constraint.kind ?? "invalid");
