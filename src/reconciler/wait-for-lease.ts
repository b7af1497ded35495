import { toTimestamp } from "../lib/timestamp.ts";
import { ownerText } from "../state/lease.ts";
import type { Snapshot } from "../state/store.ts";
import type { Event } from "./event.ts";
import { takeFrom } from "./hold.ts";
import type { Holder } from "./hold.ts";
import { isSuperseded } from "./own-target.ts";
import type { OwnTarget } from "./own-target.ts";
import type { Session } from "./session.ts";

/** One service's place in the queue for its lease. */
export interface Queue {
  /** Waits for as long as somebody else works on the service. Resolves with the newest state once there is something to decide anew; `null`: the time to wait is over. */
  wait(holder: Holder): Promise<Snapshot | null>;
  /** The lease was ours in between: whoever has it next is waited for anew. */
  left(): void;
}

export interface QueueOptions {
  readonly name: string;
  readonly session: Session;
  /** Longest time to wait, in milliseconds. */
  readonly longest: number;
  readonly own: OwnTarget | undefined;
  /** Sleeps for so long, or until the command ends. */
  readonly pause: (ms: number) => Promise<void>;
  readonly isOver: () => boolean;
  readonly abort: AbortSignal;
}

/** Milliseconds between two looks at the state: the first, and the longest. */
const looks = { first: 100, longest: 5_000 } as const;

/** Milliseconds between two looks at whether the owner lives, which costs less: answers from far are kept for a while. */
const aliveMs = 500;

export function createQueue({ name, session, longest, own, pause, isOver, abort }: QueueOptions): Queue {
  const { world } = session;
  let since: number | null = null;
  let told = "";
  return {
    async wait(first) {
      since ??= world.clock.now();
      let holder = first;
      for (let look: number = looks.first; ; look = Math.min(looks.longest, look * 1.5)) {
        const left = since + longest - world.clock.now();
        if (left <= 0) return null;
        tellOf(holder);
        await untilDeadOr(Math.min(look, left), holder);
        const snapshot = await world.store.load(abort);
        if (isOver() || isSuperseded(own, snapshot.services.get(name)?.record ?? null)) return snapshot;
        const taken = await takeFrom(snapshot, name, session);
        if (taken.ok) return snapshot;
        holder = taken.by;
      }
    },
    left() {
      since = null;
      told = "";
    },
  };

  /** A dead owner is not waited for any longer. */
  async function untilDeadOr(ms: number, { lease, alive }: Holder): Promise<void> {
    const end = world.clock.now() + ms;
    while (!isOver()) {
      const left = end - world.clock.now();
      if (left <= 0) return;
      await pause(Math.min(left, aliveMs));
      if (alive !== false && (await world.isAlive(lease.owner)) === false) return;
    }
  }

  /** Once for each who has it, and again where it shows that nobody can tell. */
  function tellOf(holder: Holder): void {
    const about = `${holder.lease.owner.nonce} ${String(holder.alive)}`;
    if (about === told) return;
    told = about;
    world.emit(waitEvent(name, holder, world.clock.now()));
  }
}

function waitEvent(name: string, { lease, until, alive }: Holder, now: number): Event {
  const lives = alive === true ? "it is alive" : "whether it is alive cannot be told from here";
  const detail = `for ${ownerText(lease.owner)}, who has it since ${lease.acquiredAt}, until ${until} at the latest; ${lives}`;
  return { event: "wait", time: toTimestamp(now), service: name, replica: null, deployment: null, detail };
}
