/** `spanner route explain`: which bolt a hostname belongs to, why, and what would change it. */
import type { Command } from "commander";
import { shortId } from "../console/amount-text.ts";
import { attach, withExample } from "./actions.ts";
import { answerOf } from "./session.ts";
import type { CliWorld } from "./world.ts";

export function addRouteCommands(spanner: Command, world: CliWorld): void {
  const group = spanner.command("route").description("Where hostnames belong.");
  withExample(group, "vigocli spanner route explain web-1.east.example.com");
  const explain = group
    .command("explain")
    .description("Which bolt owns a hostname, by which pattern, and what would change it.")
    .argument("<hostname>");
  withExample(explain, "vigocli spanner route explain web-1.east.example.com");
  attach(explain, world, async (session, _options, [hostname = ""]) => {
    const { route } = answerOf(await session.ask("route-explain", { hostname }), "route");
    const { owner, ownerName } = route;
    const facts: (readonly [string, string])[] = [
      ["hostname", route.hostname],
      ["owner", owner === null ? "nobody" : `${ownerName ?? "?"} (${shortId(owner)})`],
      ["pattern", route.pattern ?? "-"],
      ["because", route.because],
    ];
    for (const { name, pattern, why } of route.others) facts.push(["also", `${name} (${pattern}): ${why}`]);
    for (const { name, pattern } of route.nearest) facts.push(["nearest", `${name} (${pattern})`]);
    for (const change of route.wouldChange) facts.push(["change", change]);
    session.showFacts(facts, route, ownerName ?? "");
  });
}
