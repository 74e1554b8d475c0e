import { InputError } from "../load-balancing/input-error.ts";
import type { MemberView } from "./member-view.ts";

/** Something about the whole group is wrong; `member` is the one that asked for it, if one did. */
export class GroupError extends Error {
  override readonly name = "GroupError";
  readonly error: InputError;
  readonly member: MemberView | undefined;

  constructor(error: InputError, member: MemberView | undefined) {
    super(error.message);
    this.error = error;
    this.member = member;
  }
}

/** What a member says; an error in it is that member's, also where the whole group is asked. */
export function readOf<T>(member: MemberView, read: (member: MemberView) => T): T {
  try {
    return read(member);
  } catch (error) {
    throw error instanceof InputError ? new GroupError(error, member) : error;
  }
}
