import { canonicalJson } from "../../../json.ts";
import type { FieldError, KubeObject } from "../resource-definition.ts";
import { invalidBy, invalidValue, required } from "./field-errors.ts";
import { fieldsAt, numberAt, stringAt, valueAt } from "./fields.ts";
import { qualifiedName } from "./name-rules.ts";

const SYSTEM_NAMESPACES = ["default", "kube-system"];
const MOST_CHARACTERS = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;
/** Fields that the newer version of events has under other names than the one that errors speak of. */
const NAMES: Readonly<Record<string, string>> = {
  involvedObject: "regarding",
  message: "note",
  source: "deprecatedSource",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  count: "deprecatedCount",
};
const FIXED =
  "involvedObject reason message source firstTimestamp lastTimestamp count reason type action related reportingController reportingInstance";

/** Events of the core group (`legacyValidateEvent`): of objects in their own namespace, complete when they bear a time. */
export function validateEvent(event: KubeObject): readonly FieldError[] {
  return eventErrors(event, (name) => name, "reportingComponent");
}

/** Events of `events.k8s.io`, which are held to more, and hardly ever change. */
export function validateNewEvent(event: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const named = (name: string): string => NAMES[name] ?? name;
  const errors = [...eventErrors(event, named, "reportingController")];
  const get = (object: KubeObject, name: string): unknown => valueAt(object, named(name));
  if (old !== undefined) {
    if (canonicalJson(event["series"] ?? null) !== canonicalJson(old["series"] ?? null)) errors.push(...series(event));
    for (const name of FIXED.split(" ")) {
      const value = get(event, name) ?? null;
      if (canonicalJson(value) !== canonicalJson(get(old, name) ?? null)) {
        errors.push(invalidValue(name, value, "field is immutable"));
      }
    }
    return errors;
  }
  errors.push(...series(event));
  if (typeof event["eventTime"] !== "string") errors.push(required("eventTime"));
  const type = stringAt(event, "type") ?? "";
  if (type !== "Normal" && type !== "Warning") errors.push(invalidValue("type", "", `has invalid value: ${type}`));
  for (const name of ["firstTimestamp", "lastTimestamp", "count", "source"]) {
    const value = get(event, name) ?? 0;
    const isSet = name === "source" ? Object.values(value).some((part) => part !== "") : value !== 0;
    if (isSet) errors.push(invalidValue(name, "", "needs to be unset"));
  }
  return errors;
}

function eventErrors(event: KubeObject, named: (name: string) => string, reporter: string): readonly FieldError[] {
  const { namespace = "" } = event.metadata;
  const about = stringAt(event, named("involvedObject"), "namespace") ?? "";
  const elsewhere = invalidValue("involvedObject.namespace", about, "does not match event.namespace");
  if (typeof event["eventTime"] !== "string") {
    return (about === "" ? namespace === "default" : about === namespace) ? [] : [elsewhere];
  }
  const errors: FieldError[] = about === "" && !SYSTEM_NAMESPACES.includes(namespace) ? [elsewhere] : [];
  const controller = stringAt(event, reporter) ?? "";
  if (controller === "") errors.push(required(reporter));
  errors.push(...invalidBy(qualifiedName, reporter, controller));
  for (const [name, most] of Object.entries(MOST_CHARACTERS)) {
    const value = stringAt(event, named(name)) ?? "";
    if (value === "" && name !== "message") errors.push(required(name));
    if (Buffer.byteLength(value) > most) errors.push(invalidValue(name, "", `can have at most ${most} characters`));
  }
  return errors;
}

function series(event: KubeObject): readonly FieldError[] {
  if (event["series"] === undefined) return [];
  const { lastObservedTime } = fieldsAt(event, "series");
  return [
    ...((numberAt(event, "series", "count") ?? 0) < 2
      ? [invalidValue("series.count", "", "should be at least 2")]
      : []),
    ...(typeof lastObservedTime !== "string" ? [required("series.lastObservedTime")] : []),
  ];
}
