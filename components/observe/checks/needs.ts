/** What checks judge hosts by. Pure. */
import { Question } from "../questions";

const { Packages, Units, Synchronised, Interfaces, Routes, Listeners } = Question;
const { Machine, Processors, Disks, Files, Lines, Health, Etcd, Sources } = Question;

/** By check: the questions without whose answers it has nothing to say of a host. */
export const needs: Record<string, Question[]> = {
  "host-free": [Files],
  "node-ca": [Files],
  "etcd-data-free": [Files],
  hostname: [Files],
  architecture: [Machine],
  "architecture-mixed": [Machine],
  debian: [Files],
  kernel: [Files],
  "swap-off": [Files],
  selinux: [Files],
  cpus: [Processors],
  memory: [Lines],
  "disk-space": [Disks],
  "disk-inodes": [Disks],
  "clock-synchronised": [Synchronised],
  "ip-on-host": [Interfaces],
  "default-route": [Routes],
  "vip-on-link": [Interfaces],
  "vip-free": [Interfaces, Files],
  // Whether a host is ours, and with that whose its routes and listeners are, is in a file.
  "routes-apart": [Routes, Files],
  "ports-free": [Listeners, Files],
  firewall: [Units, Files],
  "runtime-free": [Packages],
  "packages-available": [Packages, Sources],
  "package-sources": [Sources],
  "etcd-healthy": [Etcd],
  "control-plane-healthy": [Lines, Health],
};
