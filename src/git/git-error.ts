import { exitCodes, UserError } from "../lib/user-error.ts";
import { redact } from "./remote-url.ts";

/** Why git did not do what it was asked to, told apart by who must act. */
export type GitReason =
  /** The remote wants other credentials (401), or these may not do it (403). */
  | "unauthorized"
  | "forbidden"
  /** Somebody else was faster: fetch and try again. */
  | "moved"
  /** A hook or a protection of the branch says no. */
  | "protected"
  | "network"
  | "server"
  | "timeout"
  | "aborted"
  /** Somebody else holds a lock of the repository, or died holding it. */
  | "locked"
  | "missing-ref"
  | "missing-repository"
  | "not-a-repository"
  | "unsafe"
  | "git-missing"
  | "too-large"
  | "failed";

const hints: Partial<Record<GitReason, string>> = {
  unauthorized:
    "set DSTACK_GITOPS_TOKEN (or GITHUB_TOKEN for its own server) to a token that may write to the repository",
  forbidden: "the token needs write access to the repository's contents",
  protected: "allow this branch to be pushed to, or choose another one in `state.branch`",
  "missing-repository": "check `state.remote`; a token without access sees a private repository as missing, too",
  unsafe: "the repository belongs to another user: `git config --global --add safe.directory DIR` if you trust it",
  "git-missing": "install git 2.31 or newer",
  network: "check the connection and `state.remote`, then run the command again",
  server: "the remote has a problem of its own; run the command again later",
};

/** What git answers under LC_ALL=C, first match first. */
const answers: readonly (readonly [RegExp, GitReason])[] = [
  [/not a git repository|does not appear to be a git repository/i, "not-a-repository"],
  [/detected dubious ownership|unsafe repository/i, "unsafe"],
  [/couldn't find remote ref|remote ref does not exist/i, "missing-ref"],
  [
    /HTTP 401|error: 401|returned error: 401|Authentication failed|could not read Username|could not read Password|terminal prompts disabled|Permission denied \(/i,
    "unauthorized",
  ],
  [/returned error: 403|HTTP 403|Write access to repository not granted|Permission to .* denied/i, "forbidden"],
  [/returned error: 404|HTTP 404|repository '.*' not found|Repository not found/i, "missing-repository"],
  [
    /pre-receive hook declined|update hook declined|hook declined|protected branch|GH006|GH013|deny updating|denying non-fast-forward|Cannot force-push/i,
    "protected",
  ],
  [
    /stale info|fetch first|non-fast-forward|failed to update ref|cannot lock ref .*(is at|reference already exists|unable to resolve reference)|incorrect old value|remote ref updated since checkout/i,
    "moved",
  ],
  [/Unable to create '.*\.lock'|cannot lock ref/i, "locked"],
  [
    /returned error: 5\d\d|HTTP 5\d\d|RPC failed|remote end hung up|unexpected disconnect|early EOF|bad line length|internal server error|expected flush/i,
    "server",
  ],
  [
    /Could not resolve host|Failed to connect|Connection refused|Connection reset|Connection timed out|Operation too slow|unable to access|Empty reply|transfer closed|Could not read from remote repository/i,
    "network",
  ],
];

/** Something that git did not do. `message` never holds credentials. */
export class GitError extends UserError {
  readonly reason: GitReason;
  readonly stderr: string;

  constructor(reason: GitReason, what: string, options: { stderr?: string; cause?: unknown } = {}) {
    const stderr = redact(options.stderr ?? "").trim();
    const hint = hints[reason];
    super(`git-${reason}`, redact(stderr === "" ? what : `${what}: ${summary(stderr)}`), {
      exitCode: reason === "not-a-repository" || reason === "unsafe" ? exitCodes.usage : exitCodes.failed,
      ...(hint === undefined ? {} : { hint }),
      cause: options.cause,
    });
    this.reason = reason;
    this.stderr = stderr;
  }
}

/** The reason behind what git printed. */
export function reasonOf(stderr: string): GitReason {
  return answers.find(([pattern]) => pattern.test(stderr))?.[1] ?? "failed";
}

/** Whether a second try may go better: nobody has to do anything about it. */
export function isPassing(error: unknown): boolean {
  return error instanceof GitError ? mayHaveHappened(error) : !(error instanceof UserError);
}

/** Whether the remote may have done what was asked although we were not told so. */
export function mayHaveHappened(error: unknown): boolean {
  if (!(error instanceof GitError)) return true;
  return ["network", "server", "timeout", "aborted", "failed", "too-large"].includes(error.reason);
}

/** The lines that say why, without git's advice. */
function summary(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const telling = lines.filter((line) => /^(fatal|error|remote|!)/.test(line) && !/^remote:\s*$/.test(line));
  return (telling.length > 0 ? telling : lines).slice(0, 4).join("; ");
}
