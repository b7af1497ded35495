import { resolve } from "node:path";

import { exitCodes, UserError } from "../lib/user-error.ts";
import { git } from "./git.ts";
import { githubServer, httpOrigin, isPath } from "./remote-url.ts";

/** Name that a remote has in calls of git: its URL, which may carry credentials, stays out of argv. */
export const remoteName = "dstack-gitops-state";

export interface Remote {
  readonly url: string;
  /** How the repository that it is asked from names objects: its remotes do the same. */
  readonly objectFormat: "sha1" | "sha256";
  /** For `git()`'s `config`: the URL, the user's own settings for reaching it, and the token. */
  readonly config: readonly (readonly [string, string])[];
  readonly env: Readonly<Record<string, string>>;
}

/** The URL behind `state.remote`, which is the name of a git remote or an URL. */
export async function remoteUrl(remote: string, root: string): Promise<string> {
  const named = await git(["remote", "get-url", "--", remote], { cwd: root, accept: [0, 2, 128] });
  if (named.exitCode === 0) return absolute(named.text, root);
  if (/[/:]/.test(remote)) return absolute(remote, root);
  throw new UserError(
    "unknown-remote",
    `this repository has no remote named \`${remote}\`, which \`state.remote\` asks for`,
    {
      exitCode: exitCodes.usage,
      hint: "add it with `git remote add`, or set `state.remote` to another one, to an URL, or to `none`",
    },
  );
}

function absolute(url: string, root: string): string {
  return isPath(url) ? resolve(root, url.replace(/^file:\/\//, "")) : url;
}

/** How git reaches a remote from a repository of our own as if it were called in the user's. */
export async function openRemote(remote: string, root: string, env: NodeJS.ProcessEnv = process.env): Promise<Remote> {
  const { stdout } = await git(["config", "--list", "--null", "--show-scope"], { cwd: root });
  const settings = settingsIn(stdout.toString("utf8"));
  const url = urlIn(settings, remote, root) ?? (await remoteUrl(remote, root));
  const known = passwordIn(url);
  const ssh = settings.findLast(({ key }) => key === "core.sshcommand")?.value;
  // What is configured elsewhere holds in every repository. Included files may name this one alone, as `actions/checkout` does.
  const own = settings.filter(({ scope, key }) => ["local", "worktree"].includes(scope) && isAboutReaching(key));
  return {
    url,
    objectFormat: settings.some(({ key, value }) => key === "extensions.objectformat" && value === "sha256")
      ? "sha256"
      : "sha1",
    config: [
      ...own.map(({ key, value }) => [key, value] as const),
      [`remote.${remoteName}.url`, known?.url ?? url],
      ...(known === null ? [] : header(known.url, known.basic)),
      ...authorization(url, env),
    ],
    // The variable beats the configuration, so what is configured is carried over to it.
    env: env["GIT_SSH_COMMAND"] === undefined && ssh !== undefined ? { GIT_SSH_COMMAND: `${ssh} -oBatchMode=yes` } : {},
  };
}

/** As `git remote get-url` has it, unless URLs are rewritten. */
function urlIn(settings: readonly Setting[], remote: string, root: string): string | null {
  const url = settings.find(({ key }) => key === `remote.${remote}.url`)?.value;
  return url === undefined || settings.some(({ key }) => key.startsWith("url.")) ? null : absolute(url, root);
}

interface Setting {
  readonly scope: string;
  readonly key: string;
  readonly value: string;
}

function settingsIn(listing: string): readonly Setting[] {
  const fields = listing.split("\0");
  return fields.flatMap((scope, index) => {
    const [key, ...lines] = (fields[index + 1] ?? "").split("\n");
    if (index % 2 === 1 || key === undefined || key === "") return [];
    // A key without a value is true.
    return [{ scope, key, value: lines.length === 0 ? "true" : lines.join("\n") }];
  });
}

/** Credentials, proxies, certificates and the like: nothing that says what a repository is. */
function isAboutReaching(key: string): boolean {
  return /^(http|credential|ssh|protocol|url)\./.test(key);
}

/** A token from the environment as a header for this remote's host alone. `GITHUB_TOKEN` goes to GitHub's own server only. */
export function authorization(url: string, env: NodeJS.ProcessEnv): readonly (readonly [string, string])[] {
  const origin = httpOrigin(url);
  if (origin === null) return [];
  const github = httpOrigin(githubServer(env));
  const token = nonEmpty(env["DSTACK_GITOPS_TOKEN"]) ?? (origin === github ? nonEmpty(env["GITHUB_TOKEN"]) : undefined);
  if (token === undefined) return [];
  return header(url, `x-access-token:${token}`);
}

function header(url: string, basic: string): readonly (readonly [string, string])[] {
  const key = `http.${httpOrigin(url)}/.extraHeader`;
  // The empty value drops headers that are configured for this host: two Authorization headers are refused.
  return [
    [key, ""],
    [key, `Authorization: Basic ${Buffer.from(basic).toString("base64")}`],
  ];
}

/** A URL with a password, as one without and what stands in its place: git names its helper the whole URL, in arguments that everybody on this machine can read. `null`: it has none. */
function passwordIn(url: string): { readonly url: string; readonly basic: string } | null {
  if (httpOrigin(url) === null) return null;
  const parsed = new URL(url);
  if (parsed.password === "") return null;
  const basic = `${decoded(parsed.username)}:${decoded(parsed.password)}`;
  parsed.username = "";
  parsed.password = "";
  return { url: parsed.href, basic };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
