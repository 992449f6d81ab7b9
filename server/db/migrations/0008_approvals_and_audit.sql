CREATE TABLE "approvals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"session_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"number" integer NOT NULL,
	"code" text NOT NULL,
	"tool_name" text,
	"summary" text NOT NULL,
	"cwd" text,
	"request_hash" text NOT NULL,
	"allow_session" boolean DEFAULT false NOT NULL,
	"questions" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"answers" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"confirm_code" text,
	"state" text DEFAULT 'open' NOT NULL,
	"decision" jsonb,
	"answered_by" uuid,
	"withdrawn_reason" text,
	"receipt" text,
	"expires_at" timestamp with time zone NOT NULL,
	"settled_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "approvals_number" UNIQUE("session_id","number"),
	CONSTRAINT "approvals_code" UNIQUE("user_id","code")
);
--> statement-breakpoint
ALTER TABLE "audit" DROP CONSTRAINT "audit_session_id_sessions_id_fk";
--> statement-breakpoint
DROP INDEX "audit_user";--> statement-breakpoint
DELETE FROM "audit" WHERE "user_id" IS NULL;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "user_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" RENAME COLUMN "created_at" TO "at";--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "actor_kind" text DEFAULT 'server' NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "actor_kind" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "actor_label" text DEFAULT 'claude-notify' NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "actor_label" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "outcome" text DEFAULT 'done' NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "outcome" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "why" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "why" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "hash" text;--> statement-breakpoint
ALTER TABLE "inbox" ADD COLUMN "resumes_id" uuid;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_answered_by_identities_id_fk" FOREIGN KEY ("answered_by") REFERENCES "public"."identities"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approvals_open" ON "approvals" USING btree ("user_id","session_id") WHERE "approvals"."state" = 'open';--> statement-breakpoint
CREATE INDEX "approvals_expiry" ON "approvals" USING btree ("expires_at") WHERE "approvals"."state" = 'open';--> statement-breakpoint
ALTER TABLE "inbox" ADD CONSTRAINT "inbox_resumes_id_sessions_id_fk" FOREIGN KEY ("resumes_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_user" ON "audit" USING btree ("user_id","id");--> statement-breakpoint
ALTER TABLE "audit" DROP COLUMN "detail";