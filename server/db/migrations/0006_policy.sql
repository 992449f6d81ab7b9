ALTER TABLE "users" ADD COLUMN "muted_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "digest_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "unless_attended" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "why" text;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "digest_due" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "muted_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "attended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "present" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "users_digest" ON "users" USING btree ("digest_at") WHERE "users"."digest_at" is not null;--> statement-breakpoint
CREATE INDEX "events_digest" ON "events" USING btree ("session_id") WHERE "events"."digest_due";