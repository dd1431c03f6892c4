import assert from "node:assert/strict";
import { test } from "node:test";
import { containerSettings, privileges } from "./container";

const EVERY_CAPABILITY = "CapBnd:\t000001ffffffffff\n";
const WITHOUT_SYS_RESOURCE = "CapBnd:\t000001fffeffffff\n";

test("a machine with every capability runs privileged hosts", () => {
  assert.deepEqual(privileges(EVERY_CAPABILITY), { Privileged: true });
});

test("a machine without CAP_SYS_RESOURCE asks for all others, and never for privileged", () => {
  const asked = privileges(WITHOUT_SYS_RESOURCE) as Record<string, unknown>;
  assert.deepEqual([asked.CapAdd, asked.CapDrop], [["ALL"], ["SYS_RESOURCE"]]);
  assert.equal(asked.Privileged, undefined);
});

test("a machine whose capabilities are unknown gets the careful settings", () => {
  assert.equal((privileges("") as Record<string, unknown>).Privileged, undefined);
});

test("a host is known by its labels, keeps out of docker's networks, and has volumes of its own", () => {
  const birth = {
    image: "i",
    publicKey: "k",
    labels: { more: "x" },
    volumes: ["/var/lib/kubelet"],
    binds: ["/a:/b:ro"],
  };
  const settings = containerSettings("two", { name: "cp1", ip: "10.77.1.11" }, birth, EVERY_CAPABILITY) as {
    Labels: object;
    NetworkDisabled: boolean;
    Volumes: object;
    HostConfig: { Binds: string[] };
  };
  assert.deepEqual(settings.Labels, {
    "kubeadm-ha.lab": "two",
    "kubeadm-ha.host": "cp1",
    "kubeadm-ha.ip": "10.77.1.11",
    more: "x",
  });
  assert.equal(settings.NetworkDisabled, true);
  assert.deepEqual(settings.Volumes, { "/var/lib/kubelet": {} });
  assert.ok(settings.HostConfig.Binds.includes("/a:/b:ro"));
});

test("no key of the lab is among the settings, which docker shows to anyone who may ask", () => {
  const birth = { image: "i", publicKey: "the-key", labels: {}, volumes: [], binds: [] };
  const settings = containerSettings("two", { name: "cp1", ip: "10.77.1.11" }, birth, EVERY_CAPABILITY);
  assert.doesNotMatch(JSON.stringify(settings), /the-key/);
});
