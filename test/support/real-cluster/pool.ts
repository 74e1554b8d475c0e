import type { HttpHandler } from "../../../src/http.ts";
import { startTestControlPlane, type TestControlPlane } from "../control-plane.ts";
import { ChangeLogs } from "./change-log.ts";
import { type EtcdSnapshot, takeSnapshot } from "./etcd-snapshot.ts";
import { installOperator } from "./installation.ts";

/** A real cluster that holds nothing but what an installation of the operator brings, for one test world at a time. */
export interface RealCluster {
  /** As member of `system:masters`. */
  readonly admin: HttpHandler;
  /** As the operator's service account, with the rights of `config/rbac`. */
  readonly operator: HttpHandler;
  readonly changes: ChangeLogs;
  /** Of the administrator. */
  readonly kubeconfig: string;
  /** Gives it back; what it holds is removed when it is next used. */
  release(): void;
}

interface Member {
  readonly plane: TestControlPlane;
  readonly operator: HttpHandler;
  readonly changes: ChangeLogs;
  readonly snapshot: EtcdSnapshot;
  /** Ends the world that uses it. */
  user: (() => void) | undefined;
  usedAt: number;
}

/** Tests use two worlds at once at most; a third server means that a failed test has left its world behind. */
const most = 3;
const members: Promise<Member>[] = [];
let uses = 0;

/** A cluster for a world; `evict` is called when a later world needs it and this one never gave it back. */
export async function acquireCluster(evict: () => void): Promise<RealCluster> {
  const use = (): void => evict();
  const member = await freeMember(use);
  member.usedAt = ++uses;
  await member.snapshot.restore();
  member.changes.forget();
  const { plane, operator, changes } = member;
  return {
    admin: plane.admin.http,
    operator,
    changes,
    kubeconfig: plane.kubeconfig,
    release() {
      if (member.user === use) member.user = undefined;
    },
  };
}

/** Ends all of them. */
export async function stopClusters(): Promise<void> {
  const stopping = await Promise.allSettled(members.splice(0));
  for (const member of stopping) {
    if (member.status === "rejected") continue;
    member.value.user?.();
    member.value.changes.stop();
    await member.value.plane.stop();
  }
}

/** A member that is from now on used by `user`. */
async function freeMember(user: () => void): Promise<Member> {
  const started = await Promise.all(members);
  const free = started.find((member) => member.user === undefined);
  if (free !== undefined) return Object.assign(free, { user });
  if (members.length < most) {
    const member = startMember(user);
    members.push(member);
    return member;
  }
  const oldest = started.toSorted((a, b) => a.usedAt - b.usedAt)[0];
  if (oldest === undefined) throw new Error("there is no cluster");
  oldest.user?.();
  return Object.assign(oldest, { user });
}

/** A server of its own: what other tests leave on the shared one would be taken for a part of the installation. */
async function startMember(user: () => void): Promise<Member> {
  const plane = await startTestControlPlane();
  const operator = await installOperator(plane);
  const snapshot = await takeSnapshot(plane.controlPlane.etcdUrl);
  return { plane, operator, changes: new ChangeLogs(plane.admin.http), snapshot, user, usedAt: 0 };
}
