import type { BackendSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import type { Backend } from "./backend.ts";

/** What a backend may know of where it runs. */
export interface BackendEnvironment {
  /** Where processes of this repository on this host keep what is theirs. */
  readonly runtimeDirectory: string;
  readonly hostId: string;
  readonly bootId: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** What the `index.ts` of a backend's folder exports as `definition`. */
export interface BackendModule {
  /** Checks the backend's entry in the settings (a `UserError` says all that is wrong with it), and makes the backend. Touches nothing yet. */
  create(settings: BackendSettings, environment: BackendEnvironment): Backend;
}
