/**
 * How a service of the sandbox's AWS endpoint is written.
 *
 * A service is a table of operations over state of its own. It is made by a `ServiceFactory`, which gets the
 * `SandboxContext` (clock, ids, timings, the other services' facts) and returns an `AwsService`:
 *
 * ```ts
 * export function createShield(context: SandboxContext): AwsService {
 *   const protections = new Map<string, Protection>();
 *   return {
 *     name: "shield",
 *     signingName: "shield",
 *     protocol: { kind: "json", targetPrefix: "AWSShield_20160616." },
 *     invalidInput: beanValidation("InvalidParameterException"),
 *     throttled: () => new AwsError("ThrottlingException", "Rate exceeded"),
 *     buckets: { reads: { capacity: 10, refillPerSecond: 5 } },
 *     operations: [
 *       defineOperation({
 *         name: "DescribeProtection",
 *         mutating: false,
 *         bucket: "reads",
 *         input: { ResourceArn: string(), ProtectionId: string({ maxLength: 36 }) },
 *         handle: (input, call) => ({ Protection: { ... } }),
 *       }),
 *     ],
 *   };
 * }
 * ```
 *
 * - Input keys are the names on the wire (EC2: `GroupId` with `list(string())`, not the SDK's `GroupIds`). The framework
 *   decodes each protocol, checks the shapes, refuses unknown members and hands over typed values.
 * - A handler is synchronous and atomic: it checks everything, then changes state, then returns the result as a plain
 *   object in the names of the wire. `undefined` members are left out, arrays become lists, `Date` becomes the protocol's
 *   timestamp, `xmlMap` makes query-protocol maps. It throws `AwsError` for every refusal.
 * - Time: state is a function of `context.clock.now()` wherever possible (`readyAt` instead of a timer). What others must
 *   hear about uses `context.schedule` and `context.emit`.
 * - What another service needs to know goes through `context.surroundings`.
 * - The factory is added to `serviceFactories` in `aws-sandbox.ts`.
 */
import type { Clock, Random } from "../../clock.ts";
import type { AwsError, ProblemsToError } from "./aws-error.ts";
import type { CredentialStore, Principal } from "./credentials.ts";
import type { SandboxEvent } from "./events.ts";
import type { Ids } from "./ids.ts";
import type { Quotas } from "./quotas.ts";
import type { BucketSpec } from "./rate-limiter.ts";
import { type Decoded, decodeMembers, type Members, type Position } from "./shapes.ts";
import type { Surroundings } from "./surroundings.ts";
import type { TargetHealthSource } from "./target-health-source.ts";
import type { ConsistencyLag, Timings } from "./timings.ts";

/** What every service is given. */
export interface SandboxContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly region: string;
  readonly accountId: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, by region. */
  readonly partition: string;
  readonly clusterName: string;
  readonly timings: Timings;
  readonly lag: ConsistencyLag;
  readonly quotas: Quotas;
  /** No page of a list is longer than this, whatever the call asks for. */
  readonly largestPage: number;
  readonly surroundings: Surroundings;
  readonly credentials: CredentialStore;
  /** Whether the thing behind a target answers its health checks. */
  targetHealth(): TargetHealthSource;
  /** True once `sinceMs` (wall time of a change) is at least the named lag in the past. */
  settled(sinceMs: number, lag: keyof ConsistencyLag): boolean;
  /** Runs `task` after `delayMs`, unless the sandbox is closed before. */
  schedule(delayMs: number, task: () => void): void;
  /** Tells the listeners of `AwsSandbox.on`. */
  emit(event: SandboxEvent): void;
}

export type ServiceFactory = (context: SandboxContext) => AwsService;

export type Protocol =
  /** AWS Query with XML answers. `voidResult`: ELBv2 answers an empty result element, IAM and STS none. */
  | {
      readonly kind: "query";
      readonly version: string;
      readonly namespace: string;
      readonly voidResult: "empty" | "none";
    }
  | { readonly kind: "ec2"; readonly version: string; readonly namespace: string }
  /** JSON 1.1 with `x-amz-target`. */
  | { readonly kind: "json"; readonly targetPrefix: string }
  /** Operations carry `http`. */
  | { readonly kind: "rest-json" };

export interface AwsService {
  /** Short name used in call records, counters and fault rules: `elbv2`, `ec2`, `iam` ... */
  readonly name: string;
  /** The service in the credential scope of a signature. */
  readonly signingName: string;
  readonly protocol: Protocol;
  readonly operations: readonly Operation[];
  /** Words shape problems in the service's own way. */
  readonly invalidInput: ProblemsToError;
  /** The service's answer to a call above its rate. */
  readonly throttled: () => AwsError;
  /** AWS's published token buckets, by the name that operations use. */
  readonly buckets?: Readonly<Record<string, BucketSpec>>;
  /** A bucket from which every call of the service takes a token as well. */
  readonly accountBucket?: BucketSpec;
}

/** What is known of the call beside its parameters. */
export interface CallContext {
  readonly requestId: string;
  readonly principal: Principal;
  /** Wall time, in milliseconds. */
  readonly now: number;
}

/** Route of a REST operation: `path` like `/clusters/{name}/node-groups`; labels and query names become input members. */
export interface HttpRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  /** Query names that are input members, with the member's name. */
  readonly query?: Readonly<Record<string, string>>;
}

/** A result in the names of the wire; undefined for operations that answer nothing. */
export type Result = Readonly<Record<string, unknown>> | undefined;

export interface OperationDefinition<M extends Members> {
  readonly name: string;
  readonly mutating: boolean;
  /** Name of one of the service's buckets, or a choice by the parameters (EC2's unfiltered describes). */
  readonly bucket?: string | ((input: Decoded<M>) => string);
  readonly http?: HttpRoute;
  /** Without signature: `AssumeRoleWithWebIdentity` only. */
  readonly anonymous?: boolean;
  /** Members whose values never enter the call record (at any depth). */
  readonly secrets?: readonly string[];
  readonly input: M;
  handle(input: Decoded<M>, call: CallContext): Result;
}

/** An operation with its types erased, ready for dispatch. */
export interface Operation {
  readonly name: string;
  readonly mutating: boolean;
  readonly http: HttpRoute | undefined;
  readonly anonymous: boolean;
  readonly secrets: readonly string[];
  readonly members: Members;
  /** Checks the decoded request; the caller refuses it when there are problems. */
  prepare(raw: Readonly<Record<string, unknown>>, at: Position): PreparedCall;
}

export interface PreparedCall {
  bucket(): string | undefined;
  run(call: CallContext): Result;
}

export function defineOperation<const M extends Members>(definition: OperationDefinition<M>): Operation {
  return {
    name: definition.name,
    mutating: definition.mutating,
    http: definition.http,
    anonymous: definition.anonymous ?? false,
    secrets: definition.secrets ?? [],
    members: definition.input,
    prepare(raw, at) {
      const input = decodeMembers(definition.input, raw, at);
      return {
        bucket: () => (typeof definition.bucket === "function" ? definition.bucket(input) : definition.bucket),
        run: (call) => definition.handle(input, call),
      };
    },
  };
}
