import { resolve } from "node:path";

import type { App, Project } from "./commands/app.ts";
import type { Io } from "./commands/io.ts";
import type { Parsed } from "./commands/program.ts";
import { systemClock } from "./lib/clock.ts";
import { digest } from "./lib/digest.ts";
import { UserError } from "./lib/user-error.ts";
import type { Event } from "./reconciler/event.ts";
import type { World } from "./reconciler/world.ts";
import type { StateStore } from "./state/store.ts";

const defaultStateBranch = "dstack-state";

/**
 * Puts the parts together for one command: what each is made of is decided here and nowhere else. Parts are loaded when
 * a command asks for them, so that those which need little start at once.
 */
export function composeApp(parsed: Parsed, outer: Io): App & AsyncDisposable {
  const io: Io = { ...outer, cwd: resolve(outer.cwd, parsed.directory), colors: outer.colors && parsed.options.color };
  const { options } = parsed;
  const opened: AsyncDisposable[] = [];
  let project: Promise<Project> | null = null;
  let place: string | null = null;
  return {
    io,
    options,
    project: () =>
      (project ??= import("./commands/open-project.ts").then(({ openProject }) => openProject({ io, options }))),
    async world(given, emit) {
      const store = await openStore(given, io);
      opened.push(store);
      const world = await openWorld({ project: given, io, given: options.env, emit, store });
      place = world.owner.repository;
      return world;
    },
    async history({ repository, settings }) {
      const { gitHistory } = await import("./state/git-history.ts");
      const { branch, remote } = settings.state;
      return gitHistory({ root: repository.root, branch, remote, clock: systemClock, env: io.env });
    },
    async patient(given, adopts) {
      const store = await openStore(given, io, adopts);
      opened.push(store);
      return store.patient();
    },
    startGateway: async (given) =>
      startGateway(given, place ?? nameOf(given.repository, given.settings.state.branch), io),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

/** The state branch, for whoever needs no more of the world. */
async function openStore({ repository, settings }: Project, io: Io, adopts = false) {
  const [{ gitBranchStore }, { identityOf }, { statusPages }] = await Promise.all([
    import("./state/git-branch.ts"),
    import("./state/place.ts"),
    import("./report/status-pages.ts"),
  ]);
  const env = { ...io.env };
  const { branch, remote } = settings.state;
  const { root, commonDirectory } = repository;
  const identity = identityOf({ repository: nameOf(repository, branch), commonDirectory, branch, remote, env });
  const derive = statusPages(settings);
  return gitBranchStore({ root, branch, remote, clock: systemClock, derive, env, identity: { ...identity, adopts } });
}

interface Opening {
  readonly project: Project;
  readonly io: Io;
  /** `-e` options. */
  readonly given: readonly string[];
  readonly emit: (event: Event) => void;
  readonly store: StateStore;
}

async function openWorld(opening: Opening): Promise<World> {
  const { project, io, store } = opening;
  const { repository, settings } = project;
  const environment = { ...io.env };
  const [
    { runtimeDirectory },
    { envLookup },
    { digestKeyIn },
    { createBackend },
    { embeddedPublisher },
    { httpProbe },
    { currentOwner, isOwnerAlive },
    { ownerLiveness },
    { readBefore },
  ] = await Promise.all([
    import("./lib/runtime-directory.ts"),
    import("./config/env.ts"),
    import("./config/value-digests.ts"),
    import("./backends/registry.ts"),
    import("./proxy-config/publish.ts"),
    import("./reconciler/http-probe.ts"),
    import("./state/process-owner.ts"),
    import("./github/owner-liveness.ts"),
    import("./state/place.ts"),
  ]);
  const leaseOwner = await currentOwner(environment);
  // The state says what its instances are tagged with: whatever the repository is called by now, they are found.
  const first = await store.load(io.signal);
  const name = first.format?.repository ?? nameOf(repository, settings.state.branch);
  const directory = runtimeDirectory(name, environment);
  const place = {
    runtimeDirectory: directory,
    hostId: leaseOwner.host ?? "unknown",
    bootId: leaseOwner.boot ?? "unknown",
    environment,
    clock: systemClock,
  };
  const backends = await Promise.all(settings.backends.map((backend) => createBackend(backend, place)));
  const world: World = {
    clock: systemClock,
    store: readBefore(store, first),
    backends: new Map(backends.map((backend) => [backend.name, backend])),
    publisher: embeddedPublisher({ runtimeDirectory: directory }),
    probe: httpProbe,
    env: envLookup(opening.given, environment),
    digestKey: digestKeyIn(environment),
    leaseOwner,
    isAlive: ownerLiveness({
      look: (owner) => isOwnerAlive(owner, environment),
      env: environment,
      root: repository.root,
      remote: settings.state.remote,
    }),
    owner: { repository: name, project: settings.project },
    emit: opening.emit,
  };
  return world;
}

/** States of one repository, such as staging and production, keep their instances and routes apart. */
function nameOf({ id }: Project["repository"], branch: string): string {
  return branch === defaultStateBranch ? id : `${id}-${digest(branch).slice(7, 15)}`;
}

async function startGateway(project: Project, place: string, io: Io) {
  const gateway = project.settings.gateways.find((each) => each.type === "embedded");
  if (gateway === undefined)
    throw new UserError("no-embedded-gateway", "the settings name no gateway of type embedded", {
      hint: "add one under `gateways`",
    });
  const [{ startEmbeddedGateway }, { runtimeDirectory }] = await Promise.all([
    import("./proxy-config/embedded.ts"),
    import("./lib/runtime-directory.ts"),
  ]);
  return startEmbeddedGateway({
    listen: gateway.listen,
    runtimeDirectory: runtimeDirectory(place, io.env),
    gateway: gateway.name,
    tokens: project.tokens,
    clock: systemClock,
  });
}
