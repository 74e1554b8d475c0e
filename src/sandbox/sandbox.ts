import type { Clock, Random } from "../clock.ts";
import type { HttpHandler } from "../http.ts";
import { type AwsSandbox, type AwsSandboxOptions, createAwsSandbox } from "./aws/aws-sandbox.ts";
import type { NodeInstance } from "./aws/events.ts";
import type { LaunchedInstance } from "./aws/surroundings-account.ts";
import { httpClusterApi } from "./cluster/cluster-api.ts";
import type { NodeTaint, SandboxNode } from "./cluster/sandbox-node.ts";
import { type Cluster, startCluster } from "./cluster/start-cluster.ts";
import { createKubeApi, type KubeApi } from "./kube/kube-api.ts";
import { PodNetwork } from "./pod-network.ts";

export interface SandboxOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly aws?: Omit<AwsSandboxOptions, "clock" | "random">;
  /** From binding to a running Pod, in milliseconds; 1 s when absent. */
  readonly podStartMs?: number;
  /** The Kubernetes API to be the cluster of, with the rights of a cluster administrator; an embedded one when absent. */
  readonly kube?: HttpHandler;
  /** PEM text that clients in the cluster trust the API by (`kube-root-ca.crt`); empty when absent. */
  readonly rootCertificate?: string;
}

/** A Kubernetes cluster on EKS and the AWS account that it is in, in this process, without a socket of its own. */
export interface Sandbox {
  readonly kube: Pick<KubeApi, "handle">;
  readonly aws: AwsSandbox;
  /** Brings the cluster to life: nodes join, and from then on workloads run. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createSandbox(options: SandboxOptions): Sandbox {
  const { clock, random, aws: awsOptions, podStartMs } = options;
  const kube = options.kube === undefined ? createKubeApi({ clock, random }) : { handle: options.kube };
  const aws = createAwsSandbox({ ...awsOptions, clock, random });
  const nodes = new Map<string, SandboxNode>();
  const api = httpClusterApi(kube.handle);
  let cluster: Cluster | undefined;
  let network: PodNetwork | undefined;
  let unsubscribe: (() => void) | undefined;

  const update = (): void => cluster?.setNodes([...nodes.values()]);

  return {
    kube,
    aws,
    async start() {
      for (const instance of aws.surroundings.cluster.nodes) {
        nodes.set(instance.id, nodeOf(aws, instance, { labels: initialLabels, taints: [] }));
      }
      unsubscribe = aws.on((event) => {
        switch (event.kind) {
          case "instance-running":
            nodes.set(event.instance.id, nodeOf(aws, event.instance, groupNode(event.instance)));
            break;
          case "instance-terminated":
            nodes.delete(event.instanceId);
            break;
          case "node-group-updated":
            for (const [id, node] of nodes) {
              if (node.labels["eks.amazonaws.com/nodegroup"] !== event.nodeGroupName) continue;
              const labels = { ...event.labels, "eks.amazonaws.com/nodegroup": event.nodeGroupName };
              nodes.set(id, { ...node, labels, taints: event.taints.map(nodeTaint) });
            }
            break;
          default:
            event satisfies never;
        }
        update();
      });
      network = new PodNetwork(api, aws, clock);
      network.start();
      cluster = startCluster({
        api,
        clock,
        random,
        nodes: [...nodes.values()],
        ...(podStartMs === undefined ? {} : { startDelayMs: podStartMs }),
        ...(options.rootCertificate === undefined ? {} : { rootCertificate: options.rootCertificate }),
      });
      await cluster.started;
    },
    async stop() {
      unsubscribe?.();
      await cluster?.stop();
      await network?.stop();
      aws.close();
    },
  };
}

const initialLabels = { "eks.amazonaws.com/nodegroup": "initial", "eks.amazonaws.com/capacityType": "ON_DEMAND" };

function groupNode(instance: NodeInstance): Pick<SandboxNode, "labels" | "taints"> {
  return {
    labels: { ...instance.labels, "eks.amazonaws.com/nodegroup": instance.nodeGroupName },
    taints: instance.taints.map(nodeTaint),
  };
}

/** EKS's `NO_SCHEDULE` is Kubernetes' `NoSchedule`. */
function nodeTaint({ key, value, effect }: NodeInstance["taints"][number]): NodeTaint {
  const effects: Readonly<Record<string, NodeTaint["effect"]>> = {
    NO_SCHEDULE: "NoSchedule",
    NO_EXECUTE: "NoExecute",
    PREFER_NO_SCHEDULE: "PreferNoSchedule",
  };
  return { key, ...(value === "" ? {} : { value }), effect: effects[effect] ?? (effect as NodeTaint["effect"]) };
}

function nodeOf(
  aws: AwsSandbox,
  instance: LaunchedInstance,
  kube: Pick<SandboxNode, "labels" | "taints">,
): SandboxNode {
  return {
    name: instance.privateDnsName,
    instanceId: instance.id,
    instanceType: instance.instanceType,
    region: aws.region,
    zone: instance.zone,
    internalIp: instance.privateIp,
    subnetCidr: aws.surroundings.network.subnet(instance.subnetId)?.cidr ?? "",
    ...kube,
  };
}
