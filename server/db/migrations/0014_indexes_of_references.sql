CREATE INDEX "inbox_resumes" ON "inbox" USING btree ("resumes_id") WHERE "inbox"."resumes_id" is not null;--> statement-breakpoint
CREATE INDEX "refresh_tokens_device" ON "refresh_tokens" USING btree ("device_id");--> statement-breakpoint
CREATE INDEX "threads_session" ON "threads" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "task_logs_of_task" ON "task_logs" USING btree ("task_id");--> statement-breakpoint
CREATE INDEX "tasks_session" ON "tasks" USING btree ("session_id") WHERE "tasks"."session_id" is not null;