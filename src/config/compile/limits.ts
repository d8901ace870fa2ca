/** What clients may take as limits of the model: of the gateway, of a site, and of what zones count. */
import { defaults } from '../defaults.ts';
import type {
  ConnectionZoneModel,
  LimitAnswer,
  RequestZoneModel,
  RouteLimitsModel,
} from '../limit-model.ts';
import type { GatewayModel, Limits, SiteModel } from '../model.ts';
import type { Config, SiteConfig } from '../schema.ts';
import type { Settings } from '../settings.ts';
import { present, unlessEmpty } from './present.ts';

export function limitsModel(limits: Config['limits']): Limits {
  const { headFields, connections, connectionsPerAddress, tunnels, ratePerAddress } = limits;
  return {
    ...defaults.limits,
    ...clientLimits(limits),
    ...present({
      headFields,
      connections,
      connectionsPerAddress,
      tunnels,
      ratePerAddress: ratePerAddress === undefined ? undefined : present(ratePerAddress),
    }),
  };
}

export function siteLimitsModel(limits: SiteConfig['limits']): SiteModel['limits'] {
  return limits === undefined ? undefined : unlessEmpty(clientLimits(limits));
}

type ClientLimits = Pick<
  NonNullable<SiteConfig['limits']>,
  'headSize' | 'headTimeout' | 'bodyTimeout' | 'keepAlive'
>;

function clientLimits(limits: ClientLimits) {
  const { headSize, headTimeout, bodyTimeout, keepAlive } = limits;
  return present({
    headBytes: headSize,
    headMs: headTimeout,
    bodyMs: bodyTimeout,
    keepAliveMs: keepAlive,
  });
}

/** A zone with a rate counts requests, one without what is under way. */
export function zoneModels({
  zones = {},
}: Config['limits']): Pick<GatewayModel, 'requestZones' | 'connectionZones'> {
  const requestZones: RequestZoneModel[] = [];
  const connectionZones: ConnectionZoneModel[] = [];
  for (const [name, zone] of Object.entries(zones)) {
    const { key = [{ variable: 'binary_remote_addr' }], memory = defaults.zoneBytes } = zone;
    const common = { name, key, bytes: memory };
    if (zone.perSecond === undefined) connectionZones.push(common);
    else requestZones.push({ ...common, perSecond: zone.perSecond });
  }
  return present({
    requestZones: requestZones.length === 0 ? undefined : requestZones,
    connectionZones: connectionZones.length === 0 ? undefined : connectionZones,
  });
}

export function routeLimitsModel(limits: Settings['limits']): RouteLimitsModel | undefined {
  const { requests = 'off', connections = 'off' } = limits ?? {};
  return unlessEmpty(
    present({
      requests:
        requests === 'off'
          ? undefined
          : { ...answerModel(requests), limits: requests.limits.map((one) => present(one)) },
      connections:
        connections === 'off'
          ? undefined
          : { ...answerModel(connections), limits: connections.limits },
    }),
  );
}

type LimitAnswerConfig = {
  readonly [Name in keyof LimitAnswer]: LimitAnswer[Name] | undefined;
};

function answerModel({ status, dryRun, logLevel }: LimitAnswerConfig): LimitAnswer {
  return { status: status ?? defaults.limitStatus, ...present({ dryRun, logLevel }) };
}
