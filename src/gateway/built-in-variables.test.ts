import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayVariablePrefixes, gatewayVariables } from '../config/gateway-variables.ts';
import { builtInVariables, variablePrefixes } from '../nginx/variables.ts';
import { isBuiltInVariable } from './built-in-variables.ts';

test('configurations may use exactly the variables of nginx that have a value here', () => {
  const here = [...builtInVariables].filter(isBuiltInVariable);
  assert.deepEqual([...gatewayVariables], here);
  const families = variablePrefixes.filter((prefix) => isBuiltInVariable(`${prefix}name`));
  assert.deepEqual(gatewayVariablePrefixes, families);
});
