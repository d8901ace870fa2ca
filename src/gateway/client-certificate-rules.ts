/**
 * What becomes of requests of TLS clients without a valid certificate, as rules before all others of a site: nginx refuses them
 * where one is needed, and where one that is shown is wrong (ngx_http_request.c, ngx_http_process_request). The handshake itself
 * lets everybody in, since only the request says which site it is for.
 *
 * The authorities are those of the site that the handshake named. A request for another one, or one whose handshake named
 * none, was not checked by this site's, and is answered 421 (RFC 9110, 15.5.20).
 */
import type { SiteModel } from '../config/model.ts';
import type { ConditionModel, RuleModel } from '../config/rule-model.ts';
import { noCertificate, wrongCertificate } from './told-status.ts';

export function clientCertificateRules({ tls }: SiteModel): RuleModel[] {
  const verify = tls?.clients?.verify;
  if (verify === undefined) return [];
  const rules = [
    answer(421, {
      kind: 'equals',
      variable: 'host',
      value: [{ variable: 'ssl_server_name' }],
      negated: true,
    }),
  ];
  if (verify !== 'optional_no_ca') {
    const regex = /^(?:SUCCESS|NONE)$/;
    const condition = {
      kind: 'matches',
      variable: 'ssl_client_verify',
      regex,
      negated: true,
    } as const;
    rules.push(answer(wrongCertificate, condition));
  }
  if (verify === 'on') {
    const condition = {
      kind: 'equals',
      variable: 'ssl_client_verify',
      value: ['NONE'],
      negated: false,
    } as const;
    rules.push(answer(noCertificate, condition));
  }
  // A site may have an address without TLS beside this one.
  const isTls: ConditionModel = {
    kind: 'equals',
    variable: 'scheme',
    value: ['https'],
    negated: false,
  };
  return [{ kind: 'if', condition: isTls, rules }];
}

function answer(status: number, condition: ConditionModel): RuleModel {
  return { kind: 'if', condition, rules: [{ kind: 'return', status }] };
}
