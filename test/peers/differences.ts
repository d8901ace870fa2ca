/**
 * Where Hatchway, reading an nginx configuration, behaves otherwise than nginx does, and why. The test fails for a difference
 * that is not here, and for one that is here and no longer there.
 */

export type Difference = {
  /** The name of the case. */
  readonly name: string;
  /** The request line, with its fields where several requests have the same. */
  readonly asks: readonly RegExp[];
  readonly reason: string;
};

export const differences: readonly Difference[] = [
  {
    name: 'server names are chosen exact, longest wildcard in front, longest behind, first regex, default',
    asks: [/Host: \.names\.test$/],
    reason: 'a host that begins with a dot is no host (RFC 3986, 3.2.2), and is refused',
  },
  {
    name: 'double slashes stay when merge_slashes is off',
    asks: [/^GET \/a\/\/b$/, /^GET \/x\/\/\/y\/\.\.\/z$/],
    reason:
      'nginx normalises the path before it knows the host, so that the default server’s merge_slashes counts for all of an address; here it is the server’s own',
  },
  {
    name: 'the method, the fields and the body can be other than the client’s',
    asks: [/^POST \/nobody/],
    reason: 'a POST without body says so with Content-Length: 0, as RFC 9110, 8.6 asks',
  },
  {
    name: 'a head may be as large as large_client_header_buffers says',
    asks: [/^GET \/\nX-A: x+\nX-B: x+\nX-C: x+\nX-D: /],
    reason:
      'a head that is too large is answered with 431 (RFC 6585, 5), which came after nginx’s 400',
  },
  {
    name: 'a head may be as large as the default server of the address says',
    asks: [/\nX-Large: /],
    reason:
      'a head that is too large is answered with 431 (RFC 6585, 5), which came after nginx’s 400',
  },
  {
    name: 'a client that does not finish its head or body is not waited for',
    asks: [/^GET \//, /^POST \//],
    reason: 'the client is told with 408 (RFC 9110, 15.5.9), where nginx closes without a word',
  },
  {
    name: 'certificates of clients may be revoked, or too far from their authority',
    asks: [/Host: near\.tls\.test\n.*"far"/],
    reason:
      'this version of Node does not tell a server which authorities a client sent along (nodejs/node#65579), so that ssl_verify_depth counts those of the gateway’s own files, and one for all others',
  },
  {
    name: 'redirects may have pages, and pages may be redirects',
    asks: [/^GET \/(?:found|other|rewritten)$/],
    reason:
      'a page that is shown in the place of a redirect is what is shown: it has no Location, which would lead browsers away from it',
  },
  {
    name: 'X-Accel-Redirect of an upstream leads to another location',
    asks: [/^GET \//],
    reason: 'upstreams do not choose what is served; the field is taken away, as by nginx',
  },
  {
    name: 'only GET and HEAD are for files',
    asks: [/^POST \/(?:hello\.txt|dir\/)$/m, /^(?:PUT|DELETE|OPTIONS|PATCH) /],
    reason: 'a 405 says what is allowed (RFC 9110, 15.5.6)',
  },
  {
    name: 'files are tried before an upstream is asked by name',
    asks: [/^POST \/hello\.txt$/],
    reason: 'a 405 says what is allowed (RFC 9110, 15.5.6)',
  },
  {
    name: 'pages of errors are files',
    asks: [/^POST \/hello\.txt$/],
    reason: 'a 405 says what is allowed (RFC 9110, 15.5.6), and its page repeats it',
  },
  {
    name: 'an alias without a slash is no way out of its folder',
    asks: [/^GET \/files\.\.\//, /^GET \/files%2e%2e\//],
    reason:
      'nginx puts what stands behind the path of the location, `../secret.txt`, behind the folder: a `..` of a request leads nowhere here',
  },
  {
    name: 'of the names of an index the first counts that is there',
    asks: [/name=\.\.\//],
    reason: 'a `..` of a request leads nowhere here',
  },
  {
    name: 'an alias may have variables, and what a regular expression has captured',
    asks: [/folder=\.\.$/],
    reason: 'a `..` of a request leads nowhere here',
  },
  {
    name: 'tried paths that are computed do not lead out of the folder',
    asks: [/file=.*\.\.\//],
    reason: 'a `..` of a request leads nowhere here',
  },
  {
    name: 'rules may lead to files',
    asks: [/^GET \/escape\/secret\.txt$/],
    reason: 'a `..` that a rule has put together leads nowhere here',
  },
  {
    name: 'a range that is none, or is not there, is not satisfied',
    asks: [/^GET \/dir\/inner\.txt\n/],
    reason: 'the page of an error has its own tag; nginx adds the one of the file',
  },
  {
    name: 'a page of an error may be shown with another status, or have none of its own',
    asks: [/^GET \/empty\/x$/],
    reason: 'an answer that has no body has no tag of one',
  },
  {
    name: 'browsers are told how long they may keep what they get',
    asks: [/\nRange: bytes=100-/],
    reason: 'an error is not said to be worth keeping, as the 416 of nginx is with `expires`',
  },
  {
    name: 'requests with a body are answered from files',
    asks: [/^GET \/hello/],
    reason: 'a body that nobody wants ends the connection behind the answer, which says so',
  },
  {
    name: 'the host of an absolute request line takes the place of the field',
    asks: [/^GET http:/],
    reason:
      'the host of an absolute request line is the only one from then on, also in `$http_host` and for upstreams (RFC 9112, 3.2.2)',
  },
  {
    name: 'requests that cannot be read, or are for no path',
    asks: [/^OPTIONS \*/],
    reason: 'an `OPTIONS *` is for the path `/`, where nginx refuses it',
  },
  {
    name: 'requests that cannot be read, or are for no path',
    asks: [/^get /],
    reason:
      'a method may have small letters (RFC 9110, 9.1); it is another one than that in capitals',
  },
  {
    name: 'requests that cannot be read, or are for no path',
    asks: [/^GET \/\xc3/, /^GET \/#/],
    reason:
      'bytes that are not of ASCII, and a `#`, are no part of a request line (RFC 3986, 2): servers do not agree on what they mean',
  },
  {
    name: 'requests that cannot be read, or are for no path',
    asks: [/^GET \/port/],
    reason: 'a port of more than 65535 is none',
  },
  {
    name: 'requests that cannot be read, or are for no path',
    asks: [/^GET \/two/],
    reason: 'a request that cannot be read is for no server, and so has no `error_page` of one',
  },
  {
    name: 'requests that cannot be read, or are for no path',
    asks: [/^GET \/%00/],
    reason:
      'a path that leads nowhere is known together with its host, so that the `error_page` of that server counts; nginx takes those of the default server',
  },
  {
    name: 'line breaks of a path do not end a field',
    asks: [/%0d%0a/],
    reason:
      'a field whose value would have a line break is left out, and a redirect to one is an error of 500; nginx lets a client write fields of the answer so',
  },
  {
    name: 'an if that holds does what it says, and what stands around it stays',
    asks: [/^GET \/dir\/nothing\?a=1/],
    reason: 'an `if` that holds switches `try_files` off in nginx, which nobody means',
  },
  {
    name: 'the page of an error is asked for without the body of the request',
    asks: [/^POST /],
    reason: 'the page of an error is asked for with GET, and so without the body of the request',
  },
  {
    name: 'an upstream is told no host where the configuration says so',
    asks: [/^GET /],
    reason: 'a request without Host is none in HTTP/1.1 (RFC 9112, 3.2): an empty one is sent',
  },
  {
    name: 'without a folder nothing is served, whatever the method',
    asks: [/^PROPFIND /],
    reason:
      'a server without `root` has no files, and a 404 for every method; nginx has a folder of its own then',
  },
  {
    name: 'redirects of the upstream point at the location that asked it',
    asks: [/^GET \/outer\/inner\//],
    reason:
      'the default of `proxy_redirect` is that of the location itself; nginx takes the one of the location around it, which is for another upstream',
  },
  {
    name: 'a name with a dot in front is two, of which another server may have one',
    asks: [/Host: x\.part\.test$/],
    reason:
      'of a name such as `.part.test` only the part that another server has is left out; nginx leaves out all of it, with a warning',
  },
];
