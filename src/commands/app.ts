import type { Settings } from "../config/settings.ts";
import type { Repository } from "../git/repository.ts";
import type { Diagnostic } from "../lib/diagnostics.ts";
import type { EmbeddedGateway } from "../proxy-config/embedded.ts";
import type { Event } from "../reconciler/event.ts";
import type { LeasePolicy } from "../reconciler/session.ts";
import type { World } from "../reconciler/world.ts";
import type { Patient } from "../state/doctor.ts";
import type { StateHistory } from "../state/git-history.ts";
import type { Io } from "./io.ts";

/** Options that every command takes (README, "Common options"). Durations in milliseconds. */
export interface CommonOptions {
  readonly settings: string | null;
  readonly ref: string | null;
  /** `false`: none, whatever the files say. */
  readonly profile: string | false | null;
  /** `NAME` or `NAME=VALUE`, as given. */
  readonly env: readonly string[];
  readonly yes: boolean;
  readonly json: boolean;
  readonly color: boolean;
  readonly timeout: number | null;
  readonly wait: number;
  readonly attend: number | null;
  readonly allowDestroy: number | "all" | null;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** What the composition root gives to commands: how the parts are put together, and nothing of what they do. */
export interface App {
  readonly io: Io;
  readonly options: CommonOptions;
  /** The repository that the command runs in, with its settings. Outside of one: exit 2. */
  project(): Promise<Project>;
  /** Everything that passes need. `emit` is told what happens. */
  world(project: Project, emit: (event: Event) => void): Promise<World>;
  /** What the state branch was before. */
  history(project: Project): Promise<StateHistory>;
  /** The state branch as it is, whatever is wrong with it. `adopts`: it is to be this repository's from now on. */
  patient(project: Project, adopts: boolean): Promise<Patient>;
  /** Starts the embedded gateway of the settings in this process. */
  startGateway(project: Project): Promise<EmbeddedGateway>;
}

export interface Project {
  readonly repository: Repository;
  readonly settings: Settings;
  /** Of the settings file. */
  readonly diagnostics: readonly Diagnostic[];
  /** Values of the bearer tokens that the settings name. */
  readonly tokens: readonly string[];
  /** Files of the work tree that are no part of what is pinned. */
  readonly without?: readonly string[];
  /** How long work on a service is leased; absent: as long as is usual. */
  readonly leasePolicy?: LeasePolicy;
}
