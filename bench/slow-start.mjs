// Ready one second after its start; says how long it took from the start of its process to its first passing probe.
import { createServer } from "node:http";

const startedAt = Date.now() - process.uptime() * 1000;
let told = false;
createServer((request, response) => {
  const ready = Date.now() - startedAt >= 1_000;
  response.statusCode = ready ? 200 : 503;
  response.end();
  if (!ready || told) return;
  told = true;
  console.log(`took ${Date.now() - startedAt}`);
}).listen(8000);
process.on("SIGTERM", () => process.exit(0));
