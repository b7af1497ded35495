/** Whether a text is `NAME` or `NAME=VALUE`, as `-e` takes it. Apart from the values, since every command line asks. */
export function isGiven(item: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*(?:=|$)/.test(item);
}
