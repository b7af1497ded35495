import type { PinnedContent, PinnedRepo } from "../config/files.ts";
import type { FileMapping, RepoSpec } from "../config/spec.ts";

/** A file of the work tree or of a commit, as text. */
export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** At which commit something is pinned, and without which files besides the service file. */
export interface PinOptions {
  /** Absent: in the work tree. */
  readonly ref?: string | undefined;
  readonly without?: readonly string[];
}

/** The user's repository, read only: no command of ours touches its work tree, index, configuration or branches. */
export interface Repository {
  /** Absolute path of the work tree's root; the git directory of a bare repository. */
  readonly root: string;
  /** The git directory that the repository's work trees share. */
  readonly commonDirectory: string;
  /** Stable name: of the remote's URL without credentials where state has one, else of the common git directory. 16 hex digits. */
  readonly id: string;
  /** The commit that desired state is read from; `null` for a dirty or unborn work tree. */
  commit(ref?: string): Promise<string | null>;
  /** False also when either is not known here. */
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  /** Every `*.dstack.yml`, tracked or to be tracked, less `exclude` (ignore-file patterns); sorted by path. At `ref`: of that commit's tree. */
  serviceFiles(options: { readonly exclude: readonly string[]; readonly ref?: string }): Promise<readonly SourceFile[]>;
  /** `null` when there is none. */
  read(path: string, ref?: string): Promise<Uint8Array | null>;
  /**
   * Pins the content of `files` entries: hashes it, and keeps it where a pass of any machine finds it again. Throws a
   * `UserError` that names the entry when it is missing or too large.
   */
  pinFiles(serviceFile: string, files: readonly FileMapping[], options?: PinOptions): Promise<readonly PinnedContent[]>;
  /**
   * Pins what repositories of `repos` are at: branch, commit, and what the work tree has on top. Never uses the network:
   * the commit of a URL's branch stays `null`. Throws a `UserError` that names the entry.
   */
  pinRepos(serviceFile: string, repos: readonly RepoSpec[], options?: PinOptions): Promise<readonly PinnedRepo[]>;
  /** The commit that a URL's branch has now, asked over the network. Throws a `UserError`. */
  remoteCommit(url: string, branch: string | null, signal: AbortSignal): Promise<string>;
}
