import { boolean, integer, oneOf, string, structure } from "../shapes.ts";
import { invalidConfiguration, validationError } from "./errors.ts";
import type { HealthCheck, TargetGroupProtocol, TargetType } from "./model.ts";

export const protocols = ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"] as const;

/** Members of CreateTargetGroup and ModifyTargetGroup about health checks. */
export const healthCheckMembers = {
  HealthCheckProtocol: oneOf(protocols),
  HealthCheckPort: string(),
  HealthCheckEnabled: boolean(),
  HealthCheckPath: string({ minLength: 1, maxLength: 1024 }),
  HealthCheckIntervalSeconds: integer({ min: 5, max: 300 }),
  HealthCheckTimeoutSeconds: integer({ min: 2, max: 120 }),
  HealthyThresholdCount: integer({ min: 2, max: 10 }),
  UnhealthyThresholdCount: integer({ min: 2, max: 10 }),
  Matcher: structure({ HttpCode: string(), GrpcCode: string() }),
};

export interface HealthCheckInput {
  readonly HealthCheckProtocol: (typeof protocols)[number] | undefined;
  readonly HealthCheckPort: string | undefined;
  readonly HealthCheckEnabled: boolean | undefined;
  readonly HealthCheckPath: string | undefined;
  readonly HealthCheckIntervalSeconds: number | undefined;
  readonly HealthCheckTimeoutSeconds: number | undefined;
  readonly HealthyThresholdCount: number | undefined;
  readonly UnhealthyThresholdCount: number | undefined;
  readonly Matcher: { readonly HttpCode: string | undefined; readonly GrpcCode: string | undefined } | undefined;
}

/** What decides which health checks a target group may have. */
export interface HealthCheckSubject {
  readonly targetType: TargetType;
  readonly protocol: TargetGroupProtocol | undefined;
  readonly protocolVersion: string | undefined;
}

/**
 * The health check after `input` is laid over `before` (AWS's defaults when it is a new group). Source: ELBv2 API
 * reference, CreateTargetGroup, and the user guides' pages "Health checks for your target groups".
 */
export function healthCheckOf(
  subject: HealthCheckSubject,
  input: HealthCheckInput,
  before: HealthCheck | undefined,
): HealthCheck {
  const kind = kindOf(subject);
  const protocol = checkedProtocol(subject, input.HealthCheckProtocol, before?.protocol);
  const base =
    before?.protocol === protocol && before !== undefined ? before : defaults(kind, subject, protocol, before);
  const enabled = input.HealthCheckEnabled ?? base.enabled;
  if (!enabled && kind !== "function")
    throw invalidConfiguration(`Health check enabled must be true for ${kind} groups`);
  if (protocol === "TCP" && input.HealthCheckPath !== undefined) {
    throw invalidConfiguration(`Health check paths are not supported for health checks with the TCP protocol`);
  }
  if (protocol === "TCP" && input.Matcher !== undefined) {
    throw invalidConfiguration(
      `Custom health check matchers are not supported for health checks of target groups with the ${subject.protocol ?? ""} protocol`,
    );
  }
  const check: HealthCheck = {
    enabled,
    protocol,
    port: checkedPort(kind, input.HealthCheckPort) ?? base.port,
    path: checkedPath(input.HealthCheckPath) ?? base.path,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? base.intervalSeconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? base.timeoutSeconds,
    healthyThreshold: input.HealthyThresholdCount ?? base.healthyThreshold,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? base.unhealthyThreshold,
    ...checkedMatcher(kind, subject, input.Matcher, base),
  };
  const { timeoutSeconds: timeout, intervalSeconds: interval } = check;
  if (kind === "application" && timeout >= interval)
    throw validationError(`Health check timeout '${timeout}' must be smaller than the interval '${interval}'`);
  if (timeout > interval) {
    throw validationError(
      `Health check timeout '${timeout}' must be smaller than or equal to the interval '${interval}'`,
    );
  }
  return check;
}

export function healthCheckToWire(check: HealthCheck): Record<string, unknown> {
  const matched = check.httpCode !== undefined || check.grpcCode !== undefined;
  return {
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckEnabled: check.enabled,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    HealthCheckPath: check.path,
    Matcher: matched ? { HttpCode: check.httpCode, GrpcCode: check.grpcCode } : undefined,
  };
}

type Kind = "application" | "network" | "function" | "alb";

function kindOf({ targetType, protocol }: HealthCheckSubject): Kind {
  if (targetType === "lambda") return "function";
  if (targetType === "alb") return "alb";
  return protocol === "HTTP" || protocol === "HTTPS" ? "application" : "network";
}

