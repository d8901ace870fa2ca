/** The zones of a configuration by their names. One that is the same in the next configuration goes on there, full as it is. */
import { isDeepStrictEqual } from 'node:util';
import type { ConnectionZoneModel, RequestZoneModel } from '../../config/limit-model.ts';
import type { GatewayModel } from '../../config/model.ts';
import { type CompiledTemplate, compileTemplate } from '../template.ts';
import { ConnectionZone } from './connection-zone.ts';
import { RequestZone } from './request-zone.ts';

export type KeyedZone<Model, Zone> = {
  readonly model: Model;
  readonly key: CompiledTemplate;
  readonly zone: Zone;
};

export type Zones = {
  readonly requests: ReadonlyMap<string, KeyedZone<RequestZoneModel, RequestZone>>;
  readonly connections: ReadonlyMap<string, KeyedZone<ConnectionZoneModel, ConnectionZone>>;
};

export const noZones: Zones = { requests: new Map(), connections: new Map() };

export function compileZones(model: GatewayModel, before: Zones = noZones): Zones {
  const { requestZones = [], connectionZones = [] } = model;
  return {
    requests: new Map(
      requestZones.map((one) => [
        one.name,
        kept(one, before.requests) ?? keyed(one, new RequestZone(one)),
      ]),
    ),
    connections: new Map(
      connectionZones.map((one) => [
        one.name,
        kept(one, before.connections) ?? keyed(one, new ConnectionZone(one)),
      ]),
    ),
  };
}

function keyed<Model extends RequestZoneModel | ConnectionZoneModel, Zone>(
  model: Model,
  zone: Zone,
): KeyedZone<Model, Zone> {
  return { model, key: compileTemplate(model.key), zone };
}

function kept<Model extends { readonly name: string }, Zone>(
  model: Model,
  before: ReadonlyMap<string, KeyedZone<Model, Zone>>,
): KeyedZone<Model, Zone> | undefined {
  const known = before.get(model.name);
  return known !== undefined && isDeepStrictEqual(known.model, model) ? known : undefined;
}
