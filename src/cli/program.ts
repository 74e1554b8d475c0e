import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { errorClass, errorMessage } from "../errors.ts";
import { policyParts } from "../operator/iam-policy.ts";
import { crdsCommand } from "./commands/crds.ts";
import { type IamPolicyOptions, iamPolicyCommand } from "./commands/iam-policy.ts";
import { planCommand } from "./commands/plan.ts";
import { runOperator } from "./commands/run.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { startCommand } from "./commands/start.ts";
import { treeCommand } from "./commands/tree.ts";
import { type CommandIO, Exit } from "./io.ts";
import { addRunFlags } from "./run-flags.ts";
import { kubeFlavours } from "./sandbox-host.ts";

/** Runs one command line to its end; resolves with the exit code. Everything that goes wrong is told on standard error. */
export async function runCommand(argv: readonly string[], io: CommandIO): Promise<number> {
  const program = createProgram(io);
  try {
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof Exit) return error.code;
    if (error instanceof CommanderError) return error.exitCode;
    io.err(`fairlead: ${errorMessage(error)}\n`);
    if (errorClass(error) === "bug" && error instanceof Error) io.err(`${error.stack ?? ""}\n`);
    return 1;
  }
}

function createProgram(io: CommandIO): Command {
  const program = new Command("fairlead")
    .description(
      "A Kubernetes operator for Amazon EKS: Ingresses, Services, IAM roles and node groups become AWS resources.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      // Texts that nobody looks at in a terminal come out the same everywhere.
      ...(io.interactive ? {} : { getOutHelpWidth: () => plainWidth, getErrHelpWidth: () => plainWidth }),
    })
    .showHelpAfterError("(--help shows what can be given)");
  const add = (name: string, description: string): Command =>
    program.command(name).description(description).copyInheritedSettings(program);

  add("start", "start the sandbox and the operator, apply the samples, and show what becomes of them")
    .option("--once", "exit when all samples are ready; non-zero when they do not become so")
    .addOption(speedOption(30))
    .option("--timeout <seconds>", "how long the samples may take", wholeNumber, 300)
    .action((options: { once?: boolean; speed: number; timeout: number }) => startCommand(options, io));

  addRunFlags(add("run", "run the operator, in or out of a cluster")).action((options: Record<string, unknown>) =>
    runOperator(options, io),
  );

  add("sandbox", "run a Kubernetes API and AWS endpoints on this machine, with or without the operator")
    .option("--dir <dir>", "where kubeconfig and aws.env are written", ".fairlead")
    .addOption(
      new Option("--kube <server>", "the Kubernetes API: embedded, or real kube-apiserver and etcd")
        .choices(kubeFlavours)
        .default("embedded"),
    )
    .option("--kube-port <n>", "port of the Kubernetes API; 0 picks a free one", port, 0)
    .option("--aws-port <n>", "port of the AWS endpoints; 0 picks a free one", port, 0)
    .option("--no-operator", "without the operator")
    .option("-f, --file <path>", "apply manifests of a file or folder; may be given several times", collect, [])
    .option("--rate-limits", "apply AWS's published request rates")
    .addOption(speedOption(1))
    .action((options: Parameters<typeof sandboxCommand>[0]) => sandboxCommand(options, io));

  addRunFlags(
    add("plan", "show what manifests would create, change, replace and delete")
      .requiredOption(
        "-f, --file <path>",
        "manifests: a file, a folder, or - for standard input; may be given several times",
        collect,
      )
      .addOption(outputOption(["text", "json"]))
      .option(
        "--live",
        "compare with the cluster and the AWS account that kubeconfig and environment name; nothing is written",
      ),
    connectionFlags,
  ).action((options: Parameters<typeof planCommand>[0]) => planCommand(options, io));

  addRunFlags(
    add("tree", "show an object's AWS resources with their state, ARNs and target health")
      .argument("<kind/name>", "such as ingress/web, service/broker, nodegroup/batch")
      .option("-n, --namespace <namespace>", "the object's namespace")
      .addOption(outputOption(["text", "json"])),
    connectionFlags,
  ).action((object: string, options: Parameters<typeof treeCommand>[1]) => treeCommand(object, options, io));

  add("crds", "print the definitions of the custom kinds").action(() => crdsCommand(io));
  add("iam-policy", "print the IAM policy that the operator needs")
    .addOption(
      new Option("--part <part>", "one of the two policies in which IAM takes it; default: both together").choices(
        policyParts,
      ),
    )
    .addOption(new Option("--partition <name>", "partition of the ARNs, such as aws-cn").default("aws"))
    .action((options: IamPolicyOptions) => iamPolicyCommand(options, io));
  return program;
}

const plainWidth = 100;

/** Flags of the operator that matter most to commands that look at a cluster. */
const connectionFlags = ["cluster-name", "aws-region", "aws-vpc-id", "kubeconfig"];

function outputOption(choices: readonly string[]): Option {
  return new Option("-o, --output <format>", "output format").choices(choices).default("text");
}

function speedOption(speed: number): Option {
  return new Option("--speed <factor>", "how much faster than real AWS the sandbox's states move on")
    .default(speed)
    .argParser((text) => {
      const factor = Number(text);
      if (!(factor > 0)) throw new InvalidArgumentError("a number above 0 is expected.");
      return factor;
    });
}

function port(text: string): number {
  const number = wholeNumber(text);
  if (number > 65_535) throw new InvalidArgumentError("a port from 0 to 65535 is expected.");
  return number;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a whole number is expected.");
  return Number(text);
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
