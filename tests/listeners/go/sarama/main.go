// sarama: every codec, idempotent, transactions (one with a group's offsets), a group read_committed, admin.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
)

const plain = 100

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func config(change func(*sarama.Config)) *sarama.Config {
	made := sarama.NewConfig()
	made.Version = sarama.V3_6_0_0
	made.ClientID = "sarama-suite"
	made.Producer.Return.Successes = true
	made.Producer.RequiredAcks = sarama.WaitForAll
	made.Consumer.Offsets.Initial = sarama.OffsetOldest
	made.Consumer.IsolationLevel = sarama.ReadCommitted
	change(made)
	check(made.Validate())
	return made
}

func producer(change func(*sarama.Config)) sarama.SyncProducer {
	made, err := sarama.NewSyncProducer(os.Args[1:2], config(change))
	check(err)
	return made
}

func idempotent(c *sarama.Config) {
	c.Producer.Idempotent = true
	c.Net.MaxOpenRequests = 1
}

func send(to sarama.SyncProducer, topic, value string) {
	_, _, err := to.SendMessage(&sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(value),
		Value: sarama.StringEncoder(value)})
	check(err)
}

// reading counts what a group is given, until enough came.
type reading struct {
	seen map[string]int
	wait int
	done context.CancelFunc
}

func (r *reading) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (r *reading) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (r *reading) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			r.seen[string(message.Value)]++
			session.MarkMessage(message, "")
			if r.wait--; r.wait == 0 {
				session.Commit()
				r.done()
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

func read(ctx context.Context, group, topic string, count int) map[string]int {
	members, err := sarama.NewConsumerGroup(os.Args[1:2], group, config(func(*sarama.Config) {}))
	check(err)
	until, done := context.WithTimeout(ctx, 30*time.Second)
	defer done()
	reader := &reading{seen: map[string]int{}, wait: count, done: done}
	for reader.wait > 0 && until.Err() == nil {
		check(members.Consume(until, []string{topic}, reader))
	}
	check(members.Close())
	return reader.seen
}

func main() {
	topic := fmt.Sprintf("sarama%d", time.Now().UnixNano())
	admin, err := sarama.NewClusterAdmin(os.Args[1:2], config(func(*sarama.Config) {}))
	check(err)
	check(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false))
	codecs := []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy,
		sarama.CompressionLZ4, sarama.CompressionZSTD}
	for _, codec := range codecs {
		to := producer(func(c *sarama.Config) { idempotent(c); c.Producer.Compression = codec })
		for number := 0; number < plain/len(codecs); number++ {
			send(to, topic, "plain")
		}
		check(to.Close())
	}
	writer := producer(func(c *sarama.Config) { idempotent(c); c.Producer.Transaction.ID = topic })
	check(writer.BeginTxn())
	send(writer, topic, "no")
	check(writer.AbortTxn())
	check(writer.BeginTxn())
	send(writer, topic, "yes")
	offsets := map[string][]*sarama.PartitionOffsetMetadata{topic: {{Partition: 0, Offset: 7}}}
	check(writer.AddOffsetsToTxn(offsets, topic+"-relay"))
	check(writer.CommitTxn())
	check(writer.Close())
	seen := read(context.Background(), topic, topic, plain+1)
	if seen["plain"] != plain || seen["yes"] != 1 || seen["no"] != 0 {
		check(fmt.Errorf("unexpected: %v", seen))
	}
	// before the group's place lie the plain ones, «no» with its marker, and «yes»
	for group, offset := range map[string]int64{topic + "-relay": 7, topic: plain + 3} {
		found, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}})
		check(err)
		if at := found.GetBlock(topic, 0).Offset; at != offset {
			check(fmt.Errorf("group %s is committed at %d", group, at))
		}
	}
	check(admin.DeleteTopic(topic))
	check(admin.Close())
}
