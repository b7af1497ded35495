import { createServer } from "node:net";

/** The socket by which any later command asks a supervisor to end its replica. */
export interface Control {
  /** What to do when asked; requests that came before are kept. False: it is too late, and whoever asks has to look again. */
  onTerminate(terminate: () => boolean): void;
  close(): void;
}

/** The only request there is, and its answer. */
export const terminateRequest = "terminate\n";

/** Listens for requests; each is answered once it is taken. */
export async function startControl(path: string): Promise<Control> {
  let terminate: (() => boolean) | null = null;
  let asked = false;
  const server = createServer((client) => {
    client.on("error", () => client.destroy());
    client.once("data", (data: Buffer) => {
      if (data.toString() !== terminateRequest) return client.destroy();
      asked = true;
      return terminate === null || terminate() ? client.end("ok\n") : client.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    onTerminate(callback) {
      terminate = callback;
      if (asked) callback();
    },
    close: () => server.close(),
  };
}
