import type { Clock } from "../../lib/clock.ts";
import type { Isolation } from "./isolation.ts";
import type { Places } from "./launch.ts";
import type { Pythons } from "./python.ts";

/** What every call of the backend needs to know. */
export interface LocalContext {
  readonly places: Places;
  readonly hostId: string;
  readonly bootId: string;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stopGraceMs: number;
  readonly maxReplicas: number | null;
  /** Looked into once, when it is first needed. */
  readonly isolation: () => Promise<Isolation>;
  readonly pythons: Pythons;
}
