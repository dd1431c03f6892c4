/** What clients of the API notice. Pure. */

export const NO_GAP = "none expected";

/** While a host's API server restarts. */
export function apiImpact(several: boolean, holdsVip: boolean): string {
  if (!several) return "the API does not answer until its only server is back";
  const drained = "HAProxy takes it out first";
  return `${NO_GAP} (${drained}${holdsVip ? ", the virtual IP stays here" : ""})`;
}
