const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** A duration as `kubectl get` prints it, with two figures where one would be coarse: `42s`, `3m20s`, `5h`, `2d4h`, `120d`. */
export function humanDuration(milliseconds: number): string {
  if (milliseconds < -second) return "<invalid>";
  const age = Math.max(0, milliseconds);
  const parts = (big: number, bigName: string, small: number, smallName: string): string => {
    const rest = Math.floor((age % big) / small);
    return `${Math.floor(age / big)}${bigName}${rest === 0 ? "" : `${rest}${smallName}`}`;
  };
  if (age < 2 * minute) return `${Math.floor(age / second)}s`;
  if (age < 10 * minute) return parts(minute, "m", second, "s");
  if (age < 3 * hour) return `${Math.floor(age / minute)}m`;
  if (age < 8 * hour) return parts(hour, "h", minute, "m");
  if (age < 2 * day) return `${Math.floor(age / hour)}h`;
  if (age < 8 * day) return parts(day, "d", hour, "h");
  if (age < 2 * year) return `${Math.floor(age / day)}d`;
  if (age < 8 * year) return parts(year, "y", day, "d");
  return `${Math.floor(age / year)}y`;
}

/** Time since an RFC 3339 timestamp, as table cells show it; `<unknown>` when there is none. */
export function ageSince(timestamp: unknown, now: number): string {
  const at = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(at) ? "<unknown>" : humanDuration(now - at);
}
