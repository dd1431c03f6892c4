/** A state that was lost while something else is wrong with a host as well. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { documentOf, linesOf } from "../../components/observe/reading/fixture";
import { printing, simulateHosts, type SimulatedHosts } from "../../components/observe/simulated";
import { devConfig, hostKey as keyOf, hostsOf, type StackConfig } from "../fixtures";
import { record } from "./engine";

const LIMIT = { timeout: 120_000 };
const claim = linesOf({
  "/var/lib/kubeadm-ha/cluster": ["dev"],
  "/var/lib/kubeadm-ha/ca.crt": ["the CA of a cluster that is not in the state"],
});

let claimed: SimulatedHosts;

// It says nothing else, so much is wrong with it.
before(async () => {
  claimed = await simulateHosts(printing(documentOf({ files: claim }, Date.now())));
});
after(() => claimed.close());

/** The first host is the claimed one, and at the addresses of the others nobody listens. */
function config(): StackConfig {
  const { port, hostKey, clientKey } = claimed;
  const hosts = hostsOf(devConfig()).map((host, index) => ({
    ...host,
    sshHost: `127.0.0.${index + 1}`,
    hostKey: index === 0 ? hostKey : keyOf(host.name),
  }));
  return devConfig({ observe: true, hosts, ssh: { user: "root", port, agent: false, privateKey: clientKey } });
}

test("a preview tells of both in one refusal, and declares no more than keys", LIMIT, async () => {
  const recording = await record(config(), { preview: true });
  const [message = "", ...others] = recording.errors;
  assert.deepEqual([recording.exitCode === 0, others], [false, []]);
  assert.match(message, /\n {2}state: cp1 belongs to the cluster dev .* knows no cluster/);
  assert.match(message, /\n {2}hosts\[0\] \(cp1\): does not run systemd/);
  assert.deepEqual([recording.commands, recording.localCommands], [[], []]);
});

test("an update that is refused declares nothing, and makes no keys", LIMIT, async () => {
  const recording = await record(config());
  assert.notEqual(recording.exitCode, 0);
  assert.match(recording.errors.join("\n"), /\(cp1\): does not run systemd/);
  assert.deepEqual(recording.wanted, []);
});
