import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type LoadBalancer,
  type TargetGroup,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { type Ingress, ingressKind } from "../../../src/api/builtin.ts";
import { inProcessHandler } from "../../../src/sandbox/aws/in-process-handler.ts";
import type { OperatorWorld } from "../../support/operator-world.ts";

/** What AWS holds, asked for beside the operator. */
export class BalancerWatch {
  readonly #world: OperatorWorld;
  readonly elbv2: ElasticLoadBalancingV2Client;
  /** Host names that the Ingress had, in order. */
  readonly published: string[] = [];
  /** Moments at which the published load balancer could not serve. */
  readonly outages: string[] = [];

  constructor(world: OperatorWorld) {
    this.#world = world;
    const { accessKeyId, secretAccessKey } = world.sandbox.aws.credential;
    this.elbv2 = new ElasticLoadBalancingV2Client({
      region: world.sandbox.aws.region,
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: inProcessHandler(world.sandbox.aws.handle) as never,
    });
  }

  async loadBalancers(): Promise<readonly LoadBalancer[]> {
    return (await this.elbv2.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
  }

  async targetGroups(): Promise<readonly TargetGroup[]> {
    return (await this.elbv2.send(new DescribeTargetGroupsCommand({}))).TargetGroups ?? [];
  }

  /** What is registered in groups whose targets are load balancers, as `ARN:port`. */
  async albTargets(): Promise<readonly string[]> {
    const groups = (await this.targetGroups()).filter(({ TargetType }) => TargetType === "alb");
    const answers = await Promise.all(
      groups.map(({ TargetGroupArn }) => this.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }))),
    );
    return answers
      .flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions)
      .filter(({ TargetHealth }) => TargetHealth?.State !== "draining")
      .map(({ Target }) => `${Target?.Id ?? ""}:${Target?.Port ?? ""}`);
  }

  /** Whether it is active, has rules, and every target group of its rules has a healthy target. */
  async serves({ LoadBalancerArn, State }: LoadBalancer): Promise<boolean> {
    if (State?.Code !== "active") return false;
    const { Listeners = [] } = await this.elbv2.send(new DescribeListenersCommand({ LoadBalancerArn }));
    const rules = await Promise.all(
      Listeners.map(async ({ ListenerArn }) => {
        const { Rules = [] } = await this.elbv2.send(new DescribeRulesCommand({ ListenerArn }));
        return Rules.flatMap(({ Actions = [] }) => Actions);
      }),
    );
    const groups = new Set(
      rules
        .flat()
        .flatMap(({ ForwardConfig }) => (ForwardConfig?.TargetGroups ?? []).flatMap((one) => one.TargetGroupArn ?? [])),
    );
    const healthy = await Promise.all(
      [...groups].map(async (TargetGroupArn) => {
        const answer = await this.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
        return (answer.TargetHealthDescriptions ?? []).some(({ TargetHealth }) => TargetHealth?.State === "healthy");
      }),
    );
    return groups.size > 0 && healthy.every(Boolean);
  }

  /** Notes what the Ingress publishes, and whether that serves. */
  async look(key: string): Promise<void> {
    const ingress: Ingress | undefined = await this.#world.get(ingressKind, key);
    const host = ingress?.status?.loadBalancer?.ingress?.[0]?.hostname ?? "";
    if (this.published.at(-1) !== host) this.published.push(host);
    const balancers = await this.loadBalancers();
    const published = balancers.find(({ DNSName }) => DNSName?.toLowerCase() === host);
    if (published === undefined || !(await this.serves(published)))
      this.outages.push(`${new Date(this.#world.clock.now()).toISOString()}: ${host} does not serve`);
  }

  /** Lets time pass in small steps, looking all the while, until `done`. */
  async until(key: string, done: () => Promise<boolean>, limitMs = 3_600_000): Promise<void> {
    const end = this.#world.clock.now() + limitMs;
    while (!(await done())) {
      if (this.#world.clock.now() > end) throw new Error(`not reached within ${limitMs / 1000} s`);
      await this.#world.clock.advance(2_000);
      await this.look(key);
    }
  }
}
