import { runCases } from "./conformance/run.ts";

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error("usage: npm run conformance -- DIR");
  process.exitCode = 2;
} else {
  const results = runCases(directory);
  for (const result of results) console.log(JSON.stringify(result));
  const count = (ok: boolean | null): number => results.filter((result) => result.ok === ok).length;
  console.log(`${count(true)} passed, ${count(false)} failed, ${count(null)} skipped`);
  process.exitCode = count(false) === 0 ? 0 : 1;
}
