import type { ReportEvent } from "../contract/events.ts";

/** Nobody sees a dialog at the terminal who has not typed there for so long. */
const awayMs = 120_000;

export interface WhereaboutsDeps {
	now: () => Date;
	/** Whether somebody is at the computer; undefined where nothing says so. */
	isPresent: () => boolean | undefined;
}

/** Where the person is, as far as this machine knows. */
export class Whereabouts {
	readonly #deps: WhereaboutsDeps;
	/** When the person last typed here; undefined once they answered from the phone. */
	#attended: Date | undefined;
	#isOnPhone = false;

	constructor(deps: WhereaboutsDeps) {
		this.#deps = deps;
	}

	typedHere(): void {
		this.#isOnPhone = false;
		this.#attended = this.#deps.now();
	}

	answeredFromPhone(): void {
		this.#isOnPhone = true;
		this.#attended = undefined;
	}

	/** As heartbeats and events carry it. */
	report(): Pick<ReportEvent, "attended" | "present"> {
		const present = this.#deps.isPresent();
		const attended = this.#isOnPhone ? null : this.#attended?.toISOString();
		return {
			...(attended === undefined ? {} : { attended }),
			...(present === undefined ? {} : { present: present && !this.#isOnPhone }),
		};
	}

	/** Nobody seems to sit at this terminal. */
	get isAway(): boolean {
		if (this.#isOnPhone) return true;
		const present = this.#deps.isPresent();
		if (present !== undefined) return !present;
		return this.#attended === undefined || this.#deps.now().getTime() - this.#attended.getTime() >= awayMs;
	}
}
