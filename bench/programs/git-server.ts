import { startGitHttp } from "../../test/support/git-http.ts";

/** Serves the repositories below a directory over HTTP until standard input ends; prints its URL. */
await using server = await startGitHttp(process.argv[2] ?? ".", null);
process.stdout.write(`${server.url}\n`);
await new Promise<void>((resolve) => process.stdin.on("end", () => resolve()).resume());
