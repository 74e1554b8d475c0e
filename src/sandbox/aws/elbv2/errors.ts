import { AwsError, beanValidation } from "../aws-error.ts";

/** ELBv2's refusal of values that break its rules, whether of shape or of sense. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

export const invalidInput = beanValidation("ValidationError");

export function invalidConfiguration(message: string): AwsError {
  return new AwsError("InvalidConfigurationRequest", message);
}

export function notPermitted(message: string): AwsError {
  return new AwsError("OperationNotPermitted", message);
}

export function resourceInUse(message: string): AwsError {
  return new AwsError("ResourceInUse", message);
}

export function loadBalancerNotFound(names: readonly string[]): AwsError {
  return new AwsError("LoadBalancerNotFound", `Load balancers '[${names.join(", ")}]' not found`);
}

export function targetGroupNotFound(arn?: string): AwsError {
  const message = arn === undefined ? "One or more target groups not found" : `Target group '${arn}' not found`;
  return new AwsError("TargetGroupNotFound", message);
}

export function listenerNotFound(arn?: string): AwsError {
  const message = arn === undefined ? "One or more listeners not found" : `Listener '${arn}' not found`;
  return new AwsError("ListenerNotFound", message);
}

export function ruleNotFound(arn?: string): AwsError {
  return new AwsError("RuleNotFound", arn === undefined ? "One or more rules not found" : `Rule '${arn}' not found`);
}

export function trustStoreNotFound(name: string): AwsError {
  return new AwsError("TrustStoreNotFound", `Trust store '${name}' not found`);
}

export function certificateNotFound(arn: string): AwsError {
  return new AwsError("CertificateNotFound", `Certificate '${arn}' not found`);
}

export function tooMany(code: string, message: string): AwsError {
  return new AwsError(code, message);
}

export function invalidAction(message: string): AwsError {
  return new AwsError("InvalidLoadBalancerAction", message);
}
