CREATE TABLE `environments` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`organisation_id` text,
	`cluster_id` text NOT NULL,
	`template` text NOT NULL,
	`version` text NOT NULL,
	`template_version_id` text,
	`seed` text NOT NULL,
	`learner_ref` text,
	`learner_account_id` text,
	`status` text NOT NULL,
	`paused` integer NOT NULL,
	`resets` integer NOT NULL,
	`hints` text NOT NULL,
	`score` real,
	`maximum` real NOT NULL,
	`passed` integer NOT NULL,
	`graded_at` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `environments_cluster` ON `environments` (`cluster_id`);--> statement-breakpoint
CREATE INDEX `environments_account` ON `environments` (`account_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `environments_organisation` ON `environments` (`organisation_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `environments_learner` ON `environments` (`learner_account_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `environments_learner_ref` ON `environments` (`account_id`,`learner_ref`);--> statement-breakpoint
CREATE INDEX `environments_version` ON `environments` (`template_version_id`);--> statement-breakpoint
CREATE TABLE `template_versions` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`organisation_id` text,
	`owner_key` text NOT NULL,
	`name` text NOT NULL,
	`version` text NOT NULL,
	`digest` text NOT NULL,
	`summary` text NOT NULL,
	`source` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `template_versions_name` ON `template_versions` (`owner_key`,`name`,`version`);--> statement-breakpoint
CREATE INDEX `template_versions_list` ON `template_versions` (`owner_key`,`created_at`,`id`);--> statement-breakpoint
ALTER TABLE `clusters` ADD `environment_id` text;