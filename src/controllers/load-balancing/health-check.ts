import type { HealthCheckSpec } from "../../resources/elbv2/specs.ts";
import type { Annotations } from "./annotations.ts";

/** The annotation suffixes of one kind's health check settings. */
export interface HealthCheckKeys {
  readonly port: string;
  readonly protocol: string;
  readonly path: string;
  readonly successCodes: string;
  readonly interval: string;
  readonly timeout: string;
  readonly healthyThreshold: string;
  readonly unhealthyThreshold: string;
}

export interface HealthCheckDefaults {
  readonly port: string;
  readonly protocol: string;
  readonly path: string;
  readonly successCodes: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** Ranges as ELBv2's CreateTargetGroup states them. */
export function readHealthCheck(
  annotations: Annotations,
  keys: HealthCheckKeys,
  options: {
    readonly defaults: HealthCheckDefaults;
    readonly protocols: readonly string[];
    /** Turns the user's word for the port (which may be a port's name) into what AWS takes. */
    readonly resolvePort: (wanted: string) => string;
    readonly grpc?: boolean;
  },
): HealthCheckSpec {
  const { defaults } = options;
  const protocol = readProtocol(annotations, keys.protocol, options.protocols) ?? defaults.protocol;
  const intervalSeconds = annotations.integer(keys.interval, 5, 300) ?? defaults.intervalSeconds;
  const timeoutSeconds = annotations.integer(keys.timeout, 2, 120) ?? defaults.timeoutSeconds;
  const codes = annotations.text(keys.successCodes) ?? defaults.successCodes;
  return {
    port: options.resolvePort(annotations.text(keys.port) ?? defaults.port),
    protocol,
    ...(protocol === "TCP"
      ? {}
      : {
          path: annotations.text(keys.path) ?? defaults.path,
          matcher: options.grpc === true ? { grpcCode: codes } : { httpCode: codes },
        }),
    intervalSeconds,
    timeoutSeconds,
    healthyThreshold: annotations.integer(keys.healthyThreshold, 2, 10) ?? defaults.healthyThreshold,
    unhealthyThreshold: annotations.integer(keys.unhealthyThreshold, 2, 10) ?? defaults.unhealthyThreshold,
  };
}

/** Words are compared without regard to case: Services write `http`, Ingresses `HTTP`. */
function readProtocol(annotations: Annotations, suffix: string, protocols: readonly string[]): string | undefined {
  const text = annotations.text(suffix);
  if (text === undefined) return undefined;
  if (protocols.includes(text.toUpperCase())) return text.toUpperCase();
  throw annotations.invalid(suffix, `must be one of ${protocols.join(", ")}`);
}
