CREATE TABLE "log_keys" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"wrapped" text NOT NULL,
	"wrapped_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "task_log_chunks" (
	"log_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"sealed" "bytea" NOT NULL,
	CONSTRAINT "task_log_chunks_log_id_position_pk" PRIMARY KEY("log_id","position")
);
--> statement-breakpoint
CREATE TABLE "task_logs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"task_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"sha256" text,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"chunks" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"stored_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "log_keys" ADD CONSTRAINT "log_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_log_chunks" ADD CONSTRAINT "task_log_chunks_log_id_task_logs_id_fk" FOREIGN KEY ("log_id") REFERENCES "public"."task_logs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_logs" ADD CONSTRAINT "task_logs_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_logs" ADD CONSTRAINT "task_logs_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "log_keys_wrapped_by" ON "log_keys" USING btree ("wrapped_by");--> statement-breakpoint
CREATE UNIQUE INDEX "task_logs_task" ON "task_logs" USING btree ("task_id") WHERE "task_logs"."stored_at" is not null;--> statement-breakpoint
CREATE INDEX "task_logs_user" ON "task_logs" USING btree ("user_id","stored_at");--> statement-breakpoint
CREATE INDEX "task_logs_kept" ON "task_logs" USING btree ("stored_at") WHERE "task_logs"."chunks" > 0;--> statement-breakpoint
CREATE INDEX "task_logs_unfinished" ON "task_logs" USING btree ("created_at") WHERE "task_logs"."stored_at" is null;