import { type CelDuration, CelError, type CelTimestamp } from "../values.ts";
import { declare } from "./declare.ts";

type Part = (date: Date) => number;

const PARTS: Readonly<Record<string, Part>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};
const DURATIONS: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
};

/** The time as it is in a zone, as a date of UTC. */
function inZone({ ns }: CelTimestamp, zone = "UTC"): Date {
  const date = new Date(Number(ns / 1_000_000n));
  const [, sign, hours, minutes] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (hours !== undefined) {
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return new Date(date.getTime() + (sign === "-" ? -offset : offset));
  }
  try {
    const local = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(date);
    const part = (type: string): number => Number(local.find((each) => each.type === type)?.value ?? "0");
    return new Date(
      Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) +
        date.getUTCMilliseconds(),
    );
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}

export const timeFunctions = declare([
  ...Object.entries(PARTS).map(
    ([name, part]) =>
      [
        `timestamp.${name}(): int;timestamp.${name}(string): int`,
        (time: CelTimestamp, zone?: string) => BigInt(part(inZone(time, zone))),
      ] as const,
  ),
  ...Object.entries(DURATIONS).map(
    ([name, unit]) => [`duration.${name}(): int`, ({ ns }: CelDuration) => ns / unit] as const,
  ),
]);
