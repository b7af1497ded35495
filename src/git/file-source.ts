export type FileKind = "file" | "executable" | "symlink" | "directory" | "other";

/** One name in a directory. `size` in bytes; 0 for what is no file. */
export interface SourceEntry {
  readonly name: string;
  readonly kind: FileKind;
  readonly size: number;
}

/** A tree of files: the work tree, or a commit's. Paths are relative to the repository's root, with `/`; the root is `""`. */
export interface FileSource {
  /** `null` when there is nothing. Symbolic links are not followed. */
  stat(path: string): Promise<SourceEntry | null>;
  list(directory: string): Promise<readonly SourceEntry[]>;
  /** Contents in the order of the paths; of a symbolic link, its target. */
  read(paths: readonly string[]): Promise<readonly Uint8Array[]>;
}
