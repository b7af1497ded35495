import { setTimeout as sleep } from "node:timers/promises";

/** Requests without a pause that is worth the name. */
export interface Traffic {
  /** How many were answered, by what they were answered: a body, or what went wrong. */
  stop(): Promise<Readonly<Record<string, number>>>;
}

/** Asks an URL again and again, `clients` at a time, until it is stopped. */
export function startTraffic(url: string, clients = 2): Traffic {
  const counts: Record<string, number> = {};
  let going = true;
  const done = Promise.all(
    Array.from({ length: clients }, async () => {
      while (going) {
        const answer = await ask(url);
        counts[answer] = (counts[answer] ?? 0) + 1;
        await sleep(20);
      }
    }),
  );
  return {
    async stop() {
      going = false;
      await done;
      return counts;
    },
  };
}

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url);
    const text = (await response.text()).trim();
    return response.status === 200 ? text : `${response.status} ${text}`;
  } catch (error) {
    return String(error instanceof Error ? (error.cause ?? error) : error);
  }
}
