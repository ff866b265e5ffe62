"""Amazon Kinesis, attached by boto3."""
