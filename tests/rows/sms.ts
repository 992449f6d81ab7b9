import { SimulatorPhone } from "../../server/simulator-phone.ts";
import { startTwilioEmulator } from "../helpers/twilio-emulator.ts";
import { twilioVariables } from "../helpers/twilio-wire.ts";
import { httpFaults } from "./http-faults.ts";
import { allFaults, connected, type ProviderRow, type Row } from "./row.ts";

export const smsByTwilio: ProviderRow = {
	name: "SMS by Twilio",
	faults: allFaults,
	async open() {
		const twilio = await startTwilioEmulator({ callbacks: "manual" });
		return {
			channel: connected("sms", twilioVariables(twilio)),
			address: "+15551238912",
			wrongAddress: "+15005550001",
			arrived: () => twilio.sent.map((sms) => sms.body),
			fail: (fault) => twilio.next(httpFaults[fault]),
			busy: (seconds) =>
				twilio.next({ kind: "answer", status: 429, code: 20429, headers: { "retry-after": String(seconds) } }),
			secrets: [twilio.authToken, btoa(`${twilio.accountSid}:${twilio.authToken}`), "+15551238912", "+15005550001"],
			violations: twilio.violations,
			goAway: () => twilio[Symbol.asyncDispose](),
			[Symbol.asyncDispose]: () => twilio[Symbol.asyncDispose](),
		};
	},
};

export const smsSimulated: Row = {
	name: "SMS on the simulator",
	faults: [],
	open() {
		const phone = new SimulatorPhone();
		return Promise.resolve({
			channel: connected("sms", {}, phone),
			address: "+15551238912",
			arrived: () => phone.messages.map((message) => message.text),
			[Symbol.asyncDispose]: () => Promise.resolve(),
		});
	},
};
