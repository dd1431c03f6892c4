/** Certificates live long enough to be renewed, and never longer than the authority that signed them. */
import { sentence } from "../sentence";

export const certificateChecks = [
  sentence(
    "leaf-outlives-renewal",
    "certificates live longer than their renewal time",
    ["certificates"],
    ({ certificates }) => {
      const { leafValidityHours: leaf, earlyRenewalHours: early } = certificates;
      if (leaf > early) return [];
      const reason = `is not more than earlyRenewalHours (${early}), so every run would renew every certificate`;
      const fix = "Set leafValidityHours to at least twice earlyRenewalHours";
      return [{ key: "certificates.leafValidityHours", value: String(leaf), reason, fix }];
    },
  ),

  sentence("leaf-within-ca", "certificates do not outlive their authority", ["certificates"], ({ certificates }) => {
    const { leafValidityHours: leaf, caValidityHours: ca } = certificates;
    if (leaf <= ca) return [];
    const reason = `is more than caValidityHours (${ca}), and a certificate is worth nothing after its authority`;
    return [{ key: "certificates.leafValidityHours", value: String(leaf), reason, fix: `Set at most ${ca}` }];
  }),

  sentence(
    "ca-outlives-renewal",
    "authorities live longer than their renewal time",
    ["certificates"],
    ({ certificates }) => {
      const { caValidityHours: ca, earlyRenewalHours: early } = certificates;
      if (ca > early) return [];
      const reason = `is not more than earlyRenewalHours (${early}), so every run would replace the authorities`;
      return [
        { key: "certificates.caValidityHours", value: String(ca), reason, fix: "Set several years, 87600 is usual" },
      ];
    },
  ),
];
