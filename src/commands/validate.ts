import type { RepoSpec } from "../config/spec.ts";
import { hasErrors } from "../lib/diagnostics.ts";
import { exitCodes } from "../lib/user-error.ts";
import type { ExitCode } from "../lib/user-error.ts";
import { diagnosticsJson } from "../report/diagnostics-json.ts";
import type { App } from "./app.ts";
import { loose } from "./loose-files.ts";
import { textsOf } from "./profile.ts";
import { say, sayDiagnostics, sayJson } from "./say.ts";

/** `validate [paths]`: files and settings only; no state, no credentials, no network. Exit 2 when anything is wrong. */
export async function validate(app: App, paths: readonly string[]): Promise<ExitCode> {
  const [
    { parseServices },
    { checkGateways },
    { envLookup, unknownHere, withGiven },
    { checkReach, hasCredentials },
    { checkNamedServices },
  ] = await Promise.all([
    import("../config/services.ts"),
    import("../config/gateways.ts"),
    import("../config/env.ts"),
    import("../config/reach.ts"),
    import("../config/named-services.ts"),
  ]);
  const { files, settings, gateways, policy, profile } = await loose(app, paths);
  const parsed = parseServices(files, profile.profile);
  const unserved = gateways === null ? [] : checkGateways(parsed.services, gateways);
  const names = new Set(parsed.services.map(({ spec }) => spec.name));
  const { env: given } = app.options;
  const diagnostics = [
    ...settings,
    ...profile.diagnostics,
    ...parsed.diagnostics,
    ...unserved,
    ...(policy === null || hasErrors(parsed.diagnostics) ? [] : checkNamedServices(policy, names)),
    ...parsed.services.flatMap((service) => checkReach(service, { loose: gateways === null })),
    ...parsed.services.flatMap((service) => unknownHere(withGiven(service, given), envLookup(given, app.io.env))),
  ];
  const sources = new Map([...profile.sources, ...textsOf(files)]);
  if (app.options.json) {
    const { withoutCredentials } = await import("../git/remote-url.ts");
    // They stand in the file, and need not stand in the logs of whoever checks it, too.
    const shown = (repo: RepoSpec): RepoSpec =>
      hasCredentials(repo) ? { ...repo, url: withoutCredentials(repo.url ?? ""), path: null } : repo;
    const services = parsed.services.map(({ spec, file, fingerprint }) => ({
      name: spec.name,
      file,
      fingerprint,
      spec: { ...spec, repos: spec.repos.map(shown) },
    }));
    sayJson(app, {
      version: 1,
      profile: profile.profile?.name ?? null,
      services,
      diagnostics: diagnosticsJson(diagnostics),
    });
  }
  sayDiagnostics(app, diagnostics, sources);
  const wrong = hasErrors(diagnostics);
  const count = `${parsed.services.length} service${parsed.services.length === 1 ? "" : "s"}`;
  if (!app.options.json && !app.options.quiet)
    say(
      app,
      wrong ? `Invalid: ${diagnostics.filter((each) => each.severity === "error").length} errors.` : `Valid: ${count}.`,
    );
  return wrong ? exitCodes.usage : exitCodes.success;
}
