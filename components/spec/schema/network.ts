import { z } from "zod";
import { ApiBy } from "../types";
import { defaultFlannel } from "../versions";
import { patterns } from "./patterns";
import { text, whole } from "./text";

export const defaultApiPort = 8443;

export const apiSchema = z
  .strictObject({
    by: z
      .enum(ApiBy)
      .default(ApiBy.Haproxy)
      .describe(
        "What clients find first: `haproxy`, a virtual IP with HAProxy behind it on every control plane; `vip`, a virtual IP and the API server of its holder; `load-balancer`, one of your own, for which nothing is installed. Cannot change later.",
      )
      .meta({ examples: [ApiBy.Haproxy] }),
    vip: text(patterns.ipv4, "an IPv4 address", "192.0.2.10")
      .optional()
      .describe(
        "Virtual IP of the API, in the control planes' subnet and held by no host. Needed but for `load-balancer`.",
      ),
    vipPrefix: whole(8, 30, 24).default(24).describe("Prefix length of that subnet."),
    port: whole(1, 65535, defaultApiPort)
      .optional()
      .describe(`HAProxy's port on the virtual IP. Only for \`haproxy\`. Default: ${defaultApiPort}.`),
    bindPort: whole(1, 65535, 6443).default(6443).describe("Port of the API servers."),
    routerId: whole(1, 255, 51)
      .optional()
      .describe("VRRP virtual router id, unique on the network segment. Needed but for `load-balancer`."),
    loadBalancer: z
      .strictObject({
        host: text(patterns.hostOrIp, "a DNS name or an IPv4 address", "api.prod.example").describe(
          "Its name or address; becomes a name in the API servers' certificates.",
        ),
        port: whole(1, 65535, 6443).default(6443).describe("Its port."),
      })
      .optional()
      .describe(
        "Your own load balancer, which passes TCP on to port `bindPort` of every control plane whose /readyz answers 200. Only for `load-balancer`.",
      )
      .meta({ examples: [{ host: "api.prod.example" }] }),
    dnsName: text(patterns.dnsName, "a DNS name", "api.prod.example")
      .optional()
      .describe("DNS name of the endpoint; becomes a name in the API servers' certificates."),
    extraSans: z
      .array(text(patterns.hostOrIp, "a DNS name or an IPv4 address", "api.example.net"))
      .default([])
      .describe("Further names or addresses in the API servers' certificates.")
      .meta({ examples: [["api.example.net"]] }),
  })
  .describe("The API endpoint: what every client of the API uses.");

export const pluginNames = ["flannel", "none"] as const;

export const networkSchema = z
  .strictObject({
    podCidr: z
      .string()
      .default("10.200.0.0/16")
      .describe("Addresses of pods, IPv4. Every node takes a /24 of it. Cannot change later.")
      .meta({ examples: ["10.200.0.0/16"] }),
    serviceCidr: z
      .string()
      .default("10.32.0.0/16")
      .describe("Addresses of services, IPv4, /12 to /28. Cannot change later.")
      .meta({ examples: ["10.32.0.0/16"] }),
    dnsDomain: text(patterns.dnsName, "a DNS domain", "cluster.local")
      .default("cluster.local")
      .describe("DNS domain of services. Cannot change later."),
    plugin: z
      .enum(pluginNames)
      .default("flannel")
      .describe("Pod network: `flannel`, or `none` to bring your own; nodes stay NotReady until you do."),
    flannelVersion: text(patterns.vVersion, "an exact version with its v", defaultFlannel)
      .default(defaultFlannel)
      .describe("Release of flannel. Only for plugin flannel."),
  })
  .prefault({})
  .describe("Pod and service network.");
