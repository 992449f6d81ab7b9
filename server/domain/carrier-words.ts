/** Twilio's standard lists. A message that is one of these and nothing else belongs to the carrier and is never a reply of ours. */
const stopWords = new Set(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]);
const startWords = new Set(["START", "YES", "UNSTOP"]);
const helpWords = new Set(["HELP", "INFO"]);

export function carrierWord(text: string): "stop" | "start" | "help" | undefined {
	const word = text.trim().toUpperCase();
	if (stopWords.has(word)) return "stop";
	if (startWords.has(word)) return "start";
	return helpWords.has(word) ? "help" : undefined;
}
