import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Roster } from './roster.ts';

type Member = { readonly name: number };

test('a roster has the members that a set has, whatever is added and deleted', () => {
  const members: readonly Member[] = Array.from({ length: 8 }, (_, name) => ({ name }));
  const steps = fc.array(fc.record({ adds: fc.boolean(), at: fc.nat(members.length - 1) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (taken) => {
      const [roster, set] = [new Roster<Member>(), new Set<Member>()];
      for (const { adds, at } of taken) {
        const member = members[at] as Member;
        for (const either of [roster, set]) {
          if (adds) either.add(member);
          else either.delete(member);
        }
        assert.equal(roster.has(member), set.has(member));
      }
      assert.equal(roster.size, set.size);
      assert.deepEqual(names(roster), names(set));
    }),
  );
});

test('one object is in two rosters at different places', () => {
  const [a, b] = [{ name: 1 }, { name: 2 }];
  const [first, second] = [new Roster<Member>(), new Roster<Member>()];
  for (const member of [a, b]) first.add(member);
  for (const member of [b, a]) second.add(member);
  first.delete(a);
  assert.deepEqual(names(first), [2]);
  assert.deepEqual(names(second), [1, 2]);
});

test('who is deleted while the members are gone through is left out, and nobody comes twice', () => {
  const [a, b, c, d] = [{ name: 1 }, { name: 2 }, { name: 3 }, { name: 4 }];
  const roster = new Roster<Member>();
  for (const member of [a, b, c]) roster.add(member);
  const seen: number[] = [];
  for (const member of roster) {
    seen.push(member.name);
    roster.delete(a);
    roster.delete(c);
    roster.add(d);
  }
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(names(roster), [2, 4]);
});

function names(members: Iterable<Member>): number[] {
  return Array.from(members, ({ name }) => name).sort((one, other) => one - other);
}
