/** The commented scenario that `vigosim new` writes. */
export const firstScenario = `# Three bolts found a spanner; one is cut off for a while and comes back.
name: my first scenario
bolts:
  count: 3                          # b1, b2, b3
  patterns: "*.{name}.example.com"  # each owns its own domain
  tier1: 5s                         # how often they send beacons
steps:
  - {at: 0s, do: found, on: b1}
  - {at: 1s, do: admit, bolts: [b2, b3], by: b1}
  - {at: 60s, fault: isolate, bolts: [b3], until: 120s}
expect:
  - {at: 90s, expect: {on: b1, sees: b3, marked: [stale, link down]}}
  - {at: 90s, expect: {on: b3, isolated: true}}
  - {within: 30s after heal, expect: {that: everyone sees everyone fresh}}
  - {finally: {members: [b1, b2, b3]}}
`;
