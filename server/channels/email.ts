import { definition } from "./email-definition.ts";
import { resendProvider } from "./email-resend.ts";
import { smtpProvider } from "./email-smtp.ts";
import type { ChannelEntry } from "./registry.ts";

export const email: ChannelEntry = { definition, providers: [resendProvider, smtpProvider] };
