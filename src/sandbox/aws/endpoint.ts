import { sleep } from "../../clock.ts";
import { errorMessage } from "../../errors.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../http.ts";
import { authenticate } from "./authentication.ts";
import { AwsError, type ParameterProblem } from "./aws-error.ts";
import { type CallLog, maskSecrets } from "./call-log.ts";
import type { Principal } from "./credentials.ts";
import type { Fault, FaultPlan } from "./fault-plan.ts";
import { type BucketSpec, RateLimiter } from "./rate-limiter.ts";
import type { AwsService, Operation, PreparedCall, Result, SandboxContext } from "./service.ts";
import { CallLocator, encodeError, encodeResult, encodeUnroutable, type LocatedCall } from "./wire-protocol.ts";

export interface EndpointOptions {
  readonly context: SandboxContext;
  readonly services: readonly AwsService[];
  readonly calls: CallLog;
  readonly faults: FaultPlan;
  /** Whether token buckets apply now. */
  readonly rateLimits: () => boolean;
}

interface Outcome {
  readonly response: HttpResponse;
  readonly error: AwsError | undefined;
  readonly performed: boolean;
  readonly principal: Principal | undefined;
}

/** A connection that broke, as sockets report it. */
class ConnectionCut extends Error {
  override readonly name = "ConnectionCut";
  readonly code = "ECONNRESET";
}

/**
 * The one endpoint of all services. Each call passes, in AWS's order: locate, authenticate, rate, shape, the
 * operation's own checks. Faults stand before all of them, except lost answers.
 */
export function createEndpoint(options: EndpointOptions): HttpHandler {
  const { context, calls, faults } = options;
  const locator = new CallLocator(options.services);
  const limiter = new RateLimiter(context.clock);

  return async (request) => {
    const requestId = context.ids.uuid();
    const located = locate(request);
    if (located === undefined) return encodeUnroutable(request, { requestId, now: context.clock.now() });
    if (located instanceof AwsError)
      return encodeError({ kind: "json", targetPrefix: "" }, located, { requestId, now: context.clock.now() });
    const { service, operation, operationName } = located;
    const hits = faults.next({
      service: service.name,
      operation: operationName,
      mutating: operation?.mutating ?? false,
      parameters: located.parameters,
    });
    await delay(hits, request);
    const record = (outcome: Outcome, errorCode: string | undefined): void => {
      calls.add(
        {
          time: context.clock.now(),
          service: service.name,
          operation: operationName,
          parameters: maskSecrets(located.parameters, operation?.secrets ?? []),
          principal: outcome.principal?.arn,
          requestId,
          status: outcome.response.status,
          errorCode,
          mutating: operation?.mutating ?? false,
          performed: outcome.performed,
        },
        outcome.error !== undefined && outcome.error.code === service.throttled().code,
      );
    };
    const cut = hits.find((fault) => fault.kind === "cut");
    if (cut?.when === "before") {
      const unseen = encodeError(service.protocol, new AwsError("ConnectionCut", ""), { requestId, now: 0 });
      record({ response: unseen, error: undefined, performed: false, principal: undefined }, "ConnectionCut");
      throw new ConnectionCut("socket hang up before the call");
    }
    const outcome = answer(request, located, hits, requestId);
    record(outcome, cut === undefined ? outcome.error?.code : "ConnectionCut");
    if (cut !== undefined) throw new ConnectionCut("socket hang up before the answer");
    return outcome.response;
  };

  function locate(request: HttpRequest): LocatedCall | AwsError | undefined {
    try {
      return locator.locate(request);
    } catch (error) {
      if (error instanceof AwsError) return error;
      throw error;
    }
  }

  async function delay(hits: readonly Fault[], request: HttpRequest): Promise<void> {
    for (const fault of hits) if (fault.kind === "latency") await sleep(context.clock, fault.ms, request.signal);
  }

  function answer(request: HttpRequest, located: LocatedCall, hits: readonly Fault[], requestId: string): Outcome {
    const { service, operationName } = located;
    const now = context.clock.now();
    let principal: Principal | undefined;
    try {
      const fault = hits.find(({ kind }) => kind === "error" || kind === "throttle");
      if (fault !== undefined) throw faultError(service, fault);
      principal = authenticated(request, located, now);
      const result = perform(located, principal, requestId);
      const response = encodeResult(service.protocol, operationName, result, { requestId, now });
      return { response, error: undefined, performed: true, principal };
    } catch (thrown) {
      const error = thrown instanceof AwsError ? thrown : internalError(service, thrown);
      return { response: encodeError(service.protocol, error, { requestId, now }), error, performed: false, principal };
    }
  }

  function authenticated(request: HttpRequest, { service, operation }: LocatedCall, now: number): Principal {
    if (operation?.anonymous === true && request.headers["authorization"] === undefined) {
      return { accessKeyId: "", accountId: context.accountId, arn: "anonymous", userId: "" };
    }
    return authenticate(request, {
      credentials: context.credentials,
      protocol: service.protocol,
      signingName: service.signingName,
      region: context.region,
      now,
    });
  }

  function perform(
    { service, operation, operationName, parameters }: LocatedCall,
    principal: Principal,
    id: string,
  ): Result {
    if (operation === undefined) throw unknownOperation(service, operationName);
    const { DryRun: dryRun, ...rest } = parameters;
    const given = service.protocol.kind === "ec2" ? rest : parameters;
    const problems: ParameterProblem[] = [];
    const prepared = operation.prepare(given, { path: [], problems });
    if (options.rateLimits() && !limiter.take(bucketsOf(service, operation, prepared, problems.length > 0)))
      throw service.throttled();
    if (problems.length > 0) throw service.invalidInput(problems);
    if (service.protocol.kind === "ec2" && dryRun === "true") {
      throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 });
    }
    return prepared.run({ requestId: id, principal, now: context.clock.now() });
  }
}

