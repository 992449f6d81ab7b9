ALTER TABLE "deliveries" ADD COLUMN "held_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "rate_slots" ADD COLUMN "held_before" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "rate_slots" ADD COLUMN "held_since" timestamp with time zone;