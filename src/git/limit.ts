/** The reference's limit of one upload, in bytes. */
export const contentLimit = 2 * 1024 * 1024;

/** A size as the reference prints it: `2.0MiB`. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)}MiB`;
}

/** The three largest files, largest first. */
export function sizesText(files: readonly { readonly path: string; readonly size: number }[]): string {
  const largest = files.toSorted((a, b) => b.size - a.size).slice(0, 3);
  return largest.map((file) => `${file.path} (${mebibytes(file.size)})`).join(", ");
}
