CREATE TABLE `account_plans` (
	`account_id` text PRIMARY KEY NOT NULL,
	`plan` text NOT NULL,
	`updated_at` integer NOT NULL
);
