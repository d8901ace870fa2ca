/** Statuses that nginx has for its error_page alone: a client is told 400 (ngx_http_special_response_handler). */

/** What a client's certificate is lacking: to be valid, or to be there. */
export const wrongCertificate = 495;
export const noCertificate = 496;
/** Plain HTTP came to an address that speaks TLS. */
export const plainToTls = 497;

/** What a client sees of a status. */
export function toldStatus(status: number): number {
  return status >= wrongCertificate && status <= plainToTls ? 400 : status;
}
