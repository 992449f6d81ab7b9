DROP INDEX "deliveries_claim";--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "fallback_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "fell_back" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree ("channel","next_attempt_at") WHERE "deliveries"."state" in ('pending', 'leased');--> statement-breakpoint
CREATE INDEX "deliveries_open" ON "deliveries" USING btree ("identity_id","created_at") WHERE "deliveries"."state" in ('pending', 'leased');--> statement-breakpoint
CREATE INDEX "deliveries_fallback" ON "deliveries" USING btree ("fallback_at") WHERE "deliveries"."fallback_at" is not null and not "deliveries"."fell_back";