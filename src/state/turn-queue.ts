import { randomBytes } from "node:crypto";
import { watch } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Clock } from "../lib/clock.ts";
import { isProcessAlive, processMark } from "./process-owner.ts";

/** One's place among the writers to a branch. */
export interface Turn {
  end(): Promise<void>;
}

/** Who writes next: a courtesy, on which nothing depends but speed. */
export interface Turns {
  /** Resolves when it is our turn, when waiting longer is of no use, or when nobody waits for it any more. Never rejects. */
  take(over: AbortSignal): Promise<Turn>;
}

/** Where nobody else can write. */
export const noTurns: Turns = { take: async () => ({ end: async () => {} }) };

/** A turn that lasts longer, in milliseconds, is passed over: its owner may be frozen. */
export const longestTurn = 10_000;

/** Who has waited longer, in milliseconds, goes ahead: the queue is not what it should be. */
export const longestWait = 120_000;

/** How long nobody looks on his own, in milliseconds, behind whoever has the turn, and further back. */
const looks = { next: 100, later: 500 } as const;

/**
 * Lets the processes of one machine write one after the other, in the order in which they asked. Each puts a ticket, a file
 * whose name sorts by arrival, and watches the one before its own alone, so that the end of a turn wakes one process.
 * Tickets of dead processes are removed by whoever waits behind them. Compare-and-swap of the branch is what keeps writes
 * apart; a queue that fails lets everybody go ahead.
 */
export function turnQueue(directory: string, clock: Clock): Turns {
  return {
    async take(over) {
      let ticket: string | null = null;
      try {
        ticket = await putTicket(directory, clock);
        await waitFor(directory, ticket, { clock, over });
      } catch {
        // What cannot be queued for is done without.
      }
      return { end: async () => (ticket === null ? undefined : remove(directory, ticket)) };
    },
  };
}

async function putTicket(directory: string, clock: Clock): Promise<string> {
  const arrival = String(Math.round(clock.now() * 1000)).padStart(20, "0");
  const name = `${arrival}-${process.pid}-${await processMark()}-${randomBytes(4).toString("hex")}`;
  const put = (): Promise<void> => writeFile(join(directory, name), "", { flag: "wx", mode: 0o600 });
  await put().catch(async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await put();
  });
  return name;
}

async function waitFor(
  directory: string,
  ticket: string,
  { clock, over }: { readonly clock: Clock; readonly over: AbortSignal },
): Promise<void> {
  // A clock that is set makes no turn longer, nor takes what cannot be removed for one.
  const time = (): number => clock.monotonic?.() ?? clock.now();
  const begun = time();
  const passed = new Set<string>();
  let turn = { of: "", since: 0 };
  while (!over.aborted && time() - begun < longestWait) {
    const ahead = (await readdir(directory)).filter((name) => name < ticket && !passed.has(name)).toSorted();
    const [first] = ahead;
    const before = ahead.at(-1);
    if (first === undefined || before === undefined) return;
    if (first !== turn.of) turn = { of: first, since: time() };
    if (time() - turn.since >= longestTurn) await passOver(first);
    else if (!(await isAlive(before))) await passOver(before);
    else await untilGone(join(directory, before), { clock, over, most: first === before ? looks.next : looks.later });
  }

  async function passOver(name: string): Promise<void> {
    passed.add(name);
    await remove(directory, name);
  }
}

/** The time of arrival, the pid, and when the process started. */
async function isAlive(ticket: string): Promise<boolean> {
  const [, pid, start] = ticket.split("-");
  // What is no ticket is not waited for.
  return /^\d+$/.test(pid ?? "") && isProcessAlive(Number(pid), start ?? "");
}

async function untilGone(
  path: string,
  { clock, over, most }: { readonly clock: Clock; readonly over: AbortSignal; readonly most: number },
): Promise<void> {
  const stirred = new AbortController();
  const stir = (): void => stirred.abort();
  over.addEventListener("abort", stir, { once: true });
  const watcher = watchOrNull(path, stir);
  await clock.sleep(most, stirred.signal);
  watcher?.close();
  over.removeEventListener("abort", stir);
}

/** Without a watch, as where the system has none left, looking now and then has to do. */
function watchOrNull(path: string, stir: () => void): { close(): void } | null {
  try {
    return watch(path, stir).on("error", stir);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") stir();
    return null;
  }
}

function remove(directory: string, ticket: string): Promise<void> {
  return rm(join(directory, ticket), { force: true }).catch(() => {});
}
