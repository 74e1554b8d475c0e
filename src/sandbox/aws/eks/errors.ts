import { AwsError } from "../aws-error.ts";

/** Statuses of EKS's modelled errors (EKS API reference, "Errors" of each action). */
const statuses = {
  ResourceInUseException: 409,
  ResourceNotFoundException: 404,
  ResourceLimitExceededException: 400,
  InvalidParameterException: 400,
  InvalidRequestException: 400,
  BadRequestException: 400,
  NotFoundException: 404,
} as const;

export interface EksErrorMembers {
  readonly clusterName?: string;
  readonly nodegroupName?: string;
  readonly fargateProfileName?: string;
  readonly addonName?: string;
}

export function eksError(code: keyof typeof statuses, message: string, members: EksErrorMembers = {}): AwsError {
  return new AwsError(code, message, { status: statuses[code], members: { ...members } });
}
