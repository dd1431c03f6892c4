/** The cluster's description before Pulumi: what checks judge. */
import type { ClusterSpec, SshSpec } from "./types";

export type PlainSsh = Omit<SshSpec, "privateKey"> & { privateKey: string | undefined };

/** A ClusterSpec whose private key is still plain text. It stays inside components/spec. */
export type PlainSpec = Omit<ClusterSpec, "ssh"> & { ssh: PlainSsh };

/** What sentences judge: the configuration, and what of the cluster before it they need. */
export interface Draft extends PlainSpec {
  /** Of etcd, after the last complete update; 0 before the first. */
  membersBefore: number;
}

/** Reads a file that the config names; throws an Error that says why when it cannot. */
export type FileReader = (path: string) => string;
