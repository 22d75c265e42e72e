/** How objects of custom kinds are judged (apiextensions-apiserver pkg/registry/customresource/strategy.go). */

import type { Kind } from '../kinds/define.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../kinds/generated/types.ts';
import type { Schema } from '../machinery/schema.ts';
import type { Props } from '../machinery/structural/props.ts';

/** What the rules of a version are made from. */
export interface CustomRulesOptions {
  readonly crd: CustomResourceDefinition;
  readonly version: CustomResourceDefinitionVersion;
  readonly props: Props;
  readonly schema: Schema;
}

/** Validation of creates, updates and status writes. */
export const makeCustomRules = (
  _options: CustomRulesOptions,
): Pick<Kind, 'validate' | 'validateUpdate' | 'validateStatusUpdate'> => ({});
