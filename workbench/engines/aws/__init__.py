"""What Amazon's systems have in common: how boto3 reaches them, and what its errors mean."""
