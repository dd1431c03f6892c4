/** The API endpoint: what its kind needs, and what means nothing to it. */
import { show, type Problem } from "../problem";
import type { Config } from "../schema";
import { defaultApiPort } from "../schema/network";
import { ApiBy, type ApiSpec } from "../types";

type ApiConfig = Config["api"];

/** The keys of an endpoint that not every kind has, with an example of each. */
const examples = { vip: "192.0.2.10", routerId: "51", port: "8443", loadBalancer: "{ host: api.prod.example }" };
type Key = keyof typeof examples;

const needed: Record<ApiBy, Key[]> = {
  [ApiBy.Haproxy]: ["vip", "routerId"],
  [ApiBy.Vip]: ["vip", "routerId"],
  [ApiBy.LoadBalancer]: ["loadBalancer"],
};

const meaningless: Record<ApiBy, Key[]> = {
  [ApiBy.Haproxy]: ["loadBalancer"],
  [ApiBy.Vip]: ["port", "loadBalancer"],
  [ApiBy.LoadBalancer]: ["vip", "routerId", "port"],
};

/** Undefined when a key is missing or has no place there: checks of values would speak of something else. */
export function resolveApi(config: ApiConfig, problems: Problem[]): ApiSpec | undefined {
  const { by } = config;
  const missing = needed[by].filter((key) => config[key] === undefined);
  const useless = meaningless[by].filter((key) => config[key] !== undefined);
  problems.push(
    ...missing.map((key) => ({
      key: `api.${key}`,
      value: "",
      reason: `is missing, and api.by ${by} needs it`,
      fix: `Add it like ${examples[key]}`,
    })),
    ...useless.map((key) => ({
      key: `api.${key}`,
      value: show(config[key]),
      reason: `means nothing with api.by ${by}`,
      fix: "Remove it, or choose another api.by",
    })),
  );
  if (missing.length + useless.length > 0) return undefined;
  const { vip, routerId, loadBalancer, dnsName } = config;
  return { ...config, vip, routerId, loadBalancer, dnsName, port: portOf(config) };
}

function portOf({ by, port, bindPort, loadBalancer }: ApiConfig): number {
  if (by === ApiBy.Haproxy) return port ?? defaultApiPort;
  return loadBalancer?.port ?? bindPort;
}
