const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry');
const assert = require('assert');
(async () => {
  const r = new SchemaRegistry({ host: process.argv[2] });
  const avro = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'id', type: 'long' }] };
  const { id } = await r.register({ type: SchemaType.AVRO, schema: JSON.stringify(avro) }, { subject: 'njs-value' });
  const buf = await r.encode(id, { id: 7 });
  assert.deepStrictEqual({ ...(await r.decode(buf)) }, { id: 7 });
  assert.strictEqual(await r.getLatestSchemaId('njs-value'), id);
  assert.strictEqual(await r.getRegistryId('njs-value', 1), id);
  assert.strictEqual(await r.getRegistryIdBySchema('njs-value', { type: SchemaType.AVRO, schema: JSON.stringify(avro) }), id);
  const wide = { ...avro, fields: [...avro.fields, { name: 'note', type: 'string', default: '' }] };
  const two = await r.register({ type: SchemaType.AVRO, schema: JSON.stringify(wide) }, { subject: 'njs-value' });
  assert.notStrictEqual(two.id, id);
  const bad = { ...avro, fields: [...avro.fields, { name: 'city', type: 'string' }] };
  await assert.rejects(r.register({ type: SchemaType.AVRO, schema: JSON.stringify(bad) }, { subject: 'njs-value' }), e => { assert.match(e.message, /'city'/); return true; });
  const proto = 'syntax = "proto3"; package shop; message P { string name = 1; }';
  const p = await r.register({ type: SchemaType.PROTOBUF, schema: proto }, { subject: 'njs-proto' });
  const pb = await r.encode(p.id, { name: 'x' }); assert.strictEqual((await r.decode(pb)).name, 'x');
  const j = await r.register({ type: SchemaType.JSON, schema: JSON.stringify({ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }) }, { subject: 'njs-json' });
  const jb = await r.encode(j.id, { a: 'y' }); assert.deepStrictEqual(await r.decode(jb), { a: 'y' });

})().catch(e => { console.error('FAILED', e); process.exit(1); });
