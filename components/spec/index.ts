/** The typed description of one cluster. No Pulumi resources. */
export { readSpec } from "./read";
export * from "./topology";
export * from "./types";
export { minorVersions, minors, type MinorVersions } from "./versions";
