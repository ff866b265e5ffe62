// franz-go: every codec (idempotent by default), a committed and an aborted transaction, a group read_committed.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func client(options ...kgo.Opt) *kgo.Client {
	options = append(options, kgo.SeedBrokers(os.Args[1]), kgo.ClientID("franz-go-suite"))
	made, err := kgo.NewClient(options...)
	check(err)
	return made
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	topic := fmt.Sprintf("go%d", time.Now().UnixNano())
	codecs := []kgo.CompressionCodec{
		kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression(),
	}
	for _, codec := range codecs {
		producer := client(kgo.ProducerBatchCompression(codec), kgo.AllowAutoTopicCreation())
		for number := 0; number < 20; number++ {
			record := &kgo.Record{Topic: topic, Key: []byte(fmt.Sprint(number)), Value: []byte("plain")}
			producer.Produce(ctx, record, func(_ *kgo.Record, err error) { check(err) })
		}
		check(producer.Flush(ctx))
		producer.Close()
	}
	writer := client(kgo.TransactionalID(topic))
	for value, end := range map[string]kgo.TransactionEndTry{"yes": kgo.TryCommit, "no": kgo.TryAbort} {
		check(writer.BeginTransaction())
		check(writer.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte(value)}).FirstErr())
		check(writer.EndTransaction(ctx, end))
	}
	writer.Close()
	reader := client(kgo.ConsumerGroup(topic), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	seen := map[string]int{}
	for seen["plain"]+seen["yes"] < 101 {
		fetches := reader.PollFetches(ctx)
		check(fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) { seen[string(record.Value)]++ })
	}
	check(reader.CommitUncommittedOffsets(ctx))
	reader.Close()
	if seen["plain"] != 100 || seen["yes"] != 1 || seen["no"] != 0 {
		check(fmt.Errorf("unexpected: %v", seen))
	}
}
