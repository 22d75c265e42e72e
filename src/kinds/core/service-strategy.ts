import { withStatus } from '../common/strategy.ts';

export const serviceStrategy = withStatus();
