import type { Random } from "../../clock.ts";

/** Identifiers in AWS's forms, from the sandbox's own randomness. */
export interface Ids {
  /** Lower-case hexadecimal digits (ELBv2 ids have 16, EC2 ids 17). */
  hex(length: number): string;
  /** Decimal digits, the first not zero. */
  digits(length: number): string;
  /** Upper-case letters and digits (IAM unique ids after their prefix). */
  upper(length: number): string;
  uuid(): string;
}

export function createIds(random: Random): Ids {
  const pick = (alphabet: string, length: number): string => {
    let text = "";
    for (let index = 0; index < length; index++) text += alphabet.charAt(Math.floor(random() * alphabet.length));
    return text;
  };
  const hex = (length: number): string => pick("0123456789abcdef", length);
  return {
    hex,
    digits: (length) => pick("123456789", 1) + pick("0123456789", length - 1),
    upper: (length) => pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${pick("89ab", 1)}${hex(3)}-${hex(12)}`,
  };
}

/** A small generator of repeatable randomness (mulberry32): equal seeds give equal sandboxes. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
