"""The one account of the sandbox: its number, its administrator and its regions."""

ACCOUNT_ID = "123456789012"
"""The account that owns everything; requests can never reach another one."""

PARTITION = "aws"

ADMIN_USER = "sandbox-admin"
ADMIN_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
ADMIN_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
"""The key pair that AWS's own documentation prints as an example: public, and of no use outside a sandbox."""

ADMIN_POLICY_ARN = "arn:aws:iam::aws:policy/AdministratorAccess"

GLOBAL_REGION = "us-east-1"
"""Where IAM lives, and the only region with an ECR Public endpoint."""

PUBLIC_REGISTRY_ALIAS = "s4ndb0x1"
"""Alias of the account's public registry: `public.ecr.aws/<alias>/<repository>`. It is in no ARN."""
