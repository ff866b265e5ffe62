// @platformatic/kafka: the newest protocol versions any client here asks for.
const { Admin, Consumer, Producer, stringDeserializers, stringSerializers } = require('@platformatic/kafka')

async function main (bootstrap) {
  const topic = 'pf' + Date.now()
  const common = { clientId: 'platformatic-suite', bootstrapBrokers: [bootstrap] }
  const admin = new Admin(common)
  await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 })
  const producer = new Producer({ ...common, serializers: stringSerializers })
  for (const compression of ['none', 'gzip', 'snappy', 'lz4']) {
    const messages = Array.from({ length: 25 }, (_, n) => ({ topic, key: 'k' + n, value: 'v' + n }))
    await producer.send({ messages, compression })
  }
  await producer.close()
  const consumer = new Consumer({ ...common, groupId: topic, deserializers: stringDeserializers })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', sessionTimeout: 10000, heartbeatInterval: 500 })
  setTimeout(() => { console.error('not all came'); process.exit(1) }, 20000).unref()
  let seen = 0
  for await (const message of stream) {
    if (message && ++seen === 100) break
  }
  await consumer.close(true)
  await admin.close()
}

main(process.argv[2]).then(() => process.exit(0), error => { console.error(error); process.exit(1) })
