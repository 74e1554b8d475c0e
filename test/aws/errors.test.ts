import assert from "node:assert/strict";
import { awsCode, retryKind, toAppError } from "../../src/aws/errors.ts";
import type { ServiceName } from "../../src/aws/operation.ts";
import type { ErrorClass } from "../../src/errors.ts";

function sdkError(name: string, status = 400, message = "no", more: object = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status }, ...more });
}

const call = (service: ServiceName) => ({ service, name: "Operation", iamActions: ["ec2:CreateSecurityGroup"] });

describe("AWS errors", () => {
  const classes: readonly [ServiceName, Error, ErrorClass, string][] = [
    ["elbv2", sdkError("DuplicateTargetGroupNameException"), "conflict", "DuplicateTargetGroupName"],
    ["elbv2", sdkError("DuplicateTargetGroupName"), "conflict", "DuplicateTargetGroupName"],
    [
      "elbv2",
      sdkError("TargetGroupNotFoundException", 400, "x", { Code: "TargetGroupNotFound" }),
      "missing",
      "TargetGroupNotFound",
    ],
    ["elbv2", sdkError("CertificateNotFoundException"), "invalid", "CertificateNotFound"],
    ["elbv2", sdkError("ResourceInUseException"), "waiting", "ResourceInUse"],
    ["elbv2", sdkError("PriorRequestNotCompleteException", 429), "waiting", "PriorRequestNotComplete"],
    ["elbv2", sdkError("InvalidConfigurationRequestException"), "invalid", "InvalidConfigurationRequest"],
    ["elbv2", sdkError("TooManyRulesException"), "conflict", "TooManyRules"],
    ["elbv2", sdkError("ValidationError"), "invalid", "ValidationError"],
    ["elbv2", sdkError("Throttling"), "transient", "Throttled"],
    ["elbv2", sdkError("HealthUnavailableException", 500), "transient", "HealthUnavailable"],
    ["ec2", sdkError("InvalidGroup.NotFound"), "missing", "InvalidGroup.NotFound"],
    ["ec2", sdkError("InvalidGroup.Duplicate"), "conflict", "InvalidGroup.Duplicate"],
    ["ec2", sdkError("DependencyViolation"), "waiting", "DependencyViolation"],
    ["ec2", sdkError("RequestLimitExceeded", 503), "transient", "Throttled"],
    ["ec2", sdkError("RulesPerSecurityGroupLimitExceeded"), "conflict", "RulesPerSecurityGroupLimitExceeded"],
    ["ec2", sdkError("InvalidGroupId.Malformed"), "invalid", "InvalidGroupId.Malformed"],
    ["iam", sdkError("NoSuchEntityException", 404), "missing", "NoSuchEntity"],
    ["iam", sdkError("EntityAlreadyExistsException", 409), "conflict", "EntityAlreadyExists"],
    ["iam", sdkError("LimitExceededException", 409), "conflict", "LimitExceeded"],
    ["iam", sdkError("ConcurrentModificationException", 409), "waiting", "ConcurrentModification"],
    ["eks", sdkError("ResourceNotFoundException", 404), "missing", "ResourceNotFound"],
    ["eks", sdkError("InvalidParameterException"), "invalid", "InvalidParameter"],
    ["eks", sdkError("ServerException", 500), "transient", "Server"],
    ["eks", sdkError("TooManyRequestsException", 429), "transient", "Throttled"],
    ["wafv2", sdkError("WAFUnavailableEntityException"), "waiting", "WAFUnavailableEntity"],
    ["shield", sdkError("ResourceAlreadyExistsException"), "conflict", "ResourceAlreadyExists"],
    ["elbv2", Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }), "transient", "ECONNRESET"],
  ];
  for (const [service, error, expected, code] of classes) {
    it(`class ${error.name === "Error" ? code : error.name} of ${service} as ${expected}`, () => {
      const converted = toAppError(error, call(service));
      assert.equal(converted.class, expected);
      assert.equal(converted.code, code);
    });
  }

  const denials: readonly [string, string, RegExp][] = [
    [
      "AccessDenied",
      "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: elasticloadbalancing:AddTags on resource: arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/b because no identity-based policy allows the elasticloadbalancing:AddTags action",
      /^the IAM permission elasticloadbalancing:AddTags is missing on arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup\/a\/b; needed by elbv2 Operation/,
    ],
    [
      "UnauthorizedOperation",
      "You are not authorized to perform this operation. User: u is not authorized to perform: ec2:CreateTags on resource: arn:aws:ec2:eu-west-1:1:security-group/* because no identity-based policy allows it. Encoded authorization failure message: abc",
      /^the IAM permission ec2:CreateTags is missing on arn:aws:ec2:eu-west-1:1:security-group\/\*/,
    ],
    [
      "AccessDeniedException",
      "no",
      /^the IAM permission ec2:CreateSecurityGroup is missing; needed by elbv2 Operation/,
    ],
  ];
  for (const [name, message, expected] of denials) {
    it(`name the missing action and resource of ${name}`, () => {
      const converted = toAppError(sdkError(name, 403, message), call("elbv2"));
      assert.equal(converted.class, "denied");
      assert.equal(converted.code, "AccessDenied");
      assert.match(converted.message, expected);
    });
  }

  it("say that credentials are the trouble where they are", () => {
    const converted = toAppError(sdkError("InvalidClientTokenId", 403), call("elbv2"));
    assert.equal(converted.code, "CredentialsRejected");
    assert.match(converted.message, /InvalidClientTokenId/);
  });

  it("do not take a quota for a throttle", () => {
    assert.equal(retryKind(sdkError("LimitExceededException", 409)), "final");
    assert.equal(toAppError(sdkError("TooManyListeners"), call("elbv2")).retryAfterMs, 300_000);
  });

  it("keep a code that is nothing but the word", () => {
    assert.equal(awsCode(sdkError("Exception")), "Exception");
  });
});
