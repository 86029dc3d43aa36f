/**
 * How rows and profiles enter the roster: those of others reach the disk first, own ones come back signed and stored,
 * and what waited in memory for its ancestors is stored before anyone hears of it (BO-2, BO-5).
 *
 *   take -> ready rows to disk -> stored -> merged -> the fact `merged`
 *        -> early rows wait in memory -> their ancestors merge -> to disk -> stored -> the fact `merged`
 */
import type { Signed } from "../roster/durable.ts";
import type { SignedProfile } from "../roster/profile.ts";
import type { SignedRow } from "../roster/row.ts";
import type { Desk } from "./desk.ts";
import type { Outbox, Taking } from "./outbox.ts";
import { sortTaken } from "./taking.ts";
import type { SharedWorld } from "./world.ts";

export class Intake {
  readonly #world: SharedWorld;
  readonly #desk: Desk;
  readonly #outbox: Outbox;

  constructor(world: SharedWorld, desk: Desk, outbox: Outbox) {
    this.#world = world;
    this.#desk = desk;
    this.#outbox = outbox;
  }

  /** Sends to disk what is news and complete; false when nothing is, so nothing will be stored. */
  take(taking: Taking): boolean {
    const { ready, early, profiles } = sortTaken(this.#world.roster, taking);
    if (early.length > 0) this.#keepWaiting(early);
    if (ready.length + profiles.length === 0) return false;
    const ticket = this.#desk.ticket({ waits: "take", errand: taking.errand, rows: ready, profiles });
    const rowWrites = ready.map((row) => ({ put: "row", row }) as const);
    const profileWrites = profiles.map((profile) => ({ put: "profile", profile }) as const);
    this.#outbox.effect({ do: "store", ticket, writes: [...rowWrites, ...profileWrites], drafts: [] });
    return true;
  }

  /** Own drafts are on disk. */
  ownStored(signed: readonly Signed[]): void {
    const rows = signed.flatMap((item) => (item.signed === "row" ? [item.row] : []));
    const profiles = signed.flatMap((item) => (item.signed === "profile" ? [item.profile] : []));
    if (rows.length + profiles.length > 0) this.stored(rows, profiles);
    for (const row of rows) {
      if (row.message.origin === this.#world.self) this.#outbox.fact({ fact: "own-row", row });
    }
  }

  /** Rows and profiles are on disk: they join the roster, and with them whatever waited for them. */
  stored(rows: readonly SignedRow[], profiles: readonly SignedProfile[]): void {
    const onDisk = new Set(rows.map((row) => row.message.id));
    const { merged, refused } = this.#world.roster.merge(rows);
    const news = profiles.filter((profile) => this.#world.roster.mergeProfile(profile));
    for (const { row, why } of refused) {
      this.#outbox.effect({ do: "note", note: { what: "row-refused", detail: `${row} ${why}` } });
    }
    const released = merged.filter((row) => !onDisk.has(row.message.id));
    if (released.length > 0) this.#storeReleased(released);
    const settled = merged.filter((row) => onDisk.has(row.message.id));
    if (settled.length + news.length > 0) this.#outbox.fact({ fact: "merged", rows: settled, profiles: news });
  }

  #keepWaiting(early: readonly SignedRow[]): void {
    this.#world.roster.merge(early);
    const wanted = this.#world.roster.wanted();
    if (wanted.length > 0) this.#outbox.fact({ fact: "wanted", rows: wanted });
  }

  #storeReleased(rows: readonly SignedRow[]): void {
    const ticket = this.#desk.ticket({ waits: "released", rows });
    const writes = rows.map((row) => ({ put: "row", row }) as const);
    this.#outbox.effect({ do: "store", ticket, writes, drafts: [] });
  }
}
