ALTER TABLE "deliveries" DROP CONSTRAINT "deliveries_user_id_users_id_fk";
--> statement-breakpoint
ALTER TABLE "deliveries" DROP CONSTRAINT "deliveries_session_id_sessions_id_fk";
--> statement-breakpoint
DROP INDEX "deliveries_provider";--> statement-breakpoint
CREATE INDEX "deliveries_provider" ON "deliveries" USING btree ("channel","provider_id") WHERE "deliveries"."provider_id" is not null;