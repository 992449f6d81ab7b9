import { storable } from "../../src/contract/cut-text.ts";

/* A phone's text ends in a terminal and in a model's context, so nothing in it may move a cursor, hide or turn around what it says. */

const esc = "\\u001b";
/** OSC, DCS, SOS, PM and APC run to BEL or ST and carry a payload (a link, a title, clipboard content). */
const controlString = `(?:${esc}[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|${esc}\\\\|\\u009c)?`;
const controlSequence = `(?:${esc}\\[|\\u009b)[0-?]*[ -/]*[@-~]?`;
const otherEscape = `${esc}[ -/]*[0-~]?`;
const terminalSequences = new RegExp(`${controlString}|${controlSequence}|${otherEscape}`, "g");

/** C0, DEL and C1, but tab and line feed. */
const controls = /[^\P{Cc}\t\n]/gu;
/** Bidirectional marks, embeddings, overrides and isolates. */
const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Zero-width and annotation characters, and the invisible tags that can spell hidden words. ZWJ and ZWNJ stay: emoji and Persian need them. */
const invisible = /[\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The text of a reply as it may be stored and shown; "" when nothing of it is left. */
export function cleanReply(received: string): string {
	return storable(received)
		.replace(/\r\n?|[\u2028\u2029\u0085]/g, "\n")
		.replace(terminalSequences, "")
		.replace(controls, "")
		.replace(bidi, "")
		.replace(invisible, "")
		.trim();
}
