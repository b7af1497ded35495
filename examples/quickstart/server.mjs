// A small web service: a page, a health check, and a stream that goes on for a few seconds.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const greeting = process.env.GREETING ?? "Hello";
const page = await readFile(new URL("page.html", import.meta.url), "utf8");

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://service");
  if (pathname === "/health") {
    response.end("ok\n");
  } else if (pathname === "/stream") {
    await stream(response, Number(searchParams.get("seconds") ?? "5"));
  } else if (pathname === "/greeting") {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ greeting, replica: process.env.DSTACK_REPLICA_NUM ?? null }));
  } else if (pathname === "/") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(page.replaceAll("{greeting}", greeting));
  } else {
    response.statusCode = 404;
    response.end("not found\n");
  }
});

/** Ten lines a second, and a last one by which a reader knows that nothing was cut. */
async function stream(response, seconds) {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  const lines = Math.max(1, Math.round(seconds * 10));
  for (let line = 1; line <= lines && !response.destroyed; line += 1) {
    response.write(`${greeting} ${line}/${lines}\n`);
    await sleep(100);
  }
  response.end("end\n");
}

// The gateway keeps connections open between requests; ending one under a request would lose it.
server.keepAliveTimeout = 0;
server.listen(Number(process.env.PORT ?? "8000"), () => console.log(`listening, greeting with ${greeting}`));

process.on("SIGTERM", () => {
  console.log("ending");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
