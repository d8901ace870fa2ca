/** What a key costs in a zone of a declared size: nginx's count, in slots of its slab allocator (src/core/ngx_slab.c). */

/** Slots are powers of two. */
export function slotBytes(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
