const descriptors = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]);
const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const days = "sun mon tue wed thu fri sat".split(" ");

interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Names that stand for the numbers from `min` on. */
  readonly names: readonly string[];
}

const fields: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];

/** What is wrong with a schedule, in the words of the library that Kubernetes reads it with; undefined when it is right. */
export function cronProblem(schedule: string): string | undefined {
  const spec = schedule.replace(/^(?:CRON_)?TZ=\S*\s+/, "");
  if (spec.startsWith("@")) {
    if (descriptors.has(spec)) return undefined;
    const duration = /^@every (.*)$/.exec(spec)?.[1];
    if (duration === undefined) return `unrecognized descriptor: ${spec}`;
    if (/^\d+(\.\d+)?(ns|us|ms|s|m|h)(\d+(\.\d+)?(ns|us|ms|s|m|h))*$/.test(duration)) return undefined;
    return `failed to parse duration ${spec}: time: invalid duration ${JSON.stringify(duration)}`;
  }
  const parts = spec.split(/\s+/).filter((part) => part !== "");
  if (parts.length !== fields.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`;
  }
  for (const [index, part] of parts.entries()) {
    const bounds = fields[index];
    const problem = bounds === undefined ? undefined : fieldProblem(part, bounds);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function fieldProblem(field: string, bounds: Bounds): string | undefined {
  for (const expression of field.split(",")) {
    const problem = expression === "" ? undefined : rangeProblem(expression, bounds);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function rangeProblem(expression: string, bounds: Bounds): string | undefined {
  const [range = "", step, ...tooMany] = expression.split("/");
  const [low = "", high, ...more] = range.split("-");
  const isAny = low === "*" || low === "?";
  if (!isAny && more.length > 0) return `too many hyphens: ${expression}`;
  const start = isAny ? bounds.min : numberOf(low, bounds);
  if (typeof start === "string") return start;
  const ended = isAny ? bounds.max : high === undefined ? start : numberOf(high, bounds);
  if (typeof ended === "string") return ended;
  if (tooMany.length > 0) return `too many slashes: ${expression}`;
  const every = step === undefined ? 1 : numberOf(step, { ...bounds, names: [] });
  if (typeof every === "string") return every;
  const end = step !== undefined && high === undefined ? bounds.max : ended;
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${expression}`;
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${expression}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  return every === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}

/** The number, or what is wrong with it. */
function numberOf(text: string, { min, names }: Bounds): number | string {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return min + named;
  if (/^[+-]?\d+$/.test(text))
    return Number(text) < 0 ? `negative number (${text}) not allowed: ${text}` : Number(text);
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}
