/** Why git did not do what it was asked to, told apart by who must act. */
export type GitReason =
  /** The remote wants other credentials (401), or these may not do it (403). */
  | "unauthorized"
  | "ssh-key"
  | "host-key"
  | "certificate"
  | "forbidden"
  /** Somebody else was faster: fetch and try again. */
  | "moved"
  /** A hook or a protection of the branch says no. */
  | "protected"
  /** The repository takes no pushes at all. */
  | "archived"
  | "quota"
  /** The remote lacks commits that it had when they were fetched. */
  | "shallow"
  | "object-format"
  | "rate-limited"
  | "network"
  | "server"
  | "timeout"
  | "aborted"
  /** Objects of this machine are spoilt or missing. */
  | "damaged"
  /** Somebody else holds a lock of the repository, or died holding it. */
  | "locked"
  | "missing-ref"
  | "missing-repository"
  | "not-a-repository"
  | "unsafe"
  | "git-missing"
  | "too-large"
  | "failed";

/** What to do about a reason, where somebody can do something. */
export const hints: Partial<Record<GitReason, string>> = {
  unauthorized:
    "set DSTACK_GITOPS_TOKEN (or GITHUB_TOKEN for its own server) to a token that may write to the repository",
  "ssh-key":
    "give ssh a key that the server knows (an agent, ~/.ssh, or `core.sshCommand`), or use an HTTPS URL with DSTACK_GITOPS_TOKEN",
  "host-key":
    "compare the server's fingerprint with what its owner publishes, then add its key to ~/.ssh/known_hosts (`ssh-keyscan HOST`)",
  certificate: "make git trust the server's certificate (`http.sslCAInfo`), or correct `state.remote`",
  forbidden: "the token needs write access to the repository's contents",
  protected: "allow this branch to be pushed to, or choose another one in `state.branch`",
  archived: "the repository takes no pushes: unarchive it, or name another one in `state.remote`",
  quota:
    "make room where the repository is kept (or in the cache of this machine, if the message names it), then run the command again",
  shallow:
    "the remote has lost commits that it had: see whether it was restored from a backup, remove $XDG_CACHE_HOME/dstack-gitops, and run the command again",
  damaged:
    "let `git fsck` say which; of the state's own cache, remove $XDG_CACHE_HOME/dstack-gitops: everything in it is fetched again",
  "object-format":
    "the remote names objects in another way (SHA-256 or SHA-1) than the repository that it was asked from",
  "rate-limited":
    "the remote asks for fewer requests; run the command again in some minutes, and scheduled ones less often",
  "missing-repository": "check `state.remote`; a token without access sees a private repository as missing, too",
  unsafe: "the repository belongs to another user: `git config --global --add safe.directory DIR` if you trust it",
  "git-missing": "install git 2.31 or newer",
  locked:
    "another git works there, or one was killed: make sure that none runs, then remove the lock file that is named",
  network: "check the connection and `state.remote`, then run the command again",
  server: "the remote has a problem of its own; run the command again later",
  timeout: "check the connection and `state.remote`, then run the command again",
};

/** What passes by itself, and what may have been done although we were not told so: a second try may go better. */
export const passing: ReadonlySet<GitReason> = new Set([
  "network",
  "server",
  "timeout",
  "aborted",
  "failed",
  "too-large",
  "rate-limited",
]);

/** What git and forges answer under LC_ALL=C, first match first. */
const answers: readonly (readonly [RegExp, GitReason])[] = [
  // Not so of what the server says of its own.
  [
    /^(?!remote:).*(corrupt loose object|loose object \S+ \(stored in .* is corrupt|object file \S+ is empty|inflate: data stream error|unable to unpack \S+ header|bad tree object|missing (blob|tree|commit) object|unable to stream \S+ to stdout|packed object \S+ \(stored in .* is corrupt|packfile \S+ (cannot be accessed|index unavailable|does not match index)|garbage at end of loose object)/im,
    "damaged",
  ],
  [/not a git repository/i, "not-a-repository"],
  [/detected dubious ownership|unsafe repository/i, "unsafe"],
  [/couldn't find remote ref|remote ref does not exist/i, "missing-ref"],
  [/mismatched algorithms|mismatched object format|object format .* does not match/i, "object-format"],
  [/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No \S+ host key is known/i, "host-key"],
  [/Permission denied \((publickey|password|keyboard|hostbased|gssapi)|Too many authentication failures/i, "ssh-key"],
  [/SSL certificate problem|certificate verification failed|server verification failed/i, "certificate"],
  [/returned error: 429|HTTP 429|rate limit|too many requests|abuse detection/i, "rate-limited"],
  [
    /(repository|project|repo) (was|is|has been) archived|archived (project|repository)|mirror repository is read-only|(in|is currently in) read-only mode|read-only GitLab/i,
    "archived",
  ],
  [
    /HTTP 401|error: 401|returned error: 401|Authentication failed|could not read Username|could not read Password|terminal prompts disabled|Permission denied \(/i,
    "unauthorized",
  ],
  [
    /No space left on device|quota exceeded|exceeded (its|the) (storage|repository)? ?(size )?(limit|quota)|over its size limit/i,
    "quota",
  ],
  [/shallow update not allowed/i, "shallow"],
  [
    /hook declined|protected branch|GH006|GH013|rule violations|permission denied to update branch|TF402455|deny updating|denying non-fast-forward|Cannot force-push/i,
    "protected",
  ],
  [
    /returned error: 403|HTTP 403|Write access to repository not granted|Permission to .* denied|marked as read only|not allowed to (push|upload|download)|Unauthorized/i,
    "forbidden",
  ],
  [
    /returned error: 404|HTTP 404|repository '.*' not found|Repository not found|project you were looking for could not be found|Cannot find repository|does not appear to be a git repository/i,
    "missing-repository",
  ],
  [
    /stale info|fetch first|non-fast-forward|failed to update ref|cannot lock ref .*(is at|reference already exists|unable to resolve reference)|incorrect old value|remote ref updated since checkout/i,
    "moved",
  ],
  [/Unable to create '.*\.lock'|cannot lock ref/i, "locked"],
  [
    /returned error: 5\d\d|HTTP 5\d\d|RPC failed|remote end hung up|unexpected disconnect|early EOF|bad line length|internal server error|expected flush|unpack failed|unpacker error/i,
    "server",
  ],
  [
    /Could not resolve host|Failed to connect|Connection refused|Connection reset|Connection timed out|Connection closed|Operation too slow|unable to access|Empty reply|transfer closed|Could not read from remote repository/i,
    "network",
  ],
];

/** The reason behind what git printed. */
export function reasonOf(stderr: string): GitReason {
  return answers.find(([pattern]) => pattern.test(stderr))?.[1] ?? "failed";
}
