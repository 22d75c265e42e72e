CREATE TABLE `idempotency` (
	`owner` text NOT NULL,
	`key_digest` text NOT NULL,
	`request_digest` text NOT NULL,
	`attempt` text NOT NULL,
	`answer` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`owner`, `key_digest`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_created` ON `idempotency` (`created_at`);