CREATE TABLE `cluster_shares` (
	`id` text PRIMARY KEY NOT NULL,
	`cluster_id` text NOT NULL,
	`account_id` text NOT NULL,
	`role` text NOT NULL,
	`groups` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cluster_shares_pair` ON `cluster_shares` (`cluster_id`,`account_id`);--> statement-breakpoint
CREATE INDEX `cluster_shares_account` ON `cluster_shares` (`account_id`);--> statement-breakpoint
CREATE TABLE `invitations` (
	`id` text PRIMARY KEY NOT NULL,
	`organisation_id` text NOT NULL,
	`email` text,
	`role` text NOT NULL,
	`token_hash` text NOT NULL,
	`uses_left` integer NOT NULL,
	`invited_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_token` ON `invitations` (`token_hash`);--> statement-breakpoint
CREATE INDEX `invitations_organisation` ON `invitations` (`organisation_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `members` (
	`organisation_id` text NOT NULL,
	`account_id` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`organisation_id`, `account_id`)
);
--> statement-breakpoint
CREATE INDEX `members_account` ON `members` (`account_id`,`created_at`,`organisation_id`);--> statement-breakpoint
CREATE TABLE `organisations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `api_keys` ADD `prefix` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `last_used_at` integer;--> statement-breakpoint
ALTER TABLE `clusters` ADD `organisation_id` text;--> statement-breakpoint
CREATE INDEX `clusters_organisation` ON `clusters` (`organisation_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `clusters_expiry` ON `clusters` (`expires_at`);--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_used_at` integer;