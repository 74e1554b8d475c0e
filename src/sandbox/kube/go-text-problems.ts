const BASE64 = /^[A-Za-z0-9+/]$/;

/** What Go's decoder of base64 says of a text that is none (`encoding/base64`); undefined when it is. */
export function base64Problem(text: string): string | undefined {
  const at = corruptByte(text);
  return at === undefined ? undefined : `illegal base64 data at input byte ${at}`;
}

function corruptByte(text: string): number | undefined {
  let digits = 0;
  let at = 0;
  const skipLines = (): void => {
    while (text[at] === "\n" || text[at] === "\r") at++;
  };
  for (skipLines(); at < text.length; skipLines()) {
    const character = text[at++] ?? "";
    if (BASE64.test(character)) {
      digits = (digits + 1) % 4;
      continue;
    }
    if (character !== "=" || digits < 2) return at - 1;
    if (digits === 2) {
      skipLines();
      if (at === text.length) return text.length;
      if (text[at] !== "=") return at - 1;
      at++;
    }
    skipLines();
    return at < text.length ? at : undefined;
  }
  return digits === 0 ? undefined : at - digits;
}

/** Parts of an RFC 3339 time, by the names that Go gives them in a layout. */
const SECONDS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["2006", /^\d{4}/],
  ["-", /^-/],
  ["01", /^\d{2}/],
  ["-", /^-/],
  ["02", /^\d{2}/],
  ["T", /^T/],
  ["15", /^\d{2}/],
  [":", /^:/],
  ["04", /^\d{2}/],
  [":", /^:/],
];
const ZONE = ["Z07:00", /^(?:Z|[+-]\d{2}:\d{2})/] as const;
const WHOLE = [...SECONDS, ["05", /^\d{2}(?:[.,]\d+)?/], ZONE] as const;
const MICRO = [...SECONDS, ["05", /^\d{2}/], [".000000", /^\.\d{6}/], ZONE] as const;
const RANGES: Readonly<Record<string, readonly [name: string, least: number, most: number]>> = {
  "01": ["month", 1, 12],
  "02": ["day", 1, 31],
  "15": ["hour", 0, 23],
  "04": ["minute", 0, 59],
  "05": ["second", 0, 59],
};

/** What Go says of a text that is no time (`time.Parse`); undefined when it is. `micro`: with microseconds. */
export function timeProblem(text: string, micro: boolean): string | undefined {
  const parts = micro ? MICRO : WHOLE;
  const layout = parts.map(([name]) => name).join("");
  let rest = text;
  let wrong: string | undefined;
  for (const [name, pattern] of parts) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) {
      return `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`;
    }
    const range = RANGES[name];
    const number = Number(found.slice(0, 2));
    if (range !== undefined && (number < range[1] || number > range[2])) wrong ??= `${range[0]} out of range`;
    rest = rest.slice(found.length);
  }
  if (rest !== "") wrong ??= `extra text: ${JSON.stringify(rest)}`;
  const [, year = 0, month = 0, day = 0] = (/^(\d{4})-(\d\d)-(\d\d)/.exec(text) ?? []).map(Number);
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) wrong ??= "day out of range";
  return wrong === undefined ? undefined : `parsing time ${JSON.stringify(text)}: ${wrong}`;
}