/** A malformed call cannot be asked for its bucket; it takes from the account's bucket only. */
function bucketsOf(
  service: AwsService,
  operation: Operation,
  prepared: PreparedCall,
  malformed: boolean,
): { key: string; spec: BucketSpec }[] {
  const buckets: { key: string; spec: BucketSpec }[] = [];
  if (service.accountBucket !== undefined) buckets.push({ key: service.name, spec: service.accountBucket });
  const name = malformed ? undefined : prepared.bucket();
  const spec = name === undefined ? undefined : service.buckets?.[name];
  if (name !== undefined && spec !== undefined) {
    const scope = spec.perOperation === true ? `${name}/${operation.name}` : name;
    buckets.push({ key: `${service.name}/${scope}`, spec });
  }
  return buckets;
}

function faultError(service: AwsService, fault: Fault): AwsError {
  if (fault.kind !== "error") return service.throttled();
  const status = fault.status === undefined ? {} : { status: fault.status };
  return new AwsError(fault.code, fault.message ?? "fault of the sandbox's plan", status);
}

function unknownOperation(service: AwsService, name: string): AwsError {
  const text = `The action ${name} is not valid for this endpoint.`;
  switch (service.protocol.kind) {
    case "query":
    case "ec2":
      return new AwsError("InvalidAction", text);
    case "json":
      return new AwsError("UnknownOperationException", text);
    case "rest-json":
      return new AwsError("UnknownOperationException", text, { status: 404 });
  }
}

function internalError(service: AwsService, thrown: unknown): AwsError {
  const message = `the sandbox failed: ${errorMessage(thrown)}`;
  switch (service.protocol.kind) {
    case "query":
    case "json":
      return new AwsError("InternalFailure", message, { status: 500, cause: thrown });
    case "ec2":
      return new AwsError("InternalError", message, { status: 500, cause: thrown });
    case "rest-json":
      return new AwsError("ServerException", message, { status: 500, cause: thrown });
  }
}