function checkedProtocol(
  subject: HealthCheckSubject,
  asked: string | undefined,
  before: HealthCheck["protocol"],
): HealthCheck["protocol"] {
  const kind = kindOf(subject);
  if (asked === undefined) return before ?? (kind === "function" ? undefined : kind === "network" ? "TCP" : "HTTP");
  if (kind === "function")
    throw validationError("Health check protocol cannot be specified for target groups with target type 'lambda'");
  if (asked !== "HTTP" && asked !== "HTTPS" && asked !== "TCP") {
    const allowed = kind === "network" ? "TCP, HTTP, HTTPS" : "HTTP, HTTPS";
    throw validationError(`Health check protocol '${asked}' must be one of '${allowed}'`);
  }
  if (asked === "TCP" && kind !== "network") {
    throw invalidConfiguration(
      `Health check protocol 'TCP' is not supported for target groups with the ${subject.protocol ?? ""} protocol`,
    );
  }
  return asked;
}

/** Defaults of a new group; a group whose check changes its protocol keeps the numbers and gets path and matcher anew. */
function defaults(
  kind: Kind,
  subject: HealthCheckSubject,
  protocol: HealthCheck["protocol"],
  before: HealthCheck | undefined,
): HealthCheck {
  const grpc = subject.protocolVersion === "GRPC";
  const speaksHttp = kind === "function" || protocol === "HTTP" || protocol === "HTTPS";
  const path = speaksHttp ? (grpc ? "/AWS.ALB/healthcheck" : "/") : undefined;
  const codes = kind === "network" || kind === "alb" ? "200-399" : "200";
  const matcher = {
    path,
    httpCode: speaksHttp && !grpc ? codes : undefined,
    grpcCode: speaksHttp && grpc ? "12" : undefined,
  };
  if (before !== undefined) return { ...before, protocol, ...matcher };
  return {
    enabled: kind !== "function",
    protocol,
    port: kind === "function" ? undefined : "traffic-port",
    intervalSeconds: kind === "function" ? 35 : 30,
    timeoutSeconds: defaultTimeout(kind, protocol),
    healthyThreshold: 5,
    unhealthyThreshold: 2,
    ...matcher,
  };
}

function defaultTimeout(kind: Kind, protocol: HealthCheck["protocol"]): number {
  switch (kind) {
    case "application":
      return 5;
    case "function":
      return 30;
    case "alb":
      return 6;
    case "network":
      return protocol === "HTTP" ? 6 : 10;
  }
}

function checkedPort(kind: Kind, port: string | undefined): string | undefined {
  if (port === undefined) return undefined;
  if (kind === "function")
    throw validationError("Health check port cannot be specified for target groups with target type 'lambda'");
  if (port === "traffic-port") return port;
  if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535) return String(Number(port));
  throw validationError(`Health check port '${port}' must be 'traffic-port' or a number between '1-65535' inclusive`);
}

function checkedPath(path: string | undefined): string | undefined {
  if (path !== undefined && !path.startsWith("/"))
    throw validationError(`Health check path '${path}' must begin with a '/' character`);
  return path;
}

function checkedMatcher(
  kind: Kind,
  subject: HealthCheckSubject,
  matcher: HealthCheckInput["Matcher"],
  base: Pick<HealthCheck, "httpCode" | "grpcCode">,
): Pick<HealthCheck, "httpCode" | "grpcCode"> {
  if (matcher === undefined) return { httpCode: base.httpCode, grpcCode: base.grpcCode };
  const { HttpCode: httpCode, GrpcCode: grpcCode } = matcher;
  if ((httpCode === undefined) === (grpcCode === undefined))
    throw validationError("A health check matcher must have either an HTTP code or a gRPC code");
  const grpc = subject.protocolVersion === "GRPC";
  if (grpcCode !== undefined) {
    if (!grpc) throw validationError("gRPC codes are supported only for target groups with protocol version 'GRPC'");
    checkCodes(grpcCode, 0, 99);
    return { httpCode: undefined, grpcCode };
  }
  if (grpc) throw validationError("HTTP codes are not supported for target groups with protocol version 'GRPC'");
  const code = httpCode ?? "";
  checkCodes(code, 200, kind === "network" || kind === "alb" ? 599 : 499);
  return { httpCode: code, grpcCode: undefined };
}

/** `200`, `200,202`, `200-299` and mixes. */
function checkCodes(codes: string, min: number, max: number): void {
  for (const part of codes.split(",")) {
    const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || from < min || to > max || from > to)
      throw validationError(`Health check matcher code '${codes}' must be within '${min}-${max}' inclusive`);
  }
}
