import assert from "node:assert/strict";
import { test } from "node:test";

import { steps } from "./events";
import { inWork } from "./load-figures";

const URN = "urn:pulumi:dev::kubeadm-ha::kubeadm-ha:host:Host$command:remote:Command::";
const command = (name: string, op = "update") => ({
  metadata: { op, urn: `${URN}${name}`, type: "command:remote:Command" },
});
const component = {
  metadata: {
    op: "update",
    urn: "urn:pulumi:dev::kubeadm-ha::kubeadm-ha:host:Host::dev-cp1",
    type: "kubeadm-ha:host:Host",
  },
};

const log = [
  { timestamp: 100, preludeEvent: { config: {} } },
  { timestamp: 101, resourcePreEvent: component },
  { timestamp: 101, resourcePreEvent: command("dev-cp1-claim", "same") },
  { timestamp: 101, resOutputsEvent: command("dev-cp1-claim", "same") },
  { timestamp: 102, resourcePreEvent: command("dev-cp1-control-plane") },
  { timestamp: 110, diagnosticEvent: { message: "waiting" } },
  { timestamp: 140, resOutputsEvent: command("dev-cp1-control-plane") },
  { timestamp: 140, resOutputsEvent: component },
  { timestamp: 141, resourcePreEvent: command("dev-cp2-control-plane") },
  { timestamp: 141, resourcePreEvent: command("dev-cp3-images") },
  { timestamp: 150, resOpFailedEvent: command("dev-cp2-control-plane") },
]
  .map((event) => `${JSON.stringify(event)}\n`)
  .join("");

test("steps are the changed resources, with their failure or without an end", () => {
  assert.deepEqual(steps(log), [
    { name: "dev-cp1-control-plane", from: 102, to: 140, failed: false },
    { name: "dev-cp2-control-plane", from: 141, to: 150, failed: true },
    { name: "dev-cp3-images", from: 141, to: undefined, failed: false },
  ]);
});

test("a line that was cut off is left out", () => {
  assert.deepEqual(steps(`${log}{"timestamp":151,"resOutp`), steps(log));
  assert.deepEqual(steps(""), []);
});

test("a gap is explained by the steps that were in work at any moment of it", () => {
  const done = steps(log);
  assert.deepEqual(inWork(done, 139_000, 140_500), ["dev-cp1-control-plane"]);
  assert.deepEqual(inWork(done, 140_900, 141_100), [
    "dev-cp1-control-plane",
    "dev-cp2-control-plane",
    "dev-cp3-images",
  ]);
  assert.deepEqual(inWork(done, 151_000, 160_000), ["dev-cp3-images"]);
  assert.deepEqual(inWork(done, 90_000, 101_000), []);
});
