import type { CommandIO, MetadataBearer } from "@smithy/types";

export type ServiceName = "elbv2" | "ec2" | "iam" | "eks" | "sts" | "acm" | "wafv2" | "shield";

/** Who goes first when calls wait for the same token bucket, most urgent first. */
export const lanes = ["registration", "write", "health", "background"] as const;
export type Lane = (typeof lanes)[number];

/** What the layer must know of one AWS operation, beside its input and output. */
export interface Operation {
  readonly mutating: boolean;
  /** The service's rate bucket that a call draws on; see `rates.ts`. */
  readonly bucket: string;
  /** May be repeated when the connection broke after the request was sent. */
  readonly idempotent: boolean;
  /** Full action names that a caller must be allowed, those for tags inside a create among them. */
  readonly iamActions: readonly string[];
  /** Default lane: `write` for what mutates, `background` for what reads. */
  readonly lane?: Lane;
}

export type OperationTable = Readonly<Record<string, Operation>>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly lane?: Lane;
  /** What the call is about, in the words of the user; named when AWS refuses the call. */
  readonly resource?: string;
}

/** A read: repeatable by nature. */
export function read(bucket: string, iamActions: readonly string[]): Operation {
  return { mutating: false, bucket, idempotent: true, iamActions };
}

/** A write whose repetition with the same input ends in the same state (and does not fail for being a repetition). */
export function idempotentWrite(bucket: string, iamActions: readonly string[]): Operation {
  return { mutating: true, bucket, idempotent: true, iamActions };
}

/** A write that fails or doubles when repeated: after a lost connection only a read tells what became of it. */
export function onceOnlyWrite(bucket: string, iamActions: readonly string[]): Operation {
  return { mutating: true, bucket, idempotent: false, iamActions };
}

type CommandOf<Sdk, Name extends string> = `${Name}Command` extends keyof Sdk
  ? Sdk[`${Name}Command`] extends abstract new (
      ...args: never
    ) => infer Command
    ? Command
    : never
  : never;

type InputOf<Command> = Command extends CommandIO<infer Input, infer _Output extends MetadataBearer> ? Input : never;
type OutputOf<Command> = Command extends CommandIO<infer _Input, infer Output extends MetadataBearer> ? Output : never;

/** One method an operation, named like it with a small first letter, typed by the SDK's own command. */
export type Port<Sdk, Table extends OperationTable> = {
  readonly [Name in keyof Table & string as Uncapitalize<Name>]: (
    input: InputOf<CommandOf<Sdk, Name>>,
    options?: CallOptions,
  ) => Promise<OutputOf<CommandOf<Sdk, Name>>>;
};
