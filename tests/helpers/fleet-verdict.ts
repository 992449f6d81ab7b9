import { markPattern } from "./fleet-run.ts";
import type { Seat } from "./fleet-seat.ts";
import type { ModelRequest } from "./model-request.ts";

/** What the model's requests say of the replies to one seat. */
export interface SeatVerdict {
	/** Never in any request. */
	lost: string[];
	/** Twice in one conversation, or in a conversation and in the one that /clear put after it. */
	doubled: string[];
	/** Came before one that was sent earlier. */
	overtook: string[];
	/** Were in a conversation and then, resumed, not any more. */
	forgotten: string[];
}

/** Each request holds its whole conversation, so that what stands twice in one was brought twice. */
export function judgeSeat(seat: Seat, sent: readonly string[], requests: readonly ModelRequest[]): SeatVerdict {
	const own = requests.filter(({ sessionId }) => seat.ids.includes(sessionId));
	const firstSeen: string[] = [];
	const homeOf = new Map<string, string>();
	const doubled = new Set<string>();
	for (const { sessionId, allText } of own) {
		const marks = [...allText.matchAll(markPattern)].flatMap(([, mark]) => mark ?? []);
		for (const [n, mark] of marks.entries()) {
			if (marks.indexOf(mark) < n || (homeOf.get(mark) ?? sessionId) !== sessionId) doubled.add(mark);
			if (!homeOf.has(mark)) firstSeen.push(mark);
			homeOf.set(mark, sessionId);
		}
	}
	const forgotten = seat.ids.flatMap((id) => {
		const last = own.findLast(({ sessionId }) => sessionId === id)?.allText ?? "";
		return [...homeOf].flatMap(([mark, home]) => (home === id && !last.includes(`<${mark}>`) ? [mark] : []));
	});
	return {
		lost: sent.filter((mark) => !homeOf.has(mark)),
		doubled: [...doubled],
		overtook: firstSeen.filter((mark, n) => n > 0 && mark < (firstSeen[n - 1] ?? "")),
		forgotten,
	};
}

/** Marks that no request of the seat has yet. */
export function missing(seat: Seat, sent: readonly string[], requests: readonly ModelRequest[]): string[] {
	return judgeSeat(seat, sent, requests).lost;
}
