/**
 * What text may look like. Every value that can reach a script, a unit file or a rendered config passes one of these,
 * so none of them admits quotes, line breaks, `$`, backticks, `;`, `&`, `|`, `<`, `>`, brackets or backslashes
 * (placeholders in `etcdUrl` and the `$codename` suite are the two named exceptions).
 */

const label = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const ipv4 = `${octet}(?:\\.${octet}){3}`;
// The last label of a host name is never all digits: 10 and 10.0.0.1 are addresses to a resolver.
const lastLabel = `(?![0-9]+(?:$|[:/]))${label}`;
const host = `(?:${label}\\.)*${lastLabel}`;
const port = "(?::[1-9][0-9]{0,4})?";
const urlPath = "(?:/[A-Za-z0-9._~+:@%=-]*)*";
const name63 = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?";

const whole = (source: string) => new RegExp(`^(?:${source})$`);

export const patterns = {
  label: whole(label),
  /** A node name is also a label value (kubernetes.io/hostname) and a Linux host name: 63 characters at most. */
  hostName: whole(`(?=.{1,63}$)${host}`),
  /** As the kernel has it: 15 characters. */
  interfaceName: /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/,
  dnsName: whole(`(?=.{1,253}$)${host}`),
  ipv4: whole(ipv4),
  hostOrIp: whole(`(?:${ipv4})|(?=.{1,253}$)${host}`),
  kubernetesVersion: /^v1\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})$/,
  plainVersion: /^(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$/,
  vVersion: /^v(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})$/,
  /** 1% to 100%. */
  percent: /^(?:[1-9][0-9]?|100)%$/,
  cidr: whole(`${ipv4}/(?:[0-9]|[12][0-9]|3[0-2])`),
  userName: /^[a-z_][a-z0-9_-]{0,31}$/,
  url: whole(`https?://(?:${ipv4}|${host})${port}${urlPath}`),
  httpsUrl: whole(`https://(?:${ipv4}|${host})${port}${urlPath}`),
  archiveUrl: whole(`https?://(?:${ipv4}|${host})${port}(?:/(?:[A-Za-z0-9._~+:@%=-]|\\{version\\}|\\{arch\\})*)+`),
  registryHost: whole(`(?:${ipv4}|${host})${port}`),
  imageRepository: whole(`(?:${ipv4}|${host})${port}(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*`),
  imageTag: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
  aptName: /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
  aptSuite: /^(?:\$codename|\/|[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9._-]+)*\/?)$/,
  aptComponent: /^[a-z0-9][a-z0-9._/-]{0,63}$/,
  shaName: /^[0-9]+\.[0-9]+\.[0-9]+-(?:amd64|arm64|ppc64le|s390x)$/,
  sha256: /^[0-9a-f]{64}$/,
  directory: /^(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/,
  filePath: /^[^\p{Cc}]{1,4096}$/u,
  flagName: /^[a-z][a-z0-9-]{0,79}$/,
  flagValue: /^[A-Za-z0-9._,:=/@%+-]{1,4096}$/,
  fieldName: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,252}$/,
  pluginName: /^io\.containerd\.[a-z0-9]+(?:[.-][a-z0-9]+)*$/,
  preflightCheck: /^[A-Za-z][A-Za-z0-9._-]{0,127}$/,
  /** Wide enough for a misspelt one, which is then answered with the nearest. */
  checkId: /^[A-Za-z0-9_-]{1,64}$/,
  checkIds: /^[A-Za-z0-9_,-]{0,4096}$/,
  labelKey: whole(`(?:(?=[^/]{1,253}/)${host}/)?${name63}`),
  labelValue: whole(`(?:${name63})?`),
} as const;
