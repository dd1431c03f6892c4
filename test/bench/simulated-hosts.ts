/** A process that stands for any number of hosts: each answers with the document that this process was given. */
import { setTimeout as sleep } from "node:timers/promises";

import { ending, simulateHosts } from "../../components/observe/simulated";

/** What a host takes to answer. */
const HOST_MS = 500;

process.once("message", (document: string) => {
  void simulateHosts((channel) => {
    void sleep(HOST_MS).then(() => ending(channel, 0, document));
  }).then(({ port, hostKey, clientKey }) => process.send!({ port, hostKey, clientKey }));
});
