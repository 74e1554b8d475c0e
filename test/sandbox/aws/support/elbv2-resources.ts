import {
  type Action,
  CreateListenerCommand,
  type CreateListenerCommandInput,
  CreateLoadBalancerCommand,
  type CreateLoadBalancerCommandInput,
  CreateRuleCommand,
  type CreateRuleCommandInput,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  type ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";

/** Creates with defaults that pass; each returns the ARN. */
export async function createLoadBalancer(
  client: ElasticLoadBalancingV2Client,
  overrides: Partial<CreateLoadBalancerCommandInput> = {},
): Promise<string> {
  const subnets = overrides.SubnetMappings === undefined ? { Subnets: ["subnet-a", "subnet-b"] } : {};
  const answer = await client.send(new CreateLoadBalancerCommand({ Name: "lb", ...subnets, ...overrides }));
  return answer.LoadBalancers?.[0]?.LoadBalancerArn ?? "";
}

export async function createTargetGroup(
  client: ElasticLoadBalancingV2Client,
  overrides: Partial<CreateTargetGroupCommandInput> = {},
): Promise<string> {
  const defaults = { Name: "tg", Protocol: "HTTP", Port: 80, VpcId: "vpc-1", TargetType: "ip" } as const;
  const answer = await client.send(new CreateTargetGroupCommand({ ...defaults, ...overrides }));
  return answer.TargetGroups?.[0]?.TargetGroupArn ?? "";
}

export async function createListener(
  client: ElasticLoadBalancingV2Client,
  loadBalancerArn: string,
  overrides: Partial<CreateListenerCommandInput> = {},
): Promise<string> {
  const defaults = { Protocol: "HTTP" as const, Port: 80, DefaultActions: [notFound] };
  const input = { LoadBalancerArn: loadBalancerArn, ...defaults, ...overrides };
  const answer = await client.send(new CreateListenerCommand(input));
  return answer.Listeners?.[0]?.ListenerArn ?? "";
}

export async function createRule(
  client: ElasticLoadBalancingV2Client,
  listenerArn: string,
  overrides: Partial<CreateRuleCommandInput> = {},
): Promise<string> {
  const defaults = { Priority: 1, Conditions: [pathIs("/a")], Actions: [notFound] };
  const answer = await client.send(new CreateRuleCommand({ ListenerArn: listenerArn, ...defaults, ...overrides }));
  return answer.Rules?.[0]?.RuleArn ?? "";
}

export const notFound: Action = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } };

export function forwardTo(...arns: string[]): Action {
  const [only] = arns;
  if (arns.length === 1) return { Type: "forward", TargetGroupArn: only };
  return { Type: "forward", ForwardConfig: { TargetGroups: arns.map((arn) => ({ TargetGroupArn: arn })) } };
}

export function pathIs(...values: string[]): { Field: string; PathPatternConfig: { Values: string[] } } {
  return { Field: "path-pattern", PathPatternConfig: { Values: values } };
}

/** The wire code of a refused call, or `accepted`. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "accepted";
  } catch (error) {
    const { Code: code, name } = error as { Code?: string; name: string };
    return code ?? name;
  }
}
