/** Who gets in: `allow`, `deny`, `auth_basic`, `auth_request`, `satisfy`. */
import { namesInGroup } from '../../nginx/directives.ts';
import type { Level } from '../../nginx/level.ts';
import type { AccessModel } from '../route-model.ts';
import type { LevelReader } from './reader.ts';
import { templateOf } from './template.ts';

/** Undefined when everybody may come. */
export function accessOf(reader: LevelReader): AccessModel | undefined {
  const addresses = addressesOf(reader);
  const realm = reader.word('auth_basic');
  const users = reader.word('auth_basic_user_file');
  const basic =
    realm === undefined || realm === 'off' || !reader.isSaid('auth_basic')
      ? undefined
      : {
          realm: templateOf(realm),
          usersPath: users === undefined ? [] : pathTemplate(reader, users),
        };
  const uri = reader.word('auth_request');
  const authRequest =
    uri === undefined || uri === 'off'
      ? undefined
      : {
          uri: templateOf(uri),
          set: reader.all('auth_request_set').flatMap(([variable, value]) =>
            variable === undefined || value === undefined
              ? []
              : [
                  {
                    variable: variable.replace(/^\$/, '').toLowerCase(),
                    value: templateOf(value),
                  },
                ],
          ),
        };
  if (addresses.length === 0 && basic === undefined && authRequest === undefined) return undefined;
  return {
    ...(reader.word('satisfy') === 'any' ? { satisfy: 'any' } : {}),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(basic === undefined ? {} : { basic }),
    ...(authRequest === undefined ? {} : { authRequest }),
  };
}

/** `allow` and `deny` are inherited together, and looked at in the order in which they are written. */
function addressesOf(reader: LevelReader): NonNullable<AccessModel['addresses']> {
  const names = namesInGroup('access');
  for (let at: Level | undefined = reader.level; at !== undefined; at = at.parent) {
    const { named } = at;
    if (!names.some((name) => named.has(name))) continue;
    const own = at.settings.filter(({ directive }) => names.includes(directive.name));
    return own.flatMap(({ directive }) => {
      const [network] = directive.args;
      return network === undefined
        ? []
        : [{ allow: directive.name === 'allow', network: network.value }];
    });
  }
  return [];
}

/** A relative path is nginx's, unless a variable begins it. */
function pathTemplate(reader: LevelReader, path: string): ReturnType<typeof templateOf> {
  return templateOf(path.startsWith('/') || path.startsWith('$') ? path : reader.absolute(path));
}
