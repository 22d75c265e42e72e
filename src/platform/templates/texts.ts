import { z } from 'zod';

/** A text of bounded length that is not empty. */
export const text = (maximum: number) => z.string().min(1).max(maximum);

/** A text that one of the Kubernetes name rules accepts. */
export const named = (rule: (value: string) => readonly string[]) =>
  z.string().superRefine((value, context) => {
    for (const message of rule(value)) context.addIssue({ code: 'custom', message });
  });

/** A text in English, or in English and Chinese. */
export const localized = (maximum: number) =>
  z
    .union([text(maximum), z.strictObject({ en: text(maximum), zh: text(maximum).optional() })])
    .transform((value) => (typeof value === 'string' ? { en: value } : value));
