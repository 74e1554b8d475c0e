import { Command } from "commander";
import { addRunFlags, type RunOptions, runOptions } from "./run-flags.ts";

/** The operator's options as its flags would give them for a sandbox: defaults, and what the environment says. */
export function sandboxRunOptions(
  environment: Readonly<Record<string, string>>,
  extra: readonly string[] = [],
): RunOptions {
  const command = addRunFlags(new Command("run")).exitOverride();
  const flags = [
    `--cluster-name=${environment["FAIRLEAD_CLUSTER_NAME"] ?? ""}`,
    `--aws-vpc-id=${environment["FAIRLEAD_VPC_ID"] ?? ""}`,
    `--aws-region=${environment["AWS_REGION"] ?? ""}`,
    "--enable-leader-election=false",
    ...extra,
  ];
  command.parse(flags, { from: "user" });
  return runOptions(command.opts(), environment);
}
