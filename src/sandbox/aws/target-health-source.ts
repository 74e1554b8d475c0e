/** Whether what stands behind a target answers its health checks, as the cluster simulation knows it. */
export interface TargetCondition {
  readonly healthy: boolean;
  /** Wall time in milliseconds since when it is so; the time when the sandbox first saw it, unless given. */
  readonly since?: number;
  /** ELBv2's reason of an unhealthy target; `Target.FailedHealthChecks` unless given. */
  readonly reason?:
    | "Target.ResponseCodeMismatch"
    | "Target.Timeout"
    | "Target.FailedHealthChecks"
    | "Elb.InternalError";
  /** HTTP status behind `Target.ResponseCodeMismatch`. */
  readonly responseCode?: number;
}

/** `targetId` is an IP address, instance id or load balancer ARN, as registered; `port` is the health check's port. */
export type TargetHealthSource = (targetId: string, port: number) => TargetCondition;

export const alwaysHealthy: TargetHealthSource = () => ({ healthy: true });
