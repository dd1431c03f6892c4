/** What every remote command of the program must and must not carry. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { devConfig, hostKey, hostsOf, etcdHostsConfig, SSH_PRIVATE_KEY } from "../fixtures";
import { record } from "./engine";
import {
  controlPlaneNodes,
  etcdHealthy,
  giveBack,
  isOnce,
  labels,
  ready,
  settings,
  snapshot,
  workerNodes,
} from "./names";
import { COMMAND, LOCAL_COMMAND, type Recording, type Resource } from "./recording";
import { devCluster, etcdHostsCluster } from "./topologies";
import { isSecret, openTexts, reveal } from "./wire";

const recordings: [string, () => Promise<Recording>][] = [
  ["etcd on the control planes", devCluster],
  ["etcd on hosts of its own", etcdHostsCluster],
];
const addresses = new Map(hostsOf(etcdHostsConfig()).map((host) => [host.ip, host.name]));
const WHOLE_CLUSTER = [controlPlaneNodes, etcdHealthy, labels, ready, settings, snapshot, workerNodes].sort();

interface Connection {
  host: string;
  hostKey: string;
  privateKey: string;
  dialErrorLimit: number;
}

function connectionOf(command: Resource): Connection {
  return reveal(command.inputs["connection"]) as Connection;
}

/** The ways a secret may be written: as it is, or in base64 at any offset, once or twice over. */
function spellings(text: string): string[] {
  const body = text.split("\n").filter((line) => line.length > 6 && !line.startsWith("-----"));
  const plain = [text.trim(), ...body];
  const encode = (value: string) =>
    [0, 1, 2].map((offset) => {
      const encoded = Buffer.from("x".repeat(offset) + value).toString("base64");
      return encoded.slice(offset === 0 ? 0 : offset + 1, Math.floor(((offset + value.length) * 8) / 6) - 1);
    });
  const once = plain.flatMap(encode);
  return [...plain, ...once, ...once.flatMap(encode)];
}

