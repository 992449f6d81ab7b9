CREATE TABLE "leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" uuid NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "threads" (
	"identity_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"thread" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "threads_identity_id_session_id_pk" PRIMARY KEY("identity_id","session_id"),
	CONSTRAINT "threads_identity_thread" UNIQUE("identity_id","thread")
);
--> statement-breakpoint
ALTER TABLE "pairings" ALTER COLUMN "address_sealed" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "pairings" ALTER COLUMN "address_mac" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "pairings" ALTER COLUMN "label" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "pairings" ALTER COLUMN "code_mac" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "pairings" ALTER COLUMN "sends" SET DEFAULT 0;--> statement-breakpoint
ALTER TABLE "identities" ADD COLUMN "removed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "pairings" ADD COLUMN "link_token_hash" text;--> statement-breakpoint
ALTER TABLE "threads" ADD CONSTRAINT "threads_identity_id_identities_id_fk" FOREIGN KEY ("identity_id") REFERENCES "public"."identities"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "threads" ADD CONSTRAINT "threads_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pairings" ADD CONSTRAINT "pairings_link_token" UNIQUE("link_token_hash");