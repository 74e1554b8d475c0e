import type { WaitingChange } from "../../engine/applier.ts";

/** What is waited for, as a person would say it: the reason alone where it tells what it is about. */
export function waitingText({ type, id, reason }: Pick<WaitingChange, "type" | "id" | "reason">): string {
  const words = type
    .slice(type.indexOf("/") + 1)
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const noun = words.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
  return reason.toLowerCase().includes(noun.toLowerCase()) ? reason : `${noun} ${id}: ${reason}`;
}
