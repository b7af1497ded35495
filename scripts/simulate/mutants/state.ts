import { inFile } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** Rules about who may write what on top of what, and what accepting leaves alone. */
export const stateMutants: readonly Mutant[] = [
  ...inFile("src/reconciler/must-write.ts", [
    ["calls are made before the record is written", "if (isMaterial(hold.stored, decision.record)) return true;", ""],
    ["calls are made without a lease", "if (decision.actions.length > 0 && !mayAct(hold, session)) return true;", ""],
  ]),
  ...inFile("src/reconciler/hold.ts", [
    [
      "a write that was refused counts as made",
      'if (error instanceof StateConflict) return { kind: "conflict" };',
      'if (error instanceof StateConflict) return { kind: "written", hold: { ...hold, stored: next.record, lease } };',
    ],
  ]),
  ...inFile("src/state/lease.ts", [
    [
      "a lease that is held is taken",
      "if (current !== null && !isFree(current, request)) {",
      "if (current === undefined) {",
    ],
    [
      "an owner that nobody can prove dead is dead",
      "return request.ownerAlive === false || request.now > freeAt(current, request);",
      "return request.ownerAlive !== true || request.now > freeAt(current, request);",
    ],
    ["clocks of two hosts never differ", "+ (sameHost ? 0 : request.skew);", ";", "clocks-apart"],
    [
      "an owner acts on after its lease",
      "return isSameOwner(lease.owner, owner) && time.now < fromTimestamp(lease.deadline) - time.skew;",
      "return isSameOwner(lease.owner, owner);",
      "late-calls",
    ],
  ]),
  ...inFile("src/reconciler/execute.ts", [
    ["instances are called for under no lease that a provider could check", "fence: execution.fence,", ""],
    [
      "instances are ended under no lease that a provider could check",
      ".terminate(owner, instance, signal, fence);",
      ".terminate(owner, instance, signal);",
    ],
  ]),
  ...inFile("src/state/prepare.ts", [
    // No scenario begins the branch anew under a run: that another branch is refused is for `test/state/` to show.
    [
      "what was read may have changed",
      "const changed = reads.filter((name) => !isSame(change.basis.services.get(name), tip.services.get(name)));",
      "const changed: string[] = [];",
    ],
  ]),
  ...inFile("src/state/memory-of-branch.ts", [
    [
      "a deleted branch is an empty one",
      "if (tip === null) throw refuse(",
      "if (tip === null) return;\n  if (tip === undefined) throw refuse(",
      "branch-deleted",
    ],
    ["a rewound branch is believed", "if (tip.generation < seen.generation) {", "if (tip.generation < 0) {"],
  ]),
  ...inFile("src/reconciler/plan-strangers.ts", [
    [
      "something is accepted for a service of which unknown instances run",
      "if (concerned.length > 0) return olderText(concerned);",
      "",
      "branch-forgotten",
    ],
  ]),
  ...inFile("src/reconciler/accept.ts", [
    ["a service's second life begins where its first did", "born: record?.born ?? acceptance.generation,", "born: 0,"],
    ["accepting begins to count attempts anew", "attempts: record?.attempts ?? 0,", "attempts: 0,"],
    ["accepting forgets what runs", "replicas: record?.replicas ?? [],", "replicas: [],"],
    [
      "accepting switches the routes to a run that is not there yet",
      "run: base === null || record === null ? run : record.run,",
      "run,",
    ],
    [
      "accepting a revision again leaves it quarantined",
      "const count = Math.max(0, ...(record?.deployments ?? []).map((deployment) => deployment.acceptance)) + 1;",
      "const count = 1;",
    ],
    // No plan accepts anything of a paused service, so that what accepting does to a pause is never asked.
    [
      "accepting lifts the quarantine of everything",
      "quarantined: (record?.quarantined ?? []).slice(-10),",
      "quarantined: [],",
    ],
  ]),
  ...inFile("src/reconciler/accept-plan.ts", [
    [
      "accepting takes the lease away from who has it",
      "return { ...change, lease: { ...lease, handOver: true } };",
      "return { ...change, lease: null };",
    ],
  ]),
];
