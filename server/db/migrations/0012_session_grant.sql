ALTER TABLE "approvals" ADD COLUMN "session_grant" text;--> statement-breakpoint
ALTER TABLE "approvals" DROP COLUMN "allow_session";