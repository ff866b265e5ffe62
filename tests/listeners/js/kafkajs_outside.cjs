// kafkajs: its consumer goes on after its records were removed; admin.resetOffsets moves a group to the start and the
// end. It does both by committing -2 and -1.
const { Kafka, logLevel } = require('kafkajs')

function taken (kafka, groupId, topic, count, fromBeginning) {
  const seen = []
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000 })
  const done = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`only ${seen.length} of ${count} came`)), 30000).unref()
    const run = async () => {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning })
      await consumer.run({
        eachMessage: async ({ message }) => {
          seen.push(message.value.toString())
          if (seen.length >= count) resolve()
        }
      })
    }
    run().catch(reject)
  })
  return done.then(() => consumer.disconnect()).then(() => seen)
}

async function main (bootstrap) {
  const topic = 'outside' + Date.now()
  const kafka = new Kafka({ brokers: [bootstrap], clientId: 'kafkajs-outside', logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: Array.from({ length: 10 }, (_, n) => ({ value: 'v' + n })) })
  await producer.disconnect()

  await admin.setOffsets({ groupId: topic, topic, partitions: [{ partition: 0, offset: '2' }] })
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })
  const rest = await taken(kafka, topic, topic, 4, true)
  if (rest.join() !== 'v6,v7,v8,v9') throw new Error('after the removal came ' + rest)

  await admin.resetOffsets({ groupId: topic, topic, earliest: true })
  const again = await taken(kafka, topic, topic, 4, true)
  if (again.join() !== 'v6,v7,v8,v9') throw new Error('after the reset came ' + again)
  await admin.resetOffsets({ groupId: topic, topic, earliest: false })
  const [{ partitions: [{ offset }] }] = await admin.fetchOffsets({ groupId: topic, topics: [topic] })
  if (!['-1', '10'].includes(offset)) throw new Error('at the end stands ' + offset)
  await admin.disconnect()
}

main(process.argv[2]).catch(error => { console.error(error); process.exit(1) })
