import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectionToCommand, withCommands } from './tls-commands.ts';

const usual = 'HIGH:!aNULL';

test('commands narrow the versions that the protocols allow', () => {
  const basics = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2' } as const;
  const commands = [
    ['MinProtocol', 'TLSv1.2'],
    ['maxprotocol', 'TLSv1.3'],
  ];
  assert.deepEqual(withCommands(basics, commands, usual), {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  });
  assert.deepEqual(withCommands({}, [['MinProtocol', 'None']], usual), {});
});

test('suites of TLS 1.3 come before the ciphers of the others, which stay', () => {
  const suites = ['Ciphersuites', 'TLS_AES_128_GCM_SHA256'];
  assert.deepEqual(withCommands({}, [suites], usual), {
    ciphers: 'TLS_AES_128_GCM_SHA256:HIGH:!aNULL',
  });
  assert.deepEqual(withCommands({ ciphers: 'A' }, [suites, ['CipherString', 'B']], usual), {
    ciphers: 'TLS_AES_128_GCM_SHA256:B',
  });
});

test('options are switched on and off, the last word counts', () => {
  const commands = [
    ['Options', 'PrioritizeChaCha,-SessionTicket,KTLS'],
    ['Options', '+SessionTicket, ServerPreference'],
    ['Groups', 'X25519:P-256'],
    ['SignatureAlgorithms', 'ECDSA+SHA256'],
  ];
  assert.deepEqual(withCommands({}, commands, usual), {
    options: { PrioritizeChaCha: true, SessionTicket: true, ServerPreference: true },
    curves: 'X25519:P-256',
    signatureAlgorithms: 'ECDSA+SHA256',
  });
});

test('what Node cannot tell OpenSSL is refused by name or by value', () => {
  assert.equal(objectionToCommand('Options', 'PrioritizeChaCha,-SessionTicket,KTLS'), undefined);
  assert.equal(objectionToCommand('minprotocol', 'TLSv1.3'), undefined);
  assert.deepEqual(objectionToCommand('MinProtocol', 'SSLv3'), {
    message: 'there is no version SSLv3 of TLS here',
    isOfValue: true,
  });
  assert.deepEqual(objectionToCommand('Options', 'PrioritizeChaCha,-Bugs'), {
    message: 'Node cannot tell OpenSSL the option -Bugs',
    isOfValue: true,
  });
  assert.deepEqual(objectionToCommand('DHParameters', '/etc/dh.pem'), {
    message: 'Node cannot tell OpenSSL what DHParameters says',
    isOfValue: false,
  });
});
