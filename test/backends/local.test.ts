import { describeBackend } from "./contract.ts";
import { makeLocal } from "./local/local-under-test.ts";

describeBackend("local with a network for each replica", () => makeLocal({ network: "isolated" }));
describeBackend("local on the host's network", () => makeLocal({ network: "host" }));
describeBackend("local without namespaces", () => makeLocal({ network: "host", namespaces: "none" }));
