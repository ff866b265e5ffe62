// kafkajs: plain, gzip and idempotent writes, a committed and an aborted transaction, a group, the admin client.
const { Kafka, logLevel } = require('kafkajs')

async function main (bootstrap) {
  const topic = 'js' + Date.now()
  const kafka = new Kafka({ brokers: [bootstrap], clientId: 'kafkajs-suite', logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
  for (const idempotent of [false, true]) {
    const producer = kafka.producer({ idempotent })
    await producer.connect()
    for (const compression of [0, 1]) {
      const messages = Array.from({ length: 25 }, (_, n) => ({ key: 'k' + n, value: 'v' + n, headers: { h: '1' } }))
      await producer.send({ topic, compression, messages })
    }
    await producer.disconnect()
  }
  const writer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true })
  await writer.connect()
  const kept = await writer.transaction()
  await kept.send({ topic, messages: [{ value: 'yes' }] })
  await kept.commit()
  const dropped = await writer.transaction()
  await dropped.send({ topic, messages: [{ value: 'no' }] })
  await dropped.abort()
  await writer.disconnect()
  const seen = []
  const consumer = kafka.consumer({ groupId: topic })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`only ${seen.length} came`)), 20000).unref()
    consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.value.toString())
        if (seen.length === 101) resolve()
      }
    })
  })
  await consumer.disconnect()
  if (!seen.includes('yes') || seen.includes('no')) throw new Error('transactions are not kept apart')
  const { groups } = await admin.listGroups()
  if (!groups.some(group => group.groupId === topic)) throw new Error('the group is not listed')
  await admin.deleteGroups([topic])
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
}

main(process.argv[2]).catch(error => { console.error(error); process.exit(1) })
