import { CelError, type OpaqueValue } from "../values.ts";
import { declare } from "./declare.ts";

const SUFFIXES: Readonly<Record<string, readonly [base: bigint, power: number]>> = {
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  "": [10n, 0],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  E: [10n, 18],
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
  Ei: [2n, 60],
};
const NANO = 10n ** 9n;
const FORM_TEXT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** A Kubernetes quantity, to a billionth. */
class Quantity implements OpaqueValue {
  readonly celType = "kubernetes.Quantity";
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }

  get identity(): string {
    return String(this.nanos);
  }

  get isInteger(): boolean {
    const whole = this.nanos / NANO;
    return this.nanos % NANO === 0n && whole < 2n ** 63n && whole >= -(2n ** 63n);
  }
}

function parse(text: string): Quantity | undefined {
  const [, sign, whole = "", fraction = "", suffix = "", exponent] =
    /^([+-]?)(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (sign === undefined || (whole === "" && fraction === "") || (suffix !== "" && exponent !== undefined))
    return undefined;
  const [base, power] = exponent === undefined ? (SUFFIXES[suffix] ?? [10n, 0]) : ([10n, Number(exponent)] as const);
  const digits = BigInt(`${whole}${fraction}`) * NANO;
  const scaled = power >= 0 ? digits * base ** BigInt(power) : digits / base ** BigInt(-power);
  const unit = 10n ** BigInt(fraction.length);
  // What is finer than a billionth is rounded up.
  const rounded = scaled % unit === 0n ? scaled / unit : scaled / unit + 1n;
  return new Quantity(sign === "-" ? -rounded : rounded);
}

function compare(one: Quantity, other: Quantity): bigint {
  return one.nanos < other.nanos ? -1n : one.nanos > other.nanos ? 1n : 0n;
}

const type = "kubernetes.Quantity";

export const quantityFunctions = declare([
  [
    `quantity(string): ${type}`,
    (text: string) => {
      const parsed = parse(text);
      if (parsed === undefined) throw new CelError(FORM_TEXT);
      return parsed;
    },
  ],
  ["isQuantity(string): bool", (text: string) => parse(text) !== undefined],
  [`sign(${type}): int`, ({ nanos }: Quantity) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n)],
  [`${type}.isGreaterThan(${type}): bool`, (one: Quantity, other: Quantity) => one.nanos > other.nanos],
  [`${type}.isLessThan(${type}): bool`, (one: Quantity, other: Quantity) => one.nanos < other.nanos],
  [`${type}.compareTo(${type}): int`, compare],
  [`${type}.asApproximateFloat(): double`, ({ nanos }: Quantity) => Number(nanos) / 1e9],
  [
    `${type}.asInteger(): int`,
    (value: Quantity) => {
      if (!value.isInteger) throw new CelError("cannot convert value to integer");
      return value.nanos / NANO;
    },
  ],
  [`${type}.isInteger(): bool`, ({ isInteger }: Quantity) => isInteger],
  [`${type}.add(${type}): ${type}`, (one: Quantity, other: Quantity) => new Quantity(one.nanos + other.nanos)],
  [`${type}.add(int): ${type}`, (one: Quantity, other: bigint) => new Quantity(one.nanos + other * NANO)],
  [`${type}.sub(${type}): ${type}`, (one: Quantity, other: Quantity) => new Quantity(one.nanos - other.nanos)],
  [`${type}.sub(int): ${type}`, (one: Quantity, other: bigint) => new Quantity(one.nanos - other * NANO)],
]);
