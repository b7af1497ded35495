import { connect } from "node:net";

const intervalMs = 250;
/** Answers in a row on the wrong port before it counts: a service may open several ports one after the other. */
const patience = 8;

/** A service that shares the host's network is to listen on `PORT`, and may listen on the port of its file instead. */
export interface PortWatch {
  readonly assigned: number;
  readonly own: number;
  readonly onWrongPort: () => void;
}

/** Calls back once when the service listens on its own port and not on the one that it was given. Ends by itself. */
export async function watchPort(watch: PortWatch): Promise<void> {
  // Somebody else's service on that port proves nothing about this one.
  if (watch.assigned === watch.own || (await answers(watch.own))) return;
  for (let wrong = 0; wrong < patience;) {
    await new Promise((resolve) => setTimeout(resolve, intervalMs).unref());
    if (await answers(watch.assigned)) return;
    wrong = (await answers(watch.own)) ? wrong + 1 : 0;
  }
  watch.onWrongPort();
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.unref();
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
