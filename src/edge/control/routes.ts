import { accountRoutes } from '../account-routes.ts';
import { apiKeyRoutes } from '../api-key-routes.ts';
import { auditRoutes } from '../audit-routes.ts';
import { authzRoutes } from '../authz-routes.ts';
import { clockRoutes } from '../clock-routes.ts';
import { clusterRoutes } from '../cluster-routes.ts';
import { credentialRoutes } from '../credential-routes.ts';
import { deliveryRoutes } from '../delivery-routes.ts';
import { environmentRoutes } from '../environment-routes.ts';
import { gradingRoutes } from '../grading-routes.ts';
import { invitationRoutes } from '../invitation-routes.ts';
import { organisationRoutes } from '../organisation-routes.ts';
import { podSecurityRoutes } from '../pod-security-routes.ts';
import { shareRoutes } from '../share-routes.ts';
import { templateRoutes } from '../template-routes.ts';
import { usageRoutes } from '../usage-routes.ts';
import { webhookRoutes } from '../webhook-routes.ts';
import { announcedRoutes } from './announced.ts';
import { makeDocumentRoutes } from './document-routes.ts';
import type { Route } from './route.ts';

const built: readonly Route[] = [
  ...accountRoutes,
  ...apiKeyRoutes,
  ...organisationRoutes,
  ...invitationRoutes,
  ...clusterRoutes,
  ...shareRoutes,
  ...credentialRoutes,
  ...clockRoutes,
  ...usageRoutes,
  ...auditRoutes,
  ...authzRoutes,
  ...podSecurityRoutes,
  ...templateRoutes,
  ...environmentRoutes,
  ...gradingRoutes,
  ...webhookRoutes,
  ...deliveryRoutes,
  ...makeDocumentRoutes(() => ROUTES),
];

const keyOf = ({ method, path }: Route): string => `${method} ${path}`;
const builtKeys = new Set(built.map(keyOf));

/** Every route of the control API. A route that is built takes the place of its announcement. */
export const ROUTES: readonly Route[] = [
  ...built,
  ...announcedRoutes.filter((route) => !builtKeys.has(keyOf(route))),
];
