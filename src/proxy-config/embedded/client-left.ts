/** Why a request is over before its answer is: its client went away. No upstream is to blame. */
export class ClientLeftError extends Error {
  constructor() {
    super("the client went away before its request was over");
    this.name = "ClientLeftError";
  }
}
