/**
 * Quantities as Kubernetes writes them (`resource.Quantity`): no fraction, and the largest suffix that keeps the number whole.
 */
const pattern = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?$/;
const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** The canonical text; undefined for what is no quantity. Amounts are whole nano units, rounded away from zero. */
export function canonicalQuantity(text: string): string | undefined {
  const read = readQuantity(text);
  if (read === undefined) return undefined;
  const { nanos, isNegative, isBinary, inPowers } = read;
  const amount = isBinary && nanos >= 1024n * billion ? binaryText(nanos) : decimalText(nanos, inPowers);
  return isNegative && nanos !== 0n ? `-${amount}` : amount;
}

/** Less than 0 when the first is less, 0 when they are equal; what is no quantity counts as 0. */
export function compareQuantities(first: string, second: string): number {
  const [a, b] = [signedNanos(first), signedNanos(second)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether the amount has no fraction. */
export function isWholeQuantity(text: string): boolean {
  return signedNanos(text) % billion === 0n;
}

function signedNanos(text: string): bigint {
  const read = readQuantity(text);
  if (read === undefined) return 0n;
  return read.isNegative ? -read.nanos : read.nanos;
}

function readQuantity(
  text: string,
):
  | { readonly nanos: bigint; readonly isNegative: boolean; readonly isBinary: boolean; readonly inPowers: boolean }
  | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = "", number = "", suffix = "", exponent] = match;
  const [whole = "", fraction = ""] = number.split(".");
  const power = binarySuffixes.indexOf(suffix);
  const isBinary = suffix.endsWith("i");
  const shift = isBinary ? 0 : exponent === undefined ? (decimalExponents[suffix] ?? 0) : Number(exponent);
  const digits = BigInt(`${whole}${fraction}` || "0") * (isBinary ? 1024n ** BigInt(power) : 1n);
  const nanos = scaled(digits, shift - fraction.length + 9);
  return { nanos, isNegative: sign === "-", isBinary, inPowers: exponent !== undefined };
}

const billion = 1_000_000_000n;

/** `digits` times ten to that power, rounded up. */
function scaled(digits: bigint, power: number): bigint {
  if (power >= 0) return digits * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (digits + divisor - 1n) / divisor;
}

function decimalText(nanos: bigint, inPowers: boolean): string {
  if (nanos === 0n) return "0";
  let value = nanos;
  let exponent = -9;
  while (exponent < 18 && value % 1000n === 0n) {
    value /= 1000n;
    exponent += 3;
  }
  if (exponent === 0) return String(value);
  return inPowers ? `${value}e${exponent}` : `${value}${decimalSuffixes.get(exponent)}`;
}

function binaryText(nanos: bigint): string {
  let value = (nanos + billion - 1n) / billion;
  let power = 0;
  while (power < binarySuffixes.length - 1 && value % 1024n === 0n) {
    value /= 1024n;
    power += 1;
  }
  return `${value}${binarySuffixes[power]}`;
}
