import assert from "node:assert/strict";
import { test } from "node:test";
import { hostsOf } from "./cases/case";
import { configWith, specOf } from "./fixture";
import { controlPlanes, etcdEndpoints, etcdMembers, hasRole, nodes, serviceIp, workers } from "./topology";
import { Role } from "./types";

const planes = Array<string[]>(3).fill(["control-plane"]);
const spec = specOf(configWith(hostsOf(...planes, ["etcd"], ["worker"], ["etcd"], ["etcd"])));
const names = (hosts: { name: string }[]) => hosts.map(({ name }) => name);

test("hosts are found by their roles, in the order of the config", () => {
  assert.deepEqual(names(controlPlanes(spec)), ["h0", "h1", "h2"]);
  assert.deepEqual(names(etcdMembers(spec)), ["h3", "h5", "h6"]);
  assert.deepEqual(names(workers(spec)), ["h4"]);
  assert.deepEqual(names(nodes(spec)), ["h0", "h1", "h2", "h4"]);
  assert.equal(spec.hosts[0] && hasRole(spec.hosts[0], Role.Etcd), false);
});

test("etcd is reached at every member's own address", () => {
  assert.deepEqual(etcdEndpoints(spec), [
    "https://192.0.2.23:2379",
    "https://192.0.2.25:2379",
    "https://192.0.2.26:2379",
  ]);
});

test("the first service address is the API's, the tenth is the DNS", () => {
  assert.equal(serviceIp("10.32.0.0/16", 1), "10.32.0.1");
  assert.equal(serviceIp("10.32.0.0/16", 10), "10.32.0.10");
});