for (const [title, recorded] of recordings) {
  describe(`with ${title}`, () => {
    test("every command verifies the key of the very host that it runs on", async () => {
      const { commands } = await recorded();
      assert.ok(commands.length > 20, "commands are recorded");
      for (const command of commands) {
        const { host, hostKey: key } = connectionOf(command);
        const name = addresses.get(host);
        assert.ok(name, `${command.name} connects to ${host}, which is no host`);
        assert.equal(key, hostKey(name), command.name);
      }
    });

    test("a command that is named after a host runs on that host", async () => {
      for (const command of (await recorded()).commands) {
        const named = [...addresses].filter(([, name]) => command.name.split("-").includes(name));
        for (const [ip] of named) assert.equal(connectionOf(command).host, ip, command.name);
      }
    });

    test("connections and standard input are secret, and the private key is in the connection only", async () => {
      const { commands } = await recorded();
      for (const { name, inputs } of commands) {
        assert.ok(isSecret(inputs["connection"]), `${name}: connection`);
        assert.ok(inputs["stdin"] === undefined || isSecret(inputs["stdin"]), `${name}: stdin`);
      }
      assert.ok(
        commands.some(({ inputs }) => isSecret(inputs["stdin"])),
        "secrets go by standard input",
      );
      assert.ok(commands.every((command) => connectionOf(command).privateKey === SSH_PRIVATE_KEY));
    });

    test("no secret stands in an input that is not secret, in any spelling", async () => {
      const recording = await recorded();
      const texts = recording.resources.flatMap((resource) =>
        openTexts(resource.inputs, resource.name).map(({ path, text }) => ({ path, text })),
      );
      const secrets = [...recording.secrets, ["ssh.privateKey", SSH_PRIVATE_KEY] as const];
      assert.ok(secrets.length > 10, "providers handed out secrets");
      for (const [source, value] of secrets) {
        for (const spelling of spellings(value)) {
          const found = texts.find(({ text }) => text.includes(spelling));
          assert.equal(found?.path, undefined, `${source} is readable in ${found?.path}`);
        }
      }
    });

    test("the search for secrets finds one in a kubeconfig that is in base64 once more", async () => {
      const [key] = [...(await recorded()).secrets.values()];
      const kubeconfig = `client-key-data: ${Buffer.from(key!).toString("base64")}`;
      const twice = Buffer.from(kubeconfig).toString("base64");
      assert.ok(spellings(key!).some((spelling) => kubeconfig.includes(spelling)));
      assert.ok(spellings(key!).some((spelling) => twice.includes(spelling)));
    });

    test("nothing that a command prints feeds another resource", async () => {
      const recording = await recorded();
      const commands = new Set(recording.commands.map((command) => command.urn));
      for (const resource of recording.resources) {
        for (const [property, urns] of resource.propertyDependencies) {
          assert.ok(!urns.some((urn) => commands.has(urn)), `${resource.name}.${property} reads a command's output`);
        }
      }
    });

    test("no command has triggers or an update of its own: a change runs the same script in place", async () => {
      for (const { name, inputs } of (await recorded()).commands) {
        assert.equal(inputs["triggers"], undefined, name);
        assert.equal(inputs["update"], undefined, name);
        assert.ok(String(inputs["create"]).length > 0, name);
      }
    });

    test("nothing but the SDK's own rule for triggers can replace a command", async () => {
      for (const command of (await recorded()).commands) {
        assert.deepEqual(command.replaceOnChanges, ["triggers[*]"], command.name);
        assert.equal(command.deleteBeforeReplace, false, command.name);
      }
    });

    test("previous outputs never go into the environment, which sshd would refuse, and nothing else does", async () => {
      for (const { name, inputs } of (await recorded()).commands) {
        assert.equal(inputs["addPreviousOutputInEnv"], false, name);
        assert.equal(inputs["environment"], undefined, name);
      }
    });

    test("no remote command has anything to do on removal: it would fail for a host that is gone", async () => {
      for (const { name, inputs } of (await recorded()).commands) assert.equal(inputs["delete"], undefined, name);
    });

    test("every host has one command that gives it back, and does nothing but at its own removal", async () => {
      const { localCommands, commands } = await recorded();
      const hosts = new Set(commands.map((command) => addresses.get(connectionOf(command).host)!));
      assert.deepEqual(localCommands.map(({ name }) => name).sort(), [...hosts].map(giveBack).sort());
      for (const { name, inputs, ignoreChanges } of localCommands) {
        assert.deepEqual(
          [inputs["create"], inputs["update"], inputs["triggers"]],
          [undefined, undefined, undefined],
          name,
        );
        assert.equal(inputs["addPreviousOutputInEnv"], false, name);
        assert.deepEqual(ignoreChanges, ["environment"], name);
      }
    });

    test("what gives a host back knows its key, and has the private key in nothing but secret standard input", async () => {
      for (const { name, inputs } of (await recorded()).localCommands) {
        const host = [...addresses].find(([, known]) => giveBack(known) === name)!;
        assert.ok(String(inputs["delete"]).includes(`HOSTS=('${host[1]} ${host[0]} ${hostKey(host[1])}')`), name);
        assert.ok(isSecret(inputs["stdin"]), name);
        const [, key = ""] = String(reveal(inputs["stdin"])).split("\n");
        assert.equal(Buffer.from(key, "base64").toString().trim(), SSH_PRIVATE_KEY.trim(), name);
      }
    });

    test("every script ends by itself, and dialling is bounded", async () => {
      for (const command of (await recorded()).commands) {
        for (const key of ["create", "delete"]) {
          const text = command.inputs[key];
          if (text !== undefined) assert.match(String(text), /^timeout -k 15 \d+ bash -c /, `${command.name}.${key}`);
        }
        const { dialErrorLimit } = connectionOf(command);
        assert.ok(dialErrorLimit > 0 && dialErrorLimit <= 100, `${command.name}: dialErrorLimit ${dialErrorLimit}`);
      }
    });

    test("a host is connected to a handful of times: at most 10 on a control plane with etcd, 6 on a worker", async () => {
      const counts = new Map<string, string[]>();
      for (const command of (await recorded()).commands) {
        if (WHOLE_CLUSTER.includes(command.name)) continue;
        const host = addresses.get(connectionOf(command).host)!;
        counts.set(host, [...(counts.get(host) ?? []), command.name]);
      }
      for (const [host, names] of counts) {
        const limit = host.startsWith("w") ? 6 : 10;
        assert.ok(names.length <= limit, `${host} has ${names.length}: ${names.join(", ")}`);
      }
    });

    test("only what happens once ignores changes, and it ignores every input that could change", async () => {
      for (const { name, inputs, ignoreChanges } of (await recorded()).commands) {
        const all = Object.keys(inputs).filter((input) => input !== "addPreviousOutputInEnv");
        assert.deepEqual([...ignoreChanges].sort(), isOnce(name) ? all.sort() : [], name);
      }
    });

    test("commands that belong to no host are those that are the whole cluster's", async () => {
      const names = (await recorded()).commands
        .map((command) => command.name)
        .filter((name) => !name.split("-").some((part) => [...addresses.values()].includes(part)));
      assert.deepEqual(names.sort(), WHOLE_CLUSTER);
    });
  });
}

test("commands are the only resources that reach a host", async () => {
  const types = new Set((await devCluster()).resources.filter(({ custom }) => custom).map(({ type }) => type));
  const hosts = [...types].filter((type) => type.startsWith("command:"));
  assert.deepEqual(hosts.sort(), [LOCAL_COMMAND, COMMAND].sort());
});

test("what happens once may be repeated with a corrected configuration until an update is complete", async () => {
  const first = (await record(devConfig())).succeeded();
  for (const { name, ignoreChanges } of first.commands) assert.deepEqual([...ignoreChanges], [], name);
});
