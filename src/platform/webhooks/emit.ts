import type { Owner } from '../ownership.ts';
import type { CourierRpc } from './contract.ts';
import type { WebhookEventType } from './events.ts';

/** Whose courier it is: an organisation's things are its own news, everything else the account's. */
export const courierName = ({ accountId, organisationId }: Owner): string => organisationId ?? accountId;

/**
 * Tells the owner's webhooks. What was reported has been done already, so a failure here fails nothing: it is
 * journalled.
 */
export const emit = async (
  { courier }: { readonly courier: (owner: Owner) => CourierRpc },
  owner: Owner,
  type: WebhookEventType,
  data: unknown,
): Promise<void> => {
  try {
    await courier(owner).emit({ type, data });
  } catch (error) {
    console.error(JSON.stringify({ event: 'webhook-event-lost', type, error: String(error) }));
  }
};
