"""Amazon SQS, attached by boto3."""
