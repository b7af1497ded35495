import { terminalText } from "../lib/terminal-text.ts";
import type { Event } from "../reconciler/event.ts";
import type { Session } from "../reconciler/session.ts";
import { replicaTable } from "../report/replica-table.ts";
import { painter } from "../report/style.ts";
import type { Snapshot } from "../state/store.ts";
import type { App } from "./app.ts";
import { lookAt } from "./shown.ts";
import { showEvent } from "./work.ts";
import type { Work } from "./work.ts";

/** A table at the foot of the terminal that stays as it is true, with lines of what happens above it. Without a terminal: the lines. */
export interface LiveTable {
  readonly event: (event: Event) => void;
  line(text: string): void;
  show(snapshot: Snapshot, work: Work, session: Session): Promise<void>;
  stop(): void;
}

interface Drawing {
  (text: string): void;
  clear(): void;
  done(): void;
}

export function createLiveTable(app: App): LiveTable {
  let drawing: Drawing | null = null;
  let last = "";
  const above = (write: () => void): void => {
    drawing?.clear();
    write();
    if (last !== "") drawing?.(last);
  };
  return {
    event: (event) => above(() => showEvent(app, event)),
    line: (text) => above(() => (app.options.quiet ? undefined : app.io.stderr(`${terminalText(text)}\n`))),
    async show(snapshot, work, session) {
      if (!app.io.terminal || app.options.json || app.options.quiet) return;
      drawing ??= await openDrawing();
      const streaksOf = (service: string, token: string) => session.attention(service).prober.streaks(token);
      const { services } = await lookAt(work.world, snapshot, { signal: work.abort, streaksOf });
      last = `\n${replicaTable(services, { paint: painter(app.io.colors), verbose: app.options.verbose, now: work.world.clock.now() })}\n`;
      drawing(last);
    },
    stop() {
      drawing?.done();
      drawing = null;
    },
  };
}

async function openDrawing(): Promise<Drawing> {
  const { createLogUpdate } = await import("log-update");
  return createLogUpdate(process.stderr);
}
