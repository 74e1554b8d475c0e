import { configMapKind, serviceAccountKind } from "../../src/api/builtin.ts";
import { clusterFacts } from "../../src/aws/facts/cluster.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { createRegistry } from "../../src/engine/registry.ts";
import { silentLogger } from "../../src/log.ts";
import { ec2LaunchTemplate } from "../../src/resources/ec2/launch-template.ts";
import { eksAccessEntry } from "../../src/resources/eks/access-entry.ts";
import { eksFargateProfile } from "../../src/resources/eks/fargate-profile.ts";
import { FargateQueue } from "../../src/resources/eks/fargate-queue.ts";
import { eksNodeGroup } from "../../src/resources/eks/node-group.ts";
import { eksPodIdentityAssociation } from "../../src/resources/eks/pod-identity-association.ts";
import { iamOIDCProvider } from "../../src/resources/iam/oidc-provider.ts";
import { iamRole } from "../../src/resources/iam/role.ts";
import { kubernetesAwsAuthEntry } from "../../src/resources/kubernetes/aws-auth-entry.ts";
import { kubernetesServiceAccount } from "../../src/resources/kubernetes/service-account.ts";
import { createWorld, type World } from "../aws/support/world.ts";
import { MemoryKube } from "./memory-kube.ts";

export interface ToldEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** AWS in the sandbox, Kubernetes in memory, and the engine between them, for controllers of our own kinds. */
export interface OwnKindsWorld {
  readonly world: World;
  readonly kube: MemoryKube;
  readonly engine: Engine;
  readonly told: ToldEvent[];
  readonly fargateQueue: FargateQueue;
  /** What every controller of our own kinds is made with. */
  readonly common: ReturnType<typeof commonParts>;
  /** The operator starts anew: same account and cluster, empty memory. */
  restart(): Promise<OwnKindsWorld>;
}

export async function ownKindsWorld(
  options: Parameters<typeof createWorld>[0] = {},
  started?: { readonly world: World; readonly kube: MemoryKube },
): Promise<OwnKindsWorld> {
  const world = started === undefined ? await createWorld(options) : await started.world.restart();
  const kube = started?.kube ?? new MemoryKube();
  const { aws, clock, sandbox } = world;
  const { clusterName } = sandbox;
  const fargateQueue = new FargateQueue(clock);
  const engine = createEngine({
    registry: createRegistry([
      iamRole(aws.iam),
      iamOIDCProvider(aws.iam),
      eksPodIdentityAssociation(aws.eks, { clusterName, clock }),
      eksAccessEntry(aws.eks, { clusterName, clock }),
      eksNodeGroup(aws.eks, { clusterName, clock }),
      eksFargateProfile(aws.eks, { clusterName, clock, queue: fargateQueue }),
      ec2LaunchTemplate(aws.ec2),
      kubernetesServiceAccount(kube, kube.lister(serviceAccountKind)),
      kubernetesAwsAuthEntry(kube, kube.lister(configMapKind)),
    ] as never),
    clock,
    random: () => 0.5,
    log: silentLogger,
    verifyEveryMs: 600_000,
    verifySpacingMs: 1000,
  });
  const told: ToldEvent[] = [];
  return {
    world,
    kube,
    engine,
    told,
    fargateQueue,
    common: commonParts({ world, kube, engine, told }),
    restart: () => ownKindsWorld(options, { world, kube }),
  };
}

function commonParts({ world, kube, engine, told }: Pick<OwnKindsWorld, "world" | "kube" | "engine" | "told">) {
  const { aws, clock, sandbox } = world;
  return {
    engine,
    kube,
    clock,
    clusterName: sandbox.clusterName,
    cluster: clusterFacts({ eks: aws.eks, clock }),
    events: {
      event: (_object: object, event: ToldEvent) => void told.push(event),
    },
  };
}
