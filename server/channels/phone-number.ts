import { type NumberType, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { e164 } from "../../src/contract/channels.ts";
import type { AddressCheck } from "./channel.ts";

const example = "+15551234567";

/** No person reads SMS there, and some of them pay the caller: what toll fraud is made of. */
const refusedTypes: ReadonlySet<NumberType> = new Set([
	"PREMIUM_RATE",
	"SHARED_COST",
	"TOLL_FREE",
	"VOIP",
	"PAGER",
	"UAN",
	"VOICEMAIL",
]);

/** A phone number as a person types it: spaces, dashes and brackets are let through, 00 stands for the plus. */
export function checkPhoneNumber(typed: string): AddressCheck {
	const compact = typed
		.normalize("NFKC")
		.replace(/[\s().\-/\u2010-\u2015]/g, "")
		.replace(/^00/, "+");
	if (!e164.test(compact)) {
		return { ok: false, message: `Write the phone number with + and the country code, like ${example}.` };
	}
	const phone = parsePhoneNumberFromString(compact);
	if (phone?.isPossible() !== true) {
		return { ok: false, message: `There is no such phone number: check its length. It should look like ${example}.` };
	}
	if (refusedTypes.has(phone.getType())) {
		return { ok: false, message: "SMS cannot be sent to that kind of number. Use a mobile phone's." };
	}
	return {
		ok: true,
		address: phone.number,
		label: `+${phone.countryCallingCode}***${phone.nationalNumber.slice(-4)}`,
		// A number outside every plan (555, fictional ones) counts for the main country of its code, which comes first.
		country: phone.country ?? phone.getPossibleCountries()[0],
	};
}
